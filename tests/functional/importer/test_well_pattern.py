"""``omeropyr import --well-pattern``: plates whose files' names only their owner understands; and makers' files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from pylibCZIrw import czi

PATTERN = r"^(?P<well>[A-D]\d) pos(?P<field>\d) (?P<c>\w+)-(?P<z>\d)\.tif$"


def images_in(out: str) -> list[int]:
    return [int(found) for found in re.findall(r"^Image:(\d+)", out, re.MULTILINE)]


@pytest.fixture
def odd(tmp_path: Path) -> dict[tuple[str, int, str, int], np.ndarray]:
    """Files of wells B2 and C4, two fields, two channels, two focal planes, named as no maker names them."""
    planes = {}
    for place, (well, position, channel, z) in enumerate(
        (well, position, channel, z)
        for well in ("B2", "C4")
        for position in (3, 7)
        for channel in ("dapi", "gfp")
        for z in (1, 2)
    ):
        plane = np.arange(600, dtype=np.uint16).reshape(20, 30) + 1000 * place
        planes[well, position, channel, z] = plane
        tifffile.imwrite(tmp_path / f"{well} pos{position} {channel}-{z}.tif", plane)
    return planes


def test_wells_by_the_users_pattern(gateway: Any, tmp_path: Path, command_of: Any, odd: Any) -> None:
    status, out, err = command_of("root", tmp_path, "--plate", "Odd", "--screen", "Odd ones", "--well-pattern", PATTERN)
    assert (status, err) == (0, "")
    ids = images_in(out)
    assert len(ids) == 4
    rows = gateway.getQueryService().projection(
        "select w.row, w.column, i.id, i.name, p.name from WellSample s join s.well w join w.plate p join s.image i"
        f" where i.id in ({', '.join(map(str, ids))}) order by i.id",
        None,
    )
    found = [tuple(value.val for value in row) for row in rows]
    assert [(row, column, plate) for row, column, _, _, plate in found] == [(1, 1, "Odd")] * 2 + [(2, 3, "Odd")] * 2
    names = [name for _, _, _, name, _ in found]
    assert names == [f"Odd [{well} field {field}]" for well in ("B2", "C4") for field in (1, 5)]  # positions 3 and 7
    for (image_id, well), position in zip(zip(ids, ("B2", "B2", "C4", "C4"), strict=True), (3, 7, 3, 7), strict=True):
        image = gateway.getObject("Image", image_id)
        assert [channel.getLabel() for channel in image.getChannels()] == ["dapi", "gfp"]
        assert (image.getSizeZ(), image.getSizeC(), image.getSizeT()) == (2, 2, 1)
        for c, channel in enumerate(("dapi", "gfp")):
            for z in (1, 2):
                plane = image.getPrimaryPixels().getPlane(z - 1, c, 0)
                assert np.array_equal(plane, odd[well, position, channel, z])
    files = [one.getName() for one in gateway.getObject("Image", ids[0]).getImportedImageFiles()]
    assert sorted(files)[-1] == "layout.omeropyr.json"
    assert len(files) == 17
    again = command_of("root", tmp_path, "--plate", "Odd", "--well-pattern", PATTERN)
    assert again[0] == 0
    assert "skipped, it is there as Image:" in again[1]


def test_wells_by_the_names_of_folders(gateway: Any, tmp_path: Path, command_of: Any) -> None:
    for number, well in enumerate(("A1", "H12")):
        (tmp_path / "in" / well).mkdir(parents=True)
        tifffile.imwrite(tmp_path / "in" / well / "shot.tif", np.full((20, 30), 70 + number, np.uint8))
    pattern = r"/(?P<row>[A-H])(?P<column>\d+)/shot\.tif$"
    status, out, err = command_of("root", tmp_path / "in", "--well-pattern", pattern, "--again")
    assert (status, err) == (0, "")
    ids = images_in(out)
    for number, image_id in enumerate(ids):
        plane = gateway.getObject("Image", image_id).getPrimaryPixels().getPlane(0, 0, 0)
        assert (plane == 70 + number).all()
    rows = gateway.getQueryService().projection(
        f"select w.row, w.column from WellSample s join s.well w where s.image.id = {ids[1]}", None
    )
    assert [value.val for value in rows[0]] == [7, 11]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?P<well", "--well-pattern is no regular expression"),
        (r"(?P<field>\d)", "needs the named groups row and column, or well"),
        (r"(?P<well>Z99)", "the pattern finds nothing in any file's name"),
        (r"(?P<well>pos\d)", "what the pattern finds in B2 pos3 dapi-1.tif is no well, field or plane"),
        (r"^(?P<row>B)(?P<column>2) pos(?P<field>3) (?P<c>dapi)|^(?P<well>C4) pos7 gfp", "finds fields with different"),
    ],
    ids=["broken", "no well", "nothing", "other words", "gap"],
)
def test_a_pattern_that_does_not_fit(tmp_path: Path, command_of: Any, odd: Any, pattern: str, said: str) -> None:
    status, out, err = command_of("root", tmp_path, "--well-pattern", pattern)
    assert status == 2
    assert said in err
    assert images_in(out) == []


def test_czi_scenes_over_ice(gateway: Any, tmp_path: Path, command_of: Any) -> None:
    planes = [np.arange(900, dtype=np.uint16).reshape(30, 30) * (scene + 1) for scene in range(2)]
    with czi.create_czi(str(tmp_path / "scenes.czi")) as file:
        for scene, plane in enumerate(planes):
            file.write(plane, scene=scene, location=(1000 * scene, 0))
        file.write_metadata(channel_names={0: "DAPI"}, scale_x=1e-7, scale_y=1e-7)
    status, out, err = command_of("root", tmp_path, "--again")
    assert (status, err) == (0, "")
    for image_id, plane, name in zip(images_in(out), planes, ("Scene 1", "Scene 2"), strict=True):
        image = gateway.getObject("Image", image_id)
        assert image.getName() == f"scenes.czi [{name}]"
        assert image.getPixelSizeX() == 0.1
        assert image.getChannelLabels() == ["DAPI"]
        assert np.array_equal(image.getPrimaryPixels().getPlane(0, 0, 0), plane)
