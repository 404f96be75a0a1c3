"""Projections, down-sampling, encoding and lookup tables."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from omeropyr.rendering import encode, lut, projection, scale


def test_projections_keep_the_pixel_type() -> None:
    planes = [
        np.array([[1, 200, 250]], np.uint8),
        np.array([[4, 100, 250]], np.uint8),
        np.array([[2, 0, 250]], np.uint8),
    ]
    assert projection.project(planes, "max").tolist() == [[4, 200, 250]]
    assert projection.project(planes, "mean").tolist() == [[2, 100, 250]]
    summed = projection.project(planes, "sum")
    assert (summed.tolist(), summed.dtype) == ([[7, 255, 255]], np.uint8)


def test_projections_of_floats_and_signed_values() -> None:
    floats = [np.array([0.5, -1.0], np.float32), np.array([1.0, -2.0], np.float32)]
    assert projection.project(floats, "mean").tolist() == [0.75, -1.5]
    signed = [np.array([-3], np.int16), np.array([-4], np.int16)]
    assert projection.project(signed, "mean").tolist() == [-3]
    with pytest.raises(ValueError, match="no plane"):
        projection.project([], "max")


def test_halving_averages_blocks_and_keeps_odd_edges() -> None:
    plane = np.array([[1, 2, 3], [3, 4, 5], [10, 20, 30]], np.uint16)
    assert scale.halve(plane).tolist() == [[3, 4], [15, 30]]
    assert scale.halve(np.array([[65535, 65535], [65535, 65535]], np.uint16)).tolist() == [[65535]]
    assert scale.halve(np.array([[0.5, 1.0]], np.float32)).tolist() == [[0.75]]


@pytest.mark.parametrize(
    ("size", "longest", "expected"), [((400, 200), 96, (96, 48)), ((10, 4000), 96, (1, 96)), ((30, 30), 96, (96, 96))]
)
def test_thumbnails_keep_proportions(size: tuple[int, int], longest: int, expected: tuple[int, int]) -> None:
    assert scale.fit(*size, longest) == expected


def test_a_thumbnail_is_the_average_of_areas() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2, :2] = [[[0, 0, 0], [100, 0, 0]], [[0, 100, 0], [100, 100, 40]]]
    assert scale.thumbnail(picture, 2, 2)[0, 0].tolist() == [50, 50, 10]
    assert scale.thumbnail(picture, 8, 8).shape == (8, 8, 3)


def test_png_is_exact_and_jpeg_is_close() -> None:
    y, x = np.mgrid[0:64, 0:48]
    picture = np.stack([x * 4, y * 3, (x + y) * 2], axis=2).astype(np.uint8)
    rgbx = np.ascontiguousarray(np.dstack([picture, np.full((64, 48), 255, np.uint8)])).view(np.uint32)[..., 0]
    for given in (picture, rgbx):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode.png(given)))), picture)
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode.tiff(given)))), picture)
        decoded = np.asarray(Image.open(io.BytesIO(encode.jpeg(given, 0.95))))
        assert np.abs(decoded.astype(int) - picture).mean() < 2
    assert len(encode.jpeg(picture, 0.3)) < len(encode.jpeg(picture, 0.95))


def test_lookup_tables() -> None:
    assert {"red.lut", "grays.lut", "spectrum.lut"} <= set(lut.names())
    for name in lut.names():
        made = lut.lookup_table(name)
        assert made is not None
        assert made.shape == (256, 3)
    cyan = lut.lookup_table("cyan.lut")
    assert cyan is not None
    assert cyan[[0, 100, 255]].tolist() == [[0, 0, 0], [0, 100, 100], [0, 255, 255]]
    viridis = lut.lookup_table("viridis.lut")
    assert viridis is not None
    assert (viridis[0].tolist(), viridis[255].tolist()) == ([68, 1, 84], [253, 231, 37])
    hilo = lut.lookup_table("hilo.lut")
    assert hilo is not None
    assert (hilo[0].tolist(), hilo[100].tolist(), hilo[255].tolist()) == ([0, 0, 255], [100, 100, 100], [255, 0, 0])
    assert len(lut.names()) == 31
    assert lut.lookup_table("none.lut") is None
