"""Levels of large images are made in the background, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.pyramids import PyramidMissing, Pyramids
from omeropyr.embedded.pixels.reader import Reader, open_reader
from omeropyr.rendering.scale import halve

SHAPE = (2, 2, 3201, 3301)  # T, C, Y, X


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 4000, SHAPE, dtype=np.uint16)


@pytest.fixture(scope="module")
def opened(image: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Reader]:
    path = tmp_path_factory.mktemp("large") / "a.ome.tif"
    tifffile.imwrite(path, image, ome=True, metadata={"axes": "TCYX"}, photometric="minisblack")
    return lambda: open_reader([path])


@pytest.fixture
def pyramids(tmp_path: Path) -> Iterator[Pyramids]:
    made = Pyramids(tmp_path, ChunkCache(2**26))
    yield made
    made.close()


def test_every_level_of_every_plane(pyramids: Pyramids, opened: Any, image: np.ndarray, tmp_path: Path) -> None:
    with pyramids.held(), pytest.raises(PyramidMissing, match="being prepared for viewing: 0% done") as missing:
        pyramids.with_levels(7, opened(), 0, opened)
    assert (missing.value.pixels_id, missing.value.done) == (7, 0.0)
    assert 500 <= missing.value.back_off <= 60_000
    pyramids.wait(7)
    reader = pyramids.with_levels(7, opened(), 0, opened)
    assert reader.series[0].levels == ((3301, 3201), (1651, 1601), (826, 801), (413, 401))
    for t, c in np.ndindex(2, 2):
        expected = image[t, c]
        for level in range(1, 4):
            expected = halve(expected)
            height, width = expected.shape
            np.testing.assert_array_equal(reader.read_tile(0, level, 0, c, t, 0, 0, width, height), expected)
    np.testing.assert_array_equal(reader.read_tile(0, 0, 0, 1, 1, 50, 60, 9, 8), image[1, 1, 60:68, 50:59])
    with pytest.raises(IndexError):
        reader.read_tile(0, 1, 0, 0, 0, 1650, 0, 2, 1)
    reader.close()
    assert sorted(path.name for path in (tmp_path / "Pyramids").iterdir()) == ["7"]
    pyramids.remove(7)
    assert list((tmp_path / "Pyramids").iterdir()) == []


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "float64"])
def test_other_pixel_types(pyramids: Pyramids, dtype: str, tmp_path: Path) -> None:
    values = (np.random.default_rng(1).normal(0, 40, (3200, 3200))).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values)
    with pytest.raises(PyramidMissing):
        pyramids.with_levels(1, open_reader([tmp_path / "a.tif"]), 0, lambda: open_reader([tmp_path / "a.tif"]))
    pyramids.wait(1)
    reader = pyramids.with_levels(1, open_reader([tmp_path / "a.tif"]), 0, lambda: open_reader([tmp_path / "a.tif"]))
    np.testing.assert_array_equal(reader.read_tile(0, 1, 0, 0, 0, 0, 0, 1600, 1600), halve(values))


def test_small_images_and_images_with_levels_are_left_alone(pyramids: Pyramids, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((100, 100), np.uint8))
    small = open_reader([tmp_path / "a.tif"])
    assert pyramids.with_levels(1, small, 0, lambda: small) is small
    path = tmp_path / "a&sizeX=9000&sizeY=9000&resolutions=4.fake"
    path.touch()
    levelled = open_reader([path])
    assert pyramids.with_levels(2, levelled, 0, lambda: levelled) is levelled


def test_what_cannot_be_read_stays_as_it_is(pyramids: Pyramids, opened: Any, caplog: Any) -> None:
    def broken() -> Reader:
        raise OSError("the disk is gone")

    with pytest.raises(PyramidMissing):
        pyramids.with_levels(3, opened(), 0, broken)
    pyramids.wait(3)
    reader = opened()
    assert pyramids.with_levels(3, reader, 0, broken) is reader
    assert "the disk is gone" in caplog.text


def test_a_server_that_ends_leaves_nothing_half_made(opened: Any, tmp_path: Path) -> None:
    first = Pyramids(tmp_path, ChunkCache(2**20))
    with pytest.raises(PyramidMissing):
        first.with_levels(4, opened(), 0, opened)
    first.close()
    assert not list((tmp_path / "Pyramids").glob("making-*"))
    (tmp_path / "Pyramids").mkdir(exist_ok=True)
    (tmp_path / "Pyramids" / "making-killed").mkdir()
    Pyramids(tmp_path, ChunkCache(2**20)).close()
    assert not list((tmp_path / "Pyramids").glob("making-*"))
