"""Pixels over Ice equal those of the file, bit for bit: every format that can be read, every type it can hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rstring

from omeropyr.embedded.importer.run import Target, import_files
from tests.functional.embedded.samples import CASES, Sample, bits

WRITTEN = {"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4", "float": "f4"} | {
    "double": "f8",
    "bit": "u1",
}


@contextmanager
def raw(gateway: Any, pixels_id: int) -> Iterator[Any]:
    store = gateway.c.sf.createRawPixelsStore()
    try:
        store.setPixelsId(pixels_id, False)
        yield store
    finally:
        store.close()


def differs(found: bytes, expected: np.ndarray, tolerance: int) -> bool:
    big = expected.astype(expected.dtype.newbyteorder(">"))
    if tolerance == 0:
        return found != big.tobytes()
    values = np.frombuffer(found, big.dtype).reshape(expected.shape).astype(int)
    return bool(np.abs(values - expected).max() > tolerance)


def wrong(store: Any, levels: list[np.ndarray], tolerance: int = 0) -> list[Any]:
    """The planes, tiles, rows and columns that are not what the file has."""
    bad: list[Any] = []
    for number, level in enumerate(levels):
        store.setResolutionLevel(len(levels) - 1 - number)
        height, width = level.shape[-2:]
        boxes = ((0, 0, 1, 1), (width - 1, height - 1, 1, 1), (width // 3, height // 4, width // 2, height // 2))
        for t, c, z in np.ndindex(level.shape[:3]):
            plane = level[t, c, z]
            answers: list[tuple[Any, bytes, np.ndarray]] = [("plane", store.getPlane(z, c, t), plane)]
            answers += [(box, store.getTile(z, c, t, *box), _cut(plane, *box)) for box in boxes]
            answers += [("row", store.getRow(height // 2, z, c, t), plane[height // 2])]
            answers += [("column", store.getCol(width // 2, z, c, t), plane[:, width // 2])]
            bad += [(number, t, c, z, what) for what, found, is_ in answers if differs(found, is_, tolerance)]
    return bad


def _alike(found: np.ndarray, expected: np.ndarray) -> bool:
    return np.array_equal(found, expected, equal_nan=expected.dtype.kind == "f")


def _cut(plane: np.ndarray, x: int, y: int, w: int, h: int) -> np.ndarray:
    return plane[y : y + h, x : x + w]


@pytest.mark.parametrize(
    ("name", "kind"), [pytest.param(name, kind, id=f"{name}-{kind}") for name in CASES for kind in CASES[name][1]]
)
def test_a_file(gateway: Any, embedded: Any, omero_data: Any, tmp_path: Path, name: str, kind: str) -> None:
    sample: Sample = CASES[name][0](tmp_path, kind)
    done, bad = import_files(embedded, omero_data.actor("root"), [sample.path], Target())
    assert bad == []
    assert len(done) == len(sample.series)
    first = gateway.getObject("Image", done[0].image_id)
    sizes_of_pixels = [getattr(first, f"getPixelSize{axis}")() for axis in "XYZ"]
    assert sizes_of_pixels == [size if size is None else pytest.approx(size) for size in sample.pixel_size]
    for image, levels in zip(done, sample.series, strict=True):
        pixels = gateway.getObject("Image", image.image_id).getPrimaryPixels()
        sizes = [pixels.getSizeT(), pixels.getSizeC(), pixels.getSizeZ(), pixels.getSizeY(), pixels.getSizeX()]
        assert sizes == list(levels[0].shape)
        with raw(gateway, image.pixels_id) as store:
            described = [(one.sizeX, one.sizeY) for one in store.getResolutionDescriptions()]
            assert described == [one.shape[:-3:-1] for one in levels]
            assert store.getByteWidth() == levels[0].itemsize
            assert wrong(store, levels, sample.tolerance) == []
        if pixels.getPixelsType().getValue() != "bit":  # omero-py knows no numpy type for it
            last = tuple(size - 1 for size in levels[0].shape[:3])
            plane, expected = pixels.getPlane(last[2], last[1], last[0]), levels[0][last]
            assert plane.dtype.newbyteorder("=") == expected.dtype
            # Python's own numbers, through which omero-py goes, know only one kind of not-a-number.
            assert np.abs(plane.astype(float) - expected).max() <= 1 if sample.tolerance else _alike(plane, expected)


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_a_client_writes(gateway: Any, kind: str) -> None:
    sizes = (31, 23, 2, 3, 2)  # X, Y, Z, T, C
    made = bits((3, 2, 2, 23, 31), WRITTEN[kind])
    pixels_type = omero.model.PixelsTypeI()
    pixels_type.value = rstring(kind)
    service = gateway.getPixelsService()
    image_id = service.createImage(*sizes[:4], [0, 1], pixels_type, f"written {kind}", "by a client").val
    pixels_id = gateway.getObject("Image", image_id).getPrimaryPixels().getId()
    with raw(gateway, pixels_id) as store:
        for t, c, z in np.ndindex(made.shape[:3]):
            store.setPlane(made[t, c, z].astype(made.dtype.newbyteorder(">")).tobytes(), z, c, t)
        store.save()
    with raw(gateway, pixels_id) as store:
        assert wrong(store, [made]) == []


def test_every_pixel_type_of_the_model_is_read(gateway: Any) -> None:
    """What OMERO's enumeration has beyond these are complex numbers."""
    known = {one.value.val for one in gateway.getPixelsService().getAllEnumerations("PixelsType")}
    assert known - set(WRITTEN) <= {"complex", "double-complex"}
