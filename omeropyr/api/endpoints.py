"""Every address of the JSON API, declared once: routes, views, and the OpenAPI description are made from this."""

from __future__ import annotations

import re
from dataclasses import dataclass

from omeropyr.api.kinds import (
    DATASET,
    EXPERIMENTER,
    GROUP,
    IMAGE,
    KINDS,
    PLATE,
    PROJECT,
    ROI,
    RUN,
    SCREEN,
    SHAPE,
    WELL,
    Kind,
)
from omeropyr.api.parameters import CHILD_COUNT, NORMALIZE, ORPHANED, OWNER, PAGE, SAVE_GROUP, Parameter
from omeropyr.api.parameters import GROUP as OF_GROUP

BASE = "/api/v0"
INDEX = "index"
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """One method of an address. `body` and `answer` name schemas; `answer` of a list is that of one object."""

    method: str
    view: str
    summary: str
    answer: str
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    status: int = 200
    public: bool = False


@dataclass(frozen=True)
class Endpoint:
    """An address with its route name; `{name}` stands for a whole number. `kind` is what it gives."""

    name: str
    path: str
    operations: tuple[Operation, ...]
    kind: Kind | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the numbers in the address."""
        return tuple(_PART.findall(self.path))

    @property
    def pattern(self) -> str:
        """The address as Pyramid's routes have it."""
        return _PART.sub(r"{\1:[0-9]+}", self.path)


def _site() -> list[Endpoint]:
    def get(view: str, summary: str, answer: str) -> Operation:
        return Operation("GET", f"site.{view}", summary, answer, public=True)

    log_in = Operation("POST", "site.login", "Log in, or tell who is logged in", "Login", body="Login", public=True)
    return [
        Endpoint("api.versions", "/api/", (get("versions", "List the versions of this API", "Versions"),)),
        Endpoint("api.base", f"{BASE}/", (get("base", "List where to begin", "Base"),)),
        Endpoint("api.token", f"{BASE}/token/", (get("token", "Give the token that a change needs", "Token"),)),
        Endpoint("api.servers", f"{BASE}/servers/", (get("servers", "List the OMERO servers", "Servers"),)),
        Endpoint("api.login", f"{BASE}/login/", (log_in,)),
        Endpoint("api.openapi", f"{BASE}/openapi.json", (get("description", "Describe this API", "Description"),)),
        Endpoint(
            "api.save",
            f"{BASE}/m/save/",
            (
                Operation("POST", "save.create", "Make an object", "Saved", (SAVE_GROUP,), "New", 201),
                Operation("PUT", "save.replace", "Replace an object", "Saved", (SAVE_GROUP,), "Replacement"),
            ),
        ),
    ]


def _list(name: str, path: str, kind: Kind) -> Endpoint:
    fixed = _PART.findall(path)
    query = [*PAGE, NORMALIZE]
    query += [OWNER, OF_GROUP] if kind.owned else []
    query += [CHILD_COUNT] if kind.children else []
    query += [ORPHANED] if kind.orphaned else []
    query += [Parameter(one, f"Only those of this {one}.") for one in kind.filters if one not in fixed]
    what = f"List {kind.plural}" + "".join(f" of a {one}" for one in fixed if one != INDEX)
    operation = Operation("GET", "objects.many", what, kind.name, tuple(query))
    return Endpoint(f"api.{name}", f"{BASE}/m/{path}/", (operation,), kind)


def _single(kind: Kind) -> Endpoint:
    query = (CHILD_COUNT,) if kind.children else ()
    operations = [Operation("GET", "objects.single", f"Give one of the {kind.plural}", kind.name, query)]
    if kind.deletable:
        what = f"Delete one of the {kind.plural} and give what it was"
        operations.append(Operation("DELETE", "objects.delete", what, kind.name))
    return Endpoint(f"api.{kind.singular}", f"{BASE}/m/{kind.plural}/{{id}}/", tuple(operations), kind)


def _lists() -> list[Endpoint]:
    top = [_list(kind.plural, kind.plural, kind) for kind in KINDS if kind is not RUN]
    nested = (
        (PROJECT, DATASET),
        (DATASET, PROJECT),
        (IMAGE, DATASET),
        (DATASET, IMAGE),
        (PLATE, SCREEN),
        (SCREEN, PLATE),
        (WELL, PLATE),
        (PLATE, RUN),
        (PLATE, WELL),
        (RUN, WELL),
        (IMAGE, ROI),
        (GROUP, EXPERIMENTER),
        (EXPERIMENTER, GROUP),
    )
    below = [
        _list(f"{outer.singular}_{inner.plural}", f"{outer.plural}/{{{outer.singular}}}/{inner.plural}", inner)
        for outer, inner in nested
    ]
    fields = [
        _list(
            f"{outer.singular}_wellsampleindex_wells",
            f"{outer.plural}/{{{outer.singular}}}/wellsampleindex/{{{INDEX}}}/wells",
            WELL,
        )
        for outer in (PLATE, RUN)
    ]
    return [*top, *below, *fields]


ENDPOINTS: tuple[Endpoint, ...] = (*_site(), *_lists(), *(_single(kind) for kind in KINDS))
SAVED = {kind.name: kind for kind in (PROJECT, DATASET, SCREEN)}
LISTED = (EXPERIMENTER, GROUP, PROJECT, DATASET, IMAGE, SCREEN, PLATE, WELL, ROI, SHAPE)
