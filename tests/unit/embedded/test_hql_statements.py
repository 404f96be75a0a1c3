"""Translations that are kept, joins that are spared, values that are shared, and the limits of a query."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rint, rlist, rlong
from omero.sys import Filter, Parameters, ParametersI

from omeropyr.embedded.hql import statements
from omeropyr.embedded.hql.parse import parse
from omeropyr.embedded.hql.statements import Limits, Statements
from omeropyr.embedded.hql.translate import translate
from omeropyr.embedded.permissions import SYSTEM
from tests.unit.embedded.conftest import Small, dataset


def test_no_more_translations_are_kept_than_a_number() -> None:
    kept = Statements()
    for number in range(statements.KEPT + 20):
        kept.get(f"select d from Dataset d where d.id = {number}", {}, False, False)
    assert len(kept._kept) == statements.KEPT
    assert kept._kept[f"select d from Dataset d where d.id = {number}", (), False, False] is not None


def test_a_kept_translation_is_the_same_and_a_long_one_is_not_kept() -> None:
    kept = Statements()
    hql = "select d from Dataset d where d.id = :id"
    first = kept.get(hql, {"id": False}, True, False)
    assert kept.get(hql, {"id": False}, True, False) is first
    assert kept.get(hql, {"id": False}, False, False) is not first
    long = hql + " or d.name = '" + "x" * statements.LONGEST_KEPT + "'"
    kept.get(long, {"id": False}, True, False)
    assert len(kept._kept) == 2


@pytest.mark.parametrize(
    ("hql", "joins"),
    [
        ("select i from Image i join fetch i.details.owner join fetch i.details.creationEvent order by i.id", 0),
        ("select i from Image i left outer join fetch i.pixels p left outer join fetch p.channels", 0),
        ("select i from Image i left outer join fetch i.pixels p where p.sizeX > 1", 1),
        ("select i from Image i left outer join fetch i.pixels p left outer join p.channels c", 2),
        ("select i from Image i join fetch i.pixels", 1),
        ("select i from Image i join fetch i.details.externalInfo", 1),
        ("select i from Image i left outer join i.pixels", 1),
        ("select i from Image i left outer join fetch i.pixels p with p.sizeX > 1", 1),
    ],
)
def test_a_join_that_only_says_what_to_fetch_is_spared(hql: str, joins: int) -> None:
    assert str(translate(parse(hql), {}, limited=False).statement).count(" JOIN ") == joins


def test_spared_joins_still_fetch(filled: Any) -> None:
    hql = "select i from Image i left outer join fetch i.pixels p left outer join fetch p.channels order by i.name"
    with filled.store.read(filled.actor("ann")) as tx:
        one, two = tx.find(hql)
    assert one.getPrimaryPixels().sizeOfChannels() == 2
    assert two.sizeOfPixels() == 0


@pytest.mark.parametrize(
    "hql",
    [
        "select i from Image i left outer join fetch i.nothing",
        "select i from Image i left outer join fetch i.name",
        "select i from Image i left outer join fetch i.pixels p left outer join fetch p.nothing",
        "select i from Image i left outer join fetch i.pixels p left outer join fetch i.rois p",
    ],
)
def test_what_is_spared_is_checked_all_the_same(filled: Any, hql: str) -> None:
    with pytest.raises(omero.QueryException), filled.store.read(filled.actor("ann")) as tx:
        tx.find(hql)


def test_equal_cells_are_one_object(filled: Any) -> None:
    with filled.store.read(filled.actor("ann")) as tx:
        rows = tx.projection("select d.version, d.details.owner.omeName, d.id from Dataset d")
        found = tx.find("select d from Dataset d")
    assert rows[0][0] is rows[1][0]
    assert rows[0][1] is rows[1][1]
    assert rows[0][2] is not rows[1][2]
    assert found[0].details.owner is found[1].details.owner
    assert found[0].details is not found[1].details


def test_limits_stop_a_query(small: Small) -> None:
    with small.store.read(SYSTEM) as tx:
        tx._statements.limits = Limits(seconds=0.05)
        product = ", ".join(f"PixelsType a{number}" for number in range(12))
        with pytest.raises(omero.QueryException, match="too long"):
            tx.values(f"select count(*) from {product}")
        tx._statements.limits = Limits(rows=10)
        with pytest.raises(omero.QueryException, match="more than 10 rows"):
            tx.values("select t.id from PixelsType t")
        assert len(tx.values("select t.id from PixelsType t where t.id < 10")) == 9


def test_a_page_may_begin_past_the_end(small: Small) -> None:
    for name in ("a", "b"):
        small.save(small.actor("root", 0), dataset(name))
    page = Filter()
    page.offset, page.limit = rint(5), rint(5)
    with small.store.read(SYSTEM) as tx:
        assert tx.find("select d from Dataset d", Parameters({}, page)) == []
        page.offset = rint(1)
        page.limit = None
        assert [one.name.val for one in tx.find("select d from Dataset d order by d.name", Parameters({}, page))] == [
            "b"
        ]


def test_a_list_of_any_length_is_a_parameter(filled: Any) -> None:
    params = ParametersI()
    params.add("ids", rlist([rlong(number) for number in range(200_000)]))
    with filled.store.read(filled.actor("ann")) as tx:
        assert [row[0].val for row in tx.projection("select count(i) from Image i where i.id in (:ids)", params)] == [2]


def test_bits_of_a_group_are_a_number(filled: Any) -> None:
    hql = "select g.name from ExperimenterGroup g where g.details.permissions.perm1 = :p and g.id > 2"
    (bits,) = filled.values(SYSTEM, "select g.details.permissions.perm1 from ExperimenterGroup g where g.id = 1")
    assert filled.values(SYSTEM, hql, p=bits[0]) == [("group rwr---",)]
