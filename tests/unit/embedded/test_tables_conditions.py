"""Conditions of tables: whatever is written, it is read by our grammar, and means what numpy says."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omeropyr.embedded.tables.conditions import LONGEST, parse

VALUES: dict[str, Any] = {
    "a": np.array([0, 1, 2, -3, 4], np.int64),
    "b": np.array([0.5, -1.5, np.nan, np.inf, 4.0]),
    "c": np.array([True, False, True, True, False]),
    "s": np.array([b"x", b"y", "é".encode(), b"", b"xx"]),
}


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from("abcs0123456789.eE'\"()&|~^<>=!+-*/%, \\\n_orndx٣é\0[]{}:;@"), max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    with suppress(omero.ApiUsageException):
        found = parse(text)
        if found.names <= set(VALUES):
            assert found(VALUES).shape == (5,)


_NUMBERS = st.one_of(st.sampled_from(["a", "b"]), st.integers(0, 9).map(str), st.just("2.5"))
_SUMS = st.recursive(
    _NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["+", "*"]), inner).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        inner.map(lambda one: f"-{one}"),
    ),
    max_leaves=6,
)
_TESTS = st.tuples(st.just("a + "), _SUMS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _SUMS).map(
    lambda t: f"({t[0]}{t[1]} {t[2]} {t[3]})"
)
_CONDITIONS = st.recursive(
    st.one_of(_TESTS, st.just("c"), st.just("(s == b'x')")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&", "|", "^"]), inner).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        inner.map(lambda one: f"~({one})"),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(_CONDITIONS)
def test_precedence_is_that_of_python(text: str) -> None:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # The reference is Python itself, on text that this test made.
            expected = eval(text, {}, dict(VALUES))
        except ZeroDivisionError:
            return  # of two numbers: numpy says inf, Python refuses
    assert parse(text)(VALUES).tolist() == expected.tolist(), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a / 2 == 0.5", [False, True, False, False, False]),
        ("a % 2 == -1", [False, False, False, True, False]),
        ("2 ** 3 ** 0 == a", [False, False, True, False, False]),
        ("-a ** 2 == -4", [False, False, True, False, False]),
        ("isnan(b)", [False, False, True, False, False]),
        ("where(c, a, 9) == 9", [False, True, False, False, True]),
        ("contains(s, 'x')", [True, False, False, False, True]),
        ("s == ''", [False, False, False, True, False]),
        ("s == '\\\\'", [False] * 5),
        ("arctan2(a, 1) > 1.3", [False, False, False, False, True]),
        ("a << 1 == 8", [False, False, False, False, True]),
        (" + ".join(["a"] * 5000) + " == 5000", [False, True, False, False, False]),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_operators_mean(text: str, expected: list[bool]) -> None:
    assert parse(text)(VALUES).tolist() == expected


def test_names_are_told() -> None:
    assert parse("(Länge > 3) & contains(s, 'a') | True").names == {"Länge", "s"}


@pytest.mark.parametrize("text", ["a" * (LONGEST + 1), "(" * 61 + "c" + ")" * 61, "~" * 61 + "c"], ids=len)
def test_what_is_too_long_or_deep_is_refused(text: str) -> None:
    with pytest.raises(omero.ApiUsageException, match="more than"):
        parse(text)
