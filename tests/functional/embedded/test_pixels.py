"""Pixels and pictures over real Ice, through omero-py's own gateway: what comes back equals what was put in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rint
from PIL import Image

from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.settings import ChannelBinding, RenderingDef

SIZE_Z, SIZE_C, SIZE_T = 3, 2, 2


def planes(seed: int = 1, dtype: Any = np.uint16) -> np.ndarray:
    """Smooth planes (Z, C, T, Y, X), so that JPEG changes them little."""
    y, x = np.mgrid[0:150, 0:200]
    random = np.random.default_rng(seed)
    made = np.empty((SIZE_Z, SIZE_C, SIZE_T, 150, 200), dtype)
    for index in np.ndindex(SIZE_Z, SIZE_C, SIZE_T):
        a, b = random.uniform(0.01, 0.03, 2)
        made[index] = 1000 * (2 + np.sin(x * a) + np.cos(y * b))
    return made


PLANES = planes()


@pytest.fixture(scope="module")
def made(gateway: Any) -> int:
    sequence = (PLANES[index] for index in np.ndindex(SIZE_Z, SIZE_C, SIZE_T))
    image = gateway.createImageFromNumpySeq(sequence, "waves", SIZE_Z, SIZE_C, SIZE_T, description="made by a client")
    return int(image.id)


@pytest.fixture
def image(gateway: Any, made: int) -> Iterator[Any]:
    found = gateway.getObject("Image", made)
    yield found
    found._closeRE()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_planes_and_tiles_come_back_bit_for_bit(image: Any) -> None:
    pixels = image.getPrimaryPixels()
    wanted = list(np.ndindex(SIZE_Z, SIZE_C, SIZE_T))
    for plane, index in zip(pixels.getPlanes(wanted), wanted, strict=True):
        np.testing.assert_array_equal(plane, PLANES[index])
    np.testing.assert_array_equal(pixels.getTile(2, 1, 1, (17, 31, 40, 50)), PLANES[2, 1, 1, 31:81, 17:57])


def test_raw_pixels_in_every_shape(gateway: Any, image: Any) -> None:
    store = gateway.c.sf.createRawPixelsStore()
    try:
        store.setPixelsId(image.getPixelsId(), False)
        stored = PLANES.transpose(2, 1, 0, 3, 4).astype(">u2")  # T, C, Z, Y, X
        assert (store.getByteWidth(), store.isSigned(), store.isFloat()) == (2, False, False)
        assert (store.getRowSize(), store.getPlaneSize(), store.getTotalSize()) == (400, 60_000, stored.nbytes)
        assert store.getRow(5, 1, 0, 1) == stored[1, 0, 1, 5].tobytes()
        assert store.getCol(7, 1, 0, 1) == stored[1, 0, 1, :, 7].tobytes()
        assert store.getStack(1, 0) == stored[0, 1].tobytes()
        assert store.getTimepoint(1) == stored[1].tobytes()
        assert store.getRegion(1000, 59_500) == stored.tobytes()[59_500:60_500]
        cube = store.getHypercube([10, 20, 0, 0, 1], [30, 40, 3, 2, 1], [2, 5, 2, 1, 1])
        assert cube == stored[1:2, :, ::2, 20:60:5, 10:40:2].tobytes()
        assert store.findMinMax([0, 1])[0] == [float(PLANES[:, 0].min()), float(PLANES[:, 0].max())]
        counts = store.getHistogram([1], 16, False, omero.romio.PlaneDef(0, 0, 0, 2, 1, None, 0))
        assert list(counts[1]) == np.histogram(PLANES[2, 1, 1], 16)[0].tolist()
        with pytest.raises(omero.ApiUsageException):
            store.getTile(0, 0, 0, 190, 0, 20, 10)
    finally:
        store.close()


def test_a_picture_equals_the_reference_up_to_jpeg(image: Any) -> None:
    image.set_active_channels([1, 2], windows=[[1000, 3500], [500, 4000]], colors=["FF0000", "00FF80"])
    image.setReverseIntensity(1, True)
    settings = RenderingDef(
        (
            ChannelBinding(input_start=1000, input_end=3500, red=255, green=0, blue=0),
            ChannelBinding(input_start=500, input_end=4000, red=0, green=255, blue=128, reverse_intensity=True),
        )
    )
    reference = composite_reference([PLANES[1, 0, 1], PLANES[1, 1, 1]], settings).astype(int)
    found = decoded(image.renderJpeg(1, 1, compression=1.0))
    assert found.shape == reference.shape
    assert np.abs(found - reference).mean() < 2
    packed = np.array(image._re.renderAsPackedInt(image._pd), dtype=np.int64) & 0xFFFFFF
    exact = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1).reshape(reference.shape)
    np.testing.assert_array_equal(exact, reference)


def test_a_tile_equals_the_same_part_of_a_region(image: Any) -> None:
    image._prepareRenderingEngine()
    region = omero.romio.PlaneDef(0, 0, 0, 1, 0, omero.romio.RegionDef(0, 0, 200, 150), 0)
    tile = omero.romio.PlaneDef(0, 0, 0, 1, 0, omero.romio.RegionDef(64, 32, 64, 64), 0)
    whole = np.array(image._re.renderAsPackedInt(region)).reshape(150, 200)
    np.testing.assert_array_equal(np.array(image._re.renderAsPackedInt(tile)).reshape(64, 64), whole[32:96, 64:128])


def test_projections(image: Any) -> None:
    image.set_active_channels([1], windows=[[0, 4000]], colors=["FFFFFF"])
    image.setColorRenderingModel()
    settings = RenderingDef((ChannelBinding(input_start=0, input_end=4000), ChannelBinding(active=False)))
    for name, reduced in (("intmax", PLANES[:, 0, 0].max(0)), ("intmean", PLANES[:, 0, 0].mean(0).astype(np.uint16))):
        image.setProjection(name)
        found = decoded(image.renderJpeg(0, 0, compression=1.0))
        assert np.abs(found - composite_reference([reduced], settings)).mean() < 2


def test_settings_are_saved_and_reset(gateway: Any, made: int) -> None:
    image = gateway.getObject("Image", made)
    image.set_active_channels([1, -2], windows=[[100, 200], [1, 2]], colors=["0000FF", None])
    image.setQuantizationMap(0, "logarithmic", 1.0)
    image.setGreyscaleRenderingModel()
    assert image.saveDefaults()
    image._closeRE()
    again = gateway.getObject("Image", made)
    first, second = again.getChannels()
    assert (first.getWindowStart(), first.getWindowEnd(), first.getColor().getHtml()) == (100.0, 200.0, "0000FF")
    assert (first.isActive(), second.isActive()) == (True, False)
    assert (first.getFamily().getValue(), again.isGreyscaleRenderingModel()) == ("logarithmic", True)
    assert len(again.getAllRenderingDefs()) == 1
    again.resetDefaults()
    again._closeRE()
    fresh = gateway.getObject("Image", made).getChannels()
    assert [(one.getWindowStart(), one.getWindowEnd()) for one in fresh] == [
        (float(PLANES[:, c].min()), float(PLANES[:, c].max())) for c in range(SIZE_C)
    ]


def test_thumbnails(gateway: Any, image: Any) -> None:
    assert decoded(image.getThumbnail((96,))).shape == (72, 96, 3)
    assert decoded(image.getThumbnail((40, 30), direct=False)).shape == (30, 40, 3)
    pixels_id = image.getPixelsId()
    store = gateway.c.sf.createThumbnailStore()
    try:
        found = store.getThumbnailByLongestSideSet(rint(50), [pixels_id, 10**6])
    finally:
        store.close()
    assert set(found) == {pixels_id}
    assert decoded(found[pixels_id]).shape == (37, 50, 3)


def test_others_errors_are_omeros(gateway: Any) -> None:
    engine = gateway.c.sf.createRenderingEngine()
    try:
        with pytest.raises(omero.ApiUsageException):
            engine.getDefaultZ()
        with pytest.raises(omero.ValidationException):
            engine.lookupPixels(10**6)
    finally:
        engine.close()
