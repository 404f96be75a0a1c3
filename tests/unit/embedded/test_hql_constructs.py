"""Each construct of HQL over a store, with the values it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero
import omero.all
import pytest
from omero import rtypes
from omero.model.enums import UnitsLength
from omero.rtypes import rdouble, rint, rlong, rstring, unwrap
from omero.sys import Filter, ParametersI
from sqlalchemy import event

from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.store import Store
from tests.unit.embedded.conftest import Small, dataset, image, link, pixels_of, tag


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Datasets d1 > images a, b, c; d2 > c; d3 empty. a has pixels 4 x 3, two channels, a size in µm, an acquisition
    date, a Roi with a point and a rectangle, the tag blue, the comment note and the number 7. d1 has a description."""
    path = tmp_path_factory.mktemp("constructs") / "omero.sqlite"
    made = Small(Store(path), path)
    group = made.group("rwr---")
    made.user("ann", group)
    made.user("bob", group)
    ann = made.actor("ann", group)
    sets = [dataset(name) for name in ("d1", "d2", "d3")]
    sets[0].description = rstring("first")
    images = [image(name) for name in "abc"]
    images[0].acquisitionDate = rtypes.rtime(1_500_000_000_000)
    for one in images:
        sets[0].linkImage(one)
    sets[1].linkImage(images[2])
    for one in sets:
        made.save(ann, one)
    pixels = pixels_of(made.store, ann, images[0], "DAPI", "GFP")
    pixels.physicalSizeX = omero.model.LengthI(0.5, UnitsLength.MICROMETER)
    made.save(ann, pixels)
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(images[0].id.val, False)
    point, rectangle = omero.model.PointI(), omero.model.RectangleI()
    point.x, point.theZ, rectangle.width = rdouble(1.5), rint(0), rdouble(10)
    for shape in (point, rectangle):
        roi.addShape(shape)
    made.save(ann, roi)
    comment, number = omero.model.CommentAnnotationI(), omero.model.LongAnnotationI()
    comment.textValue, number.longValue = rstring("note"), rlong(7)
    for note in (tag("blue"), comment, number):
        made.save(ann, note)
        kind = type(note).__name__.removesuffix("I")
        made.save(ann, link("ImageAnnotationLink", ("Image", images[0].id.val), (kind, note.id.val)))
    bobs = made.save(made.actor("bob", group), image("bob's"))
    assert bobs
    yield made
    made.store.close()


