"""Slides whose tiles are JPEGs already: given as they are where nothing changes, rendered where something does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.romio
import pytest
import tifffile
from PIL import Image

SIDE, TILE = 700, 256


def picture(side: int) -> np.ndarray:
    y, x = np.mgrid[0:side, 0:side] * (SIDE / side)
    bands = [128 + 100 * np.sin(x / 40), 128 + 100 * np.cos(y / 50), 128 + 100 * np.sin((x + y) / 60)]
    return np.stack(bands, axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("slide") / "slide.ome.tif"
    options: dict[str, Any] = {"tile": (TILE, TILE), "compression": "jpeg", "photometric": "rgb"}
    options["compressionargs"] = {"level": 75}
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(picture(SIDE), subifds=1, metadata={"axes": "YXS"}, **options)
        writer.write(picture(SIDE // 2), subfiletype=1, metadata=None, **options)
    return path


@pytest.fixture
def engine(gateway: Any, omero_data: Any, file: Path) -> Iterator[Any]:
    pixels_id = gateway.getObject("Image", omero_data.import_file(file)).getPrimaryPixels().getId()
    made = gateway.c.sf.createRenderingEngine()
    made.lookupPixels(pixels_id)
    made.resetDefaultSettings(True)
    made.lookupRenderingDef(pixels_id)
    made.load()
    yield made
    made.close()


def tile(engine: Any, x: int, y: int, w: int = TILE, h: int = TILE) -> bytes:
    region = omero.romio.RegionDef(x, y, w, h)
    return bytes(engine.renderCompressed(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, region, -1)))


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def stored(file: Path, level: int, index: int) -> bytes:
    with tifffile.TiffFile(file) as tiff:
        page = tiff.series[0].levels[level].keyframe
        tiff.filehandle.seek(page.dataoffsets[index])
        return bytes(tiff.filehandle.read(page.databytecounts[index]))


@pytest.mark.parametrize(("level", "place", "index"), [(0, (256, 256), 4), (0, (0, 0), 0), (1, (0, 0), 0)])
def test_a_whole_tile_is_the_files_own(engine: Any, file: Path, level: int, place: tuple[int, int], index: int) -> None:
    engine.setResolutionLevel(1 - level)
    data = tile(engine, *place)
    assert data.endswith(stored(file, level, index)[2:])
    side = SIDE if level == 0 else SIDE // 2
    x, y = place
    assert np.abs(decoded(data) - picture(side)[y : y + TILE, x : x + TILE]).mean() < 4


@pytest.mark.parametrize("box", [(10, 0, TILE, TILE), (0, 0, 100, 100), (512, 0, TILE, TILE), (256, 512, TILE, TILE)])
def test_any_other_window_is_rendered(engine: Any, box: tuple[int, int, int, int]) -> None:
    x, y, w, h = box
    found = decoded(tile(engine, *box))
    expected = picture(SIDE)[y : y + h, x : x + w]
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 6


@pytest.mark.parametrize("change", ["window", "active", "colour", "reverse", "model", "codomain", "family"])
def test_whatever_changes_the_picture_is_rendered(engine: Any, file: Path, change: str) -> None:
    before = tile(engine, 0, 0)
    if change == "window":
        engine.setChannelWindow(0, 0.0, 200.0)
    elif change == "active":
        engine.setActive(1, False)
    elif change == "colour":
        engine.setRGBA(2, 0, 255, 0, 255)
    elif change == "reverse":
        engine.addCodomainMapToChannel(omero.romio.ReverseIntensityMapContext(), 0)
    elif change == "model":
        engine.setModel(next(one for one in engine.getAvailableModels() if one.value.val == "greyscale"))
    elif change == "codomain":
        engine.setCodomainInterval(0, 100)
    else:
        family = next(one for one in engine.getAvailableFamilies() if one.value.val == "polynomial")
        engine.setQuantizationMap(0, family, 2.0, False)
    after = tile(engine, 0, 0)
    assert after != before
    assert np.abs(decoded(after) - decoded(before)).mean() > 5


def test_a_damaged_tile_is_an_error_and_not_sent(gateway: Any, omero_data: Any, file: Path, tmp_path: Path) -> None:
    with tifffile.TiffFile(file) as tiff:
        offset = tiff.series[0].levels[0].keyframe.dataoffsets[1]
    data = bytearray(file.read_bytes())
    data[offset : offset + 40] = bytes(40)
    (tmp_path / "damaged.ome.tif").write_bytes(data)
    image_id = omero_data.import_file(tmp_path / "damaged.ome.tif")
    pixels_id = gateway.getObject("Image", image_id).getPrimaryPixels().getId()
    engine = gateway.c.sf.createRenderingEngine()
    engine.lookupPixels(pixels_id)
    engine.resetDefaultSettings(True)
    engine.lookupRenderingDef(pixels_id)
    engine.load()
    assert decoded(tile(engine, 0, 0)).shape == (TILE, TILE, 3)
    with pytest.raises(omero.ResourceError, match="cannot be decoded"):
        tile(engine, 256, 0)
    engine.close()
