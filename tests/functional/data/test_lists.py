"""Short lists of the gateway against omero-py's own `simpleMarshal` of the same objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
from omero.model.enums import UnitsLength
from omero.rtypes import rint, rstring, rtime

from omeropyr.testing import OmeroData, WebApp

USER = "lists-lena"


@pytest.fixture(scope="module")
def conn(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> Any:
    omero_data.add_user(USER, omero_data.add_group("lists-lab", "rwr---"), first_name="Lena", last_name="Liste")
    omero_data.add_user("lists-leo", omero_data.actor(USER).group_id, first_name="Leo", last_name="Liste")
    return gateway_of(USER)


@pytest.fixture
def lena(testapp: WebApp, conn: Any) -> WebApp:
    testapp.log_in(USER)
    return testapp


@pytest.fixture(scope="module")
def plate(conn: Any, omero_data: OmeroData, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two wells of two fields; the second field of the first well is of a run, and has a place on the stage."""
    file = Path(tmp_path_factory.mktemp("plate")) / "lists&plateRows=1&plateCols=2&fields=2&sizeX=30&sizeY=20.fake"
    file.touch()
    image = omero_data.import_file(file, user=USER)
    query = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image}"
    return conn.getObject("Plate", conn.getQueryService().projection(query, None)[0][0].val)


def short(image: Any) -> dict[str, Any]:
    """omero-py's short form, with what OMERO.web adds."""
    found = dict(image.simpleMarshal())
    found["thumb_url"] = f"/webgateway/render_thumbnail/{image.getId()}/"
    found["description"] = found["description"] or ""
    return found


def test_a_well(lena: WebApp, conn: Any, plate: Any) -> None:
    for well in plate.listChildren():
        data = lena.get(f"/webgateway/wellData/{well.id}/").json
        assert lena.ice_calls <= 12
        expected = dict(well.simpleMarshal())
        expected["thumb_url"] = f"/webgateway/render_thumbnail/{well.getImage().id}/"
        expected["description"] = expected["description"] or ""
        assert data == expected
        assert data["wellPos"] == f"A{well.column + 1}"
    lena.get("/webgateway/wellData/999999999/", status=404)


def test_the_images_of_a_well(lena: WebApp, conn: Any, plate: Any) -> None:
    well = min(plate.listChildren(), key=lambda one: one.column)
    first, second = list(well.listChildren())
    names = [one.getImage().getName() for one in (first, second)]
    update = conn.getUpdateService()
    runs = []
    for name, start in (("Day 1", None), (None, 1_500_000_000_000), (None, None)):
        run = omero.model.PlateAcquisitionI()
        run.plate = omero.model.PlateI(plate.id, False)
        run.name = None if name is None else rstring(name)
        run.startTime = None if start is None else rtime(start)
        runs.append(update.saveAndReturnObject(run).id.val)
    sample = conn.getQueryService().get("WellSample", second.id)
    sample.posX = omero.model.LengthI(1.5, UnitsLength.MICROMETER)
    sample.posY = omero.model.LengthI(-2.0, UnitsLength.REFERENCEFRAME)
    address = f"/webgateway/well/{well.id}/children/"
    assert lena.get(address).json == [short(first.getImage()), short(second.getImage())]
    for run_id, label in zip(runs, ("Day 1", "2017-07-14 02:40:00", f"Run {runs[2]}"), strict=True):
        sample.plateAcquisition = omero.model.PlateAcquisitionI(run_id, False)
        sample = update.saveAndReturnObject(sample)
        data = lena.get(address).json
        assert data[0] == short(first.getImage())
        assert data[1] == {
            **short(second.getImage()),
            "name": f"{names[1]} [Run: {label}]",
            "position": {"x": {"value": 1.5, "unit": "MICROMETER"}, "y": {"value": -2.0, "unit": "REFERENCEFRAME"}},
        }
        assert [one["id"] for one in lena.get(f"{address}?run={run_id}").json] == [
            first.getImage().id,
            second.getImage().id,
        ]
    # Samples of another run are left out, those of none are not.
    assert [one["id"] for one in lena.get(f"{address}?run={runs[0]}").json] == [first.getImage().id]
    lena.get(f"{address}?run=x", status=400)
    lena.get("/webgateway/well/999999999/children/", status=404)


