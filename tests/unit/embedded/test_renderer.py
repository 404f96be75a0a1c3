"""Regions, sections, projections, thumbnails equal the numpy reference; first settings follow what channels tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.pixels.access import PixelAccess
from omeropyr.embedded.pixels.defaults import ChannelFacts, default_settings
from omeropyr.embedded.pixels.reader import ReaderError
from omeropyr.embedded.pixels.renderer import Renderer
from omeropyr.rendering.composite import composite_reference, rgb_view
from omeropyr.rendering.settings import ChannelBinding, RenderingDef


class OneImage(PixelAccess):
    """The real thing, with the question to the database answered here."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, store=None)  # type: ignore[arg-type]

    def _fileset(self, pixels_id: int) -> tuple[int | None, int, int]:
        return 1, 0, pixels_id

    def _files(self, fileset: int) -> tuple[list[Path], list[str]]:
        path = self._data / "a.ome.tif"
        return [path], [path.name]


IMAGE = np.random.default_rng(2).integers(0, 4000, (2, 5, 3, 200, 300), dtype=np.uint16)
SETTINGS = RenderingDef(
    (
        ChannelBinding(input_start=10, input_end=3000, green=0, blue=0),
        ChannelBinding(input_start=0, input_end=2000, red=0, blue=0, family="polynomial", coefficient=0.7),
        ChannelBinding(input_start=500, input_end=4000, lookup_table="magenta.lut", reverse_intensity=True),
    ),
    default_z=2,
)


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    options: dict[str, Any] = {"metadata": {"axes": "TZCYX"}, "tile": (64, 64), "compression": "zlib"}
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGE, photometric="minisblack", **options)
    return Renderer(OneImage(tmp_path), 1, SETTINGS)


def rgb(picture: Any) -> Any:
    return rgb_view(picture)[..., :3]


def test_a_region_is_cut_from_the_plane(renderer: Renderer) -> None:
    whole = rgb(renderer.region(0, 3, 1))
    np.testing.assert_array_equal(whole, composite_reference(list(IMAGE[1, 3]), SETTINGS))
    np.testing.assert_array_equal(rgb(renderer.region(0, 3, 1, (50, 60, 100, 90))), whole[60:150, 50:150])
    np.testing.assert_array_equal(rgb(renderer.region(0, 3, 1, (256, 128, 256, 256))), whole[128:, 256:])
    for outside in ((300, 0, 10, 10), (-1, 0, 10, 10), (0, 0, 0, 10)):
        with pytest.raises(IndexError):
            renderer.region(0, 3, 1, outside)
    with pytest.raises(IndexError):
        renderer.region(0, 5, 1)


def test_projections_include_both_ends(renderer: Renderer) -> None:
    for kind, reduced in (("max", IMAGE[0, 1:4].max(0)), ("mean", IMAGE[0, 1:4].mean(0).astype(np.uint16))):
        found = rgb(renderer.projected(kind, 0, 1, 3))  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, composite_reference(list(reduced), SETTINGS))
    with pytest.raises(IndexError):
        renderer.projected("max", 0, 3, 5)


def test_sections_across_focal_planes(renderer: Renderer) -> None:
    rows, columns = IMAGE[0, :, :, 7, :].transpose(1, 0, 2), IMAGE[0, :, :, :, 9].transpose(1, 2, 0)
    np.testing.assert_array_equal(rgb(renderer.section("xz", 7, 0)), composite_reference(list(rows), SETTINGS))
    np.testing.assert_array_equal(rgb(renderer.section("zy", 9, 0)), composite_reference(list(columns), SETTINGS))


def test_thumbnails_show_the_default_plane(renderer: Renderer) -> None:
    whole = composite_reference(list(IMAGE[0, 2]), SETTINGS)
    expected = whole.reshape(100, 2, 150, 2, 3).mean(axis=(1, 3))
    found = renderer.thumbnail(150, 100)
    assert np.abs(found - expected).max() <= 1


def test_no_channel_shown_is_black(renderer: Renderer) -> None:
    renderer.settings = RenderingDef(tuple(ChannelBinding(active=False) for _ in range(3)))
    assert not rgb(renderer.region(0, 0, 0, (0, 0, 20, 10))).any()


def test_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="No such file"):
        OneImage(tmp_path).tile(1, 0, 0, 0, 0, 0, 0, 1, 1)


def colors(*channels: ChannelFacts) -> list[tuple[int, int, int]]:
    return [(one.red, one.green, one.blue) for one in default_settings(channels, 1).channels]


def test_first_settings() -> None:
    plain = ChannelFacts(5, 900)
    single = default_settings([plain], 9)
    assert (single.model, single.default_z, single.channels[0].input_start, single.channels[0].input_end) == (
        "greyscale",
        4,
        5,
        900,
    )
    assert default_settings([ChannelFacts(0, 1, color=(0, 255, 0, 255))], 1).model == "rgb"
    assert colors(plain, plain, plain, plain) == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)]
    assert colors(*[ChannelFacts(0, 1, name=name) for name in "DFR"]) == [(0, 0, 255), (0, 255, 0), (255, 0, 0)]
    assert colors(*[ChannelFacts(0, 1, emission=nm) for nm in (461, 520, 610)]) == [
        (0, 0, 255),
        (0, 255, 0),
        (255, 0, 0),
    ]
    named = [ChannelFacts(0, 1, name=name) for name in ("Alexa 488", "Cy5", "mCherry", "Hoechst 33342")]
    assert colors(*named) == [(0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255)]
    photo = default_settings([ChannelFacts(3, 250)] * 3, 1, rgb=True)
    assert [(one.input_start, one.input_end, one.red, one.green, one.blue) for one in photo.channels] == [
        (0, 255, 255, 0, 0), (0, 255, 0, 255, 0), (0, 255, 0, 0, 255),
    ]  # fmt: skip
