"""Hostile HQL over real Ice: an OMERO exception each, and never another's log-in, secret or object."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rlist, rlong, rstring, unwrap
from omero.sys import ParametersI

from omeropyr.embedded.hql.statements import Limits

DEEP = 10_000


@pytest.fixture(scope="module")
def mallory(omero_data: Any, gateway_of: Any) -> Any:
    """A user whose group is private; another's private dataset is called ``hql-secret``."""
    group, other = omero_data.add_group("hql hostile"), omero_data.add_group("hql victim")
    omero_data.add_user("hql-mallory", group)
    omero_data.add_user("hql-victim", other)
    omero_data.add_dataset("hql-secret", user="hql-victim", group=other)
    omero_data.add_dataset("hql-own", user="hql-mallory", group=group)
    return gateway_of("hql-mallory")


SESSIONS = [
    "select s.uuid from Session s",
    "select uuid from Session",
    "select x.uuid as harmless from Session as x",
    "select new map(s.uuid as u) from Session s",
    "select new list(s.id, s.uuid) from Session s",
    "select s.id from Session s order by s.uuid",
    "select count(s) from Session s group by s.uuid",
    "select count(s) from Session s where s.uuid like 'a%'",
    "select count(s) from Session s group by s.node having max(s.uuid) > 'a'",
    "select max(s.uuid), lower(s.uuid) from Session s",
    "select e.session.uuid from Event e",
    "select d.details.creationEvent.session.uuid from Dataset d",
    "select d.name from Dataset d where exists (select s from Session s where s.uuid like 'a%')",
    "select (select max(s.uuid) from Session s) from Dataset d",
    "select case when s.uuid > 'a' then 1 else 0 end from Session s",
    "select length(s.uuid) from Share s",
]
TABLES = [
    "select p.hash from password p",
    "select p.hash from server__password p",
    "select p from Password p",
    "select e.password from Experimenter e",
    "select f.value from server__fact f",
    "select m.sql from sqlite_master m",
    "select x.owner__id from Dataset x",
    "select x.rowid from Dataset x",
    "select x.class__ from Annotation x",
    "select d.details.owner.password from Dataset d",
    "select readfile('/etc/passwd') from Dataset d",
    "select load_extension('x') from Dataset d",
    "select json_each(d.name) from Dataset d",
    "select sqlite_version() from Dataset d",
]
SHAPES = [
    "",
    " ",
    "\0",
    "select d from Dataset d where d.name = 'a\0b' \0",
    "select",
    "select d from Dataset d; drop table m_dataset",
    "select d from Dataset d -- where d.id = 1",
    "select d from Dataset d /* comment */",
    "select d from Dataset d where d.name = 'a' union select p from Project p",
    "delete from Dataset",
    "update Dataset set name = 'x'",
    "insert into Dataset (name) values ('x')",
    "select d from Dataset d where d.id = 1 or 1=1--",
    'select d from Dataset d where d.name = "a"',
    "select d.`name` from Dataset d",
    "select d.[name] from Dataset d",
    "select ١ from Dataset d where d.id = １",
    "select d from Dataset d where d.id = 1e999999999",
    "select d from Dataset d where d.id = 99999999999999999999999999",
    "select d.name.name.name from Dataset d",
    "select __class__ from Dataset d",
    "select d.__dict__ from Dataset d",
    "select d from Dataset d where d.id = :__class__",
    "select d from Dataset d where d.id in (:p, :p)",
    "select d from Dataset d where :p",
    "select max(max(d.id)) from Dataset d",
    "select d from Dataset d where count(d) > 1",
    "select count() from Dataset d",
    "select lower() from Dataset d",
    "select lower(d.name, d.name) from Dataset d",
    "select cast(d.id as blob) from Dataset d",
    "select index(d) from Dataset d",
    "select size(d.name) from Dataset d",
    "select type(1) from Dataset d",
    "select new map(d as a) from",
    "select d from Dataset d, Dataset d",
    "select d from Dataset d join d.imageLinks.child.pixels.image x",
    "select d from Dataset d where d.name like 'a' escape 'ab'",
    "select d from Dataset d where d.details.permissions = 1",
    "select new map(new map(d.id as a) as b) from Dataset d where new map(d.id as a) = 1",
    "select d from Dataset d join fetch x.y z",
    "select d from Dataset d where d.id = (select x.id, x.name from Dataset x)",
    "select d from Dataset d where" + " not" * DEEP + " d.id = 1",
    "select d from Dataset d where d.id = " + "(" * DEEP + "1" + ")" * (DEEP - 1),
    "select d from Dataset d where d.id = " + "-" * 900 + "1" + " + 1" * 3000,
    "select d from Dataset d where " + "exists (select d from Dataset d where " * 300 + "1 = 1" + ")" * 300,
    "select d from Dataset d where " + "case when 1 = 1 then " * 500 + "1" + " else 0 end" * 500 + " = 1",
    "select d from Dataset d where d.name = '" + "x" * 1_000_000 + "'",
    "select " + ", ".join(["d.name"] * 10_000) + " from Dataset d",
    "select a0 from " + ", ".join(f"Dataset a{number}" for number in range(200)),
]


