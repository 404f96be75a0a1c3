"""The table of docs/parity/gateway-data.md says what is registered and tested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from omeropyr.client import routes_files
from omeropyr.gateway import routes_data
from tests.functional.web.places import places

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "parity" / "gateway-data.md"
# Of the gateway's other routes these are lists.
LISTS = (
    "image_data",
    "image_data_part",
    "projects",
    "project",
    "datasets",
    "dataset",
    "images",
    "plate",
    "plate_field",
)
_ROW = re.compile(r"\| ([A-Z, ]+) \| `([^`]+)` \| ([\w/.]+)::(\w+) \|")


def test_the_table_is_true(web_application: Any) -> None:
    text = TABLE.read_text(encoding="utf-8")
    rows = _ROW.findall(text)
    listed = {address: set(methods.split(", ")) for methods, address, _, _ in rows}
    assert len(listed) == len(rows)
    mine = {f"gateway.{name}" for name in (*LISTS, "plate_run", "su")}
    mine |= {route[0] for route in (*routes_data.ROUTES, *routes_files.ROUTES)}
    registered = {
        re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", place.pattern): place.methods - {"HEAD"}
        for place in places(web_application)
        if place.name in mine
    }
    assert listed == registered
    assert f"{len(rows)} of {len(rows)}" in text
    for _, _, path, function in rows:
        assert f"\ndef {function}(" in (ROOT / "tests" / path).read_text(encoding="utf-8"), function
