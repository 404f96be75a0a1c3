"""The plate grid against omero-py's own answer for the same plate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

NAME = "assay&plateRows=3&plateCols=14&fields=2&sizeX=40&sizeY=30.fake"


@pytest.fixture(scope="module")
def plate(gateway_of: Any, omero_data: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    omero_data.add_user("plate-grid", first_name="Plate", last_name="Owner")
    file = Path(tmp_path_factory.mktemp("plate")) / NAME
    file.touch()
    image_id = omero_data.import_file(file, user="plate-grid")
    conn = gateway_of("plate-grid")
    query = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image_id}"
    return conn.getObject("Plate", conn.getQueryService().projection(query, None)[0][0].val)


@pytest.mark.parametrize("field", [0, 1])
def test_every_well_with_its_image(testapp: Any, login: Any, plate: Any, field: int) -> None:
    login("plate-grid")
    answer = testapp.get(f"/webgateway/plate/{plate.id}/{field}/?size=64")
    assert testapp.ice_calls <= 6
    data = answer.json
    assert (len(data["grid"]), {len(row) for row in data["grid"]}) == (8, {24})
    assert data["rowlabels"] == list("ABCDEFGH")
    assert data["collabels"] == list(range(1, 25))
    assert data["fields"] == 2
    wells = {(well.row, well.column): well for well in plate.listChildren()}
    assert {
        (row, column) for row, cells in enumerate(data["grid"]) for column, cell in enumerate(cells) if cell is not None
    } == set(wells)
    for (row, column), well in wells.items():
        cell, image = data["grid"][row][column], well.getImage(field)
        assert (cell["type"], cell["id"], cell["name"]) == ("Image", image.id, image.getName())
        assert (cell["wellId"], cell["field"], cell["author"]) == (well.id, field, "Plate Owner")
        assert cell["thumb_url"] == f"/webgateway/render_thumbnail/{image.id}/64/"
    first = data["grid"][0][0]["id"]
    assert data["image_sizes"] == [{"x": 40, "y": 30, "image_id": first}]


def test_less_of_the_plate(testapp: Any, login: Any, plate: Any) -> None:
    login("plate-grid")
    trimmed = testapp.get(f"/webgateway/plate/{plate.id}/?layout=trim").json
    assert (len(trimmed["grid"]), len(trimmed["grid"][0]), trimmed["rowlabels"]) == (3, 14, ["A", "B", "C"])
    shrunk = testapp.get(f"/webgateway/plate/{plate.id}/?layout=shrink").json
    assert shrunk["grid"] == trimmed["grid"]
    assert testapp.get(f"/webgateway/plate/{plate.id}/7/").json["grid"][0] == [None] * 24


def test_what_is_not_there_or_makes_no_sense(testapp: Any, login: Any, plate: Any, omero_data: Any) -> None:
    login("plate-grid")
    assert testapp.get(f"/webgateway/plate/{plate.id}/?layout=wide", status=400).json["code"]
    testapp.get(f"/webgateway/plate/{plate.id}/?size=0", status=400)
    testapp.get("/webgateway/plate/999999/", status=404)
    omero_data.add_user("plate-stranger")
    testapp.log_out()
    testapp.log_in("plate-stranger")
    testapp.get(f"/webgateway/plate/{plate.id}/", status=404)
