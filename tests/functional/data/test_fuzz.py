"""R23 over lists, tables and downloads: whoever asks whatever, no answer of 500, nothing reflected or written."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from omeropyr.client import routes_files
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.gateway import routes_data
from omeropyr.testing import OmeroData, WebApp
from tests.functional.data.tables import G, make_table
from tests.functional.web.places import Place, places

SEED = 20_261_125
ROUNDS = 12
USER = "fuzz-frida"
NAMES = (
    *("query", "rows", "columns", "col_names", "col_name", "offset", "limit", "start", "text", "ctx", "author", "key"),
    *("grabData", "parents", "run", "tiled", "layout", "size", "image", "well", "index", "zipname", "format", "header"),
    *("callback", "c", "m", "p", "q", "maps", "z", "t"),
)
VALUES = (
    *(
        "",
        "0",
        "-1",
        "1",
        "*",
        "true",
        "imgs",
        "2147483648",
        "9223372036854775808",
        "1e308",
        "NaN",
        "\u0663",
        "9" * 400,
    ),
    *(
        "\0",
        "a\r\nX-Evil: 1",
        "<script>alert(1)</script>",
        "a'b or 1=1",
        "' or ''='",
        "../../etc/passwd",
        "\u202e",
        "%",
        "%00",
    ),
    *(
        "x" * 5000,
        "(" * 3000,
        "Well==1",
        "Well-1",
        "(Well==1)|(x",
        "__import__('os')",
        "obj0.id",
        "0-9",
        "5-1",
        "0,1,2",
    ),
    *("a AND (", '"', "*a*", "a~99999999999", "name:[a TO", "png", "tif", "Infinity", "[[[[", '{"a":1}', "\ud7ff"),
)


@pytest.fixture(scope="module")
def values(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> dict[str, object]:
    """Ids for the parts of addresses that stand for something."""
    omero_data.add_user(USER)
    dataset = omero_data.add_dataset(user=USER)
    image = omero_data.add_image(np.zeros((16, 16), np.uint8), dataset=dataset, user=USER)
    table = make_table(gateway_of(USER), G.WellColumn("Well", "", [1, 2]), G.StringColumn("name", "", 9, ["a", "b"]))
    return {"iid": image, "fileid": table, "objtype": "Dataset", "objid": dataset, "user": "nobody"}


def mine(application: Any) -> list[Place]:
    names = {route[0] for route in (*routes_data.ROUTES, *routes_files.ROUTES)} | {"gateway.su"}
    return [place for place in places(application) if place.name in names]


def address(place: Place, values: dict[str, object], chosen: random.Random) -> str:
    """An address of the route: mostly one that leads somewhere, sometimes a hostile one, with some parameters."""
    own = {**values, "id": values["fileid"] if "table" in place.name or "file" in place.name else values["objid"]}
    path = place.address(own, hostile=chosen.choice(VALUES) if chosen.random() < 0.2 else None)
    pairs = [(name, chosen.choice(VALUES)) for name in chosen.sample(NAMES, chosen.randint(0, 5))]
    if chosen.random() < 0.6:
        pairs.insert(0, ("query", chosen.choice(("*", "Well==1", "Well-2", "name=='a'"))))
    return f"{path}?{urlencode([(name, value.encode('utf-8', 'surrogatepass')) for name, value in pairs])}"


@pytest.mark.parametrize("who", ["nobody", "user", "admin"])
def test_whatever_is_asked(
    testapp: WebApp, web_application: Any, values: dict[str, object], embedded: EmbeddedServer, who: str
) -> None:
    if who != "nobody":
        testapp.log_in(USER if who == "user" else "root")
    chosen = random.Random(f"{SEED}{who}")
    before = embedded.counter.calls()
    wrong, statuses = [], set()
    for place in mine(web_application):
        for _ in range(ROUNDS):
            asked = address(place, values, chosen)
            method = chosen.choice(("GET", "GET", "GET", "HEAD", "POST"))
            headers = testapp.csrf() if method == "POST" and who != "nobody" else {}
            headers |= {"Accept": "text/html"} if chosen.random() < 0.3 else {}
            headers |= (
                {"Range": chosen.choice(("bytes=0-", "bytes=9-1", "bytes=-1", "x"))} if chosen.random() < 0.2 else {}
            )
            answer = testapp.request(asked, method=method, headers=headers, expect_errors=True)
            statuses.add(answer.status_int)
            reflected = "html" in (answer.content_type or "") and b"<script>alert(1)" in answer.body
            if answer.status_int >= 500 or reflected or "X-Evil" in answer.headers or b"Traceback" in answer.body:
                wrong.append((method, asked[:300], answer.status))
            if who == "nobody" and answer.status_int == 200 and place.name != "gateway.open_with":
                wrong.append((method, asked[:300], "without log-in"))
    assert wrong == []
    assert statuses >= ({200, 302, 405} if who == "nobody" else {200, 400, 404, 405})
    written = [name for name in embedded.counter.calls() - before if name.startswith("IUpdate.")]
    assert written == []