def failure(mallory: Any, hql: str, params: ParametersI | None = None) -> omero.ServerError:
    query = mallory.getQueryService()
    with pytest.raises(omero.ServerError) as caught:
        query.projection(hql, params, {"omero.group": "-1"})
    error: omero.ServerError = caught.value
    assert "Traceback" not in f"{error.message}{error.serverStackTrace}"
    assert 'File "' not in str(error.message)
    assert len(error.message) < 1000
    with pytest.raises(omero.ServerError):
        query.findAllByQuery(hql, params, {"omero.group": "-1"})
    return error


@pytest.mark.parametrize("hql", SESSIONS)
def test_no_query_tells_a_log_in(mallory: Any, hql: str) -> None:
    assert isinstance(failure(mallory, hql), omero.SecurityViolation)


@pytest.mark.parametrize("hql", TABLES)
def test_no_query_reaches_what_is_no_class(mallory: Any, hql: str) -> None:
    assert isinstance(failure(mallory, hql), omero.QueryException)


@pytest.mark.parametrize("hql", SHAPES, ids=[f"{place} {hql[:40]!r}" for place, hql in enumerate(SHAPES)])
def test_what_cannot_be_answered_is_a_query_exception(mallory: Any, hql: str) -> None:
    params = ParametersI()
    params.add("p", rlist([rlong(1)]))
    assert isinstance(failure(mallory, hql, params), omero.QueryException)


LEAKS = [
    "select d.name from Dataset d",
    "select x.name from Dataset d, Dataset x",
    "select new map(d.name as n) from Dataset d",
    "select (select max(x.name) from Dataset x where x.name = 'hql-secret') from Dataset d",
    "select l.child.name from ProjectDatasetLink l",
    "select d.name from Dataset d where d.id in (select x.id from Dataset x where x.name = 'hql-secret')",
    "select d.name from Dataset d where d.details.owner.omeName = 'hql-victim'",
    "select d.name from Dataset d where exists (select x from Dataset x where x.name = 'hql-secret')",
    "select d.name from Dataset d order by (select count(x) from Dataset x where x.name = 'hql-secret')",
    "select e.omeName from Experimenter e where exists (select d from Dataset d where d.details.owner = e and "
    "d.name = 'hql-secret')",
]


@pytest.mark.parametrize("hql", LEAKS)
def test_nothing_of_others_is_told(mallory: Any, hql: str) -> None:
    rows = unwrap(mallory.getQueryService().projection(hql, None, {"omero.group": "-1"}))
    assert "hql-secret" not in str(rows)
    assert "hql-victim" not in str(rows)
    assert all(row[0] in ("hql-own", None, {"n": "hql-own"}) for row in rows)


@pytest.mark.parametrize(
    "value",
    [
        "' or '1'='1",
        "hql-own' --",
        "%",
        "_",
        "\0",
        "x" * 1_000_000,
        "); drop table m_dataset",
        "NaN",
        "\\",
    ],
    ids=["or", "comment", "percent", "underscore", "NUL", "1 MB", "drop", "NaN", "backslash"],
)
def test_a_parameter_is_a_value_and_nothing_else(mallory: Any, value: str) -> None:
    params = ParametersI()
    params.add("n", rstring(value))
    params.add("l", rlist([rstring(value)]))
    query = mallory.getQueryService()
    for where in ("d.name = :n", "d.name in (:l)", "d.name = lower(:n)"):
        assert query.projection(f"select d.id from Dataset d where {where}", params) == []
    assert unwrap(query.projection("select count(d) from Dataset d", None)) == [[1]]


@pytest.fixture
def limits(embedded: Any) -> Any:
    """A function that sets the limits of queries for one test."""
    kept = embedded.store._statements
    before = kept.limits
    yield lambda **given: setattr(kept, "limits", Limits(**given))
    kept.limits = before


def test_a_product_that_explodes_is_stopped(limits: Any, mallory: Any) -> None:
    limits(seconds=0.3)
    error = failure(mallory, "select count(*) from " + ", ".join(f"PixelsType a{number}" for number in range(12)))
    assert "too long" in error.message
    assert unwrap(mallory.getQueryService().projection("select count(d) from Dataset d", None)) == [[1]]


def test_more_rows_than_anybody_reads_are_refused(limits: Any, mallory: Any) -> None:
    limits(rows=1000)
    assert "1000 rows" in failure(mallory, "select a.id from PixelsType a, PixelsType b, PixelsType c").message
