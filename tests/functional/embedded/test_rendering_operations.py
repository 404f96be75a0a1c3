"""RenderingEngine call by call: what is set is what is told, shown and saved."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.romio
import pytest
import tifffile
from omero.constants.projection import ProjectionType
from omero.rtypes import rdouble, rint
from PIL import Image

from omeropyr.rendering import lut
from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.settings import ChannelBinding, RenderingDef

Y, X = np.mgrid[0:40, 0:60]
STACK = np.stack(
    [
        [[1000 + 20 * X + z * 100 + t * 50, 3000 - 30 * Y + z * 50, 500 + 5 * X + 9 * Y] for z in range(3)]
        for t in range(2)
    ]
).swapaxes(1, 2)
STACK = STACK.astype(np.uint16)  # T, C, Z, Y, X
XY = omero.romio.PlaneDef(omero.romio.XY, 0, 0, 1, 1, None, -1)
REVERSE = omero.romio.ReverseIntensityMapContext()


@pytest.fixture(scope="module")
def pixels_id(gateway: Any, omero_data: Any) -> int:
    return int(gateway.getObject("Image", omero_data.add_image(STACK, "engine.ome.tiff")).getPixelsId())


@pytest.fixture
def engine(gateway: Any, pixels_id: int) -> Iterator[Any]:
    made = gateway.c.sf.createRenderingEngine()
    made.lookupPixels(pixels_id)
    made.resetDefaultSettings(True)
    assert made.lookupRenderingDef(pixels_id) is True
    made.load()
    yield made
    made.close()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def shown(engine: Any, plane: Any = XY) -> np.ndarray:
    buffer = engine.render(plane)
    bands = [np.frombuffer(one, np.uint8).reshape(buffer.sizeX2, buffer.sizeX1) for one in buffer.bands]
    return np.stack(bands, axis=-1).astype(int)


def alone(engine: Any, channel: int) -> None:
    for c in range(3):
        engine.setActive(c, c == channel)


def test_what_is_known_of_the_pixels(engine: Any, gateway: Any, pixels_id: int) -> None:
    assert engine.getPixels().id.val == pixels_id
    assert [one.statsInfo.globalMax.val for one in engine.getPixels().copyChannels()] == [
        float(STACK[:, c].max()) for c in range(3)
    ]
    assert engine.getChannelStats(1) == [float(STACK[:, 1].min()), float(STACK[:, 1].max())]
    assert (engine.isPixelsTypeSigned(), engine.getPixelsTypeLowerBound(0)) == (False, 0.0)
    assert engine.getPixelsTypeUpperBound(0) == 65535.0
    assert (engine.getResolutionLevel(), engine.getResolutionLevels()) == (0, 1)
    assert engine.requiresPixelsPyramid() is False
    assert engine.getCurrentEventContext().userId == gateway.getUserId()
    engine.passivate()
    engine.activate()
    assert (engine.getDefaultZ(), engine.getDefaultT()) == (1, 0)


def test_bounds_of_other_pixel_types(gateway: Any, omero_data: Any) -> None:
    for dtype, bounds in (("i1", (-128.0, 127.0)), ("i2", (-32768.0, 32767.0)), ("f4", (-0.5, 2.0))):
        image = omero_data.add_image(np.array([[-0.5, 2.0], [0.0, 1.0]]).astype(dtype))
        engine = gateway.c.sf.createRenderingEngine()
        engine.lookupPixels(gateway.getObject("Image", image).getPixelsId())
        engine.resetDefaultSettings(False)
        assert engine.isPixelsTypeSigned() is True
        assert (engine.getPixelsTypeLowerBound(0), engine.getPixelsTypeUpperBound(0)) == bounds
        engine.close()


def test_a_channel_tells_what_it_was_told(engine: Any) -> None:
    family = next(one for one in engine.getAvailableFamilies() if one.value.val == "polynomial")
    engine.setChannelWindow(1, 12.5, 99.0)
    engine.setRGBA(1, 1, 2, 3, 4)
    engine.setQuantizationMap(1, family, 1.7, True)
    engine.setChannelLookupTable(1, "fire.lut")
    assert (engine.getChannelWindowStart(1), engine.getChannelWindowEnd(1)) == (12.5, 99.0)
    assert engine.getRGBA(1) == [1, 2, 3, 4]
    assert engine.getChannelFamily(1).value.val == "polynomial"
    assert (engine.getChannelCurveCoefficient(1), engine.getChannelNoiseReduction(1)) == (1.7, True)
    assert engine.getChannelLookupTable(1) == "fire.lut"
    engine.setChannelLookupTable(1, "")
    assert engine.getChannelLookupTable(1) == ""
    engine.addCodomainMapToChannel(REVERSE, 1)
    (context,) = engine.getCodomainMapContext(1)
    assert context.reverse.val is True
    assert (engine.getCodomainMapContext(0), engine.getChannelFamily(0).value.val) == ([], "linear")
    engine.removeCodomainMapFromChannel(REVERSE, 1)
    assert engine.getCodomainMapContext(1) == []
    with pytest.raises(omero.ApiUsageException):
        engine.setActive(3, True)
    with pytest.raises(omero.ApiUsageException):
        engine.setRGBA(0, 256, 0, 0, 0)


@pytest.mark.parametrize("name", lut.names())
def test_each_lookup_table(engine: Any, name: str) -> None:
    alone(engine, 0)
    engine.setChannelWindow(0, 1000, 2000)
    engine.setChannelLookupTable(0, name)
    settings = RenderingDef((ChannelBinding(input_start=1000, input_end=2000, lookup_table=name),))
    np.testing.assert_array_equal(shown(engine), composite_reference([STACK[1, 0, 1]], settings))


def test_quality_of_jpegs(engine: Any) -> None:
    assert engine.getCompressionLevel() == pytest.approx(0.85)
    sizes = []
    for level in (0.1, 0.5, 1.0):
        engine.setCompressionLevel(level)
        assert engine.getCompressionLevel() == pytest.approx(level)
        sizes.append(len(engine.renderCompressed(XY)))
    assert sizes == sorted(sizes)
    assert np.abs(decoded(engine.renderCompressed(XY)) - shown(engine)).mean() < 2
    for level in (0.0, 1.1, -1.0):
        with pytest.raises(omero.ApiUsageException):
            engine.setCompressionLevel(level)


@pytest.mark.parametrize(
    ("kind", "reduced"),
    [
        ("MAXIMUMINTENSITY", STACK[1, 0].max(axis=0)),
        ("MEANINTENSITY", STACK[1, 0].mean(axis=0).astype(np.uint16)),
        ("SUMINTENSITY", STACK[1, 0].sum(axis=0).astype(np.uint16)),
    ],
)
def test_projections(engine: Any, kind: str, reduced: np.ndarray) -> None:
    alone(engine, 0)
    engine.setRGBA(0, 255, 255, 255, 255)
    engine.setChannelWindow(0, 900, 9000)
    settings = RenderingDef((ChannelBinding(input_start=900, input_end=9000),))
    expected = composite_reference([reduced], settings).astype(int)
    algorithm = getattr(ProjectionType, kind)
    packed = np.array(engine.renderProjectedAsPackedInt(algorithm, 1, 1, 0, 2), dtype=np.int64)
    np.testing.assert_array_equal((packed & 255).reshape(40, 60), expected[..., 2])
    engine.setCompressionLevel(1.0)
    assert np.abs(decoded(engine.renderProjectedCompressed(algorithm, 1, 1, 0, 2)) - expected).max() <= 3
    with pytest.raises(omero.ApiUsageException):
        engine.renderProjectedCompressed(algorithm, 1, 1, 0, 3)


def test_sections_across_the_stack(engine: Any) -> None:
    alone(engine, 1)
    engine.setRGBA(1, 255, 255, 255, 255)
    engine.setChannelWindow(1, 1000, 4000)
    settings = RenderingDef((ChannelBinding(input_start=1000, input_end=4000),))
    across = shown(engine, omero.romio.PlaneDef(omero.romio.XZ, 0, 11, 0, 1, None, -1))
    np.testing.assert_array_equal(across, composite_reference([STACK[1, 1, :, 11]], settings))
    down = shown(engine, omero.romio.PlaneDef(omero.romio.ZY, 7, 0, 0, 1, None, -1))
    np.testing.assert_array_equal(down, composite_reference([STACK[1, 1, :, :, 7].T], settings))


def test_all_settings_at_once_and_as_a_copy(engine: Any, gateway: Any, pixels_id: int) -> None:
    own = engine.getRenderingDefId()
    before = shown(engine)
    definition = gateway.getPixelsService().loadRndSettings(own)
    for channel in definition.copyWaveRendering():
        channel.inputStart, channel.inputEnd = rdouble(0), rdouble(60000)
    definition.defaultT = rint(1)
    engine.updateSettings(definition)
    assert (engine.getChannelWindowEnd(2), engine.getDefaultT()) == (60000.0, 1)
    assert shown(engine).max() < before.max()
    copy = engine.saveAsNewSettings()
    assert copy != own
    kept = gateway.getPixelsService().loadRndSettings(copy)
    assert [one.inputEnd.val for one in kept.copyWaveRendering()] == [60000.0] * 3
    engine.loadRenderingDef(own)
    assert engine.getChannelWindowEnd(2) == float(STACK[:, 2].max())
    np.testing.assert_array_equal(shown(engine), before)
    gateway.deleteObjects("RenderingDef", [copy], wait=True)


def test_saved_settings_come_back(engine: Any, gateway: Any, pixels_id: int) -> None:
    engine.setChannelLookupTable(2, "ice.lut")
    engine.addCodomainMap(REVERSE)
    engine.updateCodomainMap(REVERSE)
    engine.setCodomainInterval(10, 200)
    engine.saveCurrentSettings()
    expected = shown(engine)
    again = gateway.c.sf.createRenderingEngine()
    try:
        again.lookupPixels(pixels_id)
        again.lookupRenderingDef(pixels_id)
        again.load()
        assert again.getRenderingDefId() == engine.getRenderingDefId()
        assert (again.getQuantumDef().cdStart.val, again.getQuantumDef().cdEnd.val) == (10, 200)
        assert [len(again.getCodomainMapContext(c)) for c in range(3)] == [1, 1, 1]
        np.testing.assert_array_equal(shown(again), expected)
        again.removeCodomainMap(REVERSE)
        assert [len(again.getCodomainMapContext(c)) for c in range(3)] == [0, 0, 0]
    finally:
        again.close()


@pytest.fixture
def first_sight(gateway: Any, omero_data: Any, tmp_path: Path) -> Iterator[Callable[..., np.ndarray]]:
    """A function from a file's name and what writes it to the picture that the first settings make of it."""
    engines: list[Any] = []

    def look(name: str, write: Callable[[Path], Any] = Path.touch) -> np.ndarray:
        write(tmp_path / name)
        image = gateway.getObject("Image", omero_data.import_file(tmp_path / name))
        engine = gateway.c.sf.createRenderingEngine()
        engines.append(engine)
        engine.lookupPixels(image.getPixelsId())
        engine.resetDefaultSettings(False)
        return shown(engine, omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, None, -1))

    yield look
    for engine in engines:
        engine.close()


