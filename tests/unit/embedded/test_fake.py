"""Images described by names: every plane can be told from every other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omeropyr.embedded.pixels.fake import BOX
from omeropyr.embedded.pixels.reader import ReaderError, open_reader


def opened(tmp_path: Path, name: str) -> Any:
    path = tmp_path / name
    path.touch()
    return open_reader([path])


def test_a_plane_tells_its_place(tmp_path: Path) -> None:
    reader = opened(tmp_path, "cells&sizeX=100&sizeY=60&sizeZ=4&sizeC=3&sizeT=5&pixelType=uint16&series=2.fake")
    assert [series.name for series in reader.series] == ["cells 1", "cells 2"]
    plane = reader.read_tile(1, 0, 3, 2, 4, 0, 0, 100, 60)
    assert plane.dtype == np.uint16
    assert [int(plane[0, box * BOX]) for box in range(5)] == [1, (4 * 3 + 2) * 4 + 3, 3, 2, 4]
    np.testing.assert_array_equal(plane[BOX], np.arange(100))
    np.testing.assert_array_equal(reader.read_tile(1, 0, 3, 2, 4, 33, 5, 20, 30), plane[5:35, 33:53])


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double", "bit"])
def test_pixel_types(tmp_path: Path, kind: str) -> None:
    reader = opened(tmp_path, f"a&pixelType={kind}.fake")
    assert reader.series[0].pixels_type == kind
    assert reader.read_tile(0, 0, 0, 0, 0, 0, 20, 512, 1).dtype == reader.series[0].dtype


def test_levels_and_sizes(tmp_path: Path) -> None:
    reader = opened(tmp_path, "a&sizeX=40000&sizeY=20000&resolutions=3&resolutionScale=4&physicalSizeX=0.25.fake")
    assert reader.series[0].levels == ((40000, 20000), (10000, 5000), (2500, 1250))
    assert reader.series[0].physical_size_x == 0.25
    assert int(reader.read_tile(0, 1, 0, 0, 0, 300, 100, 1, 1)[0, 0]) == 1200 % 256


def test_a_plate(tmp_path: Path) -> None:
    reader = opened(tmp_path, "a&plateRows=2&plateCols=3&fields=2.fake")
    assert len(reader.series) == len(reader.well_positions) == 12
    assert reader.series[-1].name == "B3 field 2"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a&sizeX=-1.fake", "is not a number"),
        ("a&sizeX=1000000000.fake", "is not a number"),
        ("a&sizeX=99999999.fake", "the header claims"),
        ("a&pixelType=complex.fake", "is not one of"),
        ("a&series=100000.fake", "more than"),
        ("a&plateRows=99.fake", "larger than any"),
        ("a&physicalSizeX=wide.fake", "is not a length"),
    ],
)
def test_what_no_image_has_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ReaderError, match=words):
        opened(tmp_path, name)
