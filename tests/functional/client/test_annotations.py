"""`api/annotations` says what omero-py finds on the same objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import omero
import pytest
from omero.rtypes import rbool, rdouble, rlong, rstring, rtime

from omeropyr.testing import WebApp
from tests.functional.client.conftest import CLIENT_NS, ELLA, FRED, Lab, Plate

Note = Callable[..., int]
GatewayOf = Callable[..., Any]
URL = "/webclient/api/annotations/"
RATING = "openmicroscopy.org/omero/insight/rating"


def val(name: str, field: str, content: Any, ns: str | None = "test.notes") -> Any:
    made = getattr(omero.model, f"{name}AnnotationI")()
    setattr(made, field, content)
    made.ns = rstring(ns) if ns is not None else None
    return made


def pairs(*content: tuple[str, str], ns: str = CLIENT_NS) -> Any:
    made = omero.model.MapAnnotationI()
    made.ns = rstring(ns)
    made.setMapValue([omero.model.NamedValue(*pair) for pair in content])
    return made


KINDS: dict[str, tuple[str, Any, str, str, Any]] = {
    "tag": ("tag", lambda: val("Tag", "textValue", rstring("Ü <b>")), "TagAnnotationI", "textValue", "Ü <b>"),
    "comment": ("comment", lambda: val("Comment", "textValue", rstring("ok")), "CommentAnnotationI", "textValue", "ok"),
    "rating": ("rating", lambda: val("Long", "longValue", rlong(4), RATING), "LongAnnotationI", "longValue", 4),
    "map": ("map", lambda: pairs(("a", "1"), ("a", "2")), "MapAnnotationI", "values", [["a", "1"], ["a", "2"]]),
    "long": ("custom", lambda: val("Long", "longValue", rlong(7)), "LongAnnotationI", "longValue", 7),
    "double": ("custom", lambda: val("Double", "doubleValue", rdouble(0.5)), "DoubleAnnotationI", "doubleValue", 0.5),
    "boolean": ("custom", lambda: val("Boolean", "boolValue", rbool(True)), "BooleanAnnotationI", "boolValue", True),
    "term": ("custom", lambda: val("Term", "termValue", rstring("c"), None), "TermAnnotationI", "termValue", "c"),
    "time": ("custom", lambda: val("Timestamp", "timeValue", rtime(1000)), "TimestampAnnotationI", "timeValue", 1000),
    "xml": ("custom", lambda: val("Xml", "textValue", rstring("<a/>")), "XmlAnnotationI", "textValue", "<a/>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_by_its_type(ella: WebApp, lab: Lab, note: Note, gateway_of: GatewayOf, kind: str) -> None:
    word, make, name, field, content = KINDS[kind]
    made = note(make(), "Image", lab.image)
    answer = ella.get(f"{URL}?image={lab.image}&type={word}").json
    assert ella.ice_calls <= 4
    (found,) = [one for one in answer["annotations"] if one["id"] == made]
    theirs = gateway_of(ELLA).getObject("Annotation", made)
    assert (found["class"], found[field]) == (name, content)
    assert found["ns"] == theirs.getNs()
    assert found["owner"] == {"id": theirs.getOwner().id} == {"id": lab.ella}
    assert datetime.fromisoformat(found["date"]).timestamp() * 1000 == theirs._obj.details.creationEvent.time.val
    assert found["permissions"] == {word: True for word in ("canDelete", "canAnnotate", "canLink", "canEdit")}
    assert found["link"]["parent"] == {"id": lab.image, "class": "ImageI", "name": "axon"}
    assert found["link"]["owner"] == {"id": lab.ella}
    (link,) = gateway_of(ELLA).getAnnotationLinks("Image", parent_ids=[lab.image], ann_ids=[made])
    assert found["link"]["id"] == link.id
    for other in {"tag", "comment", "rating", "map", "custom", "file"} - {word}:
        others = ella.get(f"{URL}?image={lab.image}&type={other}").json["annotations"]
        assert made not in [one["id"] for one in others]


def test_a_file(ella: WebApp, lab: Lab, gateway_of: GatewayOf, tmp_path: Any) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("a,b\n1,2\n")
    conn = gateway_of(ELLA)
    made = conn.createFileAnnfromLocalFile(str(path), mimetype="text/csv", ns="test.csv")
    conn.getObject("Image", lab.image).linkAnnotation(made)
    (found,) = ella.get(f"{URL}?image={lab.image}&type=file&ns=test.csv").json["annotations"]
    file = made.getFile()
    assert (found["id"], found["class"]) == (made.id, "FileAnnotationI")
    told = {"id": file.id, "name": "notes.csv", "size": 8, "path": file.getPath(), "mimetype": "text/csv"}
    assert found["file"] == told
    assert found["permissions"]["canDownload"] is True


def test_people_and_what_they_may(fred: WebApp, lab: Lab, note: Note) -> None:
    hers = note(val("Comment", "textValue", rstring("hers")), "Image", lab.second)
    his = note(val("Comment", "textValue", rstring("his")), "Image", lab.second, user=FRED)
    answer = fred.get(f"{URL}?image={lab.second}&type=comment").json
    by_id = {one["id"]: one for one in answer["annotations"]}
    assert by_id[hers]["permissions"]["canDelete"] is False
    assert by_id[his]["permissions"]["canDelete"] is True
    assert by_id[his]["link"]["permissions"]["canDelete"] is True
    assert answer["experimenters"] == [
        {"id": lab.ella, "omeName": ELLA, "firstName": "Ella", "lastName": "Ehrlich"},
        {"id": lab.fred, "omeName": FRED, "firstName": "Fred", "lastName": "Fleming"},
    ]


def test_every_class_of_object(ella: WebApp, lab: Lab, plate: Plate, note: Note) -> None:
    objects = {
        "project": ("Project", lab.project),
        "dataset": ("Dataset", lab.dataset),
        "image": ("Image", lab.second),
        "screen": ("Screen", plate.screen),
        "plate": ("Plate", plate.plate),
        "acquisition": ("PlateAcquisition", plate.run),
        "run": ("PlateAcquisition", plate.run),
        "well": ("Well", plate.well),
    }
    for word, (name, object_id) in objects.items():
        made = note(pairs(("kind", word), ns=f"test.{word}"), name, object_id)
        (found,) = ella.get(f"{URL}?{word}={object_id}&ns=test.{word}").json["annotations"]
        assert (found["id"], found["values"]) == (made, [["kind", word]])
        assert found["link"]["parent"]["class"] == f"{name}I"
    query = "&".join(f"{word}={object_id}" for word, (_, object_id) in objects.items())
    everything = ella.get(f"{URL}?{query}&type=map").json["annotations"]
    assert {one["ns"] for one in everything} >= {f"test.{word}" for word in objects}
    several = ella.get(f"{URL}?image={lab.image}&image={lab.second}&type=map").json["annotations"]
    assert {one["link"]["parent"]["id"] for one in several} == {lab.image, lab.second}


def test_what_comes_from_above(ella: WebApp, lab: Lab, note: Note) -> None:
    of_dataset = note(pairs(("day", "1"), ns="test.above"), "Dataset", lab.dataset)
    of_project = note(pairs(("study", "x"), ns="test.above"), "Project", lab.project)
    url = f"{URL}?image={lab.image}&image={lab.second}&type=map&parents=true&ns=test.above"
    answer = ella.get(url).json
    assert answer["annotations"] == []
    assert [one["id"] for one in answer["parents"]["annotations"]] == [of_dataset, of_project]
    images = [
        {"id": lab.image, "class": "ImageI", "name": "axon"},
        {"id": lab.second, "class": "ImageI", "name": "bouton"},
    ]
    lineage = answer["parents"]["lineage"]
    assert lineage == {"DatasetI": {str(lab.dataset): images}, "ProjectI": {str(lab.project): images}}
    for one in answer["parents"]["annotations"]:
        bearer = one["link"]["parent"]
        assert lineage[bearer["class"]][str(bearer["id"])] == images
    assert [one["id"] for one in answer["experimenters"]] == [lab.ella]


def test_what_comes_from_a_screen(ella: WebApp, plate: Plate, note: Note) -> None:
    for name, object_id in (
        ("Screen", plate.screen),
        ("Plate", plate.plate),
        ("PlateAcquisition", plate.run),
        ("Well", plate.well),
    ):
        note(pairs(("of", name), ns="test.whence"), name, object_id)
    answer = ella.get(f"{URL}?image={plate.fields[0]}&parents=true&ns=test.whence").json
    assert [one["values"][0][1] for one in answer["parents"]["annotations"]] == [
        "Screen",
        "Plate",
        "PlateAcquisition",
        "Well",
    ]
    child = [{"id": plate.fields[0], "class": "ImageI", "name": "field 1"}]
    assert answer["parents"]["lineage"] == {
        "ScreenI": {str(plate.screen): child},
        "PlateI": {str(plate.plate): child},
        "PlateAcquisitionI": {str(plate.run): child},
        "WellI": {str(plate.well): child},
    }
    of_well = ella.get(f"{URL}?well={plate.well}&parents=true&ns=test.whence").json
    assert of_well["parents"]["lineage"]["ScreenI"][str(plate.screen)] == [{"id": plate.well, "class": "WellI"}]


def test_pages(ella: WebApp, lab: Lab, note: Note) -> None:
    made = [note(pairs((str(number), "x"), ns="test.pages"), "Image", lab.image) for number in range(3)]
    url = f"{URL}?image={lab.image}&ns=test.pages&limit=2"
    assert [one["id"] for one in ella.get(url).json["annotations"]] == made[:2]
    assert [one["id"] for one in ella.get(f"{url}&page=2").json["annotations"]] == made[2:]


def test_a_type_that_is_none(ella: WebApp, lab: Lab) -> None:
    assert ella.get(f"{URL}?image={lab.image}&type=x", status=400).json["code"] == "invalid_input"


def test_what_is_private_stays_so(fred: WebApp, lab: Lab, note: Note) -> None:
    note(pairs(("secret", "x")), "Image", lab.hidden)
    for group in ("", f"&group={lab.private}"):
        answer = fred.get(f"{URL}?image={lab.hidden}&parents=true{group}").json
        nothing = {"annotations": [], "parents": {"annotations": [], "lineage": {}}, "experimenters": []}
        assert answer == nothing
