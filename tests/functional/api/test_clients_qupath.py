"""What QuPath's extension asks of the JSON API, in its order, and every field that it cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from omeropyr.testing.data import PASSWORD
from tests.functional.api.conftest import STARTED, TAKEN, USER
from tests.functional.api.test_clients_json_api import begin

LISTS = ("experimenters", "experimentergroups", "projects", "datasets", "images", "screens", "plates")
GROUP_PERMISSIONS = ("isGroupRead", "isGroupAnnotate", "isGroupWrite")


class QuPath:
    """A program that is logged in, with the addresses that it begins with."""

    def __init__(self, web: str, session: requests.Session) -> None:
        self.session = session
        self.urls = begin(web, session)
        self.context = self.log_in(USER, PASSWORD)

    def log_in(self, username: str, password: str) -> dict[str, Any]:
        data = {"server": "1", "username": username, "password": password}
        answer = self.session.post(self.urls["url:login"], data=data)
        assert answer.status_code == 200
        context: dict[str, Any] = answer.json()["eventContext"]
        return context

    def every(self, address: str, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list: as many as `meta` says, two at a time."""
        found: list[dict[str, Any]] = []
        while True:
            params = {**query, "normalize": "true", "limit": 2, "offset": len(found)}
            answer = self.session.get(address, params=params).json()
            assert answer["meta"]["limit"] == 2
            found += answer["data"]
            if len(found) >= answer["meta"]["totalCount"]:
                return found

    def one(self, plural: str, object_id: int, **query: Any) -> dict[str, Any]:
        """A single object, asked for without the last slash."""
        base = self.urls["url:projects"].removesuffix("projects/")
        answer = self.session.get(f"{base}{plural}/{object_id}", params=query)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()["data"]
        return found


@pytest.fixture
def qupath(web: str, session: requests.Session, scene: Any) -> Iterator[QuPath]:
    return QuPath(web, session)


def mandatory(one: dict[str, Any], scene: Any) -> None:
    details = one["omero:details"]
    assert type(one["@id"]) is int
    assert (details["owner"]["@id"], details["group"]["@id"]) == (scene.user, scene.group)


def test_log_in(qupath: QuPath, scene: Any) -> None:
    for name in (*LISTS, "token", "servers", "login"):
        assert qupath.urls[f"url:{name}"].endswith("/")
    context = qupath.context
    assert (context["userId"], context["groupId"], context["isAdmin"]) == (scene.user, scene.group, False)
    assert context["leaderOfGroups"] == []
    session_id = context["sessionUuid"]
    assert qupath.log_in(session_id, session_id)["sessionUuid"] == session_id
    assert qupath.one("projects", scene.project)["@id"] == scene.project


def test_groups_and_their_members(qupath: QuPath, scene: Any) -> None:
    own = f"{qupath.urls['url:experimenters']}{scene.user}/experimentergroups/"
    groups = {one["@id"]: one for one in qupath.every(own)}
    assert groups.keys() == {one["@id"] for one in qupath.every(qupath.urls["url:experimentergroups"])}
    lab = groups[scene.group]
    assert lab["Name"] == "api-lab"
    permissions = lab["omero:details"]["permissions"]
    assert [permissions[name] for name in GROUP_PERMISSIONS] == [True, True, False]
    members = {one["@id"]: one for one in qupath.every(lab["url:experimenters"])}
    assert members.keys() == {scene.user, scene.colleague}
    assert [members[scene.user][name] for name in ("FirstName", "LastName", "UserName")] == ["Anna", "Äpi", USER]


