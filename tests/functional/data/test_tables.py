"""Tables over HTTP against omero-py's own reading of the same table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from omero.constants.namespaces import NSBULKANNOTATIONS

from omeropyr.testing import OmeroData, WebApp
from tests.functional.data.tables import G, attach_table, make_table, read_table, where

USER = "tables-tina"
COUNT = 500


@pytest.fixture(scope="module")
def conn(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> Any:
    omero_data.add_user(USER, omero_data.add_group("tables-lab", "rwr---"), first_name="Tina", last_name="Tabel")
    return gateway_of(USER)


def columns(count: int) -> list[Any]:
    numbers = range(count)
    return [
        G.WellColumn("Well", "the well", [number // 3 for number in numbers]),
        G.ImageColumn("image", "", [1000 + number for number in numbers]),
        G.DoubleColumn("Mean", "mean intensity", [number * 0.5 - 3 for number in numbers]),
        G.StringColumn("Name", "", 40, [f"cell <b>{number % 7}</b>, \u00fc" for number in numbers]),
        G.BoolColumn("good", "", [number % 2 == 0 for number in numbers]),
        G.LongColumn("object", "", [number * 2 for number in numbers]),
        G.LongArrayColumn("box", "", 2, [[number, number + 1] for number in numbers]),
    ]


@pytest.fixture(scope="module")
def file_id(conn: Any) -> int:
    return make_table(conn, *columns(COUNT), thresholds=json.dumps({"low": 1}), note="plain")


@pytest.fixture
def tina(testapp: WebApp, conn: Any) -> WebApp:
    testapp.log_in(USER)
    return testapp


def test_every_row(tina: WebApp, conn: Any, file_id: int) -> None:
    address = f"/webgateway/table/{file_id}/query/?query=*"
    tina.get(address)
    data = tina.get(address).json
    # Is it there, shared resources, opening, headers, number of rows, reading, closing; and the router's own.
    assert tina.ice_calls <= 8
    assert data["data"]["columns"] == [column.name for column in columns(0)]
    assert data["data"]["column_types"] == [type(column).__name__ for column in columns(0)]
    assert data["data"]["rows"] == read_table(conn, file_id)
    assert data["meta"] == {"rowCount": COUNT, "totalCount": COUNT, "limit": None, "offset": 0}


QUERIES = {
    "Well-12": "(Well==12)",
    "Image-1004": "(image==1004)",
    "(Mean > 20) & (Mean < 22)": None,
    "Mean>200": None,
    "good": None,
    "(object == 4) | (object == 40)": None,
    "Name == 'cell <b>3</b>, \u00fc'": None,
    "abs(Mean) <= 1": None,
    "Mean > 1e9": None,
    "~good & (Well % 2 == 1)": None,
}


@pytest.mark.parametrize("query", QUERIES)
def test_queries(tina: WebApp, conn: Any, file_id: int, query: str) -> None:
    everything, hits = read_table(conn, file_id), where(conn, file_id, QUERIES[query] or query)
    answer = tina.get(f"/webgateway/table/{file_id}/query/", {"query": query}).json
    assert answer["data"]["rows"] == [everything[hit] for hit in hits]
    assert answer["meta"]["totalCount"] == len(hits)
    found = tina.get(f"/webgateway/table/{file_id}/rows/", {"query": query}).json
    assert found["rows"] == hits
    assert found["meta"] == {
        "partialCount": len(hits),
        "rowCount": COUNT,
        "columnCount": 7,
        "start": 0,
        "end": COUNT,
        "maxCells": 1_000_000,
    }


def test_some_columns_and_a_part_of_the_rows(tina: WebApp, conn: Any, file_id: int) -> None:
    everything = read_table(conn, file_id)
    hits = where(conn, file_id, "good")
    asked = [("query", "good"), ("col_names", "Mean"), ("col_names", "Well"), ("offset", "10"), ("limit", "5")]
    answer = tina.get(f"/webgateway/table/{file_id}/query/", asked).json
    assert answer["data"]["columns"] == ["Mean", "Well"]
    assert answer["data"]["column_types"] == ["DoubleColumn", "WellColumn"]
    assert answer["data"]["rows"] == [[everything[hit][2], everything[hit][0]] for hit in hits[10:15]]
    assert answer["meta"] == {"rowCount": COUNT, "totalCount": len(hits), "limit": 5, "offset": 10}
    beyond = tina.get(f"/webgateway/table/{file_id}/query/?query=*&offset=490&limit=100").json
    assert beyond["data"]["rows"] == everything[490:]
    later = tina.get(f"/webgateway/table/{file_id}/rows/?query=good&start=400").json
    assert (later["rows"], later["meta"]["start"]) == ([hit for hit in hits if hit >= 400], 400)


REFUSED = (
    "",
    "__import__('os').system('x')",
    "Well.__class__",
    "Well==1; import os",
    "obj0.id",
    "Well==\u0663",
    "nosuch==1",
    "1",
    "Well==",
    "((Well==1)",
    "eval(Well)",
    "Well==[1]",
    "Well==1 or 1==1",
    "1 < Well < 3",
    "Well=='x'",
    "Name==1",
    "Mean",
    "lambda: 1",
    "Well==1 -- comment",
    "x" * 100_001,
    "(" * 60 + "Well==1" + ")" * 60,
    "Well-",
    "Nosuch-3",
    "\0",
)


@pytest.mark.parametrize("query", REFUSED, ids=lambda text: ascii(text)[:30])
def test_what_is_no_query_is_refused(tina: WebApp, file_id: int, query: str) -> None:
    for address in ("query", "rows", "obj_id_bitmask"):
        answer = tina.get(f"/webgateway/table/{file_id}/{address}/", {"query": query}, status=400, xhr=True)
        assert answer.json["code"] == "invalid_input"
        assert len(answer.json["message"]) < 400


def test_columns_and_notes(tina: WebApp, file_id: int) -> None:
    assert tina.get(f"/webgateway/table/{file_id}/metadata/").json == {
        "columns": [
            {"name": one.name, "description": one.description, "type": type(one).__name__} for one in columns(0)
        ],
        "totalCount": COUNT,
        "user_metadata": {"thresholds": {"low": 1}, "note": "plain"},
    }


def bits(body: bytes) -> set[int]:
    return {place for place in range(8 * len(body)) if body[place >> 3] & (0x80 >> (place & 7))}


def test_a_mask_of_ids(tina: WebApp, conn: Any, file_id: int) -> None:
    everything = read_table(conn, file_id)
    address = f"/webgateway/table/{file_id}/obj_id_bitmask/"
    answer = tina.get(address, {"query": "Mean>100"})
    assert answer.content_type == "application/octet-stream"
    assert bits(answer.body) == {row[5] for row in everything if row[2] > 100}
    assert len(answer.body) == max(row[5] for row in everything) // 8 + 1
    assert bits(tina.get(address, {"query": "Well-5", "col_name": "image"}).body) == {1015, 1016, 1017}
    # A column that is not there stands for the first.
    assert bits(tina.get(address, {"query": "Well-5", "col_name": "none"}).body) == {5}
    assert tina.get(address, {"query": "Mean>1000"}).body == b"\0"
    tina.get(address, {"query": "*", "col_name": "Mean"}, status=400)
    tina.get(address, {"query": "*", "col_name": "Name"}, status=400)


def test_a_mask_of_large_ids_is_refused(tina: WebApp, conn: Any) -> None:
    file_id = make_table(conn, G.LongColumn("object", "", [1, 2**40]))
    tina.get(f"/webgateway/table/{file_id}/obj_id_bitmask/?query=*", status=400)


def test_a_slice(tina: WebApp, conn: Any, file_id: int) -> None:
    everything = read_table(conn, file_id)
    asked = {"rows": "9-10,3,100-102", "columns": "2,0,3-4"}
    rows, places = [9, 10, 3, 100, 101, 102], [2, 0, 3, 4]
    expected = {
        "columns": [[everything[row][place] for row in rows] for place in places],
        "meta": {
            "columns": ["Mean", "Well", "Name", "good"],
            "rowCount": COUNT,
            "columnCount": 7,
            "maxCells": 1_000_000,
        },
    }
    address = f"/webgateway/table/{file_id}/slice/"
    answer = tina.get(address, asked)
    assert answer.json == expected
    assert " " not in answer.text[answer.text.index('"meta"') :]
    assert tina.post(address, asked, headers=tina.csrf()).json == expected
    tina.post(address, asked, status=403)


@pytest.mark.parametrize(
    ("rows", "columns_", "status"),
    [
        ("", "0", 400),
        ("0", "", 400),
        ("x", "0", 400),
        ("10-5", "0", 400),
        ("0", "7", 400),
        (f"{COUNT}", "0", 400),
        ("-1", "0", 400),
        ("1-", "0", 400),
        ("0-99999999999999999999", "0", 400),
        ("\u0663", "0", 400),
        ("1,,2", "0", 400),
    ],
    ids=ascii,
)
def test_what_is_no_slice(tina: WebApp, file_id: int, rows: str, columns_: str, status: int) -> None:
    tina.get(f"/webgateway/table/{file_id}/slice/", {"rows": rows, "columns": columns_}, status=status)


def test_limits(browser: Callable[..., WebApp], conn: Any, file_id: int) -> None:
    site = browser(**{"omero.web.max_table_download_rows": "100", "omero.web.max_table_slice_size": "50"})
    site.log_in(USER)
    refused = site.get(f"/webgateway/table/{file_id}/query/?query=*", status=413, xhr=True)
    assert "500" in refused.json["message"]
    assert len(site.get(f"/webgateway/table/{file_id}/query/?query=*&limit=100").json["data"]["rows"]) == 100
    found = site.get(f"/webgateway/table/{file_id}/rows/?query=good&start=10").json
    assert found["rows"] == list(range(10, 60, 2))
    assert (found["meta"]["end"], found["meta"]["maxCells"]) == (60, 50)
    assert len(site.get(f"/webgateway/table/{file_id}/slice/?rows=0-24&columns=0-1").json["columns"]) == 2
    site.get(f"/webgateway/table/{file_id}/slice/?rows=0-25&columns=0-1", status=413)
    site.get(f"/webgateway/table/{file_id}/slice/?rows={','.join(['1'] * 60)}&columns=0", status=413)


def test_what_json_cannot_say_is_null(tina: WebApp, conn: Any) -> None:
    nan, infinite = float("nan"), float("inf")
    mask = G.MaskColumn("mask", "", [1], [0], [0], [1.5], [2.0], [3.0], [4.0], [b"\1"])
    file_id = make_table(conn, G.DoubleColumn("a", "", [nan]), G.DoubleArrayColumn("b", "", 2, [[infinite, 1.0]]), mask)
    data = tina.get(f"/webgateway/table/{file_id}/query/?query=*").json["data"]
    region = {"imageId": 1, "theZ": 0, "theT": 0, "x": 1.5, "y": 2.0, "w": 3.0, "h": 4.0}
    assert data["rows"] == [[None, [None, 1.0], region]]


def test_what_is_not_there_or_no_table(tina: WebApp, conn: Any, omero_data: OmeroData, file_id: int) -> None:
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), user=USER)
    (plain,) = conn.getObject("Image", image).getImportedImageFiles()
    for wanted in (999_999_999, plain.getId()):
        for address in ("query/?query=*", "metadata/", "rows/?query=*", "slice/?rows=0&columns=0"):
            tina.get(f"/webgateway/table/{wanted}/{address}", status=404)
    omero_data.add_user("tables-stranger")
    tina.log_out()
    tina.log_in("tables-stranger")
    tina.get(f"/webgateway/table/{file_id}/query/?query=*", status=404)


def test_jsonp_where_it_has_always_been(tina: WebApp, file_id: int) -> None:
    plain = tina.get(f"/webgateway/table/{file_id}/metadata/")
    wrapped = tina.get(f"/webgateway/table/{file_id}/metadata/?callback=show.it")
    assert wrapped.text == f"/**/show.it({plain.text});"
    tina.get(f"/webgateway/table/{file_id}/metadata/?callback=alert(1)//", status=400)


@pytest.fixture(scope="module")
def plate(conn: Any, omero_data: OmeroData, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = Path(tmp_path_factory.mktemp("plate")) / "tables&plateRows=1&plateCols=2&fields=1&sizeX=20&sizeY=20.fake"
    file.touch()
    image = omero_data.import_file(file, user=USER)
    query = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image}"
    return conn.getObject("Plate", conn.getQueryService().projection(query, None)[0][0].val)


def test_tables_of_an_object_and_of_what_it_lies_in(tina: WebApp, conn: Any, plate: Any) -> None:
    well = next(iter(plate.listChildren()))
    assert tina.get(f"/webgateway/annotations/Plate.wells/{well.id}/").json == {"data": []}
    assert "error" in tina.get(f"/webgateway/table/Plate.wells/{well.id}/query/?query=*").json
    files = [
        make_table(conn, G.WellColumn("Well", "", [well.id, 5]), G.LongColumn(f"n{n}", "", [n, n])) for n in (1, 2)
    ]
    annotations = [attach_table(conn, one, "Plate", plate.id) for one in files]
    other = attach_table(conn, files[0], "Plate", plate.id, "another")
    times = {
        link.child.id.val: link.getDetails().getCreationEvent().getTime()
        for link in conn.getAnnotationLinks("Plate", parent_ids=[plate.id])
    }
    for address in (
        f"Plate/{plate.id}",
        f"Plate.wells/{well.id}",
        f"Plate.wells.wellSamples.image/{well.getImage().id}",
    ):
        data = tina.get(f"/webgateway/annotations/{address}/").json["data"]
        # The third is of another namespace, but its file says that it is a table.
        assert [(one["id"], one["file"]) for one in data] == [
            (annotations[0], files[0]),
            (annotations[1], files[1]),
            (other, files[0]),
        ]
        assert data[0] == {
            "id": annotations[0],
            "file": files[0],
            "name": conn.getObject("OriginalFile", files[0]).getName(),
            "ns": NSBULKANNOTATIONS,
            "parentType": "Plate",
            "parentId": plate.id,
            "owner": "Tina Tabel",
            "addedBy": "Tina Tabel",
            "addedOn": times[annotations[0]],
        }
        answer = tina.get(f"/webgateway/table/{address}/query/", {"query": f"Well-{well.id}"}).json
        assert answer["data"]["rows"] == [[well.id, 2]]
        assert (answer["id"], answer["annId"], answer["parentId"]) == (files[1], annotations[1], plate.id)
        assert (answer["owner"], answer["addedBy"], answer["parentType"]) == ("Tina Tabel", "Tina Tabel", "Plate")
    # The newest table that has such a column.
    older = tina.get(f"/webgateway/table/Plate/{plate.id}/query/?query=n1-1").json
    assert (older["id"], older["data"]["columns"]) == (files[0], ["Well", "n1"])
    tina.get(f"/webgateway/table/Plate/{plate.id}/query/?query=n3-1", status=400)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Plate", 404),
        ("Plate.wells", 404),
        ("Screen.plateLinks.child.wells", 404),
        ("Project.datasetLinks.child.imageLinks.child", 404),
        ("PlateAcquisition.wellSample.image", 404),
        ("Fileset.images", 404),
        ("Image.rois", 404),
        ("Experimenter", 400),
        ("plate", 400),
        ("Plate.details.owner", 400),
        ("Plate.annotationLinks", 400),
        ("OriginalFile", 400),
        ("Session", 400),
        ("Plate.wells.password", 400),
        ("Well" + ".plate.wells" * 6, 400),
    ],
)
def test_paths_to_objects(tina: WebApp, path: str, status: int) -> None:
    for address in (f"annotations/{path}/999999999/", f"table/{path}/999999999/query/?query=*"):
        assert tina.get(f"/webgateway/{address}", status=status, xhr=True).json["message"]


@pytest.mark.parametrize(
    "path", ["Plate'", "Plate obj", "Plate. wells", "Plate;x", "Plate..wells", ".Plate", "Pl\u00e4te"]
)
def test_what_is_no_path_is_no_address(tina: WebApp, path: str) -> None:
    tina.get(f"/webgateway/annotations/{quote(path)}/1/", status=404)
