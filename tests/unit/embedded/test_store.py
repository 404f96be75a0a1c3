"""Saving, changing and deleting graphs in one store."""

from __future__ import annotations

import threading
from typing import Any

import omero
import omero.all
import pytest
from omero.model.enums import UnitsLength, UnitsTime
from omero.rtypes import rint, rlong, rstring
from sqlalchemy import text

from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.store import Store
from tests.unit.embedded.conftest import Small, dataset, image, link, pixels_of, project, tag


@pytest.fixture
def ann(small: Small) -> Any:
    small.user("ann", small.group("rwr---"))
    return small.actor("ann")


def test_a_graph_is_saved_with_all_that_hangs_on_it(small: Small, ann: Any) -> None:
    top, inner, leaf = project("P"), dataset("D"), image("I")
    top.linkDataset(inner)
    inner.linkImage(leaf)
    small.save(ann, top)
    rows = small.values(
        ann,
        "select p.name, d.name, i.name, p.details.owner.omeName, p.details.creationEvent.type.value from Project p "
        "join p.datasetLinks pl join pl.child d join d.imageLinks dl join dl.child i",
    )
    assert rows == [("P", "D", "I", "ann", "User")]
    assert all(one.id.val > 0 and one.version.val == 0 for one in (top, inner, leaf))
    assert top.details.owner.id.val == ann.user_id
    assert top.details.permissions.canEdit()


def test_a_change_counts_the_version_and_keeps_the_rest(small: Small, ann: Any) -> None:
    made = dataset("D")
    made.description = rstring("first")
    small.save(ann, made)
    made.name = rstring("new")
    small.save(ann, made)
    assert made.version.val == 1
    assert small.values(ann, "select d.name, d.description, d.version from Dataset d") == [("new", "first", 1)]


def test_sending_back_what_did_not_change_counts_nothing(small: Small, ann: Any) -> None:
    made = dataset("D")
    small.save(ann, made)
    small.save(ann, made)
    assert small.values(ann, "select d.version from Dataset d") == [(0,)]


def test_an_older_version_is_refused(small: Small, ann: Any) -> None:
    object_id = small.save(ann, dataset("D"))
    with small.store.read(ann) as tx:
        mine = tx.get("Dataset", object_id)
    with small.store.read(ann) as tx:
        theirs = tx.get("Dataset", object_id)
    theirs.name = rstring("theirs")
    small.save(ann, theirs)
    mine.name = rstring("mine")
    with pytest.raises(omero.OptimisticLockException):
        small.save(ann, mine)
    assert small.values(ann, "select d.name from Dataset d") == [("theirs",)]


def test_what_is_in_use_is_not_deleted(small: Small, ann: Any) -> None:
    top, inner = small.save(ann, project("P")), small.save(ann, dataset("D"))
    joined = small.save(ann, link("ProjectDatasetLink", ("Project", top), ("Dataset", inner)))
    with pytest.raises(omero.ValidationException, match="in use"), small.store.write(ann) as tx:
        tx.delete("Dataset", inner)
    with small.store.write(ann) as tx:
        tx.delete("ProjectDatasetLink", joined)
        tx.delete("Dataset", inner)
    assert small.values(ann, "select count(d) from Dataset d") == [(0,)]
    assert small.values(ann, "select count(p) from Project p") == [(1,)]


def test_a_failure_leaves_nothing(small: Small, ann: Any) -> None:
    events = small.values(ann, "select count(e) from Event e")
    with pytest.raises(RuntimeError), small.store.write(ann) as tx:  # noqa: PT012 - the block is what fails
        tx.save(dataset("D"))
        raise RuntimeError
    with pytest.raises(omero.ValidationException), small.store.write(ann) as tx:
        tx.save_all([dataset("D"), omero.model.DatasetI()])
    assert small.values(ann, "select count(d) from Dataset d") == [(0,)]
    assert small.values(ann, "select count(e) from Event e") == events


@pytest.mark.parametrize(
    "bad",
    [
        link("DatasetImageLink", ("Dataset", 999), ("Image", 1)),
        link("DatasetImageLink", ("Dataset", 1), ("Image", 999)),
        omero.model.DatasetI(rlong(999), True),
    ],
    ids=["parent", "child", "itself"],
)
def test_pointers_to_nothing_are_refused(small: Small, ann: Any, bad: Any) -> None:
    small.save(ann, dataset("D"))
    small.save(ann, image("I"))
    with pytest.raises(omero.ValidationException):
        small.save(ann, bad)
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(rlong(999), False)
    with pytest.raises(omero.ValidationException, match="no Image 999"):
        small.save(ann, roi)


def test_the_same_link_twice_is_refused(small: Small, ann: Any) -> None:
    ends = ("Project", small.save(ann, project("P"))), ("Dataset", small.save(ann, dataset("D")))
    small.save(ann, link("ProjectDatasetLink", *ends))
    with pytest.raises(omero.ValidationException, match="already"):
        small.save(ann, link("ProjectDatasetLink", *ends))