def test_projects_datasets_and_images(qupath: QuPath, scene: Any) -> None:
    whose = {"owner": scene.user, "group": scene.group}
    projects = qupath.every(qupath.urls["url:projects"], childCount="true", **whose)
    project = next(one for one in projects if one["@id"] == scene.project)
    assert project["omero:childCount"] == 1
    (dataset,) = qupath.every(project["url:datasets"], childCount="true", **whose)
    assert (dataset["@id"], dataset["omero:childCount"]) == (scene.dataset, 1)
    orphans = qupath.every(qupath.urls["url:datasets"], orphaned="true", childCount="true", **whose)
    assert scene.alone_dataset in {one["@id"] for one in orphans}
    (image,) = qupath.every(dataset["url:images"], **whose)
    assert image["@id"] == scene.image
    orphans = qupath.every(qupath.urls["url:images"], orphaned="true", **whose)
    assert {one["@id"] for one in orphans} >= {scene.alone_image}
    for one in (*projects, dataset, image, *orphans):
        mandatory(one, scene)


def test_screens_plates_runs_and_wells(qupath: QuPath, scene: Any) -> None:
    whose = {"owner": scene.user, "group": scene.group}
    screens = qupath.every(qupath.urls["url:screens"], childCount="true", **whose)
    screen = next(one for one in screens if one["@id"] == scene.screen)
    assert screen["omero:childCount"] == 1
    (plate,) = qupath.every(screen["url:plates"], **whose)
    assert plate["@id"] == scene.plate
    assert {one["@id"] for one in qupath.every(qupath.urls["url:plates"], orphaned="true", **whose)} == {
        scene.alone_plate
    }
    (run,) = qupath.every(plate["url:plateacquisitions"], **whose)
    assert (run["@id"], run["StartTime"], run["omero:wellsampleIndex"]) == (scene.run, STARTED, [1, 1])
    wells = qupath.every(plate["url:wells"], **whose)
    assert [(one["Column"], one["Row"]) for one in wells] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    fields = [well for address in run["url:wellsampleindex_wells"] for well in qupath.every(address, **whose)]
    assert len(fields) == 6
    for one in (*screens, plate, run, *wells, *fields):
        mandatory(one, scene)
    for well in fields:
        (sample,) = well["WellSamples"]
        assert (type(sample["Image"]["@id"]), sample["PlateAcquisition"]["@id"]) == (int, scene.run)


def test_single_objects(qupath: QuPath, scene: Any) -> None:
    for plural, object_id in (
        ("projects", scene.project),
        ("datasets", scene.dataset),
        ("screens", scene.screen),
    ):
        one = qupath.one(plural, object_id, childCount="true")
        mandatory(one, scene)
        assert one["omero:childCount"] == 1
    image = qupath.one("images", scene.image)
    mandatory(image, scene)
    pixels = image["Pixels"]
    assert [pixels[f"Size{axis}"] for axis in "XYZCT"] == [40, 30, 3, 2, 1]
    assert pixels["Type"]["value"] == "uint16"
    sizes = [(pixels[f"PhysicalSize{axis}"]["Symbol"], pixels[f"PhysicalSize{axis}"]["Value"]) for axis in "XYZ"]
    assert sizes == [("µm", 0.25), ("µm", 0.5), ("µm", 2.0)]
    assert image["AcquisitionDate"] == TAKEN
    plate = qupath.one("plates", scene.plate)
    mandatory(plate, scene)
    assert (type(plate["Columns"]), type(plate["Rows"])) == (int, int)
    run = qupath.one("plateacquisitions", scene.run)
    mandatory(run, scene)
    assert (run["StartTime"], run["omero:wellsampleIndex"]) == (STARTED, [1, 1])
    well = qupath.one("wells", scene.well)
    mandatory(well, scene)
    assert (well["Column"], well["Row"], len(well["WellSamples"])) == (0, 0, 2)


def test_regions(qupath: QuPath, scene: Any) -> None:
    base = qupath.urls["url:images"].removesuffix("images/")
    (roi,) = qupath.every(f"{base}rois/", image=scene.image, owner=scene.user)
    assert len(roi["shapes"]) == 9
    for shape in roi["shapes"]:
        assert shape["omero:details"]["owner"]["@id"] == scene.user
        assert "#" in shape["@type"]
    assert qupath.every(f"{base}rois/", image=scene.image, owner=scene.colleague) == []
