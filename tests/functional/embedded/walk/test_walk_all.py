"""Every public method of omero-py's gateway is walked, or named."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import omero.gateway
import pytest
from omero.gateway import BlitzGateway, BlitzObjectWrapper, OmeroRestrictionWrapper

FOLDER = Path(__file__).parent
LATER: dict[str, str] = {}
"""What is not walked, by class; nothing today."""


def public_methods() -> Iterator[tuple[str, str]]:
    """Class and method, for the connection and for every wrapper of an object."""
    names = {cls: name for name, cls in sorted(vars(omero.gateway).items(), reverse=True) if inspect.isclass(cls)}
    for cls, name in names.items():
        if cls in (BlitzGateway, OmeroRestrictionWrapper) or issubclass(cls, BlitzObjectWrapper):
            for method, value in vars(cls).items():
                called = getattr(cls, method)
                if (
                    not method.startswith("_")
                    and callable(called)
                    and not inspect.isclass(called)
                    and value is not None
                ):
                    yield name, method


def walked() -> set[tuple[str, str]]:
    """Class and method in the marks of the walk's tests."""
    found = set()
    for path in FOLDER.glob("test_walk_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "walks":
                kind, methods = (ast.literal_eval(one) for one in node.args)
                found |= {(kind, method) for method in methods.split()}
    return found


def later() -> set[tuple[str, str]]:
    """Class and method in the table of what is not walked."""
    return {(kind, one) for kind, methods in LATER.items() for one in methods.split()}


def test_every_public_method_is_walked_or_named() -> None:
    every, done, open_ = set(public_methods()), walked(), later()
    assert sorted(every - done - open_) == []
    assert sorted((done | open_) - every) == []
    assert len(done) > 400


def test_nothing_is_both_walked_and_put_off() -> None:
    assert walked() & later() == set()


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in public_methods()}))
def test_of_each_class_something_is_known(kind: str) -> None:
    known = {method for one, method in walked() | later() if one == kind}
    assert known == {method for one, method in public_methods() if one == kind}
