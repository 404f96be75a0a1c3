"""Queries on a small store and what they give; what may not be asked."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import unwrap

from omeropyr.embedded.hql.parse import parse
from omeropyr.embedded.hql.translate import translate

QUERIES: list[tuple[str, dict[str, Any], Any]] = [
    ("select d.name from Dataset d order by d.name", {}, ["B_1", "a"]),
    ("select d.name from Dataset d order by lower(d.name)", {}, ["a", "B_1"]),
    ("select d.name from Dataset d where d.name like 'b%'", {}, []),
    ("select d.name from Dataset d where lower(d.name) like 'b%'", {}, ["B_1"]),
    (r"select d.name from Dataset d where d.name like '_\_1'", {}, ["B_1"]),
    (r"select d.name from Dataset d where d.name like 'a\_%'", {}, []),
    ("select d.name from Dataset d where d.name in (:names)", {"names": ["a", "x"]}, ["a"]),
    ("select d.name from Dataset d where d.name in (:names)", {"names": []}, []),
    ("select d.name from Dataset d where d.name not in ('a', 'x')", {}, ["B_1"]),
    ("select d.name from Dataset d where d.description is null order by d.id desc", {}, ["B_1", "a"]),
    ("select count(i) from Image i", {}, [2]),
    ("select count(*) from Image i where i.pixels is empty", {}, [1]),
    ("select count(distinct l.parent.id) from DatasetImageLink l", {}, [1]),
    ("select d.name from Dataset d where size(d.imageLinks) = 2", {}, ["a"]),
    ("select d.name from Dataset d where d.imageLinks is empty", {}, ["B_1"]),
    (
        "select d.name from Dataset d where exists (select l from DatasetImageLink l where l.parent = d.id)",
        {},
        ["a"],
    ),
    ("select d.name from Dataset d where exists (select l from d.imageLinks l)", {}, ["a"]),
    (
        "select i.name from Dataset d join d.imageLinks l join l.child i order by i.name desc",
        {},
        ["two.tif", "one.tif"],
    ),
    ("select d.name from Dataset d left join d.imageLinks l group by d.name having count(l) = 0", {}, ["B_1"]),
    (
        "select count(d) from Dataset d left join d.imageLinks l with l.child.name = 'none'",
        {},
        "refused",
    ),
    ("select d.name from Dataset d left join d.imageLinks l with l.id = -1 order by d.name", {}, ["B_1", "a"]),
    ("select d.name from Dataset d join d.imageLinks l with l.id = -1", {}, []),
    ("select i.name from Image i where i.details.owner.omeName = 'ann' order by i.id", {}, ["one.tif", "two.tif"]),
    ("select i.name from Image i where i.id in (select p.image.id from Pixels p)", {}, ["one.tif"]),
    ("select c.logicalChannel.name from Channel c order by index(c)", {}, ["DAPI", "GFP"]),
    ("select max(index(c)) from Pixels p join p.channels c", {}, [1]),
    ("select maxIndex(c) from Pixels p join p.channels c", {}, [1]),
    ("select a.textValue from TagAnnotation a", {}, ["mitosis"]),
    ("select a.textValue from Annotation a where a.class = TagAnnotation", {}, ["mitosis"]),
    ("select a.textValue from Annotation a where a.class <> TagAnnotation", {}, []),
    ("select count(a) from CommentAnnotation a", {}, [0]),
    ("select max(p.sizeX), name from Project pr, Pixels p group by name", {}, [(4, "P")]),
    ("select case when d.name = 'a' then 1 else 2 end from Dataset d order by d.id", {}, [1, 2]),
    ("select d.name || '!' from Dataset d where d.name = :n", {"n": "a"}, ["a!"]),
    ("select new map(d.name as n, d.id as i) from Dataset d where d.name = 'a'", {}, [{"n": "a", "i": 1}]),
    ("select p.sizeX * 2 + 1 from Pixels p where p.sizeX between 3 and 5", {}, [9]),
    ("select d.name from Dataset d where d.name = :n", {"n": "' or 1=1 --"}, []),
    (
        "select i.name from Image i where i.id in (:ids) order by i.id",
        {"ids": list(range(60_000))},
        ["one.tif", "two.tif"],
    ),
]


@pytest.mark.parametrize(("hql", "params", "expected"), QUERIES, ids=[query[0] for query in QUERIES])
def test_values(filled: Any, hql: str, params: dict[str, Any], expected: Any) -> None:
    ann = filled.actor("ann")
    if expected == "refused":
        with pytest.raises(omero.QueryException):
            filled.values(ann, hql, **params)
        return
    rows = filled.values(ann, hql, **params)
    assert [row[0] if len(row) == 1 else row for row in rows] == expected


def test_fetches_fill_the_objects(filled: Any) -> None:
    with filled.store.read(filled.actor("ann")) as tx:
        found = tx.find(
            "select p from Project p left outer join fetch p.datasetLinks l left outer join fetch l.child d "
            "left outer join fetch d.imageLinks il left outer join fetch il.child order by p.id, l.id"
        )
    assert [one.name.val for one in found] == ["P"]
    sets = [one.child for one in found[0].copyDatasetLinks()]
    assert [one.name.val for one in sets] == ["a", "B_1"]
    assert [one.child.name.val for one in sets[0].copyImageLinks()] == ["one.tif", "two.tif"]
    assert sets[1].sizeOfImageLinks() == 0
    assert not sets[0].annotationLinksLoaded
    assert found[0].copyDatasetLinks()[0].parent is found[0]


def test_pages_are_pages_of_objects(filled: Any) -> None:
    hql = "select d from Dataset d left outer join fetch d.imageLinks l order by d.name desc"
    with filled.store.read(filled.actor("ann")) as tx:
        names = [
            [one.name.val for one in tx.find(hql, omero.sys.ParametersI().page(offset, 1))] for offset in (0, 1, 2)
        ]
    assert names == [["a"], ["B_1"], []]


def test_ordered_channels_come_in_their_order(filled: Any) -> None:
    with filled.store.read(filled.actor("ann")) as tx:
        pixels = tx.find("select p from Pixels p join fetch p.channels c join fetch c.logicalChannel")[0]
    assert [one.logicalChannel.name.val for one in pixels.copyChannels()] == ["DAPI", "GFP"]


def test_projections_have_rtypes(filled: Any) -> None:
    with filled.store.read(filled.actor("ann")) as tx:
        row = tx.projection("select d.id, d.name, d.version, count(d), d.details.permissions, d from Dataset d")[0]
    assert [type(one).__name__ for one in row[:4]] == ["RLongI", "RStringI", "RIntI", "RLongI"]
    assert unwrap(row[4])["canEdit"] is True
    assert isinstance(row[5].val, omero.model.DatasetI)


HIDDEN = [
    "select d.name from Dataset d where d.name = 'secret'",
    "select d.name from Dataset d where d.id in (select x.id from Dataset x where x.name = 'secret')",
    "select p.name from Project p where exists (select d from Dataset d where d.name = 'secret')",
    "select d.name from Project p, Dataset d where d.name = 'secret'",
]


@pytest.mark.parametrize("hql", HIDDEN)
def test_others_private_objects_are_not_seen(filled: Any, hql: str) -> None:
    assert filled.values(filled.actor("bob"), hql) == []


def test_subselects_count_only_what_may_be_read(filled: Any) -> None:
    hql = "select (select count(d) from Dataset d) from ExperimenterGroup g where g.name = 'system'"
    assert [filled.values(filled.actor(name), hql)[0][0] for name in ("ann", "bob", "eve", "root")] == [2, 2, 1, 3]


def test_the_group_of_the_call_limits_what_is_read(filled: Any) -> None:
    shared = filled.values(filled.actor("root"), "select g.id from ExperimenterGroup g where g.name = 'group rwr---'")
    hql = "select count(d) from Dataset d"
    assert filled.values(filled.actor("root"), hql) == [(3,)]
    assert filled.values(filled.actor("root", int(shared[0][0])), hql) == [(2,)]
    with pytest.raises(omero.SecurityViolation):
        filled.actor("eve", int(shared[0][0]))


@pytest.mark.parametrize(
    ("hql", "word"),
    [
        ("select x from Nothing x", "Nothing"),
        ("select d.nothing from Dataset d", "nothing"),
        ("select d from Dataset d join d.name n", "name"),
        ("select d from Dataset d where d.id = :missing", "missing"),
        ("select load_extension(d.name) from Dataset d", "load_extension"),
        ("select d from Dataset d where d.imageLinks = 1", "imageLinks"),
        ("select d from Dataset d, Project d", "twice"),
        ("select p.hash from server__password p", "server__password"),
        ("select p.hash from Password p", "Password"),
        ("select e.password from Experimenter e", "password"),
        ("select s.name from sqlite_master s", "sqlite_master"),
        ("select d.owner__id from Dataset d", "owner__id"),
    ],
)
def test_refusals_name_what_is_wrong(filled: Any, hql: str, word: str) -> None:
    with pytest.raises(omero.QueryException) as caught:
        filled.values(filled.actor("root"), hql)
    assert word in caught.value.message


def test_nobody_reads_session_uuids(filled: Any) -> None:
    for name in ("ann", "root"):
        with pytest.raises(omero.SecurityViolation):
            filled.values(filled.actor(name), "select s.uuid from Session s")


def test_every_value_is_bound() -> None:
    query = "select d from Dataset d where d.name = :n and d.name like 'lit%' and d.id in (:ids) and d.id > 41"
    made = translate(parse(query), {"n": False, "ids": True}, limited=True)
    text = str(made.statement)
    for value in ("lit%", "41"):
        assert value not in text
    assert {"given_n", "given_ids", "may_whole", "may_own", "may_me"} <= set(made.statement.compile().params)
