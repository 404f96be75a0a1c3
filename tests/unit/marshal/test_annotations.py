"""Annotations as JSON, from objects as OMERO gives them."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rbool, rlong, rstring, rtime

from omeropyr.marshal.annotations import KINDS, marshal_annotation

MAY = {"canDelete": False, "canAnnotate": False, "canLink": False, "canEdit": False}


def loaded(obj: Any, object_id: int) -> Any:
    """The object with an id, an owner and a time of creation."""
    obj.id = rlong(object_id)
    obj.details.owner = omero.model.ExperimenterI(7, False)
    obj.details.creationEvent = omero.model.EventI()
    obj.details.creationEvent.time = rtime(1_000)
    return obj


def test_pairs_in_their_order() -> None:
    pairs = loaded(omero.model.MapAnnotationI(), 3)
    pairs.ns = rstring("a/b")
    pairs.setMapValue([omero.model.NamedValue("k", "1"), omero.model.NamedValue("k", "2"), None])
    assert marshal_annotation(pairs) == {
        "id": 3,
        "ns": "a/b",
        "name": None,
        "description": None,
        "owner": {"id": 7},
        "date": "1970-01-01T00:00:01+00:00",
        "permissions": MAY,
        "class": "MapAnnotationI",
        "values": [["k", "1"], ["k", "2"]],
    }


def test_a_link_and_what_bears_it() -> None:
    comment = loaded(omero.model.CommentAnnotationI(), 4)
    comment.textValue = rstring("x")
    link = loaded(omero.model.DatasetAnnotationLinkI(), 5)
    link.parent, link.child = omero.model.DatasetI(), comment
    link.parent.id, link.parent.name = rlong(6), rstring("D")
    found = marshal_annotation(comment, link)
    assert found["textValue"] == "x"
    bearer = {"id": 6, "class": "DatasetI", "name": "D"}
    assert found["link"] == {
        "id": 5,
        "owner": {"id": 7},
        "date": "1970-01-01T00:00:01+00:00",
        "permissions": MAY,
        "parent": bearer,
    }


def test_a_well_has_no_name() -> None:
    flag = loaded(omero.model.BooleanAnnotationI(), 4)
    flag.boolValue = rbool(False)
    link = loaded(omero.model.WellAnnotationLinkI(), 5)
    link.parent, link.child = omero.model.WellI(6, False), flag
    found = marshal_annotation(flag, link)
    assert (found["boolValue"], found["link"]["parent"]) == (False, {"id": 6, "class": "WellI"})


@pytest.mark.parametrize("with_file", [True, False])
def test_a_file(with_file: bool) -> None:
    attached = loaded(omero.model.FileAnnotationI(), 4)
    if with_file:
        attached.file = omero.model.OriginalFileI()
        attached.file.id, attached.file.name, attached.file.size = rlong(8), rstring("n"), rlong(9)
    found = marshal_annotation(attached)
    told = {"id": 8, "name": "n", "size": 9, "path": None, "mimetype": None}
    assert found.get("file") == (told if with_file else None)
    assert found["permissions"]["canDownload"] is True


def test_every_kind_has_a_condition() -> None:
    assert set(KINDS) == {"tag", "file", "comment", "rating", "map", "custom"}
