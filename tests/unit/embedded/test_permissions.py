"""Who may do what: four levels, five callers, five things, tried on a store rather than read off a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rstring
from sqlalchemy import text

from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.store import Store
from tests.unit.embedded.conftest import Small, dataset, image, link, tag

LEVELS = ("rw----", "rwr---", "rwra--", "rwrw--")
THINGS = ("read", "annotate", "edit", "link", "delete")
EVERYTHING = dict.fromkeys(LEVELS, " ".join(THINGS))
# What each may do with ann's dataset. tests/functional/embedded/test_permissions_matrix.py says where this comes from.
MAY: dict[str, dict[str, str]] = {
    "ann": EVERYTHING,
    "bob": {"rw----": "", "rwr---": "read", "rwra--": "read annotate", "rwrw--": "read annotate edit link delete"},
    "leader": {**EVERYTHING, "rw----": "read edit delete"},
    "admin": {**EVERYTHING, "rw----": "read edit delete"},
    "eve": dict.fromkeys(LEVELS, ""),
}
CASES = [(level, who, thing, thing in MAY[who][level].split()) for level in LEVELS for who in MAY for thing in THINGS]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("levels") / "omero.sqlite"
    made = Small(Store(path), path)
    groups = {level: made.group(level) for level in LEVELS}
    for name in ("ann", "bob"):
        made.user(name, *groups.values())
    made.user("leader", *groups.values(), owner=True)
    made.user("admin", admin=True)
    made.user("eve")
    yield made, groups
    made.store.close()


def read(small: Small, actor: Any, dataset_id: int, group: int) -> None:
    with small.store.read(actor) as tx:
        assert tx.get("Dataset", dataset_id).name.val == "ann's"
        assert tx.values("select d.name from Dataset d where d.id = :id", {"id": dataset_id}) == [("ann's",)]


def annotate(small: Small, actor: Any, dataset_id: int, group: int) -> None:
    made = link("DatasetAnnotationLink", ("Dataset", dataset_id), ("TagAnnotation", 0))
    made.child = in_group(tag("t"), group)
    small.save(actor, in_group(made, group))


def edit(small: Small, actor: Any, dataset_id: int, group: int) -> None:
    with small.store.write(actor) as tx:
        known = tx.get("Dataset", dataset_id)
        known.name = rstring("edited")
        tx.save(known)


def add(small: Small, actor: Any, dataset_id: int, group: int) -> None:
    made = link("DatasetImageLink", ("Dataset", dataset_id), ("Image", 0))
    made.child = in_group(image("new"), group)
    small.save(actor, in_group(made, group))


def remove(small: Small, actor: Any, dataset_id: int, group: int) -> None:
    with small.store.write(actor) as tx:
        tx.delete("Dataset", dataset_id)


def in_group(obj: Any, group: int) -> Any:
    obj.details.group = omero.model.ExperimenterGroupI(group, False)
    return obj


DO: dict[str, Callable[..., None]] = {"read": read, "annotate": annotate, "edit": edit, "link": add, "delete": remove}


@pytest.mark.parametrize(("level", "who", "thing", "allowed"), CASES)
def test_who_may_do_what(world: Any, level: str, who: str, thing: str, allowed: bool) -> None:
    small, groups = world
    dataset_id = small.save(small.actor("ann", groups[level]), dataset("ann's"))
    actor = small.actor(who)
    before = small.values(small.actor("root"), "select count(i), (select count(a) from Annotation a) from Image i")
    if allowed:
        DO[thing](small, actor, dataset_id, groups[level])
        return
    with pytest.raises((omero.SecurityViolation, omero.ValidationException)):
        DO[thing](small, actor, dataset_id, groups[level])
    assert small.values(small.actor("ann"), "select d.name from Dataset d where d.id = :id", id=dataset_id) == [
        ("ann's",)
    ]
    after = small.values(small.actor("root"), "select count(i), (select count(a) from Annotation a) from Image i")
    assert after == before


@pytest.mark.parametrize(
    ("level", "who"), [(level, who) for level in LEVELS for who in MAY if "read" in MAY[who][level]]
)
def test_what_is_told_is_what_is_done(world: Any, level: str, who: str) -> None:
    small, groups = world
    dataset_id = small.save(small.actor("ann", groups[level]), dataset("ann's"))
    with small.store.read(small.actor(who)) as tx:
        told = tx.get("Dataset", dataset_id).details.permissions
    said = {
        "annotate": told.canAnnotate(),
        "edit": told.canEdit(),
        "link": told.canLink(),
        "delete": told.canDelete(),
    }
    assert said == {thing: thing in MAY[who][level].split() for thing in THINGS if thing != "read"}


def test_objects_of_two_groups_are_not_joined(world: Any) -> None:
    small, groups = world
    write, annotate_level = groups["rwrw--"], groups["rwra--"]
    one = small.save(small.actor("ann", write), dataset("D"))
    other = small.save(small.actor("ann", annotate_level), image("I"))
    with pytest.raises(omero.SecurityViolation):
        small.save(small.actor("ann"), link("DatasetImageLink", ("Dataset", one), ("Image", other)))
    roi = in_group(omero.model.RoiI(), write)
    roi.image = omero.model.ImageI(other, False)
    with pytest.raises(omero.SecurityViolation):
        small.save(small.actor("ann"), roi)


def test_anothers_image_is_drawn_on_by_who_may_annotate(world: Any) -> None:
    small, groups = world
    for level in LEVELS[1:]:
        roi = omero.model.RoiI()
        roi.image = omero.model.ImageI(small.save(small.actor("ann", groups[level]), image("I")), False)
        if "annotate" in MAY["bob"][level]:
            small.save(small.actor("bob"), roi)
            assert roi.details.group.id.val == groups[level]
        else:
            with pytest.raises(omero.SecurityViolation):
                small.save(small.actor("bob"), roi)


def test_anothers_image_is_not_taken_into_an_own_dataset_by_who_may_only_read(world: Any) -> None:
    small, groups = world
    for level in ("rwr---", "rwra--"):
        theirs = small.save(small.actor("ann", groups[level]), image("I"))
        mine = small.save(small.actor("bob", groups[level]), dataset("mine"))
        with pytest.raises(omero.SecurityViolation):
            small.save(small.actor("bob"), link("DatasetImageLink", ("Dataset", mine), ("Image", theirs)))


def test_a_parent_that_comes_along_unchanged_needs_no_right_to_edit(world: Any) -> None:
    small, groups = world
    dataset_id = small.save(small.actor("ann", groups["rwra--"]), dataset("ann's"))
    bob = small.actor("bob", groups["rwra--"])
    with small.store.read(bob) as tx:
        loaded = tx.get("Dataset", dataset_id)
    made = omero.model.DatasetAnnotationLinkI()
    made.parent, made.child = loaded, tag("bob's")
    small.save(bob, made)
    loaded.name = rstring("bob was here")
    again = omero.model.DatasetAnnotationLinkI()
    again.parent, again.child = loaded, tag("again")
    with pytest.raises(omero.SecurityViolation):
        small.save(bob, again)


def test_nobody_makes_objects_for_others_or_in_foreign_groups(world: Any) -> None:
    small, groups = world
    bob = small.actor("bob")
    forged = in_group(dataset("forged"), groups["rwrw--"])
    forged.details.owner = omero.model.ExperimenterI(small.actor("ann").user_id, False)
    with pytest.raises(omero.SecurityViolation):
        small.save(bob, forged)
    with pytest.raises(omero.SecurityViolation):
        small.save(small.actor("eve"), in_group(dataset("foreign"), groups["rwrw--"]))


def test_one_group_or_all(world: Any) -> None:
    small, groups = world
    ids = {level: small.save(small.actor("ann", groups[level]), dataset("which")) for level in LEVELS}
    hql = "select d.id from Dataset d where d.name = 'which' order by d.id"
    assert [row[0] for row in small.values(small.actor("ann"), hql)] == list(ids.values())
    assert [row[0] for row in small.values(small.actor("bob"), hql)] == [ids[level] for level in LEVELS[1:]]
    for level in LEVELS[1:]:
        assert small.values(small.actor("bob", groups[level]), hql) == [(ids[level],)]


def test_outer_joins_keep_the_row_and_hide_the_other_side(world: Any) -> None:
    """What an older state of a group left behind: a link that stays readable while its child is not."""
    small, groups = world
    write = groups["rwrw--"]
    dataset_id = small.save(small.actor("ann", write), dataset("outer"))
    image_id = small.save(small.actor("ann", write), image("moved away"))
    small.save(small.actor("ann", write), link("DatasetImageLink", ("Dataset", dataset_id), ("Image", image_id)))
    with small.store.write(SYSTEM) as tx:
        tx.connection.execute(text(f"update m_image set group__id = {groups['rw----']} where id = {image_id}"))
    start = "select d.name, i.name from Dataset d"
    outer = f"{start} left join d.imageLinks l left join l.child i where d.id = :id"
    inner = f"{start} join d.imageLinks l join l.child i where d.id = :id"
    implied = "select d.name, l.child.name from Dataset d join d.imageLinks l where d.id = :id"
    assert small.values(small.actor("ann"), outer, id=dataset_id) == [("outer", "moved away")]
    assert small.values(small.actor("bob"), outer, id=dataset_id) == [("outer", None)]
    assert small.values(small.actor("bob"), inner, id=dataset_id) == []
    assert small.values(small.actor("bob"), implied, id=dataset_id) == []  # as Hibernate: a path is an inner join
    with small.store.read(small.actor("bob")) as tx:
        found = tx.find(
            f"select d from Dataset d left join fetch d.imageLinks l left join fetch l.child where d.id = {dataset_id}"
        )[0]
    assert [one.child.isLoaded() for one in found.copyImageLinks()] == [False]
