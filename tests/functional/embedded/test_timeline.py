"""ITimeline over Ice, through the service and through BlitzGateway."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rlong, rstring, rtime
from omero.sys import ParametersI

from omeropyr.testing import OmeroData

DAY = 86_400_000
START = 1_500_000_000_000


@pytest.fixture(scope="module")
def scene(omero_data: OmeroData, gateway_of: Any) -> dict[str, Any]:
    """Ann's five images, a day apart, a project and comments; Bob's image and tag, in one read-annotate group."""
    group = omero_data.add_group("timeline-lab", "rwra--")
    ann = omero_data.add_user("time-ann", group)
    bob = omero_data.add_user("time-bob", group)
    images = [omero_data.add_image(np.zeros((8, 8), np.uint8), f"day {n}", user="time-ann") for n in range(5)]
    conn = gateway_of("time-ann")
    for number, image in enumerate(images):
        found = conn.getQueryService().get("Image", image)
        found.acquisitionDate = rtime(START + number * DAY)
        conn.getUpdateService().saveObject(found)
    other = omero_data.add_image(np.zeros((8, 8), np.uint8), "bob's", user="time-bob")
    project = omero_data.add_project("time-p", user="time-ann")
    links = []
    for number, ns in enumerate(("time/x", "time/y")):
        link = omero.model.ImageAnnotationLinkI()
        link.parent = omero.model.ImageI(images[number], False)
        link.child = omero.model.CommentAnnotationI()
        link.child.textValue, link.child.ns = rstring(f"comment {number}"), rstring(ns)
        links.append(conn.getUpdateService().saveAndReturnObject(link).id.val)
    return {"group": group, "ann": ann, "bob": bob, "images": images, "other": other, "project": project} | {
        "links": links,
        "conn": conn,
    }


def _ids(found: Any) -> list[int]:
    return [one.id.val for one in found]


def _time(day: float) -> omero.RTime:
    return rtime(int(START + day * DAY))


class TestObjects:
    def test_most_recent(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getTimelineService()
        found = service.getMostRecentObjects(["Image", "Project"], ParametersI().page(0, 3), False)
        assert _ids(found["Image"]) == scene["images"][:1:-1]
        assert _ids(found["Project"]) == [scene["project"]]
        assert found["Image"][0].details.owner.omeName.val == "time-ann"
        assert found["Image"][0].details.updateEvent.time.val > START

    def test_every_class(self, scene: dict[str, Any]) -> None:
        found = scene["conn"].getTimelineService().getMostRecentObjects(None, None, False)
        assert set(found) == {"Annotation", "Dataset", "Image", "Project", "RenderingDef"}
        assert found["Dataset"] == []
        assert len(found["Annotation"]) == 2

    def test_merged(self, scene: dict[str, Any]) -> None:
        """The project was made today, the images years ago: of three the project is one."""
        service = scene["conn"].getTimelineService()
        found = service.getMostRecentObjects(["Image", "Project"], ParametersI().page(0, 3), True)
        assert _ids(found["Project"]) == [scene["project"]]
        assert _ids(found["Image"]) == scene["images"][:2:-1]
        second = service.getMostRecentObjects(["Image", "Project"], ParametersI().page(3, 2), True)
        assert (_ids(second["Project"]), _ids(second["Image"])) == ([], scene["images"][2:0:-1])

    def test_period(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getTimelineService()
        found = service.getByPeriod(["Image"], _time(1), _time(2), None, False)
        assert _ids(found["Image"]) == scene["images"][2:0:-1]
        assert service.getByPeriod(["Image"], _time(1.2), _time(1.8), None, False) == {"Image": []}
        assert service.countByPeriod(["Image", "Dataset"], _time(1), _time(3), ParametersI().page(0, 1)) == {
            "Image": 3,
            "Dataset": 0,
        }

    @pytest.mark.parametrize(("who", "mine", "others"), [("all", 5, 1), ("bob", 0, 1), ("ann", 5, 0), ("group", 5, 1)])
    def test_owners(self, scene: dict[str, Any], who: str, mine: int, others: int) -> None:
        params = ParametersI()
        if who == "group":
            params.grp(rlong(scene["group"]))
        else:
            params.exp(rlong(scene[who] if who != "all" else -1))
        found = _ids(scene["conn"].getTimelineService().getMostRecentObjects(["Image"], params, False)["Image"])
        assert (len(set(found) & set(scene["images"])), found.count(scene["other"])) == (mine, others)

    def test_unknown_class(self, scene: dict[str, Any]) -> None:
        with pytest.raises(omero.ApiUsageException, match="Well"):
            scene["conn"].getTimelineService().getMostRecentObjects(["Well"], None, False)


class TestLinks:
    def test_newest_first(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getTimelineService()
        found = service.getMostRecentAnnotationLinks(None, ["CommentAnnotation"], None, None)
        assert _ids(found) == scene["links"][::-1]
        assert found[0].details.updateEvent.time.val > START
        assert found[0].child.textValue.val == "comment 1"

    @pytest.mark.parametrize(
        ("parents", "children", "spaces", "wanted"),
        [
            (["Image"], ["CommentAnnotation"], ["TIME/x"], [0]),
            (None, None, ["time/%"], [1, 0]),
            (["Dataset"], None, None, []),
            (None, ["TagAnnotation"], None, []),
        ],
        ids=["namespace", "pattern", "parents", "children"],
    )
    def test_wishes(self, scene: dict[str, Any], parents: Any, children: Any, spaces: Any, wanted: list[int]) -> None:
        found = scene["conn"].getTimelineService().getMostRecentAnnotationLinks(parents, children, spaces, None)
        assert _ids(found) == [scene["links"][one] for one in wanted]

    def test_two_classes_at_once(self, scene: dict[str, Any]) -> None:
        with pytest.raises(omero.ApiUsageException, match="one class"):
            scene["conn"].getTimelineService().getMostRecentAnnotationLinks(
                None, ["TagAnnotation", "CommentAnnotation"], None, None
            )

    def test_of_shares(self, scene: dict[str, Any]) -> None:
        assert scene["conn"].getTimelineService().getMostRecentShareCommentLinks(None) == []


class TestLog:
    def test_acquired_images(self, scene: dict[str, Any]) -> None:
        logs = scene["conn"].getTimelineService().getEventLogsByPeriod(_time(1), _time(2), None)
        assert [(one.id, one.entityType.val, one.action.val, one.entityId.val) for one in logs] == [
            (None, "ome.model.core.Image", "INSERT", scene["images"][2]),
            (None, "ome.model.core.Image", "INSERT", scene["images"][1]),
        ]
        assert [one.event.time.val for one in logs] == [START + 2 * DAY, START + DAY]

    def test_changes(self, scene: dict[str, Any]) -> None:
        conn = scene["conn"]
        project = conn.getQueryService().get("Project", scene["project"])
        project.description = rstring("changed")
        conn.getUpdateService().saveObject(project)
        logs = conn.getTimelineService().getEventLogsByPeriod(_time(100), rtime(2**42), None)
        assert [(one.action.val, one.entityType.val, one.entityId.val) for one in logs] == [
            ("UPDATE", "ome.model.containers.Project", scene["project"]),
            ("INSERT", "ome.model.containers.Project", scene["project"]),
        ]
        assert logs[0].id.val > logs[1].id.val
        assert {one.event.experimenter.id.val for one in logs} == {scene["ann"]}

    def test_changes_that_others_may_not_read(
        self, scene: dict[str, Any], omero_data: OmeroData, gateway_of: Any
    ) -> None:
        omero_data.add_user("time-outsider", omero_data.add_group("timeline-others", "rwra--"))
        service = gateway_of("time-outsider").getTimelineService()
        wished = ParametersI().exp(rlong(scene["ann"]))
        assert service.getEventLogsByPeriod(_time(100), rtime(2**42), wished) == []

    def test_every_change_is_in_the_log(self, scene: dict[str, Any]) -> None:
        conn = scene["conn"]
        dataset = omero.model.DatasetI()
        dataset.name = rstring("time-d")
        dataset.linkAnnotation(omero.model.TagAnnotationI())
        saved = conn.getUpdateService().saveAndReturnObject(dataset)
        saved.name = rstring("time-e")
        saved = conn.getUpdateService().saveAndReturnObject(saved)
        (link,) = saved.copyAnnotationLinks()
        conn.deleteObjects("Dataset", [saved.id.val], wait=True)
        wanted = {
            "ome.model.containers.Dataset": (saved.id.val, ["INSERT", "UPDATE", "DELETE"]),
            "ome.model.annotations.TagAnnotation": (link.child.id.val, ["INSERT"]),
            "ome.model.annotations.DatasetAnnotationLink": (link.id.val, ["INSERT", "DELETE"]),
        }
        query = (
            "select l.action, l.event.experimenter.id from EventLog l "
            "where l.entityType = :type and l.entityId = :id order by l.id"
        )
        for kind, (object_id, actions) in wanted.items():
            params = ParametersI().addId(object_id).addString("type", kind)
            rows = conn.getQueryService().projection(query, params, conn.SERVICE_OPTS)
            assert [(row[0].val, row[1].val) for row in rows] == [(one, scene["ann"]) for one in actions], kind


class TestGateway:
    def test_images(self, scene: dict[str, Any]) -> None:
        conn = scene["conn"]
        assert [one.id for one in conn.timelineListImages(limit=2)] == scene["images"][:2:-1]
        found = conn.timelineListImages(tfrom=START, tto=START + DAY, limit=10)
        assert [one.id for one in found] == scene["images"][1::-1]
        everyone = [one.id for one in conn.timelineListImages(limit=50, only_owned=False)]
        assert scene["other"] in everyone
