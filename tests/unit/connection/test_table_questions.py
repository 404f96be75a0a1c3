"""What may be asked of tables: conditions, short forms, numbers of rows, paths of objects."""

from __future__ import annotations

import omero
import pytest
from hypothesis import given
from hypothesis import strategies as some

from omeropyr.connection.bulk_annotations import STEPS, objects_query
from omeropyr.connection.table_conditions import condition
from omeropyr.connection.tables import numbers
from omeropyr.embedded.tables import conditions as theirs
from omeropyr.errors import InvalidInput, TooLarge

COLUMNS = ("Well", "image", "x", "name", "good", "\u00fcber")

UNDERSTOOD = {
    "*": None,
    " * ": None,
    "Well-12": "(Well==12)",
    "Image-3": "(image==3)",
    "x-1": "(x==1)",
    "Well==3": "Well==3",
    "(x > 2.5e-3) & ~(name == 'it is')": "(x > 2.5e-3) & ~(name == 'it is')",
    "good": "good",
    "-x ** 2 < .5": "-x ** 2 < .5",
    "\u00fcber != 0": "\u00fcber != 0",
    "where(good, x, -x) >= arctan2(x, 2)": "where(good, x, -x) >= arctan2(x, 2)",
    'contains(name, b"a")': 'contains(name, b"a")',
}


@pytest.mark.parametrize("query", UNDERSTOOD)
def test_what_is_understood(query: str) -> None:
    found = condition(query, COLUMNS)
    assert found == UNDERSTOOD[query]
    if found is not None:
        theirs.parse(found)


REFUSED = (
    *("", " ", "3", "'a'", "x x", "x ==", "== 3", "x = 3", "x == 3)", "(x == 3", "x.y", "x[0]", "x == \\", "f(x)"),
    *("other-1", "other == 1", "Image == 1", "1 < x < 3", "sin()", "where(x, 1)", "x == 1_000"),
    *("x == 0x10", "x == 'a\nb'", "x == 'a\\'b'", "x if good else 1", "x == 1 # y", "lambda", "x == $1", "@x", "x;y"),
)


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_not(query: str) -> None:
    with pytest.raises(InvalidInput):
        condition(query, COLUMNS)


@given(some.text(alphabet="x good'\"()&|~<>=!*+-/.,1eE\u0663\0", max_size=200))
def test_any_text_is_understood_or_refused(query: str) -> None:
    try:
        found = condition(query, COLUMNS)
    except InvalidInput as refused:
        assert len(refused.message) < 300  # noqa: PT017 - either is right
    else:
        assert found is None or set(found) <= {*query, *"(=)"}


def test_rows_by_number() -> None:
    assert numbers("1,2,5-7, 0", "rows", 8, 10) == [1, 2, 5, 6, 7, 0]
    assert numbers("9-10", "rows", 11, 10) == [9, 10]
    for text in ("", "a", "1-", "-1", "2-1", "8", "1,,2", "\u0663", "1" * 30, "1.0"):
        with pytest.raises(InvalidInput):
            numbers(text, "rows", 8, 10)
    with pytest.raises(TooLarge):
        numbers("0-99999", "rows", 10**6, 10)


def test_paths_are_words_of_the_model() -> None:
    assert objects_query("Plate") == ("Plate", "select distinct obj0.id from Plate obj0  where obj0.id = :id")
    kind, query = objects_query("Screen.plateLinks.child.wells")
    assert (kind, query.count(" join "), query.endswith("where obj3.id = :id")) == ("Screen", 3, True)
    for kind, steps in STEPS.items():
        model = getattr(omero.model, f"{kind}I")
        for step, target in steps.items():
            assert hasattr(model(), f"_{step}") or hasattr(model(), f"_{step}Seq"), (kind, step)
            assert target in STEPS


@pytest.mark.parametrize("path", ["", "plate", "Plate.", ".Plate", "Plate.owner", "Plate wells", "Plate;", "Session"])
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        objects_query(path)
