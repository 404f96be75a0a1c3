"""Making, replacing and deleting objects, seen by omero-py afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.testing import OmeroData, WebApp
from tests.functional.api.conftest import COLLEAGUE, USER

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06#"
SAVE = "/api/v0/m/save/"
SAVED = ("Project", "Dataset", "Screen")
TEXTS = {
    "Project": {"Description": "what it is"},
    "Dataset": {"Description": "ünïcode\nand lines"},
    "Screen": {
        "Description": "compounds",
        "ProtocolDescription": "a protocol",
        "ProtocolIdentifier": "P7",
        "ReagentSetDescription": "reagents",
        "ReagentSetIdentifier": "R3",
        "Type": "siRNA",
    },
}


def data_of(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"@type": f"{SCHEMA}{kind}", "Name": name, **more}


@pytest.fixture
def send(app: WebApp) -> Callable[..., Any]:
    """A function `(method, data, status, query="")` that saves as programs do."""

    def ask(method: str, data: Any, status: int, query: str = "") -> Any:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        headers = {**app.csrf(), "Content-Type": "application/json"}
        return app.request(f"{SAVE}{query}", method=method, body=body, headers=headers, status=status).json

    return ask


@pytest.mark.parametrize("kind", SAVED)
def test_from_made_to_deleted(app: WebApp, send: Callable[..., Any], conn: Any, scene: Any, kind: str) -> None:
    made = send("POST", data_of(kind, f"new {kind}", **TEXTS[kind]), 201, f"?group={scene.group}")["data"]
    wrapper = conn.getObject(kind, made["@id"])
    for key, value in {"Name": f"new {kind}", **TEXTS[kind]}.items():
        assert made[key] == value == getattr(wrapper._obj, key[0].lower() + key[1:]).val
    assert (wrapper.getDetails().getOwner().id, wrapper.getDetails().getGroup().id) == (scene.user, scene.group)
    address = made[f"url:{kind.lower()}"]
    assert app.get(address).json["data"] == made

    replaced = send("PUT", {**made, "Name": "another", "Description": None, "url:more": 1}, 200)["data"]
    assert (replaced["@id"], replaced["Name"], "Description" in replaced) == (made["@id"], "another", False)
    wrapper = conn.getObject(kind, made["@id"])
    assert (wrapper.getName(), wrapper._obj.description) == ("another", None)
    assert wrapper.getDetails().getOwner().id == scene.user

    gone = app.delete(address, headers=app.csrf()).json["data"]
    assert (gone["@id"], gone["Name"]) == (made["@id"], "another")
    assert conn.getObject(kind, made["@id"]) is None
    app.get(address, status=404)
    app.delete(address, headers=app.csrf(), status=404)
    assert send("PUT", replaced, 404)["code"] == "not_found"


def test_the_group_may_stand_in_the_details(send: Callable[..., Any], scene: Any) -> None:
    details = {"group": {"@id": scene.group}}
    made = send("POST", data_of("Project", "in details", **{"omero:details": details}), 201)["data"]
    assert made["omero:details"]["group"]["@id"] == scene.group


def test_children_stay_when_their_container_goes(
    app: WebApp, send: Callable[..., Any], conn: Any, omero_data: OmeroData
) -> None:
    project = omero_data.add_project("goes", user=USER)
    dataset = omero_data.add_dataset("stays", project=project, user=USER)
    full = app.get(f"/api/v0/m/projects/{project}/?childCount=true").json["data"]
    assert send("PUT", {**full, "Name": "goes soon"}, 200)["data"]["Name"] == "goes soon"
    assert app.get(f"/api/v0/m/projects/{project}/datasets/").json["data"][0]["@id"] == dataset
    app.delete(f"/api/v0/m/projects/{project}/", headers=app.csrf())
    assert conn.getObject("Project", project) is None
    assert conn.getObject("Dataset", dataset).getName() == "stays"


def test_regions_shapes_and_acquisitions_go(app: WebApp, conn: Any, scene: Any) -> None:
    import omero.model
    from omero.rtypes import rdouble

    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(scene.alone_image, False)
    for _ in range(2):
        point = omero.model.PointI()
        point.x = point.y = rdouble(1)
        roi.addShape(point)
    saved = conn.getUpdateService().saveAndReturnObject(roi)
    run = omero.model.PlateAcquisitionI()
    run.plate = omero.model.PlateI(scene.alone_plate, False)
    run_id = conn.getUpdateService().saveAndReturnObject(run).id.val
    first, second = (shape.id.val for shape in saved.copyShapes())
    base = "/api/v0/m"
    assert app.delete(f"{base}/shapes/{first}", headers=app.csrf()).json["data"]["@id"] == first
    (left,) = app.get(f"{base}/rois/{saved.id.val}/").json["data"]["shapes"]
    assert left["@id"] == second
    app.delete(f"{base}/rois/{saved.id.val}/", headers=app.csrf())
    app.get(f"{base}/shapes/{second}/", status=404)
    app.delete(f"{base}/plateacquisitions/{run_id}/", headers=app.csrf())
    assert conn.getObject("PlateAcquisition", run_id) is None
    assert conn.getObject("Plate", scene.alone_plate) is not None


BAD = {
    "no type": ({"Name": "x"}, 400),
    "a type that is none": ({"@type": f"{SCHEMA}Planet", "Name": "x"}, 400),
    "a type of another schema": ({"@type": "http://example.org/2016-06#Project", "Name": "x"}, 400),
    "a type that is a number": ({"@type": 7, "Name": "x"}, 400),
    "a type that is an object": ({"@type": {}, "Name": "x"}, 400),
    "a type that is a list": ({"@type": [], "Name": "x"}, 400),
    "details that are a list": (data_of("Project", "x", **{"omero:details": []}), 400),
    "a group that is a number": (data_of("Project", "x", **{"omero:details": {"group": 1}}), 400),
    "an image": (data_of("Image", "x"), 405),
    "a plate": (data_of("Plate", "x"), 405),
    "no name": ({"@type": f"{SCHEMA}Project"}, 400),
    "an empty name": (data_of("Project", "  "), 400),
    "a long name": (data_of("Project", "x" * 256), 400),
    "a name that is a number": (data_of("Project", 5), 400),  # type: ignore[arg-type]
    "NUL in a name": (data_of("Project", "a\0b"), 400),
    "half a character": (data_of("Project", "a\ud800"), 400),
    "a description that is a list": (data_of("Project", "x", Description=[]), 400),
    "an id": (data_of("Project", "x", **{"@id": 1}), 400),
    "a group that is a text": (data_of("Project", "x", **{"omero:details": {"group": {"@id": "1"}}}), 400),
    "a list": ([data_of("Project", "x")], 400),
    "a text": (b'"x"', 400),
    "no JSON": (b"{", 400),
    "NaN": (b'{"@type": NaN}', 400),
    "a key twice": (b'{"a": 1, "a": 2}', 400),
    "deep": (b"[" * 100_000, 400),
    "no UTF-8": (b"\xff\xfe", 400),
}


@pytest.mark.parametrize("what", BAD)
def test_what_makes_no_sense_is_refused(send: Callable[..., Any], conn: Any, scene: Any, what: str) -> None:
    data, status = BAD[what]
    before = conn.getQueryService().projection("select count(p.id) from Project p", None)[0][0].val
    in_details = what.startswith(("a group that", "details that"))
    answer = send("POST", data, status, "" if in_details else f"?group={scene.group}")
    assert answer["code"] == {400: "invalid_input", 405: "method_not_allowed"}[status]
    assert conn.getQueryService().projection("select count(p.id) from Project p", None)[0][0].val == before


def test_where_it_may_not_be(send: Callable[..., Any], scene: Any) -> None:
    made = data_of("Project", "nowhere")
    assert send("POST", made, 400)["message"] == "Name the group in the parameter group or in omero:details."
    assert send("POST", made, 403, f"?group={scene.strange_group}")["code"] == "forbidden"
    send("POST", made, 403, "?group=999999")
    send("POST", made, 400, "?group=-1")
    send("POST", made, 400, "?group=x")
    for wrong in (None, "1", 1.5, True, -1, 2**63):
        send("PUT", {**made, "@id": wrong}, 400)
    send("PUT", {**made, "@id": 999_999}, 404)
    other = f"?group={scene.strange_group}"
    assert "is not moved" in send("PUT", {**made, "@id": scene.project}, 400, other)["message"]


def test_what_belongs_to_others(testapp: WebApp, scene: Any, conn: Any) -> None:
    testapp.log_in(COLLEAGUE)
    headers = testapp.csrf()
    one = testapp.get(f"/api/v0/m/projects/{scene.project}/").json["data"]
    refused = testapp.put_json(SAVE, {**one, "Name": "taken over"}, headers=headers, status=403)
    assert refused.json["code"] == "forbidden"
    for path in (f"projects/{scene.project}", f"rois/{scene.roi}", f"shapes/{scene.shape}", f"screens/{scene.screen}"):
        answer = testapp.delete(f"/api/v0/m/{path}/", headers=headers, status=403)
        assert answer.json["message"].startswith("You may not delete this ")
    assert conn.getObject("Project", scene.project).getName() == "api project"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_methods_that_are_not_declared(app: WebApp, scene: Any, method: str) -> None:
    for path, allowed in (
        ("projects/", ()),
        (f"images/{scene.image}/", ()),
        (f"plates/{scene.plate}/", ()),
        (f"wells/{scene.well}/", ()),
        (f"experimenters/{scene.user}/", ()),
        (f"projects/{scene.project}/datasets/", ()),
        ("save/", ("POST", "PUT")),
    ):
        if method not in allowed:
            answer = app.request(f"/api/v0/m/{path}", method=method, headers=app.csrf(), status=405)
            assert (answer.json["code"], answer.headers["X-OMERO-ApiVersion"]) == ("method_not_allowed", "0.2")
    assert app.get(SAVE, status=405).json["code"] == "method_not_allowed"


def test_nobody_is_told_to_log_in(testapp: WebApp, scene: Any) -> None:
    for path in ("m/projects/", f"m/projects/{scene.project}", f"m/images/{scene.image}/"):
        answer = testapp.get(f"/api/v0/{path}", status=403)
        assert (answer.json["message"], answer.json["code"]) == ("Not logged in", "not_logged_in")
        assert answer.content_type == "application/json"
