"""The index is what the objects say, however they were written."""

from __future__ import annotations

from typing import Any

import pytest
from omero.rtypes import rstring
from sqlalchemy import delete, insert, update

from omeropyr.embedded.fulltext import index
from omeropyr.embedded.fulltext.find import Finder, milliseconds
from omeropyr.embedded.fulltext.index import DOCUMENTS, NUMBERS, words
from omeropyr.embedded.fulltext.syntax import parse
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.schema import schema
from tests.unit.embedded.conftest import Small, image, tag


def rows(small: Small) -> list[tuple[Any, ...]]:
    with small.store.read(SYSTEM) as tx:
        statement = f"SELECT rowid, name, description, body FROM {index.TEXT} WHERE rowid % {NUMBERS} IN (1, 7)"
        return [tuple(row) for row in tx.connection.exec_driver_sql(statement + " ORDER BY rowid")]


def found(small: Small, query: str) -> list[int]:
    with small.store.read(SYSTEM) as tx:
        return sorted(Finder(tx, model()["Image"]).find(parse(query)))


def test_numbers_of_classes_stay_as_they_are() -> None:
    """They are part of what older files hold."""
    numbers = {name: number for name, (number, _) in DOCUMENTS.items()}
    assert list(numbers.values()) == list(range(1, len(numbers) + 1))
    assert len(numbers) < NUMBERS
    assert (numbers["Annotation"], numbers["Image"], numbers["LogicalChannel"]) == (1, 7, 17)


@pytest.mark.parametrize(
    ("text", "indexed"),
    [
        ("GFP-H2B", "GFP-H2B"),
        ("3 µm", "3 μm"),
        ("ＧＦＰ", "GFP"),
        ("細胞A", " 細  胞 A"),
        ("e\u0301", "é"),
        (None, None),
        (3, 3),
    ],
    ids=str,
)
def test_words_have_one_form(text: Any, indexed: Any) -> None:
    assert words(text) == indexed


def test_every_way_of_writing_is_indexed(small: Small) -> None:
    table = schema().of(model()["Image"])
    owned = {"owner__id": 0, "group__id": 1, "version": 0}
    with small.store.write(SYSTEM) as tx:
        many = [{**owned, "name": f"bulk {number}", "description": None} for number in range(3)]
        tx.connection.execute(insert(table), many)
        tx.connection.execute(insert(table).values(**owned))
    assert rows(small) == [(number * NUMBERS + 7, f"bulk {number - 1}", None, None) for number in (1, 2, 3)]
    with small.store.write(SYSTEM) as tx:
        tx.connection.execute(update(table).where(table.c.id < 3).values(description="changed"))
        tx.connection.execute(update(table).where(table.c.id == 4).values(name="named"))
        tx.connection.execute(update(table).where(table.c.id == 3).values(group__id=0))
    assert [(found(small, query)) for query in ("changed", "named", "bulk", "bulk AND changed")] == [
        [1, 2],
        [4],
        [1, 2, 3],
        [1, 2],
    ]
    with small.store.write(SYSTEM) as tx:
        tx.connection.execute(update(table).where(table.c.id == 1).values(name=None, description=None))
        tx.connection.execute(delete(table).where(table.c.id > 2))
    assert rows(small) == [(2 * NUMBERS + 7, "bulk 1", "changed", None)]


def test_what_is_rolled_back_leaves_no_words(small: Small) -> None:
    def fail() -> None:
        with small.store.write(SYSTEM) as tx:
            tx.save(image("gone"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert rows(small) == []


def test_filling_anew_gives_the_same(small: Small) -> None:
    first = image("one")
    first.description = rstring("two")
    first.linkAnnotation(tag("three"))
    small.save(SYSTEM, first)
    before = rows(small)
    assert len(before) == 2
    with small.store.write(SYSTEM) as tx:
        tx.connection.exec_driver_sql(f"DELETE FROM {index.TEXT}")
    assert rows(small) == []
    with small.store.write(SYSTEM) as tx:
        index.refresh(tx.connection, "Image", first.id.val)
        index.refresh(tx.connection, "Event", 1)
    assert rows(small) == before[1:]
    with small.store.write(SYSTEM) as tx:
        index.fill(tx.connection)
    assert rows(small) == before


def test_a_day_ends_a_day_later() -> None:
    assert milliseconds("20260201") - milliseconds("20260131") == 86_400_000
    assert milliseconds("20260131", after=True) == milliseconds("20260201")
    assert milliseconds("20260131120000", after=True) - milliseconds("20260131120000") == 1000
