"""docs/parity/client.md, the routes of the add-on and the tests say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.functional.web.places import places

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "parity" / "client.md"
ROW = re.compile(r"^\| (GET|POST|DELETE) \| `([^`]+)` \| ([\w/.]+)::(\w+) \|$", re.MULTILINE)
# In docs/parity/gateway-data.md.
ELSEWHERE = re.compile(
    r"/webclient/(annotation|get_original_file|download_orig\w+|load_original_metadata|omero_table)/"
)


def test_the_table_names_the_routes_and_their_tests(web_application: Any) -> None:
    text = TABLE.read_text(encoding="utf-8")
    rows = ROW.findall(text)
    found = [place for place in places(web_application) if place.name.startswith("client.")]
    served = {
        (method, re.sub(r"\{(\w+):[^}]*\}", r"{\1}", place.pattern))
        for place in found
        for method in place.methods - {"HEAD"}
        if not ELSEWHERE.match(place.pattern)
    }
    assert sorted((method, address) for method, address, _, _ in rows) == sorted(served)
    for _, address, file, name in rows:
        source = (ROOT / "tests" / "functional" / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", source, re.MULTILINE), address
    assert f"{len(rows)} of {len(rows)}." in text
