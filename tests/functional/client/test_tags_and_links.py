"""Tags and what bears them, runs of plates, and links between containers and what lies in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero
import pytest
from omero.constants.metadata import NSINSIGHTTAGSET
from omero.rtypes import rstring, rtime

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, FRED, PLANE, Lab, Plate

TAGS = "/webclient/api/tags/"
LINKS = "/webclient/api/links/"
GatewayOf = Callable[..., Any]


def make_tag(conn: Any, name: str, ns: str | None = None, *, inside: int | None = None) -> int:
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(name)
    made.ns = rstring(ns) if ns else None
    tag_id = int(conn.getUpdateService().saveAndReturnObject(made).id.val)
    if inside is not None:
        link = omero.model.AnnotationAnnotationLinkI()
        link.parent, link.child = omero.model.TagAnnotationI(inside, False), omero.model.TagAnnotationI(tag_id, False)
        conn.getUpdateService().saveObject(link)
    return tag_id


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_tags_and_sets(ella: WebApp, lab: Lab, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    tagset = make_tag(conn, "A set", NSINSIGHTTAGSET)
    inside = make_tag(conn, "b inside", inside=tagset)
    loose = make_tag(conn, "c loose")
    for image in (lab.image, lab.second):
        conn.getObject("Image", image).linkAnnotation(conn.getObject("TagAnnotation", inside))
    rows = {row["id"]: row for row in ella.get(f"{TAGS}?experimenter_id={lab.ella}").json["tags"]}
    own = {"ownerId": lab.ella, "permsCss": "canEdit canAnnotate canLink canDelete canChgrp isOwned"}
    assert rows[tagset] == {"id": tagset, "value": "A set", "set": True, "childCount": 1, **own}
    assert rows[inside] == {"id": inside, "value": "b inside", "set": False, "childCount": 2, **own}
    top = [row["id"] for row in ella.get(f"{TAGS}?orphaned=true&experimenter_id={lab.ella}").json["tags"]]
    assert (tagset in top, loose in top, inside in top) == (True, True, False)
    of_set = ella.get(f"{TAGS}?id={tagset}").json
    assert ([row["id"] for row in of_set["tags"]], of_set["images"]) == ([inside], [])
    his = ella.get(f"{TAGS}?experimenter_id={lab.fred}").json["tags"]
    assert not rows.keys() & {row["id"] for row in his}


def test_what_bears_a_tag(ella: WebApp, lab: Lab, plate: Plate, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    tag = conn.getObject("TagAnnotation", make_tag(conn, "everywhere"))
    bearers = {
        "Project": lab.project,
        "Dataset": lab.dataset,
        "Image": lab.image,
        "Screen": plate.screen,
        "Plate": plate.plate,
        "PlateAcquisition": plate.run,
        "Well": plate.well,
    }
    for kind, object_id in bearers.items():
        conn.getObject(kind, object_id).linkAnnotation(tag)
    answer = ella.get(f"{TAGS}?id={tag.id}&sizeXYZ=true&date=true").json
    for key, kind in (("projects", "Project"), ("datasets", "Dataset"), ("screens", "Screen"), ("plates", "Plate")):
        (row,) = answer[key]
        assert (row["id"], row["name"]) == (bearers[kind], conn.getObject(kind, bearers[kind]).getName())
    assert answer["projects"][0]["childCount"] == conn.getObject("Project", lab.project).countChildren()
    assert answer["datasets"][0]["childCount"] == conn.getObject("Dataset", lab.dataset).countChildren()
    (image,) = answer["images"]
    assert (image["id"], image["name"], image["sizeX"], image["sizeY"]) == (lab.image, "axon", 4, 3)
    assert "date" in image
    assert [row["name"] for row in answer["acquisitions"]] == [f"Run {plate.run}"]
    assert [(row["id"], row["name"]) for row in answer["wells"]] == [(plate.well, "Compounds - B3")]


def test_deleting_a_tag(ella: WebApp, lab: Lab, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    first, second = make_tag(conn, "gone 1"), make_tag(conn, "gone 2")
    conn.getObject("Image", lab.image).linkAnnotation(conn.getObject("TagAnnotation", first))
    ella.delete(f"{TAGS}?id={first}&id={second}", headers=ella.csrf())
    assert [conn.getObject("TagAnnotation", tag) for tag in (first, second)] == [None, None]
    assert conn.getObject("Image", lab.image) is not None
    assert ella.delete(f"{TAGS}?id={first}", headers=ella.csrf(), status=404).json["code"] == "not_found"
    assert ella.delete(TAGS, headers=ella.csrf(), status=400).json["code"] == "invalid_input"


def test_nobody_deletes_the_tag_of_another(fred: WebApp, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    hers = make_tag(conn, "hers")
    assert fred.delete(f"{TAGS}?id={hers}", headers=fred.csrf(), status=403).json["code"] == "forbidden"
    assert conn.getObject("TagAnnotation", hers).getValue() == "hers"


def test_runs_of_a_plate(ella: WebApp, lab: Lab, plate: Plate, gateway_of: GatewayOf) -> None:
    url = "/webclient/api/plate_acquisitions/"
    own = {"ownerId": lab.ella, "permsCss": "canEdit canAnnotate canLink canDelete canChgrp isOwned"}
    rows = ella.get(f"{url}?id={plate.plate}").json["acquisitions"]
    assert rows == [{"id": plate.run, "name": f"Run {plate.run}", **own}]
    made = omero.model.PlateI()
    made.name = rstring("With runs")
    for name, start, end in (("named", None, None), (None, 0, 3_600_000), (None, 7_200_000, None)):
        run = omero.model.PlateAcquisitionI()
        run.name = rstring(name) if name else None
        run.startTime, run.endTime = (rtime(moment) if moment is not None else None for moment in (start, end))
        made.addPlateAcquisition(run)
    plate_id = gateway_of(ELLA).getUpdateService().saveAndReturnObject(made).id.val
    assert set(names(ella.get(f"{url}?id={plate_id}").json["acquisitions"])) == {
        "named",
        "1970-01-01 00:00:00 - 1970-01-01 01:00:00",
        "1970-01-01 02:00:00",
    }
    assert ella.get(url, status=400).json["code"] == "invalid_input"


def test_links_are_made_and_removed(ella: WebApp, lab: Lab, omero_data: OmeroData, gateway_of: GatewayOf) -> None:
    project = omero_data.add_project("P", user=ELLA)
    first, second = (omero_data.add_dataset(name, user=ELLA) for name in ("D1", "D2"))
    image = omero_data.add_image(PLANE, "moving", user=ELLA)
    wanted = {"project": {str(project): {"dataset": [first, second]}}, "dataset": {str(first): {"image": [image]}}}
    assert ella.post_json(LINKS, wanted, headers=ella.csrf()).json == {"success": True}
    conn = gateway_of(ELLA)
    assert {child.id for child in conn.getObject("Project", project).listChildren()} == {first, second}
    assert [child.id for child in conn.getObject("Dataset", first).listChildren()] == [image]
    # Once more: what is linked stays linked, once.
    both = {
        "dataset": {str(first): {"image": [image]}, str(second): {"image": [image]}},
        "experimenter": {"1": {"dataset": [first]}},
    }
    assert ella.post_json(LINKS, both, headers=ella.csrf()).json == {"success": True}
    data = ella.get(f"/webclient/api/parent_links/?image={image}&dataset={first},{second}").json["data"]
    image_links = [one for one in data if one["child"] == {"type": "image", "id": image}]
    assert [one["parent"] for one in image_links] == [
        {"type": "dataset", "id": first},
        {"type": "dataset", "id": second},
    ]
    theirs = conn.getObject("Image", image).getParentLinks()
    assert {one["id"] for one in image_links} == {link.id for link in theirs}
    of_datasets = [(one["parent"]["id"], one["child"]["id"]) for one in data if one["child"]["type"] == "dataset"]
    assert of_datasets == [(project, first), (project, second)]
    taken = ella.delete_json(LINKS, {"dataset": {str(first): {"image": [image]}}}, headers=ella.csrf()).json
    assert taken == {"success": True, "dataset": {str(first): {"image": [image]}}}
    taken = ella.delete_json(LINKS, {"dataset": {str(second): {"image": [image]}}}, headers=ella.csrf()).json
    assert taken == {"success": True}
    assert list(conn.getObject("Image", image).getParentLinks()) == []
    gone = ella.delete_json(LINKS, {"dataset": {str(second): {"image": [image]}}}, headers=ella.csrf(), status=404)
    assert gone.json["code"] == "not_found"


def test_a_plate_and_a_tag(ella: WebApp, lab: Lab, plate: Plate, omero_data: OmeroData, gateway_of: GatewayOf) -> None:
    screen = omero_data.add_screen("S", user=ELLA)
    conn = gateway_of(ELLA)
    tagset, tag = make_tag(conn, "set", NSINSIGHTTAGSET), make_tag(conn, "in it")
    wanted = {"screen": {str(screen): {"plate": [plate.plate]}}, "tagset": {str(tagset): {"tag": [tag]}}}
    assert ella.post_json(LINKS, wanted, headers=ella.csrf()).json == {"success": True}
    data = ella.get(f"/webclient/api/parent_links/?plate={plate.plate}&tag={tag}").json["data"]
    assert [one["parent"] for one in data] == [
        {"type": "screen", "id": plate.screen},
        {"type": "screen", "id": screen},
        {"type": "tagset", "id": tagset},
    ]
    taken = ella.delete_json(LINKS, wanted, headers=ella.csrf()).json
    assert taken == {"success": True, "screen": {str(screen): {"plate": [plate.plate]}}}
    assert [row["id"] for row in ella.get(f"{TAGS}?id={tagset}").json["tags"]] == []


def test_an_admin_links_for_the_owner(
    testapp: WebApp, login: Callable[..., Any], lab: Lab, omero_data: OmeroData, gateway_of: GatewayOf
) -> None:
    login("root")
    project, dataset = omero_data.add_project("hers", user=ELLA), omero_data.add_dataset("hers", user=ELLA)
    testapp.post_json(LINKS, {"project": {str(project): {"dataset": [dataset]}}}, headers=testapp.csrf())
    (link,) = gateway_of(ELLA).getObject("Dataset", dataset).getParentLinks()
    assert link._obj.details.owner.id.val == lab.ella


BAD = {
    "no JSON": b"{",
    "a list": b"[]",
    "nothing": b"{}",
    "no such link": b'{"project": {"1": {"image": [1]}}}',
    "no number": b'{"dataset": {"x": {"image": [1]}}}',
    "no list": b'{"dataset": {"1": {"image": 1}}}',
    "a truth": b'{"dataset": {"1": {"image": [true]}}}',
    "no object": b'{"dataset": [1]}',
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_bodies_without_sense(ella: WebApp, kind: str, method: str) -> None:
    answer = ella.request(LINKS, method=method, body=BAD[kind], headers=ella.csrf(), expect_errors=True)
    assert (answer.status_int, answer.json["code"]) == (400, "invalid_input")


def test_nobody_links_what_is_not_theirs(fred: WebApp, lab: Lab, omero_data: OmeroData, gateway_of: GatewayOf) -> None:
    own = omero_data.add_dataset("Fred's", user=FRED)
    tries = {
        "her private image into mine": ({"dataset": {str(own): {"image": [lab.hidden]}}}, 404),
        "mine into her private dataset": ({"dataset": {str(lab.hidden_dataset): {"image": [lab.image]}}}, 404),
        "hers into hers": ({"dataset": {str(lab.dataset): {"image": [lab.second]}}}, 403),
    }
    for wanted, status in tries.values():
        fred.post_json(LINKS, wanted, headers=fred.csrf(), status=status)
    assert (
        fred.delete_json(LINKS, tries["hers into hers"][0], headers=fred.csrf(), status=403).json["code"] == "forbidden"
    )
    hidden = {"dataset": {str(lab.hidden_dataset): {"image": [lab.hidden]}}}
    assert fred.delete_json(LINKS, hidden, headers=fred.csrf(), status=404).json["code"] == "not_found"
    conn = gateway_of(ELLA)
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    assert [child.id for child in conn.getObject("Dataset", lab.hidden_dataset).listChildren()] == [lab.hidden]
    assert {lab.image, lab.second} <= {child.id for child in conn.getObject("Dataset", lab.dataset).listChildren()}
    assert list(gateway_of(FRED).getObject("Dataset", own).listChildren()) == []


def test_shares_are_none(ella: WebApp) -> None:
    assert ella.get("/webclient/api/shares/").json == {"shares": [], "discussions": []}