def test_units_come_back_as_they_were(small: Small, ann: Any) -> None:
    made = pixels_of(small.store, ann, image("I"), "one")
    made.physicalSizeX = omero.model.LengthI(0.25, UnitsLength.MICROMETER)
    made.physicalSizeY = omero.model.LengthI(3.5, UnitsLength.PIXEL)
    made.timeIncrement = omero.model.TimeI(2.0, UnitsTime.MINUTE)
    object_id = small.save(ann, made)
    with small.store.read(ann) as tx:
        found = tx.get("Pixels", object_id)
        row = tx.projection("select p.physicalSizeX, p.physicalSizeX.value, p.physicalSizeY.unit from Pixels p")[0]
    assert (found.physicalSizeX.getValue(), found.physicalSizeX.getUnit()) == (0.25, UnitsLength.MICROMETER)
    assert (found.physicalSizeY.getValue(), found.physicalSizeY.getUnit()) == (3.5, UnitsLength.PIXEL)
    assert (found.timeIncrement.getValue(), found.timeIncrement.getUnit()) == (2.0, UnitsTime.MINUTE)
    assert found.physicalSizeZ is None
    assert {k: v.val for k, v in row[0].val.items()} == {"value": 0.25, "unit": "MICROMETER", "symbol": "µm"}
    assert (row[1].val, row[2].val) == (0.25, "PIXEL")


def test_maps_keep_order_and_repeated_keys(small: Small, ann: Any) -> None:
    pairs = [("gene", "TP53"), ("ünit", "µm"), ("gene", "MYC"), ("empty", "")]
    made = omero.model.MapAnnotationI()
    made.mapValue = [omero.model.NamedValue(*pair) for pair in pairs]
    object_id = small.save(ann, made)
    with small.store.read(ann) as tx:
        assert [(one.name, one.value) for one in tx.get("MapAnnotation", object_id).mapValue] == pairs
    hql = "select a.id, m.value from MapAnnotation a join a.mapValue m where m.name = :name"
    assert small.values(ann, hql, name="gene") == [(object_id, "TP53"), (object_id, "MYC")]
    assert small.values(ann, hql, name="TP53") == []


def test_channels_keep_their_order_and_a_later_one_comes_last(small: Small, ann: Any) -> None:
    made = pixels_of(small.store, ann, image("I"), "zeta", "alpha", "mid")
    object_id = small.save(ann, made)
    late = omero.model.ChannelI()
    late.logicalChannel = omero.model.LogicalChannelI()
    late.logicalChannel.name = rstring("late")
    late.pixels = omero.model.PixelsI(rlong(object_id), False)
    small.save(ann, late)
    names = small.values(ann, "select c.logicalChannel.name, index(c) from Channel c order by index(c)")
    assert names == [("zeta", 0), ("alpha", 1), ("mid", 2), ("late", 3)]


def test_subclasses_come_back_as_what_they_are(small: Small, ann: Any) -> None:
    roi = omero.model.RoiI()
    roi.image = image("I")
    for shape, fields in ((omero.model.RectangleI(), "x y width height"), (omero.model.PointI(), "x y")):
        for number, field in enumerate(fields.split(), 1):
            setattr(shape, field, omero.rtypes.rdouble(number))
        shape.theZ = rint(2)
        roi.addShape(shape)
    small.save(ann, roi)
    with small.store.read(ann) as tx:
        found = tx.find("select r from Roi r join fetch r.shapes")[0].copyShapes()
    assert [type(one).__name__ for one in found] == ["RectangleI", "PointI"]
    assert (found[0].width.val, found[0].height.val, found[1].y.val, found[1].theZ.val) == (3.0, 4.0, 2.0, 2)


def test_two_threads_write_and_nothing_is_lost(small: Small, ann: Any) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(25):
                small.save(ann, dataset(f"{name}{number}"))
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert small.values(ann, "select count(distinct d.name) from Dataset d") == [(50,)]


def test_a_reader_sees_one_moment(small: Small, ann: Any) -> None:
    small.save(ann, dataset("before"))
    with small.store.read(ann) as tx:
        assert tx.values("select count(d) from Dataset d") == [(1,)]
        small.save(ann, dataset("meanwhile"))
        assert tx.values("select count(d) from Dataset d") == [(1,)]
    assert small.values(ann, "select count(d) from Dataset d") == [(2,)]


def test_a_full_disk_is_told_and_leaves_nothing(small: Small, ann: Any) -> None:
    with small.store._engine.connect() as connection:  # the pool has the one connection
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(omero.ResourceError, match="full"):
        small.save(ann, tag("x" * 1_000_000))
    with small.store._engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count=1000000"))
    assert small.values(ann, "select count(t) from TagAnnotation t") == [(0,)]
    small.save(ann, tag("y" * 1_000_000))
    assert small.values(ann, "select length(t.textValue) from TagAnnotation t") == [(1_000_000,)]


def test_accounts_hidden_in_a_graph_are_refused(small: Small, ann: Any) -> None:
    """A membership that hangs on a user that hangs on a link would make anybody an administrator."""
    with small.store.read(ann) as tx:
        me = tx.find(f"select e from Experimenter e left join fetch e.groupExperimenterMap where e.id = {ann.user_id}")[
            0
        ]
    member = omero.model.GroupExperimenterMapI()
    member.parent, member.owner = omero.model.ExperimenterGroupI(rlong(0), False), omero.rtypes.rbool(True)
    me.addGroupExperimenterMap(member)
    hidden = omero.model.ExperimenterAnnotationLinkI()
    hidden.parent, hidden.child = me, tag("t")
    with pytest.raises(omero.SecurityViolation):
        small.save(ann, hidden)
    assert not small.actor("ann").is_admin
    new = omero.model.PixelsTypeI()
    new.value = rstring("mine")
    with pytest.raises(omero.SecurityViolation):
        small.save(ann, new)


def test_a_store_is_opened_again_with_all_that_was_in_it(small: Small, ann: Any) -> None:
    small.save(ann, dataset("kept"))
    again = Store(small.path)
    with again.read(SYSTEM) as tx:
        assert tx.values("select d.name from Dataset d") == [("kept",)]
    assert again.uuid == small.store.uuid
    again.close()
