"""Operations on pixels that omero-py's gateway has no use for: values over Ice, and none left out."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.romio
import pytest
from omero.gateway import PixelsWrapper
from omero.rtypes import rdouble, rint, rstring

from omeropyr.embedded.dispatch import operations
from tests.functional.embedded.samples import bits

FOLDER = Path(__file__).parent
SIZE_T, SIZE_C, SIZE_Z, SIZE_Y, SIZE_X = SHAPE = (2, 3, 2, 17, 23)
PIXELS = (np.random.default_rng(8).random(SHAPE) * 4000).astype(np.int16) - 1000
BIG = PIXELS.astype(">i2")
INTERFACES = ("RawPixelsStore", "RenderingEngine", "ThumbnailStore", "IRenderingSettings", "IPixels", "IProjection")


def test_no_operation_is_without_a_test() -> None:
    called: set[Any] = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                called.add(node.attr)
            elif isinstance(node, ast.Constant):
                called.add(node.value)  # a name in a table of cases
    missing = {one: sorted({*operations(getattr(omero.api, one))} - called) for one in INTERFACES}
    assert missing == {one: [] for one in INTERFACES}
    assert sum(len(operations(getattr(omero.api, one))) for one in INTERFACES) == 165


@pytest.fixture(scope="module")
def image_id(omero_data: Any) -> int:
    return int(omero_data.add_image(PIXELS, "operations.ome.tiff"))


@pytest.fixture
def pixels_id(gateway: Any, image_id: int) -> int:
    return int(gateway.getObject("Image", image_id).getPixelsId())


@pytest.fixture
def store(gateway: Any, pixels_id: int) -> Iterator[Any]:
    made = gateway.c.sf.createRawPixelsStore()
    made.setPixelsId(pixels_id, True)
    yield made
    made.close()


@pytest.fixture
def written(gateway: Any) -> Iterator[Any]:
    """A store for a new image of the same sizes, nothing written yet."""
    kind = omero.model.PixelsTypeI()
    kind.value = rstring("int16")
    service = gateway.getPixelsService()
    made = service.createImage(SIZE_X, SIZE_Y, SIZE_Z, SIZE_T, [0, 1, 2], kind, "to be written", "piece by piece").val
    image = gateway.getObject("Image", made)
    assert (image.getName(), image.getDescription()) == ("to be written", "piece by piece")
    store = gateway.c.sf.createRawPixelsStore()
    store.setPixelsId(image.getPixelsId(), True)
    yield store
    store.close()


# --- RawPixelsStore ------------------------------------------------------------------------------------------------


def test_sizes_and_offsets(store: Any, pixels_id: int) -> None:
    row = SIZE_X * 2
    assert (store.getPixelsId(), store.getByteWidth(), store.isSigned(), store.isFloat()) == (pixels_id, 2, True, False)
    assert (store.getRowSize(), store.getPlaneSize()) == (row, row * SIZE_Y)
    assert (store.getStackSize(), store.getTimepointSize()) == (BIG[0, 0].nbytes, BIG[0].nbytes)
    assert store.getTotalSize() == BIG.nbytes
    everything = BIG.tobytes()
    place = store.getRowOffset(5, 1, 2, 1)
    assert everything[place : place + row] == BIG[1, 2, 1, 5].tobytes()
    assert store.getPlaneOffset(1, 2, 1) == place - 5 * row
    assert store.getStackOffset(2, 1) == store.getPlaneOffset(0, 2, 1)
    assert store.getTimepointOffset(1) == BIG[0].nbytes
    assert store.getPixelsPath() == f"Pixels/{pixels_id}"


def test_pieces(store: Any, pixels_id: int) -> None:
    store.prepare([pixels_id])
    assert store.getPlaneRegion(1, 2, 0, 50, 30) == BIG[0, 2, 1].tobytes()[60:160]
    assert store.getStack(2, 1) == BIG[1, 2].tobytes()
    assert store.getTimepoint(1) == BIG[1].tobytes()
    assert store.getRegion(3001, 1000) == BIG.tobytes()[1000:4001]
    cube = store.getHypercube([3, 2, 0, 1, 0], [12, 9, 2, 2, 2], [3, 4, 1, 1, 1])
    assert cube == BIG[:, 1:3, :, 2:11:4, 3:15:3].tobytes()
    assert (store.getResolutionLevel(), store.getResolutionLevels()) == (0, 1)
    assert store.getTileSize() == [SIZE_X, SIZE_Y]


def test_what_all_of_it_comes_to(store: Any, gateway: Any) -> None:
    assert store.calculateMessageDigest() == hashlib.sha1(BIG.tobytes(), usedforsecurity=False).digest()
    ranges = {c: [float(PIXELS[:, c].min()), float(PIXELS[:, c].max())] for c in range(SIZE_C)}
    assert store.findMinMax([0, 1, 2]) == ranges
    plane = omero.romio.PlaneDef(omero.romio.XY, 0, 0, 1, 1, None, -1)
    own, every = store.getHistogram([2], 16, False, plane), store.getHistogram([0, 2], 10, True, plane)
    assert list(own[2]) == np.histogram(PIXELS[1, 2, 1], 16)[0].tolist()
    for c in (0, 2):
        assert list(every[c]) == np.histogram(PIXELS[1, c, 1], 10, (ranges[c][0], ranges[c][1]))[0].tolist()
    plane.region = omero.romio.RegionDef(4, 3, 10, 6)
    assert list(store.getHistogram([1], 8, False, plane)[1]) == np.histogram(PIXELS[1, 1, 1, 3:9, 4:14], 8)[0].tolist()
    assert store.getCurrentEventContext().userId == gateway.getUserId()
    store.passivate()
    store.activate()
    assert store.getRow(0, 0, 0, 0) == BIG[0, 0, 0, 0].tobytes()


def test_what_is_not_inside(store: Any) -> None:
    calls: tuple[Callable[[], Any], ...] = (
        lambda: store.getPlane(SIZE_Z, 0, 0),
        lambda: store.getTile(0, 0, 0, 0, 0, SIZE_X + 1, 1),
        lambda: store.getRow(SIZE_Y, 0, 0, 0),
        lambda: store.getCol(-1, 0, 0, 0),
        lambda: store.getRegion(10, BIG.nbytes - 9),
        lambda: store.getHypercube([0, 0, 0, 0, 0], [1, 1, 1, 1, 9], [1, 1, 1, 1, 1]),
        lambda: store.setResolutionLevel(1),
        lambda: store.getHistogram([0], 0, True, omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, None, -1)),
    )
    for call in calls:
        with pytest.raises(omero.ApiUsageException):
            call()


def test_pixels_of_a_file_are_not_written(store: Any) -> None:
    with pytest.raises(omero.ResourceError, match="imported"):
        store.setRow(bytes(2 * SIZE_X), 0, 0, 0, 0)
    assert store.getRow(0, 0, 0, 0) == BIG[0, 0, 0, 0].tobytes()


@pytest.mark.parametrize("piece", ["row", "tile", "plane", "stack", "timepoint", "region"])
def test_written_piece_by_piece(written: Any, gateway: Any, piece: str) -> None:
    for t in range(SIZE_T):
        if piece == "timepoint":
            written.setTimepoint(BIG[t].tobytes(), t)
        for c in range(SIZE_C):
            if piece == "stack":
                written.setStack(BIG[t, c].tobytes(), 0, c, t)
            for z in range(SIZE_Z):
                _write(written, piece, z, c, t)
    for offset in range(0, BIG.nbytes, 1000) if piece == "region" else ():
        part = BIG.tobytes()[offset : offset + 1000]
        written.setRegion(len(part), offset, part)
    saved = written.save()
    assert saved.sha1.val == hashlib.sha1(BIG.tobytes(), usedforsecurity=False).hexdigest()
    assert written.getRegion(BIG.nbytes, 0) == BIG.tobytes()
    pixels = PixelsWrapper(gateway, gateway.getQueryService().get("Pixels", saved.id.val))
    np.testing.assert_array_equal(pixels.getPlane(1, 2, 1), PIXELS[1, 2, 1])


def _write(store: Any, piece: str, z: int, c: int, t: int) -> None:
    plane = BIG[t, c, z]
    if piece == "plane":
        store.setPlane(plane.tobytes(), z, c, t)
    for y in range(SIZE_Y) if piece == "row" else ():
        store.setRow(plane[y].tobytes(), y, z, c, t)
    for x in range(0, SIZE_X, 8) if piece == "tile" else ():
        part = plane[:, x : x + 8]
        store.setTile(part.tobytes(), z, c, t, x, 0, part.shape[1], SIZE_Y)


# --- IPixels -------------------------------------------------------------------------------------------------------


def test_bits_of_each_pixel_type(gateway: Any) -> None:
    service = gateway.getPixelsService()
    known = {"bit": 1, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "float": 32}
    for name, wanted in {**known, "double": 64}.items():
        assert service.getBitDepth(service.getEnumeration("omero.model.PixelsType", name)) == wanted
    assert service.getEnumeration("PixelsType", "none such") is None
    assert {one.value.val for one in service.getAllEnumerations("Family")} == {
        "linear", "polynomial", "exponential", "logarithmic",
    }  # fmt: skip


def test_the_description_of_pixels(gateway: Any, pixels_id: int) -> None:
    found = gateway.getPixelsService().retrievePixDescription(pixels_id)
    sizes = found.sizeX.val, found.sizeY.val, found.sizeZ.val, found.sizeC.val, found.sizeT.val
    assert sizes == (SIZE_X, SIZE_Y, SIZE_Z, SIZE_C, SIZE_T)
    assert found.pixelsType.value.val == "int16"
    stats = [(one.statsInfo.globalMin.val, one.statsInfo.globalMax.val) for one in found.copyChannels()]
    assert stats == [(float(PIXELS[:, c].min()), float(PIXELS[:, c].max())) for c in range(SIZE_C)]
    with pytest.raises(omero.ValidationException):
        gateway.getPixelsService().retrievePixDescription(10**6)


def test_settings_of_each_user(omero_data: Any, gateway_of: Any) -> None:
    group = omero_data.add_group("settings of each", "rwra--")
    for name in ("each-ann", "each-bob"):
        omero_data.add_user(name, group)
    image = omero_data.add_image(bits((1, 2, 1, 9, 9), "uint8"), user="each-ann")
    ann, bob = (gateway_of(name) for name in ("each-ann", "each-bob"))
    pixels = ann.getObject("Image", image).getPixelsId()
    service = bob.getPixelsService()
    assert (service.retrieveRndSettings(pixels), service.retrieveAllRndSettings(pixels, -1)) == (None, [])
    ann.c.sf.getRenderingSettingsService().resetDefaultsForPixels(pixels)
    of_ann = service.retrieveRndSettings(pixels)  # Bob has none: Ann's are what he sees
    assert of_ann.details.owner.id.val == ann.getUserId()
    assert service.retrieveRndSettingsFor(pixels, ann.getUserId()).id.val == of_ann.id.val
    bob.c.sf.getRenderingSettingsService().resetDefaultsForPixels(pixels)
    of_bob = service.retrieveRndSettings(pixels)
    assert of_bob.details.owner.id.val == bob.getUserId()
    assert {one.id.val for one in service.retrieveAllRndSettings(pixels, -1)} == {of_ann.id.val, of_bob.id.val}
    assert [one.id.val for one in service.retrieveAllRndSettings(pixels, ann.getUserId())] == [of_ann.id.val]
    channel = of_bob.copyWaveRendering()[1]
    channel.inputStart, channel.inputEnd = rdouble(3), rdouble(77)
    of_bob.defaultZ = rint(0)
    service.saveRndSettings(of_bob)
    again = service.loadRndSettings(of_bob.id.val).copyWaveRendering()[1]
    assert (again.inputStart.val, again.inputEnd.val) == (3.0, 77.0)
    with pytest.raises(omero.SecurityViolation):
        service.saveRndSettings(_changed(of_ann))
    with pytest.raises(omero.ValidationException):
        service.loadRndSettings(10**6)


def _changed(definition: Any) -> Any:
    definition.defaultZ = rint(definition.defaultZ.val + 1)
    return definition


def test_the_range_of_a_channel(gateway: Any, written: Any) -> None:
    service, pixels = gateway.getPixelsService(), written.getPixelsId()
    service.setChannelGlobalMinMax(pixels, 1, -5.0, 500.0)
    info = service.retrievePixDescription(pixels).copyChannels()[1].statsInfo
    assert (info.globalMin.val, info.globalMax.val) == (-5.0, 500.0)
    with pytest.raises(omero.ApiUsageException):
        service.setChannelGlobalMinMax(pixels, 3, 0.0, 1.0)