def test_the_fields_of_a_run(lena: WebApp, conn: Any, omero_data: OmeroData, tmp_path: Path) -> None:
    file = tmp_path / "runs&plateRows=1&plateCols=2&fields=3&plateAcqs=1&sizeX=20&sizeY=20.fake"
    file.touch()
    image = omero_data.import_file(file, user=USER)
    query = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image}"
    plate = conn.getObject("Plate", conn.getQueryService().projection(query, None)[0][0].val)
    run = omero.model.PlateAcquisitionI()
    run.plate = omero.model.PlateI(plate.id, False)
    run = conn.getUpdateService().saveAndReturnObject(run)
    wells = sorted(plate.listChildren(), key=lambda one: one.column)
    expected = []
    # Of the first well the run has fields 1 and 2, of the second field 2 only.
    for well, fields in zip(wells, ((1, 2), (2,)), strict=True):
        samples = list(well.listChildren())
        for field in fields:
            sample = conn.getQueryService().get("WellSample", samples[field].id)
            sample.plateAcquisition = omero.model.PlateAcquisitionI(run.id.val, False)
            conn.getUpdateService().saveObject(sample)
        expected.append([samples[field].getImage().id for field in fields])
    grids = [lena.get(f"/webgateway/plate/{plate.id}/{field}/{run.id.val}/?layout=trim").json for field in (0, 1)]
    found = [[cell and cell["id"] for cell in grid["grid"][0]] for grid in grids]
    assert found == [[expected[0][0], expected[1][0]], [expected[0][1], None]]
    assert [grid["fields"] for grid in grids] == [2, 2]


@pytest.fixture(scope="module")
def scene(conn: Any, omero_data: OmeroData) -> tuple[int, int, list[int]]:
    project = omero_data.add_project("Zebrafish atlas", user=USER)
    dataset = omero_data.add_dataset("zebrafish embryos", project=project, user=USER)
    small = np.zeros((16, 24), np.uint8)
    names = ("zebrafish heart.tif", "another.tif", "zebrafish fin.tif")
    return project, dataset, [omero_data.add_image(small, name, dataset=dataset, user=USER) for name in names]


def test_images_of_a_dataset(lena: WebApp, conn: Any, scene: Any, gateway: Any) -> None:
    _, dataset, ids = scene
    images = sorted((conn.getObject("Image", one) for one in ids), key=lambda one: one.getName())
    address = f"/webgateway/dataset/{dataset}/children/"
    assert lena.get(address).json == [short(image) for image in images]
    config = gateway.getConfigService()
    for side, tiled in (("3192", False), ("10", True)):
        config.setConfigValue("omero.pixeldata.max_plane_width", side)
        config.setConfigValue("omero.pixeldata.max_plane_height", side)
        conn._maxPlaneSize = None
        data = lena.get(f"{address}?tiled=1").json
        assert data == [
            short(image) | image.simpleMarshal(xtra={"tiled": True}) | {"description": ""} for image in images
        ]
        assert [(one["size"], one["tiled"]) for one in data] == [({"width": 24, "height": 16}, tiled)] * 3
    for side in ("width", "height"):
        config.setConfigValue(f"omero.pixeldata.max_plane_{side}", "")
    lena.get("/webgateway/dataset/999999999/children/", status=404)


def test_details(lena: WebApp, conn: Any, scene: Any) -> None:
    for kind, place, object_id in (("Project", "proj", scene[0]), ("Dataset", "dataset", scene[1])):
        expected = dict(conn.getObject(kind, object_id).simpleMarshal())
        expected["description"] = expected["description"] or ""
        names = ("type", "id", "name", "description")
        assert lena.get(f"/webgateway/{place}/{object_id}/detail/").json == {name: expected[name] for name in names}
        lena.get(f"/webgateway/{place}/999999999/detail/", status=404)
    assert lena.get("/webgateway/proj/999999999/children/").json == []


def test_paths_of_files(lena: WebApp, conn: Any, scene: Any, plate: Any) -> None:
    for image_id in (scene[2][0], plate.listChildren().__next__().getImage().id):
        image = conn.getObject("Image", image_id)
        paths = image.getImportedImageFilePaths()
        assert lena.get(f"/webgateway/original_file_paths/{image_id}/").json == {
            "repo": paths["server_paths"],
            "client": paths["client_paths"],
            "fileset": {"id": image.getFileset().id},
        }
        assert paths["server_paths"]
    bare = omero.model.ImageI()
    bare.name = rstring("no files")
    saved = conn.getUpdateService().saveAndReturnObject(bare)
    assert lena.get(f"/webgateway/original_file_paths/{saved.id.val}/").json == {}
    lena.get("/webgateway/original_file_paths/999999999/", status=404)


def ids(found: list[dict[str, Any]]) -> set[tuple[str, int]]:
    return {(one["type"], one["id"]) for one in found}


def omero_finds(conn: Any, kinds: list[str] | None, text: str) -> set[tuple[str, int]]:
    return {(one.OMERO_CLASS, one.id) for one in conn.searchObjects(kinds, text)}


def test_a_search(lena: WebApp, conn: Any, scene: Any) -> None:
    project, dataset, images = scene
    everything = lena.get("/webgateway/search/?text=zebrafish").json
    assert ids(everything) == omero_finds(conn, None, "zebrafish")
    assert ids(everything) == {("Project", project), ("Dataset", dataset), ("Image", images[0]), ("Image", images[2])}
    by_id = {(one["type"], one["id"]): one for one in everything}
    assert by_id["Image", images[0]] == short(conn.getObject("Image", images[0]))
    assert by_id["Project", project] == {"type": "Project", "id": project, "name": "Zebrafish atlas", "description": ""}
    only = lena.get("/webgateway/search/?text=zebrafish&ctx=imgs").json
    assert ids(only) == omero_finds(conn, ["image"], "zebrafish") == {("Image", images[0]), ("Image", images[2])}
    assert ids(lena.get("/webgateway/search/?text=zebra*&ctx=imgs").json) == omero_finds(conn, ["image"], "zebra*")
    assert lena.get("/webgateway/search/").json == lena.get("/webgateway/search/?text=nothinglikeit").json == []