ONE: list[tuple[str, dict[str, Any], Any]] = [
    # projections
    ("select new list(d.name, d.description) from Dataset d where d.name = 'd1'", {}, [["d1", "first"]]),
    ("select distinct l.parent.name from DatasetImageLink l order by l.parent.name", {}, ["d1", "d2"]),
    ("select d.name as n from Dataset d order by n desc", {}, ["d3", "d2", "d1"]),
    ("select d.name from omero.model.Dataset d where d.id = 1", {}, ["d1"]),
    ("select d.name from ome.model.containers.Dataset d where d.id = 1", {}, ["d1"]),
    # joins; paths join as Hibernate does: what is not there takes the row away
    ("select i.name from Image i left join i.pixels p where p is null order by i.name", {}, ["b", "bob's", "c"]),
    ("select count(i) from Image i left join i.datasetLinks l", {}, [5]),
    ("select p.image.name from Pixels p", {}, ["a"]),
    ("select p.relatedTo.image.name from Pixels p", {}, []),
    ("select count(p) from Pixels p where p.relatedTo.sizeX is null", {}, [0]),
    ("select count(p) from Pixels p where p.relatedTo is null and p.relatedTo.id is null", {}, [1]),
    ("select o.omeName from Image i join i.details.owner o where i.name = 'a'", {}, ["ann"]),
    ("select i.name from Image i join i.details.creationEvent e where e.type.value = 'User' and i.id = 1", {}, ["a"]),
    ("select i.name from Dataset d, Image i, DatasetImageLink l where l.parent = d and l.child = i and d.name = 'd2'",
     {}, ["c"]),
    # conditions
    ("select i.name from Image i where i.name in ('a', 'b') and not i.name = 'a'", {}, ["b"]),
    ("select i.name from Image i where i.name not in (:n) order by i.name", {"n": ["a", "bob's"]}, ["b", "c"]),
    ("select i.name from Image i where i.id not between 1 and 2 order by i.name", {}, ["bob's", "c"]),
    ("select i.name from Image i where i.name like 'b!_%' escape '!'", {}, []),
    ("select i.name from Image i where i.name like 'b%''s'", {}, ["bob's"]),
    ("select d.name from Dataset d where d.description = null order by d.name", {}, ["d2", "d3"]),
    ("select d.name from Dataset d where d.description = :d", {"d": None}, []),
    ("select d.name from Dataset d where d.imageLinks is not empty order by d.name", {}, ["d1", "d2"]),
    ("select d.name from Dataset d where exists elements(d.imageLinks) order by d.name", {}, ["d1", "d2"]),
    ("select d.name from Dataset d, DatasetImageLink l where l in elements(d.imageLinks) and l.child.name = 'b'",
     {}, ["d1"]),
    ("select d.name from Dataset d, DatasetImageLink l where l member of d.imageLinks and l.child.name = 'a'",
     {}, ["d1"]),
    ("select d.name from Dataset d, DatasetImageLink l where l not member of d.imageLinks and l.child.name = 'a' "
     "order by d.name", {}, ["d2", "d3"]),
    ("select d.name, size(d.imageLinks) from Dataset d order by d.name", {}, [("d1", 3), ("d2", 1), ("d3", 0)]),
    ("select d.name from Dataset d where d.imageLinks.size = 1", {}, ["d2"]),
    ("select case d.name when 'd1' then 1 when 'd2' then 2 else 0 end from Dataset d order by d.name", {}, [1, 2, 0]),
    ("select case when d.name = 'd1' then 'x' end from Dataset d order by d.name", {}, ["x", None, None]),
    ("select d.name from Dataset d where d = :d", {"d": omero.model.DatasetI(2, False)}, ["d2"]),
    ("select d.name from Dataset d where d.id in (:d) order by d.id",
     {"d": [omero.model.DatasetI(2, False), rlong(3)]}, ["d2", "d3"]),
    ("select d.name from Dataset d where d = 1", {}, ["d1"]),
    # arithmetic
    ("select 7 / 2 from Dataset d where d.id = 1", {}, [3]),
    ("select 7.0 / 2 from Dataset d where d.id = 1", {}, [3.5]),
    ("select -7 / 2 from Dataset d where d.id = 1", {}, [-3]),
    ("select 10 - 2 - 3 from Dataset d where d.id = 1", {}, [5]),
    ("select 2 + 3 * 4 from Dataset d where d.id = 1", {}, [14]),
    ("select (2 + 3) * 4 from Dataset d where d.id = 1", {}, [20]),
    ("select 12 / (2 * 3) from Dataset d where d.id = 1", {}, [2]),
    ("select p.sizeX / p.sizeY, p.sizeX - -p.sizeY from Pixels p", {}, [(1, 7)]),
    ("select -d.id from Dataset d where d.id = 1", {}, [-1]),
    ("select d.id || ':' || d.name from Dataset d where d.id = 1", {}, ["1:d1"]),
    ("select mod(d.id, 2) from Dataset d order by d.id", {}, [1, 0, 1]),
    # functions
    ("select lower('ÄB'), upper('äb') from Dataset d where d.id = 1", {}, [("äb", "ÄB")]),
    ("select sum(p.sizeX), min(p.sizeX), max(p.sizeY), avg(p.sizeX) from Pixels p", {}, [(4, 4, 3, 4.0)]),
    ("select coalesce(d.description, 'none') from Dataset d order by d.name", {}, ["first", "none", "none"]),
    ("select concat(d.name, '-', d.id), length(d.name) from Dataset d where d.id = 1", {}, [("d1-1", 2)]),
    ("select cast(d.id as string), str(d.id), cast('5' as long) from Dataset d where d.id = 1", {}, [("1", "1", 5)]),
    ("select nullif(d.name, 'd1') from Dataset d where d.id = 1", {}, [None]),
    ("select substring(d.name, 2, 1), locate('1', d.name), abs(0 - d.id) from Dataset d where d.id = 1",
     {}, [("1", 2, 1)]),
    ("select index(c), c.logicalChannel.name from Channel c order by index(c) desc", {}, [(1, "GFP"), (0, "DAPI")]),
    ("select minIndex(p.channels), maxIndex(p.channels) from Pixels p", {}, [(0, 1)]),
    ("select minElement(d.imageLinks) from Dataset d where d.name = 'd3'", {}, [None]),
    ("select count(distinct l.child), count(l.child), count(*) from DatasetImageLink l", {}, [(3, 4, 4)]),
    # polymorphism
    ("select type(a) from Annotation a order by a.id", {}, [
        f"ome.model.annotations.{name}Annotation" for name in ("Tag", "Comment", "Long")]),
    ("select type(s), type(s.class) from Shape s order by s.id", {}, [
        (f"ome.model.roi.{name}", f"ome.model.roi.{name}") for name in ("Point", "Rectangle")]),
    ("select type(d) from Dataset d where d.id = 1", {}, ["ome.model.containers.Dataset"]),
    ("select type(t) from PixelsType t where t.value = 'bit'", {}, ["ome.model.enums.PixelsType"]),
    ("select type(l) from ImageAnnotationLink l where l.id = 1", {}, ["ome.model.annotations.ImageAnnotationLink"]),
    ("select s.class from Shape s where s.class = Rectangle", {}, ["Rectangle"]),
    ("select count(s) from Shape s where s.class in (Point, ome.model.roi.Ellipse)", {}, [1]),
    ("select count(s) from Shape s where s.class = :c", {"c": "Point"}, [1]),
    ("select s.width from Shape s where s.width is not null", {}, [10.0]),
    ("select count(a) from TextAnnotation a", {}, [2]),
    ("select l.child.longValue from ImageAnnotationLink l where l.child.class = LongAnnotation", {}, [7]),
    # units
    ("select p.physicalSizeX.value, p.physicalSizeX.unit from Pixels p where p.physicalSizeX.value > 0.4",
     {}, [(0.5, "MICROMETER")]),
    ("select count(p) from Pixels p where p.physicalSizeX is not null and p.physicalSizeY is null", {}, [1]),
    # subselects and groups
    ("select (select count(l) from DatasetImageLink l where l.parent = d) from Dataset d order by d.name",
     {}, [3, 1, 0]),
    ("select i.name from Image i where i.id in (select l.child.id from DatasetImageLink l where l.parent.name = 'd2')",
     {}, ["c"]),
    ("select d.name from Dataset d where (select count(l) from d.imageLinks l) > 1", {}, ["d1"]),
    ("select d.name from Dataset d where exists (select l from d.imageLinks l where l.child.pixels.sizeX = 4)",
     {}, "refused"),
    ("select i.name from Image i where exists (select p from Pixels p where p.image = i and p.sizeX = 4)", {}, ["a"]),
    ("select l.child.name, count(l) from DatasetImageLink l group by l.child.name having count(l) > 1", {}, [("c", 2)]),
    ("select d.description, count(*) from Dataset d group by d.description order by count(*)", {}, [
        ("first", 1), (None, 2)]),
    # order: nulls as PostgreSQL has them
    ("select d.name from Dataset d order by d.description, d.id", {}, ["d1", "d2", "d3"]),
    ("select d.name from Dataset d order by d.description desc, d.id", {}, ["d2", "d3", "d1"]),
    ("select d.name from Dataset d order by d.description nulls first, d.id desc", {}, ["d3", "d2", "d1"]),
    # properties without alias
    ("select name from Dataset where details.owner.omeName = 'ann' and id < 3 order by name", {}, ["d1", "d2"]),
    ("from Dataset where name = 'd1'", {}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("hql", "params", "expected"), ONE, ids=[hql for hql, _, _ in ONE])
def test_a_construct(world: Small, hql: str, params: dict[str, Any], expected: Any) -> None:
    ann = world.actor("ann")
    if expected == "refused":
        with pytest.raises(omero.QueryException):
            world.values(ann, hql, **params)
        return
    rows: list[Any] = [row[0] if len(row) == 1 else row for row in world.values(ann, hql, **params)]
    if isinstance(expected, int):
        assert [row.id.val for row in rows] == [expected]
    else:
        assert rows == expected


TYPES = [
    ("d.id", "RLongI"), ("d.version", "RIntI"), ("d.name", "RStringI"), ("count(d)", "RLongI"), ("1", "RIntI"),
    ("1L", "RLongI"), ("1.5", "RDoubleI"), ("d.version + 1", "RIntI"), ("d.version + d.id", "RLongI"),
    ("size(d.imageLinks)", "RIntI"), ("d.class", "RStringI"), ("d.name = 'x'", "RBoolI"), ("avg(d.id)", "RDoubleI"),
    ("sum(d.version)", "RLongI"), ("max(d.version)", "RIntI"), ("d.name || 'x'", "RStringI"),
    ("cast(d.id as int)", "RIntI"), ("coalesce(d.description, d.name)", "RStringI"), ("length(d.name)", "RIntI"),
    ("case when d.id = 1 then 1.5 else 2.5 end", "RDoubleI"), ("d", "RObjectI"), ("new list(d.id)", "RListI"),
    ("new map(d.id as i)", "RMapI"), ("d.details.creationEvent.time", "RTimeI"), ("d.details.permissions", "RMapI"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "rtype"), TYPES)
def test_an_expression_has_the_rtype_that_hibernate_gives(world: Small, expression: str, rtype: str) -> None:
    with world.store.read(world.actor("ann")) as tx:
        row = tx.projection(f"select {expression} from Dataset d where d.id = 1")[0]
    assert type(row[0]).__name__ == rtype


PARAMS = [
    (rlong(1), "d.id = :p"), (rint(1), "d.id = :p"), (rdouble(1.0), "d.id = :p"), (rtypes.rfloat(1.0), "d.id = :p"),
    (rstring("d1"), "d.name = :p"), (rtypes.rbool(True), "(d.id = 1) = :p"), (rtypes.rclass("Dataset"), "d.class = :p "
     "and d.id = 1"), (rtypes.rtime(1), "d.id = :p"), (rtypes.robject(omero.model.DatasetI(1, False)), "d = :p"),
    (rtypes.rlist([rlong(1)]), "d.id in (:p)"), (rtypes.rset([rlong(1)]), "d.id in (:p)"),
    (rtypes.rarray([rstring("d1")]), "d.name in :p"), (rlong(1), "d.id in (:p)"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "where"), PARAMS, ids=[type(value).__name__ for value, _ in PARAMS])
def test_every_rtype_is_a_parameter(world: Small, value: Any, where: str) -> None:
    params = ParametersI()
    params.add("p", value)
    with world.store.read(world.actor("ann")) as tx:
        assert unwrap(tx.projection(f"select d.name from Dataset d where {where}", params)) == [["d1"]]


def test_a_map_tells_what_may_be_done_with_an_object(world: Small) -> None:
    hql = (
        "select new map(i.id as id, i as image_details_permissions, p.image as other_details_permissions) "
        "from Pixels p join p.image i"
    )
    found = {}
    for name in ("ann", "bob"):
        with world.store.read(world.actor(name)) as tx:
            row = unwrap(tx.projection(hql)[0][0])
        assert row["image_details_permissions"] == row["other_details_permissions"]
        found[name] = row["image_details_permissions"]
    assert found["ann"] == {
        "perm": "rwr---", "canAnnotate": True, "canEdit": True, "canLink": True, "canDelete": True, "canChgrp": True,
        "canChown": False,
    }  # fmt: skip
    assert not any(found["bob"][word] for word in ("canAnnotate", "canEdit", "canLink", "canDelete", "canChgrp"))


def test_a_group_of_users_has_permissions(world: Small) -> None:
    hql = "select i.details.owner.id, i.details.group.details.permissions from Image i where i.name = 'a'"
    with world.store.read(world.actor("ann")) as tx:
        owner, perms = unwrap(tx.projection(hql)[0])
    assert owner == world.actor("ann").user_id
    assert perms["perm"] == "rwr---"


def test_the_user_of_the_call_limits_subselects_too(world: Small) -> None:
    ann, bob = world.actor("ann"), world.actor("bob")
    of_bob = replace(ann, only_user=bob.user_id)
    assert world.values(ann, "select count(i) from Image i") == [(4,)]
    assert world.values(of_bob, "select count(i) from Image i") == [(1,)]
    sub = "select (select count(i) from Image i) from ExperimenterGroup g where g.name = 'system'"
    assert world.values(of_bob, sub) == [(1,)]
    assert world.values(of_bob, "select i.name from Image i where i.id in (select x.id from Image x)") == [("bob's",)]


def fetched(world: Small, hql: str, page: tuple[int, int | None] | None = None) -> list[Any]:
    params = ParametersI()
    if page is not None:
        params.theFilter = Filter()
        params.theFilter.offset = rint(page[0])
        params.theFilter.limit = None if page[1] is None else rint(page[1])
    with world.store.read(world.actor("ann")) as tx:
        return tx.find(hql, params)


def test_what_is_fetched_is_loaded_and_the_rest_is_not(world: Small) -> None:
    hql = (
        "select i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType "
        "left outer join fetch i.annotationLinks l left outer join fetch l.child "
        "left outer join fetch i.details.owner join fetch i.details.creationEvent where i.name = 'a'"
    )
    (found,) = fetched(world, hql)
    assert found.getPrimaryPixels().pixelsType.value.val == "uint16"
    assert not found.getPrimaryPixels().dimensionOrder.isLoaded()
    assert not found.getPrimaryPixels().isChannelsLoaded()
    assert sorted(type(one).__name__ for one in found.linkedAnnotationList()) == [
        "CommentAnnotationI", "LongAnnotationI", "TagAnnotationI",
    ]  # fmt: skip
    assert found.details.owner.omeName.val == "ann"
    assert found.details.creationEvent.isLoaded()
    assert not found.details.updateEvent.isLoaded()
    assert not found.details.group.isLoaded()
    assert not found.isRoisLoaded()


@pytest.mark.parametrize("where", ["", "where l.id > 0 or l.id is null "], ids=["spared join", "needed join"])
def test_a_page_is_cut_in_sql_and_counts_objects(world: Small, where: str) -> None:
    hql = f"select d from Dataset d left outer join fetch d.imageLinks l left outer join fetch l.child {where}"
    pages = [fetched(world, f"{hql}order by d.name desc", (offset, 2)) for offset in (0, 2, 4)]
    assert [[(d.name.val, d.sizeOfImageLinks()) for d in page] for page in pages] == [
        [("d3", 0), ("d2", 1)], [("d1", 3)], [],
    ]  # fmt: skip
    assert [d.name.val for d in fetched(world, f"{hql}order by d.name", (1, None))] == ["d2", "d3"]


def test_no_more_rows_than_the_page_come_from_the_database(world: Small) -> None:
    said: list[str] = []
    event.listen(world.store._engine, "before_cursor_execute", lambda *found: said.append(found[2]))
    fetched(world, "select d from Dataset d join fetch d.imageLinks l order by d.name", (0, 1))
    ids = next(one for one in said if "row_number" in one)
    assert "LIMIT" in ids


@pytest.mark.parametrize(
    ("hql", "place"),
    [
        ("select d.nothing from Dataset d", "(line 1, column 10)"),
        ("select d\nfrom Dataset d\nwhere d.name = :missing", "(line 3, column 17)"),
        ("select d from Dataset d where fly(d.id) = 1", "(line 1, column 31)"),
        ("select d from Dataset d join d.name n", "(line 1, column 32)"),
        ("select d from\nDataset d where d.id ==", "(line 2, column 23)"),
        ("select d from Nothing d", "(line 1, column 15)"),
        ("select i from Image i where i.id = 99999999999999999999", "(line 1, column 36)"),
    ],
)
def test_a_refusal_names_the_place(world: Small, hql: str, place: str) -> None:
    with pytest.raises(omero.QueryException) as caught:
        world.values(SYSTEM, hql)
    assert place in caught.value.message


def test_a_kept_translation_serves_every_caller_and_value(world: Small) -> None:
    hql = "select i.name from Image i where i.name = :n and i.details.owner.id = :o"
    ann, bob = world.actor("ann"), world.actor("bob")
    for _ in range(2):
        assert world.values(ann, hql, n="a", o=ann.user_id) == [("a",)]
        assert world.values(bob, hql, n="bob's", o=bob.user_id) == [("bob's",)]
        assert world.values(SYSTEM, hql, n="a", o=bob.user_id) == []
    kept = [key for key in world.store._statements._kept if key[0] == hql]
    assert len(kept) == 2  # for those who are limited, and for those who are not
