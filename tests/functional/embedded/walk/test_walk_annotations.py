"""Annotations of every class, and users and groups as objects."""

from __future__ import annotations

import configparser
from datetime import datetime
from typing import Any

import omero.gateway
import pytest
from omero.gateway import CommentAnnotationWrapper, FileAnnotationWrapper, TagAnnotationWrapper
from omero.rtypes import rtime

MOMENT = 1_700_000_000_000
CASES = {
    "Boolean": (True, True),
    "Comment": ("said", "said"),
    "Double": (2.5, 2.5),
    "Long": (7, 7),
    "Map": ([("stain", "DAPI"), ("stain", "GFP")], [("stain", "DAPI"), ("stain", "GFP")]),
    "Tag": ("mitosis", "mitosis"),
    "Term": ("GO:0000278", "GO:0000278"),
    "Timestamp": (rtime(MOMENT), datetime.fromtimestamp(MOMENT / 1000)),
    "Xml": ("<a>&lt;b</a>", "<a>&lt;b</a>"),
}


@pytest.mark.walks("AnnotationWrapper", "setNs getNs")
@pytest.mark.parametrize("kind", CASES)
def test_a_value_comes_back(walk: Any, make: Any, kind: str) -> None:
    sent, expected = CASES[kind]
    dataset, ns = make("Dataset", name=f"holds {kind}"), f"walk.{kind}"
    annotation = getattr(omero.gateway, f"{kind}AnnotationWrapper")(walk.conn)
    annotation.setNs(ns)
    annotation.setValue(sent)
    dataset.linkAnnotation(annotation)
    found = walk.conn.getObject("Dataset", dataset.getId()).getAnnotation(ns)
    assert (type(found).__name__.lstrip("_"), found.getNs(), found.getValue()) == (
        f"{kind}AnnotationWrapper",
        ns,
        expected,
    )


