"""Annotating through OMERO.web's addresses: what omero-py finds afterwards, and what stays untouched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import omero
import pytest
from omero.constants.metadata import NSINSIGHTTAGSET
from omero.rtypes import rstring

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import CLIENT_NS, ELLA, FRED, PLANE, Lab, Plate

GatewayOf = Callable[..., Any]
RATING = "openmicroscopy.org/omero/insight/rating"


def post(browser: WebApp, name: str, fields: Any, **more: Any) -> Any:
    headers = {**browser.csrf(), "X-Requested-With": "XMLHttpRequest"}
    return browser.post(f"/webclient/{name}/", fields, headers=headers, **more)


@pytest.fixture
def image(omero_data: OmeroData, lab: Lab) -> int:
    """A fresh image of Ella's that Fred may annotate."""
    return omero_data.add_image(PLANE, "to be annotated", user=ELLA)


def annotations(conn: Any, image: int, ns: str | None = None) -> list[Any]:
    return list(conn.getObject("Image", image).listAnnotations(ns=ns))


def test_pairs_are_put_changed_and_deleted(ella: WebApp, lab: Lab, image: int, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    pairs = [["gene", "TP53"], ["gene", "ünï <b>"], ["", ""]]
    fields = [("image", image), ("image", lab.image), ("mapAnnotation", json.dumps(pairs))]
    made = post(ella, "annotate_map", fields).json["annId"]
    assert len(set(made)) == 2
    (found,) = annotations(conn, image)
    assert (found.id in made, found.getNs()) == (True, CLIENT_NS)
    assert [list(pair) for pair in found.getValue()] == pairs
    changed = [("annId", found.id), ("mapAnnotation", '[["gene", "BRCA1"]]'), ("image", image)]
    assert post(ella, "annotate_map", changed).json == {"annId": [found.id]}
    assert [pair for pair in annotations(conn, image)[0].getValue()] == [("gene", "BRCA1")]
    gone = [("annId", one) for one in made] + [("mapAnnotation", "[]")]
    assert post(ella, "annotate_map", gone).json == {"annId": None}
    assert annotations(conn, image) == []
    assert post(ella, "annotate_map", {"image": image, "mapAnnotation": "[]"}).json == {"annId": None}


@pytest.mark.parametrize(("duplicate", "count"), [("true", 2), ("false", 1)])
def test_pairs_of_another_namespace(ella: WebApp, lab: Lab, image: int, duplicate: str, count: int) -> None:
    fields = [("image", image), ("dataset", lab.dataset), ("ns", "test.pairs"), ("duplicate", duplicate)]
    made = post(ella, "annotate_map", [*fields, ("mapAnnotation", '[["a", "b"]]')]).json["annId"]
    assert len(made) == count
    url = f"/webclient/api/annotations/?image={image}&dataset={lab.dataset}&ns=test.pairs"
    found = [one for one in ella.get(url).json["annotations"] if one["id"] in made]
    assert {one["link"]["parent"]["class"] for one in found} == {"ImageI", "DatasetI"}


def test_a_comment_on_all_that_is_named(ella: WebApp, lab: Lab, plate: Plate, gateway_of: GatewayOf) -> None:
    objects = {
        "Project": ("project", lab.project),
        "Dataset": ("dataset", lab.dataset),
        "Image": ("image", lab.image),
        "Screen": ("screen", plate.screen),
        "Plate": ("plate", plate.plate),
        "PlateAcquisition": ("acquisition", plate.run),
        "Well": ("well", plate.well),
    }
    answer = post(ella, "annotate_comment", [*objects.values(), ("comment", " Look <i>here</i> \n")]).json
    assert answer["added_by"] == lab.ella
    conn = gateway_of(ELLA)
    for kind, (_, object_id) in objects.items():
        found = {one.id: one for one in conn.getObject(kind, object_id).listAnnotations()}
        assert found[answer["annId"]].getTextValue() == "Look <i>here</i>"


def test_ratings(ella: WebApp, lab: Lab, image: int, gateway_of: GatewayOf, testapp: WebApp, login: Any) -> None:
    def stars() -> dict[int, int]:
        found = annotations(gateway_of(ELLA), image, RATING)
        return {one.getDetails().getOwner().id: one.getLongValue() for one in found}

    assert post(ella, "annotate_rating", {"image": image, "rating": 3}).json == {"success": True}
    assert stars() == {lab.ella: 3}
    post(ella, "annotate_rating", {"image": image, "rating": 5})
    assert stars() == {lab.ella: 5}
    testapp.log_out()
    login(FRED)
    post(testapp, "annotate_rating", [("image", image), ("image", lab.second), ("rating", 1)])
    assert stars() == {lab.ella: 5, lab.fred: 1}
    post(testapp, "annotate_rating", {"image": image, "rating": 0})
    assert stars() == {lab.ella: 5}
    assert [one.getLongValue() for one in annotations(gateway_of(ELLA), lab.second, RATING)] == [1]


def test_tags(ella: WebApp, lab: Lab, image: int, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    update = conn.getUpdateService()

    def tag(text: str, ns: str | None = None) -> int:
        made = omero.model.TagAnnotationI()
        made.textValue, made.ns = rstring(text), rstring(ns) if ns else None
        return int(update.saveAndReturnObject(made).id.val)

    first, second, tagset = tag("first"), tag("second"), tag("set", NSINSIGHTTAGSET)
    new = {
        "newtags-0-tag": "third",
        "newtags-0-description": "of three",
        "newtags-0-tagset": tagset,
        "newtags-1-tag": " ",
    }
    answer = post(ella, "annotate_tags", {"image": image, "tags": f"{first},{second}", **new}).json
    assert (answer["added"], answer["removed"], len(answer["new"])) == ([first, second], [], 1)
    third = answer["new"][0]
    assert {one.id: one.getValue() for one in annotations(conn, image)} == {
        first: "first",
        second: "second",
        third: "third",
    }
    assert conn.getObject("TagAnnotation", third).getDescription() == "of three"
    assert [row["id"] for row in ella.get(f"/webclient/api/tags/?id={tagset}").json["tags"]] == [third]
    answer = post(ella, "annotate_tags", {"image": image, "tags": f"{second}"}).json
    assert (answer["added"], sorted(answer["removed"]), answer["new"]) == ([], [first, third], [])
    assert [one.id for one in annotations(conn, image)] == [second]
    assert conn.getObject("TagAnnotation", first) is not None


def test_tags_of_others_stay(fred: WebApp, lab: Lab, image: int, gateway_of: GatewayOf) -> None:
    hers = gateway_of(ELLA).getObject("Image", image)
    tag = omero.gateway.TagAnnotationWrapper(gateway_of(ELLA))
    tag.setValue("hers")
    hers.linkAnnotation(tag)
    answer = post(fred, "annotate_tags", {"image": image, "tags": "", "newtags-0-tag": "his"}).json
    assert (answer["added"], answer["removed"], len(answer["new"])) == ([], [], 1)
    assert {one.getValue() for one in annotations(gateway_of(ELLA), image)} == {"hers", "his"}


def test_uploads(ella: WebApp, lab: Lab, image: int, gateway_of: GatewayOf) -> None:
    big = bytes(range(256)) * 12_000  # more than one chunk
    files = [("annotation_file", 'größe; "1".csv', b"a,b\n1,2\n"), ("annotation_file", "../../big.bin", big)]
    answer = post(
        ella, "annotate_file", [("image", image), ("dataset", lab.dataset), ("index", 0)], upload_files=files
    ).json
    conn = gateway_of(ELLA)
    found = {one.id: one for one in annotations(conn, image)}
    assert sorted(answer["fileIds"]) == sorted(found)
    by_size = {one.getFile().getSize(): one.getFile() for one in found.values()}
    for content, mimetype in ((b"a,b\n1,2\n", "text/csv"), (big, "application/octet-stream")):
        file = by_size[len(content)]
        assert b"".join(file.getFileInChunks()) == content
        assert file.getHash() == hashlib.sha1(content).hexdigest()
        assert (file.getMimetype(), "/" in file.getName(), file.getPath()) == (mimetype, False, "")
    linked = {one.id for one in conn.getObject("Dataset", lab.dataset).listAnnotations()}
    assert set(answer["fileIds"]) <= linked
    existing = post(ella, "annotate_file", [("image", lab.second), ("files", answer["fileIds"][0])]).json
    assert existing == {"fileIds": answer["fileIds"][:1]}
    again = post(ella, "annotate_file", [("image", lab.second), ("files", answer["fileIds"][0])]).json
    assert again == existing
    links = list(conn.getAnnotationLinks("Image", parent_ids=[lab.second], ann_ids=existing["fileIds"]))
    assert len(links) == 1


def test_an_upload_to_a_run(ella: WebApp, plate: Plate, gateway_of: GatewayOf) -> None:
    answer = post(
        ella, "annotate_file", {"acquisition": plate.run}, upload_files=[("annotation_file", "r.txt", b"x")]
    ).json
    found = gateway_of(ELLA).getObject("PlateAcquisition", plate.run).listAnnotations()
    assert answer["fileIds"][0] in [one.id for one in found]


def test_an_upload_that_is_too_large(
    browser_of: Callable[..., WebApp], lab: Lab, image: int, gateway_of: GatewayOf
) -> None:
    small = browser_of(ELLA, omero__web__max_upload_size="1000")
    big = [("annotation_file", "big.bin", b"x" * 1_100_000)]
    answer = post(small, "annotate_file", {"image": image}, upload_files=big, status=413)
    assert answer.json["code"] == "too_large"
    assert annotations(gateway_of(ELLA), image) == []


def test_a_token_in_the_form_is_too_late_for_an_upload(ella: WebApp, image: int) -> None:
    fields = {"image": image, "csrfmiddlewaretoken": ella.cookies["csrftoken"]}
    upload = [("annotation_file", "a", b"a")]
    answer = ella.post("/webclient/annotate_file/", fields, upload_files=upload, xhr=True, status=403)
    assert answer.json["message"].startswith("CSRF Failed")
    assert ella.ice_calls == 0


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("annotate_map", {"mapAnnotation": "{}"}),
        ("annotate_map", {"mapAnnotation": '[["a"]]'}),
        ("annotate_map", {"mapAnnotation": '[["a", 1]]'}),
        ("annotate_map", {"mapAnnotation": '[["a", "b\\u0000"]]'}),
        ("annotate_map", {"mapAnnotation": "[" * 5000}),
        ("annotate_comment", {"comment": " "}),
        ("annotate_comment", {"comment": "a\0b"}),
        ("annotate_rating", {"rating": "6"}),
        ("annotate_rating", {"rating": ""}),
        ("annotate_rating", {"rating": "-1"}),
        ("annotate_tags", {"tags": "x"}),
        ("annotate_file", {"files": ""}),
    ],
)
def test_what_cannot_be_understood(ella: WebApp, lab: Lab, image: int, name: str, fields: dict[str, str]) -> None:
    assert post(ella, name, {"image": image, **fields}, status=400).json["code"] == "invalid_input"


