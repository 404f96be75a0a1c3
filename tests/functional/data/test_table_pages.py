"""A table as a page, as JSON and as CSV, against omero-py's own reading."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.connection import held as holding
from omeropyr.connection import tables as logic
from omeropyr.connection.held import PAUSES
from omeropyr.connection.pool import POOL
from omeropyr.testing import OmeroData, WebApp
from tests.functional.data.tables import G, make_table, read_table, where
from tests.functional.data.test_patience import begin, lent, until

USER = "pages-paula"
COUNT = 450


@pytest.fixture(scope="module")
def conn(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> Any:
    omero_data.add_user(USER)
    return gateway_of(USER)


@pytest.fixture(scope="module")
def file_id(conn: Any) -> int:
    numbers = range(COUNT)
    return make_table(
        conn,
        G.ImageColumn("Image", "", list(numbers)),
        G.DoubleColumn("Area", "", [number / 7 for number in numbers]),
        G.StringColumn(
            "Note, long", "", 60, [f'said "{number}", <script>x</script>\n\u00fc =1+1' for number in numbers]
        ),
        G.BoolColumn("good", "", [number % 2 == 0 for number in numbers]),
        G.DoubleArrayColumn("box", "", 2, [[0.5, float(number)] for number in numbers]),
    )


@pytest.fixture
def paula(testapp: WebApp, conn: Any) -> WebApp:
    testapp.log_in(USER)
    return testapp


def test_json(paula: WebApp, conn: Any, file_id: int) -> None:
    address = f"/webclient/omero_table/{file_id}/json/"
    everything = read_table(conn, file_id)
    first = paula.get(address).json
    file = conn.getObject("OriginalFile", file_id)
    assert first["data"]["rows"] == everything[:200]
    assert (first["data"]["name"], first["data"]["path"], first["data"]["id"]) == (file.name, file.path, file_id)
    assert first["data"]["columns"] == ["Image", "Area", "Note, long", "good", "box"]
    assert first["meta"] == {
        "rowCount": COUNT,
        "totalCount": COUNT,
        "limit": 200,
        "offset": 0,
        "query": "*",
        "page": 1,
        "url": f"/webclient/omero_table/{file_id}/",
        "next": f"{address}?limit=200&offset=200",
    }
    second = paula.get(first["meta"]["next"]).json
    assert (second["data"]["rows"], second["meta"]["page"]) == (everything[200:400], 2)
    assert second["meta"]["prev"] == f"{address}?limit=200&offset=0"
    last = paula.get(second["meta"]["next"]).json
    assert (last["data"]["rows"], "next" in last["meta"]) == (everything[400:], False)
    some = paula.get(address, {"query": "good & (Area > 3)", "limit": 10, "offset": 10, "col_names": "Image"}).json
    hits = where(conn, file_id, "good & (Area > 3)")
    assert some["data"]["rows"] == [[everything[hit][0]] for hit in hits[10:20]]
    assert some["meta"]["totalCount"] == len(hits)
    assert paula.get(some["meta"]["next"]).json["data"]["rows"] == [[everything[hit][0]] for hit in hits[20:30]]


def as_text(row: list[Any]) -> list[str]:
    image, area, note, good, box = row
    return [str(image), repr(area), note, str(good), f"[{box[0]}, {box[1]}]"]


def test_csv(paula: WebApp, conn: Any, file_id: int) -> None:
    address = f"/webclient/omero_table/{file_id}/csv/"
    everything = read_table(conn, file_id)
    answer = paula.get(f"{address}?limit=1000")
    name = conn.getObject("OriginalFile", file_id).name
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    assert (answer.content_type, answer.charset) == ("text/csv", "utf-8")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    found = list(csv.reader(io.StringIO(answer.text)))
    assert found[0] == ["Image", "Area", "Note, long", "good", "box"]
    assert found[1:] == [as_text(row) for row in everything]
    # As everywhere, a page unless more is asked for; and without the slash, as programs write it.
    assert len(list(csv.reader(io.StringIO(paula.get(address).text)))) == 201
    bare = paula.get(f"/webclient/omero_table/{file_id}/csv?limit=2&header=false&query=good").follow()
    hits = where(conn, file_id, "good")
    assert list(csv.reader(io.StringIO(bare.text))) == [as_text(everything[hit]) for hit in hits[:2]]
    empty = paula.get(address, {"query": "Area > 1000"})
    assert empty.text == 'Image,Area,"Note, long",good,box\n'


def test_the_page(paula: WebApp, conn: Any, file_id: int) -> None:
    page = paula.get(f"/webclient/omero_table/{file_id}/?limit=3&query=good").html
    everything, hits = read_table(conn, file_id), where(conn, file_id, "good")
    assert [cell.text for cell in page.thead.find_all("th")] == ["Image", "Area", "Note, long", "good", "box"]
    rows = [[cell.text for cell in row.find_all("td")] for row in page.tbody.find_all("tr")]
    expected = [everything[hit] for hit in hits[:3]]
    assert [row[:4] for row in rows] == [[str(row[0]), f"{row[1]:.6g}", row[2], "yes"] for row in expected]
    assert page.tbody.find_all("td")[6]["title"] == repr(expected[1][1])
    assert page.tbody.find("script") is None
    assert page.tbody.a["href"] == "/webclient/?show=image-0"
    assert page.find("a", rel="next")["href"].endswith("?limit=3&query=good&offset=3")
    assert page.find(class_="table-title").p.text.strip() == "225 of 450 rows"
    assert page.find(id="table-query")["value"] == "good"


def test_a_query_that_makes_no_sense_is_said_on_the_page(paula: WebApp, file_id: int) -> None:
    answer = paula.get(f"/webclient/omero_table/{file_id}/", {"query": '"><script>Area'}, status=400)
    assert answer.html.find(id="table-refused").text
    assert answer.html.find(id="table-query")["value"] == '"><script>Area'
    assert "<script>Area" not in answer.text
    for kind in ("json", "csv"):
        told = paula.get(f"/webclient/omero_table/{file_id}/{kind}/?query=nope", status=400, xhr=True)
        assert told.json["code"] == "invalid_input"
    paula.get(f"/webclient/omero_table/{file_id}/json/?limit=0", status=400)
    paula.get(f"/webclient/omero_table/{file_id}/json/?offset=-1", status=400)


@pytest.mark.parametrize("kind", ["", "json/", "csv/"], ids=["page", "json", "csv"])
def test_what_is_not_there(testapp: WebApp, omero_data: OmeroData, conn: Any, file_id: int, kind: str) -> None:
    omero_data.add_user(f"pages-stranger{kind[:4].strip('/')}")
    testapp.log_in(f"pages-stranger{kind[:4].strip('/')}")
    for wanted in (file_id, 999_999_999):
        testapp.get(f"/webclient/omero_table/{wanted}/{kind}", status=404)


def test_a_slow_reader_of_a_table(
    browser: Callable[..., WebApp], conn: Any, file_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(logic, "CELLS_AT_ONCE", 500)
    site = browser(**{"omero.web.max_table_download_rows": "400"})
    site.log_in(USER)
    address = f"/webclient/omero_table/{file_id}/csv/?limit=400"
    whole = site.get(address).body
    site.app.registry[PAUSES].patience = 0.1
    body, pieces, read = begin(site, address)
    pool = site.app.registry[POOL]
    assert until(lambda: lent(pool) == 0)
    read += pieces
    body.close()
    assert b"".join(read) == whole
    assert lent(pool) == 0
    body, pieces, read = begin(site, address)
    body.close()
    assert lent(pool) == 0
    site.get(f"/webclient/omero_table/{file_id}/csv/?limit=401", status=413)
