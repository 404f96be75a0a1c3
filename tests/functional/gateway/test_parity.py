"""The table of docs/parity/gateway-rendering.md says what is registered and tested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from omeropyr.gateway import routes_data
from omeropyr.gateway.routes import CLIENT_ROUTES, ROUTES
from tests.functional.data.test_parity import LISTS
from tests.functional.web.places import places

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "parity" / "gateway-rendering.md"
_ROW = re.compile(r"\| ([A-Z, ]+) \| `([^`]+)` \| ([\w/.]+)::(\w+) \|")


def test_the_table_is_true(web_application: Any) -> None:
    text = TABLE.read_text(encoding="utf-8")
    rows = _ROW.findall(text)
    listed = {address: set(methods.split(", ")) for methods, address, _, _ in rows}
    assert len(listed) == len(rows)
    others = {f"gateway.{name}" for name in (*LISTS, "plate_run", "su")} | {route[0] for route in routes_data.ROUTES}
    registered = {
        re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", place.pattern): set(place.methods - {"HEAD"})
        for place in places(web_application)
        if place.name.startswith("gateway.") and place.name not in others
    }
    assert listed == registered
    assert f"{len(rows)} of {len(rows)}" in text
    for _, _, path, function in rows:
        assert f"\ndef {function}(" in (ROOT / "tests" / path).read_text(encoding="utf-8"), function


def test_every_route_is_in_one_of_the_tables() -> None:
    names = [route.name for route in (*ROUTES, *CLIENT_ROUTES)]
    assert len(names) == len(set(names))
    assert {*LISTS, "plate_run"} <= set(names)
