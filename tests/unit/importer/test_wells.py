"""Plates by the names that screening microscopes give their files."""

from __future__ import annotations

import pytest

from omeropyr.embedded.importer.wells import Position, plates, row_name

YOKOGAWA = "p_{row}{column:02}_T0001F{field:03}L01A01Z01C{channel:02}.tif"
MAKERS = {
    "cellomics": "AS_1_2_{row}{column:02}f{field:02}d{channel}.TIF",
    "yokogawa": YOKOGAWA,
    "operetta": "r{number:02}c{column:02}f{field:02}p01-ch{channel}sk1fk1fl1.tiff",
    "incell": "{row} - {column}(fld {field} wv {channel} - x).tif",
    "metaxpress": "exp_{row}{column:02}_s{field}_w{channel}.tif",
    "metaxpress with a UUID": "exp_{row}{column:02}_s{field}_w{channel}0A1B2C3D-0000-1111-2222-333344445555.tif",
}


def names(pattern: str) -> list[str]:
    return [
        pattern.format(row=row, number=ord(row) - 64, column=column, field=field, channel=channel)
        for row in "AC"
        for column in (1, 12)
        for field in (1, 2)
        for channel in (1, 2, 3)
    ]


@pytest.mark.parametrize("maker", MAKERS)
def test_a_plate_of_every_maker(maker: str) -> None:
    (plate,), rest = plates(names(MAKERS[maker]))
    assert rest == []
    assert [position for position, _ in plate.fields] == [
        Position(row, column, field) for row in (0, 2) for column in (0, 11) for field in (0, 1)
    ]
    assert {(made.size_z, made.size_c, made.size_t) for _, made in plate.fields} == {(1, 3, 1)}
    assert plate.fields[0][1].names == tuple(names(MAKERS[maker])[:3])
    assert plate.fields[-1][1].name == "C12 field 2"
    assert sorted(plate.names) == sorted(names(MAKERS[maker]))


def test_one_well_is_no_plate() -> None:
    given = [f"AS_1_2_D03f00d{channel}.tif" for channel in range(3)]
    assert plates(given) == ([], given)


def test_a_plate_with_a_gap_is_none() -> None:
    given = names(YOKOGAWA)[:-1]
    assert plates(given) == ([], given)


def test_plates_of_different_names_and_folders_stay_apart() -> None:
    one, two = names(f"x/{YOKOGAWA}"), names(f"y/{YOKOGAWA}")
    found, rest = plates([*one, *two, "z.tif"])
    assert [(plate.name, len(plate.fields)) for plate in found] == [("p", 8), ("p", 8)]
    assert rest == ["z.tif"]


def test_rows_beyond_z() -> None:
    assert [row_name(row) for row in (0, 25, 26, 31)] == ["A", "Z", "AA", "AF"]
