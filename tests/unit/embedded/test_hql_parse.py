"""HQL to a tree: what is written differently and means the same is the same tree; refusals name the place."""

from __future__ import annotations

import omero
import pytest

from omeropyr.embedded.hql import tree
from omeropyr.embedded.hql.parse import parse


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("from Image i", "FROM Image AS i"),
        ("select i from Image i where i.id in (:ids)", "select i from Image i where i.id in :ids"),
        ("select i from Image i\n\t where i.id=1", "select i from Image i where i.id = 1L"),
        ("select i from Image i left join i.pixels p", "select i from Image i left outer join i.pixels as p"),
        ("from Image i where not i.id = 1 or i.id = 2", "from Image i where (not (i.id = 1)) or (i.id = 2)"),
        ("from Image i where i.a = 1 or i.b = 2 and i.c = 3", "from Image i where i.a = 1 or (i.b = 2 and i.c = 3)"),
        ("from Image i where i.id = 1 + 2 * 3", "from Image i where i.id = 1 + (2 * 3)"),
        ("from Image i order by i.id", "from Image i order by i.id asc"),
        ("select i from Image i join i.pixels p", "select i from Image i inner join i.pixels p"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert parse(one) == parse(other)


def test_a_query_in_full() -> None:
    query = parse(
        "select distinct i.name as n, count(p) from Image as i left join fetch i.pixels p with p.sizeX > 1 "
        "where i.name like 'it''s%' group by i.name having count(p) > 0 order by i.name desc"
    )
    assert query.distinct
    assert [item.name for item in query.items] == ["n", None]
    root, join = query.sources
    assert root == tree.Root(tree.Path(("Image",)), "i")
    assert isinstance(join, tree.Join)
    assert (join.alias, join.outer, join.fetch) == ("p", True, True)
    assert query.where == tree.Operation("like", (tree.Path(("i", "name")), tree.Literal("it's%")))
    assert query.order == (tree.Order(tree.Path(("i", "name")), True),)


@pytest.mark.parametrize("name", ["notes", "orders", "asset", "index1", "inner1", "isolated", "android", "fromage"])
def test_names_that_begin_like_key_words(name: str) -> None:
    query = parse(f"select {name} from Image {name} where {name}.id = 1 order by {name}.name")
    assert query.sources == (tree.Root(tree.Path(("Image",)), name),)
    assert query.where == tree.Operation("=", (tree.Path((name, "id")), tree.Literal(1)))
    assert query.order == (tree.Order(tree.Path((name, "name")), False),)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("select i from Image i where", "at 27"),
        ("select i from Image i where i.id = ;", "at 35: ';'"),
        ("delete from Image", "at 0: 'delete"),
        ("select i from Image i; drop table m_image", "at 21: ';"),
        ("", "at 0"),
        ("select i from Image i where i.name = 'open", 'at 37: "\'open"'),
    ],
)
def test_refusals_name_the_place(text: str, place: str) -> None:
    with pytest.raises(omero.QueryException) as caught:
        parse(text)
    assert place in caught.value.message


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(omero.QueryException):
        parse("select i from Image i where " + "(" * 400 + "1 = 1" + ")" * 400 + " and")
    with pytest.raises(omero.QueryException, match="longer"):
        parse("select i from Image i where i.id = " + "1" * 200_000)