@pytest.mark.walks("BooleanAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("CommentAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("DoubleAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("LongAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("MapAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("TagAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("TermAnnotationWrapper", "getValue setValue")
@pytest.mark.walks("TimestampAnnotationWrapper", "getValue setValue")
def test_a_value_is_changed(walk: Any) -> None:
    for kind, (sent, expected) in CASES.items():
        annotation = getattr(omero.gateway, f"{kind}AnnotationWrapper")(walk.conn)
        annotation.save()
        again = walk.conn.getObject("Annotation", annotation.getId())
        again.setValue(sent)
        again.save()
        assert walk.conn.getObject("Annotation", annotation.getId()).getValue() == expected


@pytest.mark.walks("AnnotationWrapper", "createAndLink getParentLinks getValue setValue")
@pytest.mark.walks("AnnotationLinkWrapper", "getAnnotation getParent")
def test_a_link_knows_both_ends(walk: Any, make: Any) -> None:
    dataset = make("Dataset", name="linked")
    CommentAnnotationWrapper.createAndLink(target=dataset, ns="walk.link", val="by a link")
    comment = dataset.getAnnotation("walk.link")
    (link,) = comment.getParentLinks("Dataset")
    assert (link.getAnnotation().getValue(), link.getParent().getId()) == ("by a link", dataset.getId())
    plain = omero.gateway.AnnotationWrapper(walk.conn, omero.model.CommentAnnotationI())
    with pytest.raises(NotImplementedError):
        plain.getValue()
    with pytest.raises(NotImplementedError):
        plain.setValue("nothing")


@pytest.mark.walks("TagAnnotationWrapper", "countTagsInTagset listTagsInTagset listParents")
def test_a_set_of_tags(walk: Any) -> None:
    conn = walk.conn
    tags = []
    for name in ("phases", "anaphase", "metaphase"):
        tag = TagAnnotationWrapper(conn)
        tag.setValue(name)
        tag.save()
        tags.append(tag)
    tag_set = tags[0]
    tag_set.setNs(omero.constants.metadata.NSINSIGHTTAGSET)
    tag_set.save()
    for tag in tags[1:]:
        link = omero.model.AnnotationAnnotationLinkI()
        link.parent = omero.model.TagAnnotationI(tag_set.getId(), False)
        link.child = omero.model.TagAnnotationI(tag.getId(), False)
        conn.getUpdateService().saveObject(link)
    again = conn.getObject("TagAnnotation", tag_set.getId())
    assert again.countTagsInTagset() == 2
    assert [one.getValue() for one in again.listTagsInTagset()] == ["anaphase", "metaphase"]
    assert [one.getId() for one in conn.getObject("TagAnnotation", tags[1].getId()).listParents()] == [tag_set.getId()]


@pytest.mark.walks("FileAnnotationWrapper", "setFile setValue setDescription isOriginalMetadata")
def test_a_file_annotation_is_given_a_file(walk: Any, tmp_path: Any) -> None:
    path = tmp_path / "given.txt"
    path.write_text("given")
    file = walk.conn.createOriginalFileFromLocalFile(str(path))
    annotation = FileAnnotationWrapper(walk.conn)
    annotation.setFile(file)
    annotation.setDescription("a description")
    annotation.setValue("no effect")
    annotation.save()
    again = walk.conn.getObject("FileAnnotation", annotation.getId())
    assert (again.getFileName(), again.getDescription(), again.isOriginalMetadata()) == (
        "given.txt",
        "a description",
        False,
    )


@pytest.mark.walks(
    "ExperimenterWrapper",
    "copyGroupExperimenterMap getDescription getFullName getName getNameWithInitial isActive isAdmin isGuest is_self "
    "simpleMarshal",
)
@pytest.mark.walks("ExperimenterGroupWrapper", "copyGroupExperimenterMap groupSummary")
def test_users_and_groups_as_objects(walk: Any) -> None:
    ann = walk.conn.getObject("Experimenter", walk.ann, opts={"load_experimentergroups": True})
    assert (ann.getName(), ann.getFullName(), ann.getNameWithInitial()) == ("walk-ann", "Ann Walker", "A. Walker")
    assert (ann.isActive(), ann.isAdmin(), ann.isGuest(), ann.is_self()) == (True, False, False, True)
    assert {one.parent.name.val for one in ann.copyGroupExperimenterMap()} == {"user", "walk", "walk-other"}
    assert ann.getDescription() == "Ann Walker"
    marshalled = ann.simpleMarshal()
    assert (marshalled["id"], marshalled["name"], marshalled["isAdmin"]) == (walk.ann, "walk-ann", False)
    group = walk.conn.getObject("ExperimenterGroup", walk.group, opts={"load_experimenters": True})
    assert {one.child.omeName.val for one in group.copyGroupExperimenterMap()} == {"walk-ann", "walk-bob"}
    leaders, members = group.groupSummary()
    assert [one.getOmeName() for one in (*leaders, *members)] == ["walk-ann", "walk-bob"]


@pytest.mark.walks(
    "ExperimenterWrapper", "getPreference setPreference getPreferences getRawPreferences setRawPreferences"
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(not hasattr(configparser, "SafeConfigParser"), reason="omero-py needs a class that Python dropped")
def test_preferences_of_a_user(gateway: Any) -> None:
    def user() -> Any:
        found = gateway.getUser()
        # omero-py takes the group of the user's own row, which no server has.
        found._obj.details.group = omero.model.ExperimenterGroupI(0, False)
        return found

    user().setPreference("colour", "green", "walk")
    assert user().getPreference("colour", section="walk") == "green"
    assert user().getPreference("none", default="else", section="walk") == "else"
    assert dict(user().getPreferences("walk")) == {"colour": "green"}
    raw = user().getRawPreferences()
    raw.set("walk", "size", "large")
    user().setRawPreferences(raw)
    assert user().getPreference("size", section="walk") == "large"
