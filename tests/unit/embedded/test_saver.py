"""What a save does beside writing rows: rights, the group of the call, events, graphs that cannot be saved, batches."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rdouble, rlong, rstring
from sqlalchemy import event

from omeropyr.embedded.permissions import SYSTEM
from tests.unit.embedded.conftest import Small, dataset, image, link, pixels_of, project, tag


@pytest.fixture
def ann(small: Small) -> Any:
    group = small.group("rwr---")
    small.user("ann", group)
    small.user("bob", group)
    return small.actor("ann", group)


def stored(small: Small, actor: Any, kind: str, object_id: int) -> Any:
    with small.store.read(actor) as tx:
        return tx.get(kind, object_id)


def test_a_thousand_shapes_take_a_few_statements(small: Small, ann: Any) -> None:
    roi = omero.model.RoiI()
    roi.image = image("I")
    for number in range(1000):
        shape = omero.model.PointI()
        shape.x = rdouble(number)
        roi.addShape(shape)
    said: list[str] = []
    event.listen(small.store._engine, "before_cursor_execute", lambda *found: said.append(found[2]))
    small.save(ann, roi)
    assert len(said) < 30
    assert small.values(ann, "select count(s), min(s.x), max(s.x) from Shape s") == [(1000, 0.0, 999.0)]
    assert small.values(ann, "select maxIndex(r.shapes) from Roi r") == [(999,)]
    assert len({one.id.val for one in roi.copyShapes()}) == 1000
    assert all(one.details.owner.id.val == ann.user_id and one.version.val == 0 for one in roi.copyShapes())


def test_ids_are_never_given_twice(small: Small, ann: Any) -> None:
    first = small.save(ann, dataset("a"))
    with small.store.write(ann) as tx:
        tx.delete("Dataset", first)
    assert small.save(ann, dataset("b")) == first + 1


def test_events_tell_who_made_and_who_changed(small: Small, ann: Any) -> None:
    made = dataset("D")
    object_id = small.save(ann, made)
    hql = (
        "select d.details.creationEvent.id, d.details.updateEvent.id, d.details.updateEvent.experimenter.omeName, "
        "d.details.creationEvent.experimenter.omeName from Dataset d where d.id = :id"
    )
    (before,) = small.values(ann, hql, id=object_id)
    assert before[0] == before[1]
    again = stored(small, SYSTEM, "Dataset", object_id)
    again.description = rstring("by root")
    small.save(small.actor("root"), again)
    (after,) = small.values(ann, hql, id=object_id)
    assert after[0] == before[0]
    assert after[1] > before[1]
    assert after[2:] == ("root", "ann")
    assert again.details.updateEvent.id.val == after[1]
    assert again.details.creationEvent.id.val == after[0]


def test_one_save_is_one_event(small: Small, ann: Any) -> None:
    with small.store.write(ann) as tx:
        tx.save_all([dataset("a"), project("b")])
        tx.save(image("c"))
    events = {small.values(ann, f"select o.details.creationEvent.id from {kind} o")[0] for kind in ("Dataset", "Image")}
    assert len(events) == 1


def test_external_info_is_kept(small: Small, ann: Any) -> None:
    made = dataset("D")
    info = omero.model.ExternalInfoI()
    info.entityId, info.entityType, info.lsid = rlong(3), rstring("test"), rstring("urn:lsid:a:b:c")
    made.details.externalInfo = info
    object_id = small.save(ann, made)
    assert made.details.externalInfo.isLoaded()
    with small.store.read(ann) as tx:
        found = tx.find("select d from Dataset d left outer join fetch d.details.externalInfo")[0]
    assert (found.id.val, found.details.externalInfo.lsid.val) == (object_id, "urn:lsid:a:b:c")
    found.name = rstring("renamed")
    small.save(ann, found)
    assert small.values(ann, "select d.details.externalInfo.entityId from Dataset d") == [(3,)]


def test_permissions_are_those_of_the_caller(small: Small, ann: Any) -> None:
    object_id = small.save(ann, dataset("D"))
    flags = {
        name: stored(small, small.actor(name), "Dataset", object_id).details.permissions
        for name in ("ann", "bob", "root")
    }
    words = ("canEdit", "canAnnotate", "canLink", "canDelete", "canChgrp", "canChown")
    assert [getattr(flags["ann"], word)() for word in words] == [True, True, True, True, True, False]
    assert [getattr(flags["bob"], word)() for word in words] == [False] * 6
    assert [getattr(flags["root"], word)() for word in words] == [True] * 6


def test_a_call_in_one_group_changes_nothing_in_another(small: Small, ann: Any) -> None:
    other = small.group("rw----")
    small.user("both", ann.group_id, other)
    made = dataset("D")
    small.save(small.actor("both", other), made)
    made.name = rstring("changed")
    with pytest.raises(omero.SecurityViolation, match="in group"):
        small.save(small.actor("both", ann.group_id), made)
    assert stored(small, SYSTEM, "Dataset", made.id.val).name.val == "D"
    small.save(small.actor("both"), made)  # omero.group -1
    assert stored(small, SYSTEM, "Dataset", made.id.val).name.val == "changed"


def test_others_objects_are_not_changed(small: Small, ann: Any) -> None:
    object_id = small.save(ann, dataset("D"))
    theirs = stored(small, small.actor("bob"), "Dataset", object_id)
    theirs.name = rstring("bob's now")
    with pytest.raises(omero.SecurityViolation):
        small.save(small.actor("bob"), theirs)
    new = dataset("for ann")
    new.details.owner = omero.model.ExperimenterI(ann.user_id, False)
    with pytest.raises(omero.SecurityViolation):
        small.save(small.actor("bob"), new)


def test_objects_that_need_each_other_first_are_refused(small: Small, ann: Any) -> None:
    one = pixels_of(small.store, ann, image("I"), "a")
    other = pixels_of(small.store, ann, image("J"), "a")
    one._relatedTo, other._relatedTo = other, one
    with pytest.raises(omero.ValidationException):
        small.save(ann, one)
    one._relatedTo = one
    with pytest.raises(omero.ValidationException):
        small.save(ann, one)
    assert small.values(ann, "select count(p) from Pixels p") == [(0,)]


def test_links_in_circles_are_no_circle_of_needs(small: Small, ann: Any) -> None:
    top, inner = project("P"), dataset("D")
    joined = top.linkDataset(inner)
    assert joined.parent is top
    small.save(ann, joined)
    assert small.values(ann, "select l.parent.name, l.child.name from ProjectDatasetLink l") == [("P", "D")]


def test_a_chain_without_end_is_refused(small: Small, ann: Any) -> None:
    first = last = pixels_of(small.store, ann, image("I"), "a")
    for _ in range(2000):
        last._relatedTo = omero.model.PixelsI()
        last = last._relatedTo
    with pytest.raises(omero.ValidationException):
        small.save(ann, first)


def test_the_same_link_twice_in_one_save_is_refused(small: Small, ann: Any) -> None:
    top, inner = project("P"), dataset("D")
    top.linkDataset(inner)
    top.linkDataset(inner)
    with pytest.raises(omero.ValidationException, match="already"):
        small.save(ann, top)
    assert small.values(ann, "select count(p) from Project p") == [(0,)]


def test_a_write_inside_a_write_is_part_of_it(small: Small, ann: Any) -> None:
    with small.store.write(ann) as outer:
        outer.save(dataset("outer"))
        small.save(ann, dataset("inner"))
        assert outer.values("select count(d) from Dataset d") == [(2,)]
        with pytest.raises(omero.ValidationException):
            small.save(ann, omero.model.DatasetI())
    with pytest.raises(RuntimeError), small.store.write(ann):  # noqa: PT012 - the block is what fails
        small.save(ann, dataset("lost"))
        raise RuntimeError
    assert small.values(ann, "select d.name from Dataset d order by d.name") == [("inner",), ("outer",)]


def test_what_failed_inside_is_undone_at_once(small: Small, ann: Any) -> None:
    with small.store.write(ann) as outer:
        outer.save(dataset("kept"))
        with pytest.raises(RuntimeError), small.store.write(ann) as inner:  # noqa: PT012 - the block is what fails
            inner.save(dataset("undone"))
            raise RuntimeError
    assert small.values(ann, "select d.name from Dataset d") == [("kept",)]


def test_annotations_of_annotations_come_with_the_graph(small: Small, ann: Any) -> None:
    one, note, about = image("I"), tag("t"), tag("about t")
    note.linkAnnotation(about)
    one.linkAnnotation(note)
    object_id = small.save(ann, one)
    hql = "select l.parent.id, l.child.textValue from ImageAnnotationLink l"
    assert small.values(ann, hql) == [(object_id, "t")]
    assert small.values(ann, "select l.child.textValue from AnnotationAnnotationLink l") == [("about t",)]
    with pytest.raises(omero.ValidationException, match="already"):
        small.save(ann, link("ImageAnnotationLink", ("Image", object_id), ("TagAnnotation", note.id.val)))
