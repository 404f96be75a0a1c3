"""Large images without levels over Ice: what OMERO answers meanwhile, and levels afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
import tifffile

from omeropyr.embedded.importer.run import import_files
from omeropyr.rendering.scale import halve

LARGE = np.random.default_rng(5).integers(0, 255, (3300, 3400), dtype=np.uint16)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.tif"
    tifffile.imwrite(path, LARGE)
    return path


def levels_of(store: Any) -> list[tuple[int, int]]:
    return [(one.sizeX, one.sizeY) for one in store.getResolutionDescriptions()]


def test_until_the_levels_are_there_clients_are_told_to_come_back(
    gateway: Any, embedded: Any, omero_data: Any, file: Path
) -> None:
    pyramids = embedded.pixels.pyramids
    with pyramids.held():
        (done,), bad = import_files(embedded, omero_data.actor("root"), [file])
        assert bad == []
        store = gateway.c.sf.createRawPixelsStore()
        with pytest.raises(omero.MissingPyramidException) as missing:
            store.setPixelsId(done.pixels_id, False)
        assert (missing.value.pixelsID, missing.value.backOff > 0) == (done.pixels_id, True)
        assert "being prepared" in missing.value.message
        engine = gateway.c.sf.createRenderingEngine()
        engine.lookupPixels(done.pixels_id)
        engine.resetDefaultSettings(True)
        with pytest.raises(omero.ConcurrencyException):
            engine.load()
        thumbnails = gateway.c.sf.createThumbnailStore()
        thumbnails.setPixelsId(done.pixels_id)
        assert thumbnails.isInProgress()
        assert thumbnails.getThumbnailByLongestSideSet(None, [done.pixels_id]) == {done.pixels_id: b""}
        for one in (store, engine, thumbnails):
            one.close()
    pyramids.wait(done.pixels_id)
    image = gateway.getObject("Image", done.image_id)
    store = gateway.c.sf.createRawPixelsStore()
    store.setPixelsId(done.pixels_id, False)
    assert store.requiresPixelsPyramid()
    assert levels_of(store) == [(3400, 3300), (1700, 1650), (850, 825), (425, 413)]
    store.setResolutionLevel(2)
    tile = np.frombuffer(store.getTile(0, 0, 0, 100, 200, 64, 32), ">u2").reshape(32, 64)
    np.testing.assert_array_equal(tile, halve(LARGE)[200:232, 100:164])
    store.close()
    assert len(image.getThumbnail(96)) > 500
    assert (embedded.data / "Pyramids" / str(done.pixels_id)).is_dir()
    gateway.deleteObjects("Image", [done.image_id], wait=True)
    assert not (embedded.data / "Pyramids" / str(done.pixels_id)).exists()


def test_planes_that_a_client_writes_get_levels_when_they_are_complete(gateway: Any, embedded: Any) -> None:
    image = gateway.createImageFromNumpySeq(iter([LARGE]), "written", 1, 1, 1)
    pixels_id = image.getPrimaryPixels().getId()
    embedded.pixels.pyramids.wait(pixels_id)
    store = gateway.c.sf.createRawPixelsStore()
    store.setPixelsId(pixels_id, False)
    assert levels_of(store)[1] == (1700, 1650)
    store.setResolutionLevel(2)
    tile = np.frombuffer(store.getTile(0, 0, 0, 0, 0, 50, 50), ">u2").reshape(50, 50)
    np.testing.assert_array_equal(tile, halve(LARGE)[:50, :50])
    store.close()
