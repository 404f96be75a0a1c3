"""Projections, exports and the codomain, over Ice and by omero-py: values against numpy and tifffile."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import omero
import omero.romio
import pytest
import tifffile
from omero.constants.projection import ProjectionType
from omero.rtypes import rint, rstring

STACK = (np.random.default_rng(3).random((2, 3, 5, 40, 50)) * 4000).astype(np.uint16)
FACTS = {"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "Channel": {"Name": ["a", "b", "c"]}}


@pytest.fixture(scope="module")
def image_id(omero_data: Any) -> int:
    return int(omero_data.add_image(STACK, "project me.ome.tiff", **FACTS))


@pytest.fixture
def pixels_id(gateway: Any, image_id: int) -> int:
    return int(gateway.getObject("Image", image_id).getPrimaryPixels().getId())


@pytest.fixture
def engine(gateway: Any, pixels_id: int) -> Iterator[Any]:
    made = gateway.c.sf.createRenderingEngine()
    made.lookupPixels(pixels_id)
    if not made.lookupRenderingDef(pixels_id):
        made.resetDefaultSettings(True)
        made.lookupRenderingDef(pixels_id)
    made.load()
    yield made
    made.close()


def reduced(kind: Any, planes: np.ndarray) -> np.ndarray:
    if kind == ProjectionType.MAXIMUMINTENSITY:
        highest: np.ndarray = planes.max(axis=0)
        return highest
    total: np.ndarray = planes.astype(np.int64).sum(axis=0)
    return (total // len(planes) if kind == ProjectionType.MEANINTENSITY else np.minimum(total, 65535)).astype(
        np.uint16
    )


@pytest.mark.parametrize("kind", ["MAXIMUMINTENSITY", "MEANINTENSITY", "SUMINTENSITY"])
@pytest.mark.parametrize(("start", "end", "step"), [(0, 4, 1), (1, 3, 1), (0, 4, 2), (2, 2, 1)])
def test_a_stack_into_a_plane(gateway: Any, pixels_id: int, kind: str, start: int, end: int, step: int) -> None:
    algorithm = getattr(ProjectionType, kind)
    service = gateway.c.sf.getProjectionService()
    data = service.projectStack(pixels_id, None, algorithm, 1, 2, step, start, end)
    found = np.frombuffer(data, ">u2").reshape(40, 50)
    np.testing.assert_array_equal(found, reduced(algorithm, STACK[1, 2, start : end + 1 : step]))


def test_into_another_pixel_type_what_it_cannot_hold_is_cut(gateway: Any, pixels_id: int) -> None:
    kind = omero.model.PixelsTypeI()
    kind.value = rstring("uint8")
    service = gateway.c.sf.getProjectionService()
    data = service.projectStack(pixels_id, kind, ProjectionType.MAXIMUMINTENSITY, 0, 0, 1, 0, 4)
    np.testing.assert_array_equal(np.frombuffer(data, np.uint8).reshape(40, 50), np.minimum(STACK[0, 0].max(0), 255))


def test_a_projection_becomes_an_image(gateway: Any, pixels_id: int) -> None:
    service = gateway.c.sf.getProjectionService()
    made = service.projectPixels(pixels_id, None, ProjectionType.MAXIMUMINTENSITY, 0, 1, [0, 2], 1, 1, 3, "flat")
    image = gateway.getObject("Image", made)
    assert image.getName() == "flat"
    assert (image.getSizeX(), image.getSizeZ(), image.getSizeC(), image.getSizeT()) == (50, 1, 2, 2)
    assert image.getChannelLabels() == ["a", "c"]
    assert image.getPixelSizeX() == 0.25
    for t in range(2):
        for place, channel in enumerate((0, 2)):
            plane = image.getPrimaryPixels().getPlane(0, place, t)
            np.testing.assert_array_equal(plane, STACK[t, channel, 1:4].max(axis=0))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, 1, [0], 1, 0, 5), "no planes from 0 to 5"),
        ((0, 2, [0], 1, 0, 1), "no time points from 0 to 2"),
        ((1, 0, [0], 1, 0, 1), "no time points from 1 to 0"),
        ((0, 0, [3], 1, 0, 1), "no channels"),
        ((0, 0, [], 1, 0, 1), "no channels"),
        ((0, 0, [0], 0, 0, 1), "a step of 0"),
    ],
    ids=str,
)
def test_a_projection_of_what_is_not_there(gateway: Any, pixels_id: int, arguments: Any, words: str) -> None:
    service = gateway.c.sf.getProjectionService()
    t_start, t_end, channels, step, start, end = arguments
    with pytest.raises(omero.ServerError, match=words):
        service.projectPixels(
            pixels_id, None, ProjectionType.MAXIMUMINTENSITY, t_start, t_end, channels, step, start, end, "no"
        )


def test_an_ome_tiff_holds_pixels_and_metadata(gateway: Any, image_id: int) -> None:
    data = gateway.getObject("Image", image_id).exportOmeTiff()
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        np.testing.assert_array_equal(file.series[0].asarray(), STACK)
        assert file.series[0].axes == "TCZYX"
        image = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
    assert image["Name"] == "project me.ome.tiff"
    assert (image["Pixels"]["PhysicalSizeX"], image["Pixels"]["PhysicalSizeXUnit"]) == (0.25, "µm")
    assert [channel["Name"] for channel in image["Pixels"]["Channel"]] == ["a", "b", "c"]


def test_the_exporter_gives_xml_and_pieces(gateway: Any, image_id: int, embedded: Any) -> None:
    exporter = gateway.c.sf.createExporter()
    with pytest.raises(omero.ApiUsageException, match="no image has been added"):
        exporter.generateXml()
    exporter.addImage(image_id)
    with pytest.raises(omero.ApiUsageException, match="nothing has been generated"):
        exporter.read(0, 10)
    size = exporter.generateXml()
    text = b"".join(exporter.read(start, 100) for start in range(0, size, 100))
    assert len(text) == size
    assert tifffile.xml2dict(text.decode())["OME"]["Image"]["Pixels"]["SizeZ"] == 5
    with pytest.raises(omero.ApiUsageException):
        exporter.read(-1, 10)
    exporter.close()
    assert list((embedded.data / "Exports").iterdir()) == []


def test_what_the_caller_may_not_see_is_not_exported(gateway_of: Any, omero_data: Any, image_id: int) -> None:
    omero_data.add_user("no-export")
    exporter = gateway_of("no-export").c.sf.createExporter()
    with pytest.raises(omero.ValidationException):
        exporter.addImage(image_id)
    exporter.close()


def rendered(engine: Any) -> np.ndarray:
    plane = omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, None, -1)
    return np.array(engine.renderAsPackedInt(plane), np.int64).reshape(40, 50) & 0xFF


def test_the_codomain_limits_levels_and_their_number(engine: Any) -> None:
    for channel in range(3):
        engine.setActive(channel, channel == 0)
    engine.setChannelWindow(0, 0.0, 4000.0)
    engine.setRGBA(0, 0, 0, 255, 255)
    full = rendered(engine)
    assert full.min() < 3
    assert full.max() > 252
    engine.setCodomainInterval(30, 200)
    engine.setQuantumStrategy(3)
    assert sorted(set(rendered(engine).ravel())) == [30, 87, 143, 200]
    quantum = engine.getQuantumDef()
    assert (quantum.cdStart.val, quantum.cdEnd.val, quantum.bitResolution.val) == (30, 200, 3)
    engine.saveCurrentSettings()
    engine.resetDefaultSettings(False)
    assert engine.getQuantumDef().cdEnd.val == 255
    engine.loadRenderingDef(engine.getRenderingDefId())
    assert (engine.getQuantumDef().cdStart.val, engine.getQuantumDef().bitResolution.val) == (30, 3)
    for wrong in ((-1, 255), (0, 256), (200, 100)):
        with pytest.raises(omero.ApiUsageException):
            engine.setCodomainInterval(*wrong)
    with pytest.raises(omero.ApiUsageException):
        engine.setQuantumStrategy(100)
    engine.resetDefaultSettings(True)


def test_reversing_every_channel_at_once(engine: Any) -> None:
    context = omero.romio.ReverseIntensityMapContext()
    engine.addCodomainMap(context)
    assert [len(engine.getCodomainMapContext(channel)) for channel in range(3)] == [1, 1, 1]
    engine.updateCodomainMap(context)
    engine.removeCodomainMap(context)
    assert [len(engine.getCodomainMapContext(channel)) for channel in range(3)] == [0, 0, 0]


def test_defaults_without_saving(gateway: Any, pixels_id: int) -> None:
    query = gateway.getQueryService()
    before = query.projection("select count(r) from RenderingDef r", None)[0][0].val
    made = gateway.c.sf.getRenderingSettingsService().resetDefaultsNoSave(None, omero.model.PixelsI(pixels_id, False))
    assert made.id is None
    assert made.sizeOfWaveRendering() == 3
    assert made.getChannelBinding(1).inputEnd.val == STACK[:, 1].max()
    assert query.projection("select count(r) from RenderingDef r", None)[0][0].val == before


def test_pixels_like_others_of_the_same_image(gateway: Any, image_id: int, pixels_id: int) -> None:
    service = gateway.c.sf.getPixelsService()
    made = service.copyAndResizePixels(pixels_id, rint(10), rint(20), None, rint(1), [2], "halved", True).val
    pixels = service.retrievePixDescription(made)
    sizes = [getattr(pixels, f"size{axis}").val for axis in "XYZCT"]
    assert (sizes, pixels.image.id.val, pixels.methodology.val) == ([10, 20, 5, 1, 1], image_id, "halved")
    assert pixels.getChannel(0).logicalChannel.name.val == "c"
    with pytest.raises(omero.ApiUsageException, match="no channels"):
        service.copyAndResizePixels(pixels_id, None, None, None, None, [7], "", False)