def test_pages_of_a_search(lena: WebApp, scene: Any) -> None:
    everything = lena.get("/webgateway/search/?text=zebrafish").json
    assert len(everything) == 4
    pages = [lena.get(f"/webgateway/search/?text=zebrafish&start={start}&limit=3").json for start in (0, 3, 6)]
    assert pages == [everything[:3], everything[3:], []]
    assert lena.get("/webgateway/search/?text=zebrafish&start=2").json == everything[2:]


def test_what_found_things_lie_in(lena: WebApp, conn: Any, scene: Any) -> None:
    found = lena.get("/webgateway/search/?text=zebrafish&parents=true").json
    for one in found:
        ancestry = conn.getObject(one["type"], one["id"]).getAncestry()
        assert [(parent["type"], parent["id"], parent["name"]) for parent in one["parents"]] == [
            (parent.OMERO_CLASS, parent.id, parent.getName()) for parent in ancestry
        ]
    assert {len(one["parents"]) for one in found} == {0, 1, 2}


def test_whose_and_how_much(lena: WebApp, omero_data: OmeroData, scene: Any) -> None:
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), "zebrafish of leo", user="lists-leo")
    both = lena.get("/webgateway/search/?text=zebrafish&ctx=imgs").json
    assert ids(both) == {("Image", one) for one in (scene[2][0], scene[2][2], image)}
    for author in ("lists-leo", "LEO"):
        assert ids(lena.get("/webgateway/search/", {"text": "zebrafish", "author": author}).json) == {("Image", image)}
    assert lena.get("/webgateway/search/?text=zebrafish&author=nobody").json == []
    whole = lena.get("/webgateway/search/?text=zebrafish&ctx=imgs&grabData=true&author=lists-leo").json
    assert whole == [lena.get(f"/webgateway/imgData/{image}/").json]
    part = lena.get("/webgateway/search/?text=zebrafish&ctx=imgs&grabData=true&key=size.width&limit=1").json
    assert part[0] in (8, 24)


@pytest.mark.parametrize("text", ["(", '"open', "a AND", "x" * 1001, "[1 TO"], ids=lambda text: text[:8])
def test_what_is_no_search(lena: WebApp, text: str) -> None:
    answer = lena.get("/webgateway/search/", {"text": text}, expect_errors=True)
    assert answer.status_int in (200, 400)
    if len(text) > 1000:
        assert answer.json["code"] == "invalid_input"


def test_others_find_nothing(testapp: WebApp, omero_data: OmeroData, scene: Any) -> None:
    omero_data.add_user("lists-stranger")
    testapp.log_in("lists-stranger")
    assert testapp.get("/webgateway/search/?text=zebrafish").json == []
    testapp.get(f"/webgateway/original_file_paths/{scene[2][0]}/", status=404)


def test_a_plate_that_is_too_large_to_draw(lena: WebApp, conn: Any) -> None:
    plate = omero.model.PlateI()
    plate.name = rstring("vast")
    well = omero.model.WellI()
    well.row, well.column, well.plate = rint(2_000_000), rint(2_000_000), plate
    saved = conn.getUpdateService().saveAndReturnObject(well)
    answer = lena.get(f"/webgateway/plate/{saved.plate.id.val}/", status=413, xhr=True)
    assert "2,000," in answer.json["message"]
    assert lena.get(f"/webgateway/plate/{saved.plate.id.val}/?layout=shrink").json["rowlabels"][0]


def test_what_things_may_be_opened_with(browser: Callable[..., WebApp]) -> None:
    assert browser().get("/webgateway/open_with/").json == {"open_with_options": []}
    entries = (
        '[["My viewer", "https://viewer.example.org/", {"supported_objects": ["image"], "target": "_blank",'
        ' "label": "See it", "script_url": "https://viewer.example.org/open.js", "other": 1}],'
        ' ["Projects", "gateway.projects"], ["Elsewhere", "no_such_page"]]'
    )
    site = browser(**{"omero.web.open_with": entries, "omero.web.prefix": "/omero"})
    answer = site.get("/omero/webgateway/open_with/")
    assert site.ice_calls == 0
    assert answer.json == {
        "open_with_options": [
            {
                "id": "My viewer",
                "url": "https://viewer.example.org/",
                "supported_objects": ["image"],
                "target": "_blank",
                "script_url": "https://viewer.example.org/open.js",
                "label": "See it",
            },
            {"id": "Projects", "url": "/omero/webgateway/proj/list/"},
            {"id": "Elsewhere", "url": "no_such_page"},
        ]
    }
