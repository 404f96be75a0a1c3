"""Paths from rows, before OMERO is asked anything."""

from __future__ import annotations

from omeropyr.marshal.paths import KINDS, _paths, _unlike, paths_to

STEPS = ("experimenter", "project", "dataset")


def test_what_is_null_is_no_step() -> None:
    (path,) = _paths(STEPS, [(1, None, 3)], {})
    assert path == [{"type": "experimenter", "id": 1}, {"type": "dataset", "id": 3}]


def test_only_what_leads_through_all_that_is_wanted() -> None:
    rows = [(1, 2, 3), (1, 4, 3), (5, 4, 3)]
    assert [path[1]["id"] for path in _paths(STEPS, rows, {"project": 4, "experimenter": 1, "well": 9})] == [4]
    assert _paths(STEPS, rows, {"project": 6}) == []


def test_the_same_way_once() -> None:
    assert _unlike([[{"type": "a", "id": 1}], [{"type": "a", "id": 1}], [{"type": "a", "id": 2}]]) == [
        [{"type": "a", "id": 1}],
        [{"type": "a", "id": 2}],
    ]


def test_nothing_wanted_leads_nowhere() -> None:
    assert paths_to(None, {}) == []
    assert paths_to(None, {"experimenter": 3}) == [[{"type": "experimenter", "id": 3}]]
    assert KINDS[0] == "image"