VALUES: dict[str, dict[str, Any]] = {
    "annotate_map": {"mapAnnotation": '[["a", "b"]]'},
    "annotate_comment": {"comment": "mine"},
    "annotate_rating": {"rating": "3"},
    "annotate_tags": {"newtags-0-tag": "mine"},
    "annotate_file": {},
}


@pytest.mark.parametrize("name", VALUES)
def test_something_has_to_be_named(ella: WebApp, lab: Lab, name: str) -> None:
    upload = {"upload_files": [("annotation_file", "a.txt", b"a")]} if name == "annotate_file" else {}
    assert post(ella, name, VALUES[name], status=400, **upload).json["code"] == "invalid_input"
    assert post(ella, name, {**VALUES[name], "image": 99999999}, status=404, **upload).json["code"] == "not_found"
    both = [*VALUES[name].items(), ("image", lab.image), ("image", lab.hidden)]
    assert post(ella, name, both, status=400, **upload).json["code"] == "invalid_input"


@pytest.mark.parametrize("name", VALUES)
def test_nobody_annotates_what_is_private(fred: WebApp, lab: Lab, name: str, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    before = [one.id for one in annotations(conn, lab.hidden)]
    files = gateway_of(FRED).getObjects("OriginalFile")
    upload = {"upload_files": [("annotation_file", "a.txt", b"a")]} if name == "annotate_file" else {}
    count = sum(1 for _ in files)
    assert post(fred, name, {**VALUES[name], "image": lab.hidden}, status=404, **upload).json["code"] == "not_found"
    mixed = [*VALUES[name].items(), ("image", lab.image), ("image", lab.hidden)]
    assert post(fred, name, mixed, status=404, **upload).json["code"] == "not_found"
    assert [one.id for one in annotations(conn, lab.hidden)] == before
    assert sum(1 for _ in gateway_of(FRED).getObjects("OriginalFile")) == count


def test_nobody_changes_the_pairs_of_another(fred: WebApp, lab: Lab, image: int, gateway_of: GatewayOf) -> None:
    conn = gateway_of(ELLA)
    pairs = omero.gateway.MapAnnotationWrapper(conn)
    pairs.setNs(CLIENT_NS)
    pairs.setValue([("a", "b")])
    pairs.save()
    conn.getObject("Image", image).linkAnnotation(pairs)
    for content in ('[["a", "stolen"]]', "[]"):
        answer = post(fred, "annotate_map", {"annId": pairs.id, "mapAnnotation": content}, status=403)
        assert answer.json["code"] == "forbidden"
    assert list(conn.getObject("MapAnnotation", pairs.id).getValue()) == [("a", "b")]
