"""Lucene's query syntax to trees."""

from __future__ import annotations

import omero
import omero.all
import pytest

from omeropyr.embedded.fulltext.syntax import Group, Node, Phrase, Range, Word, parse, parse_kindly

A, B, C = Word("a"), Word("b"), Word("c")

TREES: dict[str, Node] = {
    "gfp": Word("gfp"),
    "  gfp  ": Word("gfp"),
    "GFP-H2B_control.tif": Word("GFP-H2B_control.tif"),
    "a b": Group(some=(A, B)),
    "a OR b": Group(some=(A, B)),
    "a || b": Group(some=(A, B)),
    "a AND b": Group(must=(A, B)),
    "a && b": Group(must=(A, B)),
    "a AND b AND c": Group(must=(A, B, C)),
    "a OR b AND c": Group(some=(A, Group(must=(B, C)))),
    "a AND b OR c": Group(some=(Group(must=(A, B)), C)),
    "a b AND c": Group(some=(A, Group(must=(B, C)))),
    "(a OR b) AND c": Group(must=(Group(some=(A, B)), C)),
    "((a))": A,
    "NOT a": Group(none=(A,)),
    "!a": Group(none=(A,)),
    "-a": Group(none=(A,)),
    "a NOT b": Group(some=(A,), none=(B,)),
    "a AND NOT b": Group(must=(A,), none=(B,)),
    "a -b": Group(some=(A,), none=(B,)),
    "a - b": Group(some=(A,), none=(B,)),
    "+a b": Group(some=(B,), must=(A,)),
    "+a +b -c": Group(must=(A, B), none=(C,)),
    "NOT a AND NOT b": Group(none=(A, B)),
    '"a b"': Phrase("a b"),
    '"a \\" b"': Phrase('a " b'),
    '"a b"~3': Phrase("a b"),
    "name:gfp": Word("gfp", "name"),
    "name: gfp": Word("gfp", "name"),
    'name:"a b"': Phrase("a b", "name"),
    "name:(a OR b)": Group(some=(Word("a", "name"), Word("b", "name"))),
    "name:(a tag:b c)": Group(some=(Word("a", "name"), Word("b", "tag"), Word("c", "name"))),
    "file.name:x.tif": Word("x.tif", "file.name"),
    "-name:a": Group(none=(Word("a", "name"),)),
    "a AND tag:b": Group(must=(A, Word("b", "tag"))),
    "gf*": Word("gf*"),
    "*fp": Word("*fp"),
    "g?p*": Word("g?p*"),
    "gfp~": Word("gfp", similar=0.5),
    "gfp~0.8": Word("gfp", similar=0.8),
    "gfp^4": Word("gfp"),
    '"a b"^2.5 c': Group(some=(Phrase("a b"), C)),
    "(a b)^2": Group(some=(A, B)),
    "a\\:b": Word("a:b"),
    "a\\ b": Word("a b"),
    "\\(a\\)": Word("(a)"),
    "gf\\*": Word("gf "),
    "12:30": Word("12:30"),
    "acquisitionDate:[20260101 TO 20260131]": Range("20260101", "20260131", "acquisitionDate"),
    "name:{a TO c}": Range("a", "c", "name", inclusive=False),
    "name:[a TO *]": Range("a", None, "name"),
    "and": Word("and"),
    "ANDROID": Word("ANDROID"),
    "NOTCH": Word("NOTCH"),
    "ORANGE OR NOTCH": Group(some=(Word("ORANGE"), Word("NOTCH"))),
    "ORB-SLAM": Word("ORB-SLAM"),
    "細胞": Word("細胞"),
    "Zürich": Word("Zürich"),
}


@pytest.mark.parametrize("query", TREES, ids=list(TREES))
def test_a_query_is_understood(query: str) -> None:
    assert parse(query) == TREES[query]


WRONG = {
    "": "at character 1: there is nothing to search for",
    "   ": "there is nothing to search for",
    "(": "at character 2: a bracket is not closed",
    "(a": "at character 3: a bracket is not closed",
    "a)": "at character 2: a closing bracket has no opening one",
    "()": "there is nothing between the brackets",
    '"a b': "at character 1: a quotation mark is not closed",
    "a AND": "a word is missing at the end",
    "AND a": "AND stands where a word is expected",
    "a AND OR b": "OR stands where a word is expected",
    "OR a": "OR stands between two words",
    "a OR": "OR stands between two words",
    "(a OR)": "OR stands between two words",
    "name:": "a word is missing at the end",
    "NOT": "a word is missing at the end",
    "name:[a b]": "a range is written [from TO to]",
    "name:[a TO b": "a range is written [from TO to]",
    "a ^": "^ stands where a word is expected",
    "~": "~ stands where a word is expected",
    "a " * 1100: "there are more than 1024 words",
    "(" * 60 + "a" + ")" * 60: "too many brackets in each other",
}


@pytest.mark.parametrize("query", WRONG, ids=range(len(WRONG)))
def test_what_is_not_understood_is_said_with_its_place(query: str) -> None:
    with pytest.raises(omero.ApiUsageException) as caught:
        parse(query)
    assert WRONG[query] in caught.value.message


@pytest.mark.parametrize(
    ("typed", "tree"),
    [
        ("a (b", Group(some=(A, B))),
        ('a "b', Group(some=(A, B))),
        ("a ^ b", Group(some=(A, B))),
        ("a AND (b", Group(must=(A, B))),
        ("a-b [", Word("a-b")),
        ("gf*)", Word("gf*")),
        ("a AND b", Group(must=(A, B))),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_users_type_loses_marks_that_make_no_sense(typed: str, tree: Node) -> None:
    assert parse_kindly(typed) == tree
