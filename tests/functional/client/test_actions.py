"""OMERO.web's actions: made, named, taken off and deleted as omero-py sees it, and never what is another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import omero
import pytest
from omero.constants.metadata import NSINSIGHTTAGSET
from omero.rtypes import rstring

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, FRED, PLANE, Lab, Plate

GatewayOf = Callable[..., Any]
DONE = {"bad": "false"}


def act(browser: WebApp, address: str, fields: Any = None, **more: Any) -> Any:
    headers = {**browser.csrf(), "X-Requested-With": "XMLHttpRequest"}
    return browser.post(f"/webclient/action/{address}/", fields or {}, headers=headers, **more)


@pytest.fixture
def image(omero_data: OmeroData, lab: Lab) -> int:
    return omero_data.add_image(PLANE, "to be acted on", user=ELLA)


@pytest.fixture
def conn(gateway_of: GatewayOf) -> Any:
    found = gateway_of(ELLA)
    found.SERVICE_OPTS.setOmeroGroup(-1)
    return found


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("project", "Project"),
        ("dataset", "Dataset"),
        ("screen", "Screen"),
        ("tag", "TagAnnotation"),
        ("tagset", "TagAnnotation"),
    ],
)
def test_making(ella: WebApp, lab: Lab, conn: Any, kind: str, name: str) -> None:
    fields = {"folder_type": kind, "name": "Größe <b>", "description": "why"}
    answer = act(ella, "addnewcontainer", fields).json
    made = conn.getObject(name, answer["id"])
    assert answer["bad"] == "false"
    text = made.getTextValue() if "tag" in kind else made.getName()
    assert (text, made.getDescription(), made.getOwner().id) == ("Größe <b>", "why", lab.ella)
    assert made.getDetails().group.id.val == lab.group
    if kind == "tagset":
        assert made.getNs() == NSINSIGHTTAGSET


def test_making_inside(ella: WebApp, lab: Lab, conn: Any, image: int) -> None:
    dataset = act(ella, f"addnewcontainer/project/{lab.project}", [("name", "Day"), ("image", image)]).json["id"]
    found = conn.getObject("Dataset", dataset)
    assert [parent.id for parent in found.listParents()] == [lab.project]
    assert [child.id for child in found.listChildren()] == [image]
    alone = act(ella, "addnewcontainer", [("folder_type", "dataset"), ("name", "D"), ("image", image)]).json["id"]
    assert [child.id for child in conn.getObject("Dataset", alone).listChildren()] == [image]
    tagset = act(ella, "addnewcontainer", {"folder_type": "tagset", "name": "Set"}).json["id"]
    tag = act(ella, f"addnewcontainer/tagset/{tagset}", {"name": "inside"}).json["id"]
    assert [row["id"] for row in ella.get(f"/webclient/api/tags/?id={tagset}").json["tags"]] == [tag]
    private = act(ella, "addnewcontainer", [("folder_type", "dataset"), ("name", "P"), ("image", lab.hidden)]).json[
        "id"
    ]
    assert conn.getObject("Dataset", private).getDetails().group.id.val == lab.private


def test_making_for_another(testapp: WebApp, login: Any, ella: WebApp, lab: Lab, conn: Any) -> None:
    refused = act(ella, "addnewcontainer", {"folder_type": "project", "name": "x", "owner": lab.fred}, status=403)
    assert refused.json["code"] == "forbidden"
    testapp.log_out()
    login("root")
    fields = {"name": "for Ella", "owner": lab.ella}
    made = act(testapp, f"addnewcontainer/project/{lab.project}", fields).json["id"]
    assert conn.getObject("Dataset", made).getOwner().id == lab.ella


def test_a_name_is_needed(ella: WebApp, lab: Lab) -> None:
    for address in ("addnewcontainer", f"savename/project/{lab.project}"):
        answer = act(ella, address, {"folder_type": "project", "name": " "}).json
        assert answer == {"bad": "true", "errs": {"name": "This field is required."}}
        long = act(ella, address, {"folder_type": "project", "name": "x" * 256}).json
        assert (long["bad"], "255" in long["errs"]["name"]) == ("true", True)


def test_names_and_descriptions(ella: WebApp, lab: Lab, plate: Plate, conn: Any, omero_data: OmeroData) -> None:
    objects = {
        "project": ("Project", omero_data.add_project(user=ELLA)),
        "dataset": ("Dataset", omero_data.add_dataset(user=ELLA)),
        "image": ("Image", plate.fields[0]),
        "screen": ("Screen", omero_data.add_screen(user=ELLA)),
        "plate": ("Plate", plate.plate),
        "acquisition": ("PlateAcquisition", plate.run),
    }
    for kind, (name, object_id) in objects.items():
        before = conn.getObject(name, object_id).getName()
        assert act(ella, f"savename/{kind}/{object_id}", {"name": f"A {kind} é"}).json == DONE | {"o_type": kind}
        described = act(ella, f"savedescription/{kind}/{object_id}", {"description": "line 1\nline 2"}).json
        assert described == DONE | {"o_type": kind}
        found = conn.getObject(name, object_id)
        assert (found.getName(), found.getDescription()) == (f"A {kind} é", "line 1\nline 2")
        act(ella, f"savedescription/{kind}/{object_id}", {"description": ""})
        assert not conn.getObject(name, object_id).getDescription()
        if before:
            act(ella, f"savename/{kind}/{object_id}", {"name": before})
    run = conn.getObject("PlateAcquisition", plate.run)
    run._obj.name = None
    run.save()
    tag = act(ella, "addnewcontainer", {"folder_type": "tag", "name": "before"}).json["id"]
    act(ella, f"savename/tag/{tag}", {"name": "after"})
    assert conn.getObject("TagAnnotation", tag).getTextValue() == "after"
    assert act(ella, f"savename/well/{plate.well}", {"name": "x"}, status=400).json["code"] == "invalid_input"


def test_taking_off(ella: WebApp, lab: Lab, conn: Any, image: int, note: Any) -> None:
    tag = act(ella, "addnewcontainer", {"folder_type": "tag", "name": "on two"}).json["id"]
    for object_id in (image, lab.image):
        conn.getObject("Image", object_id).linkAnnotation(conn.getObject("TagAnnotation", tag))
    assert act(ella, f"remove/tag/{tag}", {"parent": f"image-{image}|image-{lab.image}"}).json == DONE
    assert list(conn.getAnnotationLinks("Image", ann_ids=[tag])) == []
    assert conn.getObject("TagAnnotation", tag).getTextValue() == "on two"
    assert act(ella, f"remove/tag/{tag}", {"parent": f"image-{image}"}, status=404).json["code"] == "not_found"
    comment = omero.model.CommentAnnotationI()
    comment.textValue = rstring("short-lived")
    comment_id = note(comment, "Image", image)
    assert act(ella, f"remove/comment/{comment_id}", {"parent": f"image-{image}"}).json == DONE
    assert conn.getObject("CommentAnnotation", comment_id) is None


def test_taking_out(ella: WebApp, lab: Lab, conn: Any, image: int, omero_data: OmeroData) -> None:
    made = act(ella, "addnewcontainer", [("folder_type", "dataset"), ("name", "D"), ("image", image)]).json["id"]
    assert act(ella, f"remove/image/{image}", {"parent": f"dataset-{made}"}).json == DONE
    assert list(conn.getObject("Dataset", made).listChildren()) == []
    assert conn.getObject("Image", image) is not None
    answer = act(ella, f"remove/image/{image}", {"parent": f"project-{lab.project}"}, status=400)
    assert answer.json["code"] == "invalid_input"


def test_deleting(ella: WebApp, lab: Lab, conn: Any, omero_data: OmeroData) -> None:
    def scene() -> tuple[int, int, int, int]:
        project = omero_data.add_project(user=ELLA)
        dataset = omero_data.add_dataset(project=project, user=ELLA)
        image = omero_data.add_image(PLANE, dataset=dataset, user=ELLA)
        tag = act(ella, "addnewcontainer", {"folder_type": "tag", "name": "of it"}).json["id"]
        conn.getObject("Image", image).linkAnnotation(conn.getObject("TagAnnotation", tag))
        return project, dataset, image, tag

    def left(*ids: int) -> list[bool]:
        kinds = ("Project", "Dataset", "Image", "TagAnnotation")
        return [conn.getObject(kind, one) is not None for kind, one in zip(kinds, ids, strict=True)]

    alone = scene()
    assert act(ella, f"delete/project/{alone[0]}").json == DONE
    assert left(*alone) == [False, True, True, True]
    inside = scene()
    assert act(ella, f"delete/project/{inside[0]}", {"child": "on"}).json == DONE
    assert left(*inside) == [False, False, False, True]
    everything = scene()
    assert act(ella, f"delete/project/{everything[0]}", {"child": "on", "anns": "on"}).json == DONE
    assert left(*everything) == [False, False, False, False]
    assert act(ella, f"delete/project/{alone[0]}", status=404).json["code"] == "not_found"


def test_deleting_a_file(ella: WebApp, lab: Lab, conn: Any, image: int, tmp_path: Any) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    made = conn.createFileAnnfromLocalFile(str(path))
    conn.getObject("Image", image).linkAnnotation(made)
    file_id = made.getFile().id
    assert act(ella, f"delete/file/{made.id}").json == DONE
    assert (conn.getObject("FileAnnotation", made.id), conn.getObject("OriginalFile", file_id)) == (None, None)


def test_deleting_many(ella: WebApp, lab: Lab, conn: Any, omero_data: OmeroData) -> None:
    first, second = (omero_data.add_image(PLANE, user=ELLA) for _ in range(2))
    project = omero_data.add_project(user=ELLA)
    fields = [("image", first), ("image", second), ("project", project)]
    # All or nothing.
    answer = act(ella, "deletemany", [*fields, ("dataset", 99999999)], status=404)
    assert answer.json["code"] == "not_found"
    assert conn.getObject("Image", first) is not None
    assert act(ella, "deletemany", fields).json == DONE
    gone = [conn.getObject("Image", first), conn.getObject("Image", second), conn.getObject("Project", project)]
    assert gone == [None, None, None]
    assert act(ella, "deletemany", status=400).json["code"] == "invalid_input"


def test_names_of_channels(ella: WebApp, lab: Lab, conn: Any, omero_data: OmeroData) -> None:
    dataset = omero_data.add_dataset(user=ELLA)
    two = np.zeros((2, 1, 3, 4), np.uint8)
    first, second = (omero_data.add_image(two, name, dataset=dataset, user=ELLA) for name in ("one", "two"))
    third = omero_data.add_image(PLANE, "three", dataset=dataset, user=ELLA)

    def send(fields: dict[str, Any], **more: Any) -> Any:
        headers = {**ella.csrf(), "X-Requested-With": "XMLHttpRequest"}
        return ella.post(f"/webclient/edit_channel_names/{first}/", fields, headers=headers, **more).json

    def labels(image: int) -> list[str]:
        return [channel.getLabel() for channel in conn.getObject("Image", image).getChannels()]

    answer = send({"channel0": "DAPI", "channel1": "GFP é", "save": "save"})
    assert answer == {"channelNames": {"1": "DAPI", "2": "GFP é"}, "imageCount": 1, "updateCount": 1}
    assert (labels(first), labels(second)) == (["DAPI", "GFP é"], ["0", "1"])
    of_all = {"channel1": "RFP", "confirm_apply": "yes", "parentId": f"dataset-{dataset}"}
    assert send(of_all) == {"channelNames": {"2": "RFP"}, "imageCount": 3, "updateCount": 2}
    assert [labels(image) for image in (first, second, third)] == [["DAPI", "RFP"], ["0", "RFP"], ["0"]]
    shown = ella.get(f"/webgateway/imgData/{second}/").json["channels"]
    assert [channel["label"] for channel in shown] == ["0", "RFP"]
    for wrong in ({}, {"channel2": "x"}, {"channel0": "x", "confirm_apply": "", "parentId": "x"}):
        assert send(wrong, status=400)["code"] == "invalid_input"


FOREIGN = {
    "savename": ("savename/{kind}/{id}", {"name": "stolen"}),
    "savedescription": ("savedescription/{kind}/{id}", {"description": "stolen"}),
    "delete": ("delete/{kind}/{id}", {}),
    "deletemany": ("deletemany", {}),
    "inside": ("addnewcontainer/project/{project}", {"name": "mine"}),
}


@pytest.mark.parametrize("action", FOREIGN)
def test_nobody_changes_what_is_another_s(
    fred: WebApp, lab: Lab, conn: Any, action: str, gateway_of: GatewayOf
) -> None:
    address, fields = FOREIGN[action]
    counts = [
        conn.getObject("Project", lab.project).countChildren(),
        sum(1 for _ in gateway_of(FRED).getObjects("Dataset")),
    ]
    for image, status in ((lab.image, 403), (lab.hidden, 404)):
        if action == "inside" and image == lab.hidden:
            continue
        sent = {**fields, "image": image} if action == "deletemany" else fields
        act(fred, address.format(kind="image", id=image, project=lab.project), sent, status=status)
        found = conn.getObject("Image", image)
        assert (found.getName(), found.getDescription() or "") == ("axon" if image == lab.image else "unpublished", "")
    after = [
        conn.getObject("Project", lab.project).countChildren(),
        sum(1 for _ in gateway_of(FRED).getObjects("Dataset")),
    ]
    assert after == counts


def test_nobody_takes_off_what_another_put_there(fred: WebApp, lab: Lab, conn: Any, note: Any) -> None:
    for image, status in ((lab.image, 403), (lab.hidden, 404)):
        comment = omero.model.CommentAnnotationI()
        comment.textValue = rstring("hers")
        made = note(comment, "Image", image)
        for address in (f"remove/comment/{made}", f"delete/comment/{made}"):
            act(fred, address, {"parent": f"image-{image}"}, status=status)
        assert conn.getObject("CommentAnnotation", made).getTextValue() == "hers"


@pytest.mark.parametrize("image", ["image", "hidden"])
def test_nobody_names_the_channels_of_another(fred: WebApp, lab: Lab, conn: Any, image: str) -> None:
    image_id = getattr(lab, image)
    headers = {**fred.csrf(), "X-Requested-With": "XMLHttpRequest"}
    status = 403 if image == "image" else 404
    fred.post(f"/webclient/edit_channel_names/{image_id}/", {"channel0": "x"}, headers=headers, status=status)
    assert [one.getLabel() for one in conn.getObject("Image", image_id).getChannels()] == ["0"]


def test_what_is_no_action(ella: WebApp, lab: Lab) -> None:
    assert act(ella, "explode", status=404).json["code"] == "not_found"
    assert act(ella, f"delete/experimenter/{lab.ella}", status=400).json["code"] == "invalid_input"
    assert act(ella, "delete", status=400).json["code"] == "invalid_input"
    for address in (f"delete/image/{lab.image}", "addnewcontainer", "deletemany"):
        answer = ella.get(f"/webclient/action/{address}/", xhr=True, status=405)
        assert (answer.headers["Allow"], answer.json["code"]) == ("POST", "method_not_allowed")
