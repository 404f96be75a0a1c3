"""The demo's pictures have what microscopy has: structure where it belongs, noise, a background, focus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.demo import cells, pictures, screen
from omeropyr.embedded.demo.content import GROUPS, PICTURES, PLATES, USERS
from omeropyr.embedded.demo.fields import camera, noise, splat, through_the_lens
from omeropyr.embedded.demo.histology import Painter
from omeropyr.embedded.demo.tissue import plan
from omeropyr.embedded.importer.wells import plates


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter(plan(4, 4096), 5)


def test_the_camera_adds_shot_noise_to_an_offset() -> None:
    grey = camera(np.random.default_rng(1), np.full((400, 400), 100.0), gain=2.0, offset=50.0, read=1.0)
    assert grey.mean() == pytest.approx(50 + 200, rel=0.01)
    assert grey.var() == pytest.approx(2.0**2 * 100 + 1, rel=0.05)


def test_a_point_spreads_more_the_farther_it_is_out_of_focus() -> None:
    volume = splat((7, 65, 65), np.array([[3.0, 32.0, 32.0]]), np.array([1000.0]))
    seen = through_the_lens(volume)
    peaks = seen.max(axis=(1, 2))
    assert list(np.argsort(peaks))[-1] == 3
    assert peaks[3] > 2 * peaks[4] > 4 * peaks[6] > 0
    assert seen.sum(axis=(1, 2)) == pytest.approx(np.full(7, 1000.0), rel=0.01)


def test_noise_has_the_scale_asked_for() -> None:
    fine, coarse = (noise(np.random.default_rng(2), (256, 256), scale) for scale in (4, 40))
    assert fine.std() == pytest.approx(1, abs=0.01)
    assert np.abs(np.diff(fine)).mean() > 5 * np.abs(np.diff(coarse)).mean()


def test_nuclei_lie_inside_their_cells_and_hold_dark_nucleoli() -> None:
    model = cells.culture(11, 384, 5, 8, 34.0)
    dna = cells.nuclei(model, 0.0)[2]
    _, gap, _ = cells.territories(model, 0.0)
    nucleus = dna > 0.2
    assert 0.08 < nucleus.mean() < 0.4
    assert (gap[nucleus] > 0).mean() > 0.97
    assert dna[nucleus].std() / dna[nucleus].mean() > 0.2  # chromatin is no flat disc


def test_a_dividing_cell_parts_in_two() -> None:
    model = cells.culture(3, 256, 3, 1, 30.0)
    model.cells[0].divides_at = 0.0
    model.cells[0].x = model.cells[0].y = 128.0
    model.cells[0].drift = (0.0, 0.0)
    before, after = (cells.nuclei(model, time)[1] for time in (1.0, 5.0))
    assert before[120:136, 120:136].mean() > 0.5
    assert after[124:132, 124:132].mean() < 0.1
    assert after.max() > 0.5


def test_filaments_and_vesicles_stay_in_the_cells() -> None:
    model = cells.culture(21, 256, 3, 5, 30.0)
    outside = cells.territories(model, 0.0)[1] < -4
    for draw in (cells.microtubules, cells.vesicles):
        picture = draw(model, 0.0).sum(axis=0)
        assert picture[outside].sum() < 0.02 * picture.sum()
        assert picture.max() > 10 * picture.mean()


def test_the_live_stack_is_a_16_bit_5d_ome_tiff(tmp_path: Path) -> None:
    file = tmp_path / "live.ome.tif"
    pictures.mitosis(file, size=128, depth=3, frames=2)
    with tifffile.TiffFile(file) as tiff:
        stack = tiff.series[0].asarray()
        described = tiff.ome_metadata or ""
    assert stack.shape == (2, 4, 3, 128, 128)
    assert stack.dtype == np.uint16
    assert 'Name="EGFP-tubulin"' in described
    assert 'PhysicalSizeX="0.161"' in described
    assert 90 < np.percentile(stack[0, 0], 5) < 140  # the camera's offset
    assert stack[0, 0].max() > 5 * np.median(stack[0, 0])
    assert not np.array_equal(stack[0], stack[1])


def test_the_scratch_closes(tmp_path: Path) -> None:
    file = tmp_path / "scratch.ome.tif"
    pictures.wound(file, size=256, frames=12)
    movie = tifffile.imread(file).astype(float)
    middle = movie[:, :, 88:168]
    bright = middle > 250
    assert bright[-1].mean() > 2 * bright[0].mean() + 0.01


def test_fixed_cells_are_an_8_bit_imagej_composite(tmp_path: Path) -> None:
    file = tmp_path / "fixed.tif"
    pictures.fixed_field(file, 41, size=320)
    with tifffile.TiffFile(file) as tiff:
        planes = tiff.asarray()
        assert tiff.imagej_metadata is not None
        assert tiff.imagej_metadata["Labels"] == ["DAPI", "alpha-tubulin", "Phalloidin"]
    assert planes.shape == (3, 320, 320)
    assert planes.dtype == np.uint8
    assert all(plane.max() > 200 and np.median(plane) < 100 for plane in planes)


def test_tissue_is_pink_and_violet_on_white_glass(painter: Painter) -> None:
    glass, tissue = painter.tile(0, 3584, 512), painter.tile(2048, 1024, 512)
    assert glass.min() > 235
    red, green, blue = (tissue[..., channel].mean() for channel in range(3))
    assert red > green + 25
    assert blue > green + 25  # eosin and haematoxylin both take green away
    assert tissue.std() > 20
    dark = tissue.sum(axis=2) < 390
    assert 0.01 < dark.mean() < 0.4  # nuclei


def test_tiles_meet_without_a_seam(painter: Painter) -> None:
    whole = painter.tile(1536, 1024, 1024)
    for x in (0, 512):
        assert np.array_equal(whole[:512, x : x + 512], painter.tile(1536 + x, 1024, 512))


def test_the_slide_is_a_pyramid_of_jpeg_tiles(tmp_path: Path) -> None:
    file = tmp_path / "slide.ome.tif"
    pictures.slide(file, size=2048)
    with tifffile.TiffFile(file) as tiff:
        levels = tiff.series[0].levels
        assert [level.shape for level in levels] == [(2048, 2048, 3), (1024, 1024, 3), (512, 512, 3)]
        page = tiff.pages[0]
        assert (page.is_tiled, page.tilewidth, page.compression.name) == (True, 512, "JPEG")
        full, half = levels[0].asarray().astype(float), levels[1].asarray().astype(float)
    mean = full.reshape(1024, 2, 1024, 2, 3).mean(axis=(1, 3))
    assert np.abs(mean - half).mean() < 3


def test_every_picture_has_an_owner_who_is_in_its_group() -> None:
    groups = {user.name: user.groups for user in USERS}
    assert all(picture.group in groups[picture.owner] for picture in PICTURES)
    assert all(plate.group in groups[plate.owner] for plate in PLATES)
    assert {group.permissions for group in GROUPS} == {"rwra--", "rw----", "rwr---"}
    assert len({picture.file for picture in PICTURES}) == len(PICTURES)


def test_the_plate_answers_to_the_dose(tmp_path: Path) -> None:
    screen.draw(tmp_path / "plate")
    names = sorted(path.name for path in (tmp_path / "plate").iterdir())
    (plate,), rest = plates(names)
    assert (plate.name, len(plate.fields), rest) == (screen.NAME, 192, [])
    assert {(made.size_c, made.size_z) for _, made in plate.fields} == {(2, 1)}

    def brightness(row: str, column: int) -> float:
        files = [f"{screen.NAME}_{row}{column:02}_s{field}_w2.tif" for field in (1, 2)]
        return float(np.mean([tifffile.imread(tmp_path / "plate" / name) for name in files])) - 104  # the camera's

    assert brightness("B", 2) > 1.5 * brightness("H", 2)  # bafilomycin against aspirin
    assert brightness("A", 2) > 1.3 * brightness("A", 11)  # the highest against the lowest dose
    assert screen.treatment(1, 3).compound == "Bafilomycin A1"
    assert screen.treatment(1, 3).micromolar == 3.3333
