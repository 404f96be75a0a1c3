"""The walk over omero-py's gateway: who takes part, and the proof that a test calls what it says.

A test says ``@pytest.mark.walks("ImageWrapper", "getSizeX getSizeY")``. While it runs, these methods note their calls;
one that was not called fails the test. ``test_walk_all.py`` holds the marks against all public methods.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import omero.gateway
import pytest
from omero.rtypes import rstring

from omeropyr.testing import OmeroData

FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "walks(class, methods): methods of omero.gateway that the test calls")


@dataclass
class Walk:
    """Ann owns the data and her group, Bob is a member of it; both are in a second group, too."""

    conn: Any
    ann: int
    bob: int
    group: int
    other: int
    project: int
    dataset: int
    image: int


@pytest.fixture(scope="session")
def walk(omero_data: OmeroData, gateway_of: Any) -> Walk:
    group, other = omero_data.add_group("walk", "rwra--"), omero_data.add_group("walk-other", "rwrw--")
    ann = omero_data.add_user("walk-ann", group, other, first_name="Ann", last_name="Walker", owner=True)
    bob = omero_data.add_user("walk-bob", group, other, first_name="Bob", last_name="Walker")
    project = omero_data.add_project("P", user="walk-ann")
    dataset = omero_data.add_dataset("D", project=project, user="walk-ann")
    planes = np.arange(2 * 3 * 4 * 16 * 20, dtype=np.uint16).reshape(2, 3, 4, 16, 20)
    facts: dict[str, Any] = {
        "PhysicalSizeX": 0.5,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.25,
        "PhysicalSizeYUnit": "µm",
    }
    facts |= {"PhysicalSizeZ": 2.0, "PhysicalSizeZUnit": "µm"}
    channels: dict[str, Any] = {"Name": ["DAPI", "GFP", "Cy5"], "EmissionWavelength": [460, 509, 670]}
    channels |= {"ExcitationWavelength": [358, 488, 650]}
    image = omero_data.add_image(planes, "walk.ome.tiff", dataset=dataset, user="walk-ann", Channel=channels, **facts)
    return Walk(gateway_of("walk-ann"), ann, bob, group, other, project, dataset, image)


@pytest.fixture
def make(walk: Walk) -> Any:
    """A function ``(class, **attributes)`` that saves an object of Ann's and wraps it."""

    def made(kind: str, **attributes: Any) -> Any:
        obj = getattr(omero.model, f"{kind}I")()
        for name, value in attributes.items():
            setattr(obj, name, rstring(value) if isinstance(value, str) else value)
        saved = walk.conn.getUpdateService().saveAndReturnObject(obj)
        return walk.conn.getObject(kind, saved.id.val) or getattr(omero.gateway, f"{kind}Wrapper")(walk.conn, saved)

    return made


@pytest.fixture(autouse=True)
def calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Note the calls of the methods that the test's marks name, and miss those that did not come."""
    wanted = {(mark.args[0], name) for mark in request.node.iter_markers("walks") for name in mark.args[1].split()}
    seen: set[tuple[str, str]] = set()
    for kind, name in sorted(wanted):
        _watch(monkeypatch, getattr(omero.gateway, kind), name, functools.partial(seen.add, (kind, name)))
    yield
    assert request.node.stash.get(FAILED, False) or wanted - seen == set()


def _watch(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, note: Any) -> None:
    own = vars(kind)[name]
    inner = own.__func__ if isinstance(own, classmethod | staticmethod) else own

    @functools.wraps(inner)
    def watched(*arguments: Any, **more: Any) -> Any:
        note()
        return inner(*arguments, **more)

    if inspect.isgeneratorfunction(inner):
        watched = _generator(inner, note)
    monkeypatch.setattr(kind, name, type(own)(watched) if isinstance(own, classmethod | staticmethod) else watched)


def _generator(inner: Any, note: Any) -> Any:
    """Only who takes something from a generator has run it."""

    @functools.wraps(inner)
    def watched(*arguments: Any, **more: Any) -> Any:
        note()
        yield from inner(*arguments, **more)

    return watched


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember whether the test itself failed: its marks are of no interest then."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