def test_bits_are_black_and_white(first_sight: Any) -> None:
    found = first_sight("bits&sizeX=30&sizeY=20&pixelType=bit.fake")
    np.testing.assert_array_equal(found[15], np.repeat((np.arange(30) % 2 * 255)[:, None], 3, axis=1))


def test_colour_pictures_are_shown_as_they_are(first_sight: Any) -> None:
    made = np.stack([X * 4, Y * 6, X + Y], axis=-1).astype(np.uint8)
    np.testing.assert_array_equal(first_sight("colour.png", Image.fromarray(made).save), made)


def test_one_value_alone_is_between_the_ends_of_its_type(first_sight: Any) -> None:
    for dtype, value, grey in (("uint8", 64, 64), ("int16", 0, 128), ("uint16", 65535, 255), ("float32", 0.25, 64)):
        made = np.full((5, 6), value, dtype)
        found = first_sight(f"{dtype}.tif", lambda path, made=made: tifffile.imwrite(path, made))
        assert (found == grey).all(), (dtype, found[0, 0])


def test_what_is_no_number_is_black(first_sight: Any) -> None:
    made = np.array([[0.0, np.nan, 1.0], [-np.inf, 0.5, np.inf]], np.float32)
    found = first_sight("numbers.tif", lambda path: tifffile.imwrite(path, made))
    assert found[..., 0].tolist() == [[0, 0, 255], [0, 128, 255]]
