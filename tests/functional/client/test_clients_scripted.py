"""What OMERO.iviewer, OMERO.figure and QuPath ask of the web client, in their order: every field that they read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import omero
import pytest
from omero.rtypes import rlong, rstring

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, PLANE, Lab

GatewayOf = Callable[..., Any]
Note = Callable[..., int]
USER = re.compile(r"WEBCLIENT\.USER = \{'id': (\d+), 'fullName':")
LOOSE_USER = re.compile(r"WEBCLIENT.USER = \{'id': (.+?), 'fullName': '(.+?)'")


@pytest.fixture
def image(omero_data: OmeroData, lab: Lab) -> int:
    return omero_data.add_image(PLANE, "for programs", dataset=lab.dataset, user=ELLA)


def test_iviewer(ella: WebApp, lab: Lab, image: int) -> None:
    """Where the image lies, among ten thumbnails at a time; jQuery adds `_`."""
    (path,) = ella.get(f"/webclient/api/paths_to_object/?image={image}&page_size=1&_=1700000000000").json["paths"]
    (dataset,) = [step for step in path if step["type"] == "dataset"]
    assert (dataset["id"], type(dataset["childIndex"]), path[-1]["type"]) == (lab.dataset, int, "image")
    siblings = list_names(ella, lab.dataset)
    assert siblings[dataset["childIndex"]] == image


def list_names(browser: WebApp, dataset: int) -> list[int]:
    return [row["id"] for row in browser.get(f"/webclient/api/images/?id={dataset}&page=0").json["images"]]


def test_figure(ella: WebApp, lab: Lab, image: int, note: Note) -> None:
    """Tags and key-value pairs of a panel's image and of what it lies in become labels."""
    tag = omero.model.TagAnnotationI()
    tag.textValue = rstring("my_tag")
    note(tag, "Image", image)
    above = omero.model.MapAnnotationI()
    above.ns = rstring("test.figure")
    above.setMapValue([omero.model.NamedValue("strain", "wt")])
    note(above, "Project", lab.project)
    url = f"/webclient/api/annotations/?parents=true&limit=1000&image={image}"
    tags = ella.get(f"{url}&type=tag").json["annotations"]
    assert [(one["textValue"], one["link"]["parent"]["id"]) for one in tags] == [("my_tag", image)]
    assert tags[0]["link"]["parent"]["class"] == "ImageI"
    parents = ella.get(f"{url}&type=map&ns=test.figure").json["parents"]
    labels = []
    for one in parents["annotations"]:
        bearer = one["link"]["parent"]
        for child in parents["lineage"][bearer["class"]][str(bearer["id"])]:
            assert (type(child["id"]), child["class"]) == (int, "ImageI")
            labels.append((child["id"], one["values"]))
    assert labels == [(image, [["strain", "wt"]])]


def test_the_page_says_who_the_user_is(ella: WebApp, lab: Lab) -> None:
    text = ella.get("/webclient/").text
    found = USER.search(text)
    loose = LOOSE_USER.search(text)
    assert found is not None
    assert loose is not None
    assert (int(found[1]), loose.groups()) == (lab.ella, (str(lab.ella), "Ella Ehrlich"))
    assert re.search(r"WEBCLIENT\.active_group_id = (\d+)", text)[1] == str(lab.group)  # type: ignore[index]
    # It is no script: the CSP has nothing to forbid.
    assert USER.search(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)) is None


def test_a_name_does_not_get_out_of_the_comment(testapp: WebApp, login: Any, omero_data: OmeroData) -> None:
    omero_data.add_user("scraped-mallory", first_name="--><script>alert(1)</script>", last_name="O'Neil")
    login("scraped-mallory")
    text = testapp.get("/webclient/").text
    assert "<script>alert(1)" not in text
    assert USER.search(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)) is None
    assert "Neil" in LOOSE_USER.search(text)[2]  # type: ignore[index]


def test_qupath(ella: WebApp, lab: Lab, image: int, note: Note, gateway_of: GatewayOf) -> None:
    """Look at the annotations of an image, then send names, pairs and a file, and take the file back."""
    (path,) = ella.get(f"/webclient/api/paths_to_object/?image={image}").json["paths"]
    assert [step["type"] for step in path] == ["experimenter", "project", "dataset", "image"]
    rating = omero.model.LongAnnotationI()
    rating.ns, rating.longValue = rstring("openmicroscopy.org/omero/insight/rating"), rlong(4)
    note(rating, "Image", image)
    headers = ella.csrf()

    def send(address: str, fields: Any, **more: Any) -> Any:
        return ella.post(f"/webclient/{address}", fields, headers=headers, **more).json

    made = send("annotate_map/", {"image": image, "ns": "qupath", "mapAnnotation": json.dumps([["key", "value"]])})
    changed = send("annotate_map/", {"annId": made["annId"][0], "image": image, "mapAnnotation": '[["key", "other"]]'})
    assert "annId" in changed
    assert "o_type" in send(f"action/savename/image/{image}/", {"name": "renamed by QuPath"})
    assert "channelNames" in send(f"edit_channel_names/{image}/", {"channel0": "DAPI", "save": "save"})
    upload = [("annotation_file", "cells.csv", b"a,b\n")]
    file_ids = send("annotate_file/", {"image": image, "index": "0"}, upload_files=upload)["fileIds"]
    answer = ella.get(f"/webclient/api/annotations/?image={image}").json
    by_class = {one["class"]: one for one in answer["annotations"]}
    assert set(by_class) == {"LongAnnotationI", "MapAnnotationI", "FileAnnotationI"}
    for one in by_class.values():
        assert (type(one["id"]), type(one["owner"]["id"]), type(one["link"]["owner"]["id"])) == (int, int, int)
    assert by_class["LongAnnotationI"]["longValue"] == 4
    assert by_class["MapAnnotationI"]["values"] == [["key", "other"]]
    assert by_class["MapAnnotationI"]["ns"] == "qupath"
    file = by_class["FileAnnotationI"]["file"]
    assert (file["name"], file["mimetype"], file["size"]) == ("cells.csv", "text/csv", 4)
    (person,) = answer["experimenters"]
    assert (person["id"], person["firstName"], person["lastName"]) == (lab.ella, "Ella", "Ehrlich")
    assert ella.get(f"/webclient/annotation/{file_ids[0]}/").body == b"a,b\n"
    assert "bad" in send(f"action/delete/file/{file_ids[0]}/", {})
    conn = gateway_of(ELLA)
    found = conn.getObject("Image", image)
    assert (found.getName(), found.getChannelLabels()) == ("renamed by QuPath", ["DAPI"])
    assert conn.getObject("FileAnnotation", file_ids[0]) is None


@pytest.mark.parametrize("kind", ["dataset", "project", "screen", "plate", "run", "well"])
def test_qupath_asks_for_annotations_of_all_kinds(ella: WebApp, kind: str) -> None:
    assert ella.get(f"/webclient/api/annotations/?{kind}=99999999").json == {"annotations": [], "experimenters": []}
    assert ella.ice_calls <= 4
