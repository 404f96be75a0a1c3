"""Every operation of every service with nulls and with values that nobody sends in good faith.

The signatures are read from omero-py's generated modules, so that an operation that comes later is tried, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rlong, rstring

from omeropyr.embedded import services
from omeropyr.testing import OmeroData
from tests.functional.embedded.hostility import outcome

MEGABYTE = "x" * 1_000_000
OPERATION = re.compile(r"^    (\w+)\._op_(\w+) = IcePy\.Operation\('\w+', \S+ \S+ \w+, None, \(\), (.*)$", re.MULTILINE)
PARAMETER = re.compile(r"\(\(\), ([\w.]+), False, 0\)")
ENDS = frozenset({"close", "destroy", "closeOnDestroy", "detachOnDestroy"})  # would end what the next call needs
STRINGS = ("", MEGABYTE, "\0", "../../../etc/passwd", "' or 1=1 --")
NUMBERS = {"long": (-1, 2**63 - 1, -(2**63)), "int": (-1, 2**31 - 1, -(2**31))}
BLOCK = {"short": 3, "byte": 255, "bool": True, "float": float("nan"), "double": float("inf")}


def signatures() -> Iterator[tuple[str, str, list[str]]]:
    """Interface, operation and the types of its arguments, as the generated modules have them."""
    folder = Path(omero.__file__).parent.parent
    for path in sorted(folder.glob("omero_*_ice.py")):
        for found in OPERATION.finditer(path.read_text("utf-8")):
            arguments = found[3].split("), (), ")[0] if not found[3].startswith("(), (") else ""
            types = [one.rpartition("_t_")[2] for one in PARAMETER.findall(arguments)]
            yield found[1], found[2], types


NOWHERE = frozenset({"changeExpiredCredentials"})  # OMERO itself answers InternalException: not supported
SERVICES = {**services.STATELESS, **services.STATEFUL}
SHORT = {name.rpartition(".")[2]: name for name in SERVICES}
CASES = [
    pytest.param(SHORT[interface], operation, types, id=f"{interface}.{operation}")
    for interface, operation, types in signatures()
    if interface in SHORT and operation not in ENDS
]


def null(kind: str) -> Any:
    """Nothing, or what a type has instead of it."""
    if kind == "string":
        return ""
    if kind in NUMBERS:
        return 0
    return BLOCK.get(kind)


def worst(kind: str, turn: int) -> Any:
    """A value of a type that is in nobody's interest."""
    if kind == "string":
        return STRINGS[turn % len(STRINGS)]
    if kind in NUMBERS:
        return NUMBERS[kind][turn % 3]
    if kind in BLOCK:
        return BLOCK[kind]
    if kind == "RString":
        return rstring(STRINGS[turn % len(STRINGS)])
    if kind == "RLong":
        return rlong(NUMBERS["long"][turn % 3])
    if kind == "IObject":
        return omero.model.ImageI(2**62, turn % 2 == 0)
    if kind == "Parameters":
        page = omero.sys.Filter(limit=omero.rtypes.rint(-5), offset=omero.rtypes.rint(-(2**31)))
        return omero.sys.Parameters(map={"id": None, "\0": rstring(MEGABYTE)}, theFilter=page)
    made = {"LongList": [-1, 2**63 - 1], "IObjectList": [None], "StringSet": ["\0", ""], "ByteSeq": b"", "IntSet": [-1]}
    if kind in made:
        return made[kind]
    cls = getattr(omero.model, f"{kind}I", None)
    try:
        return cls(-(2**62), turn % 2 == 1) if cls is not None else None
    except TypeError:
        return None


@pytest.fixture(scope="module")
def attacker(omero_data: OmeroData, gateway_of: Any) -> Any:
    group = omero_data.add_group("hostile-operations", "rwrw--")
    omero_data.add_user("hostile-mallory", group, owner=True)
    return gateway_of("hostile-mallory")


@pytest.fixture(scope="module")
def proxy_of(attacker: Any) -> Iterator[Callable[[str], Any]]:
    """A proxy of a service whose calls fail after 30 seconds; stateful ones are the same for all calls."""
    made: dict[str, Any] = {}

    def proxy(name: str) -> Any:
        if name not in made:
            factory = attacker.c.sf
            if name == "omero.grid.SharedResources":  # is no ServiceInterface, which getByName answers with
                found = factory.sharedResources()
            else:
                found = factory.createByName(name) if name in services.STATEFUL else factory.getByName(name)
            kind = (
                type(service).slice_type if (service := services.stateless(name) or services.stateful(name)) else None
            )
            made[name] = slice_proxy(kind).uncheckedCast(found).ice_invocationTimeout(30_000)
        return made[name]

    yield proxy
    for name, one in made.items():
        if name in services.STATEFUL:
            one.close()


def slice_proxy(kind: Any) -> Any:
    _, *modules, name = kind.ice_staticId().split("::")
    found: Any = omero
    for module in modules[1:]:
        found = getattr(found, module)
    return getattr(found, f"{name}Prx")


def test_the_signatures_are_found() -> None:
    assert len(CASES) > 300
    known = {interface: types for interface, operation, types in signatures() if operation == "findByString"}
    assert known == {"IQuery": ["string", "string", "string"]}


@pytest.mark.parametrize(("service", "operation", "types"), CASES)
def test_an_operation_with_nulls_and_with_the_worst(
    service: str, operation: str, types: list[str], proxy_of: Any, attacker: Any
) -> None:
    proxy = proxy_of(service)
    method = getattr(proxy, operation, None) or getattr(proxy, f"_{operation}")
    came_to = [outcome(lambda: method(*[null(kind) for kind in types]))]
    if types:
        for turn in range(3):
            came_to.append(outcome(lambda turn=turn: method(*[worst(kind, turn + n) for n, kind in enumerate(types)])))
    assert "InternalException" not in came_to or operation in NOWHERE
    assert attacker.c.sf.getAdminService().getEventContext().userName == "hostile-mallory"
