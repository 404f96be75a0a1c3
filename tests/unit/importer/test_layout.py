"""The layout of a plate written and read again; a layout that somebody else wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from omeropyr.embedded.importer import layout
from omeropyr.embedded.importer.wells import by_pattern
from omeropyr.embedded.pixels.reader import ReaderError

NAMES = [f"{well}_{field}_{channel}.tif" for well in ("A1", "AF48") for field in range(2) for channel in ("x", "y")]
PATTERN = re.compile(r"(?P<well>[A-Z]+\d+)_(?P<field>\d)_(?P<c>\w)")
GOOD: dict[str, Any] = {
    "layout": 1, "plate": "P", "channels": ["x"], "sizes": [1, 1, 1],
    "fields": [{"row": 0, "column": n, "field": 0, "planes": [[n, 0, 0, 0]]} for n in range(2)],
}  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (plate,), rest = by_pattern(NAMES, PATTERN)
    assert rest == []
    assert [position.well for position, _ in plate.fields] == ["A1", "A1", "AF48", "AF48"]
    layout.write(tmp_path / layout.NAME, plate)
    assert layout.read(tmp_path / layout.NAME, plate.names) == plate


def test_others_are_left_alone() -> None:
    plates, rest = by_pattern([*NAMES, "notes.tif"], PATTERN)
    assert (len(plates), rest) == (1, ["notes.tif"])


@pytest.mark.parametrize(
    "change",
    [
        {"layout": 2},
        {"fields": []},
        {"fields": GOOD["fields"][:1]},
        {"fields": GOOD["fields"] * 2},
        {"fields": [{**GOOD["fields"][0], "row": 32}, GOOD["fields"][1]]},
        {"fields": [{**GOOD["fields"][0], "planes": [[7, 0, 0, 0]]}, GOOD["fields"][1]]},
        {"fields": [{**GOOD["fields"][0], "planes": [[-1, 0, 0, 0]]}, GOOD["fields"][1]]},
        {"fields": [{**GOOD["fields"][0], "planes": [[0.0, 0, 0, 0]]}, GOOD["fields"][1]]},
        {"fields": [{**GOOD["fields"][0], "planes": "abcd"}, GOOD["fields"][1]]},
        {"sizes": [10**6, 10**6, 10**6]},
        {"sizes": [2, 1, 1]},
        {"channels": None},
        {"fields": 3},
    ],
)
def test_a_layout_that_is_wrong(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / layout.NAME
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(ReaderError) as caught:
        layout.read(path, ["a.tif", "b.tif"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, "{}", "null", '"x"'])
def test_a_layout_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / layout.NAME
    path.write_text(text)
    with pytest.raises(ReaderError, match="described wrongly"):
        layout.read(path, ["a.tif", "b.tif"])


def test_a_good_layout_of_hand(tmp_path: Path) -> None:
    path = tmp_path / layout.NAME
    path.write_text(json.dumps(GOOD))
    plate = layout.read(path, ["a.tif", "b.tif"])
    assert [(position.well, made.names) for position, made in plate.fields] == [("A1", ("a.tif",)), ("A2", ("b.tif",))]
