"""What stands between Ice and the services: operations, callers, errors, counts."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import Ice
import omero
import omero.all
import pytest

from omeropyr.embedded import commands, services
from omeropyr.embedded.counter import CallCounter
from omeropyr.embedded.dispatch import UNDECLARED, Call, Service, actor_of, failure, operations, servant
from omeropyr.embedded.faults import Faults
from omeropyr.embedded.later import Later
from omeropyr.embedded.permissions import Actor
from omeropyr.embedded.services.factory import ServiceFactory
from omeropyr.embedded.sessions import UserSession

ANN = Actor(user_id=5, user_name="ann", group_id=3, member_of=frozenset({1, 3, 4}))


class Config(Service):
    slice_type = omero.api.IConfig

    def getConfigValue(self, call: Call, key: str) -> str:
        return f"{key} of {call.actor.user_name} in {call.actor.group_id} by {call.operation}"

    def getVersion(self, call: Call) -> str:
        raise KeyError("a secret detail")

    def getDatabaseUuid(self, call: Call) -> str:
        raise omero.SecurityViolation(None, None, "no")


@dataclass
class Server:
    """What dispatch asks of a server."""

    counter: CallCounter = field(default_factory=lambda: CallCounter(True))
    store: Any = None
    faults: Faults = field(default_factory=lambda: Faults(None, Later()))


@dataclass
class Connection:
    """What dispatch asks of a router session."""

    server: Server
    session: UserSession
    ice_connection: object = None

    def touch(self) -> UserSession:
        return self.session


@dataclass
class Current:
    """What dispatch asks of Ice."""

    ctx: dict[str, str] = field(default_factory=dict)
    con: object = None
    id: Any = None
    facet: str = ""


class Answer:
    """Takes what an asynchronous operation answers."""

    def __init__(self) -> None:
        self.result: Any = None
        self.error: Exception | None = None

    def ice_response(self, result: Any = None) -> None:
        self.result = result

    def ice_exception(self, error: Exception) -> None:
        self.error = error


@pytest.fixture
def connection() -> Connection:
    return Connection(Server(), UserSession(1, "uuid-of-ann", ANN))


def ask(connection: Connection, operation: str, *arguments: Any, **context: str) -> Answer:
    answer = Answer()
    target = servant(Config(), connection)  # type: ignore[arg-type]
    getattr(target, f"{operation}_async")(answer, *arguments, Current(context))
    return answer


def test_a_plain_method_answers_an_operation(connection: Connection) -> None:
    answer = ask(connection, "getConfigValue", "key", **{"omero.group": "4"})
    assert (answer.result, answer.error) == ("key of ann in 4 by getConfigValue", None)
    assert servant(Config(), connection).getConfigValue("key", Current()) == "key of ann in 3 by getConfigValue"  # type: ignore[arg-type]
    assert connection.server.counter.calls("uuid-of-ann") == {"IConfig.getConfigValue": 2}


def test_a_missing_operation_is_named(connection: Connection) -> None:
    answer = ask(connection, "getServerTime")
    assert isinstance(answer.error, omero.InternalException)
    assert answer.error.message == "IConfig.getServerTime is not there in the embedded server."


def test_what_nobody_expected_is_logged_and_kept_from_the_wire(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(connection, "getVersion")
    assert isinstance(answer.error, omero.InternalException)
    assert "secret" not in str(answer.error)
    assert "a secret detail" in caplog.text


def test_a_servant_answers_nobody_but_its_own_client(connection: Connection) -> None:
    answer = Answer()
    servant(Config(), connection).getConfigValue_async(answer, "key", Current(con=object()))  # type: ignore[arg-type]
    assert answer.result is None
    assert isinstance(answer.error, Ice.ObjectNotExistException)


def test_omeros_own_errors_pass(connection: Connection) -> None:
    answer = ask(connection, "getDatabaseUuid")
    assert isinstance(answer.error, omero.SecurityViolation)
    assert answer.error.message == "no"
    gone = Ice.ObjectNotExistException()
    assert failure(gone, "op") is gone


def test_group_and_user_of_a_call() -> None:
    session = UserSession(1, "u", ANN)
    named = {"lab": 4}.get
    assert actor_of(session, {}, named) == ANN
    assert actor_of(session, {"omero.group": "-1"}, named).group_id == -1
    assert actor_of(session, {"omero.group": "lab"}, named).group_id == 4
    assert actor_of(session, {"omero.user": "7"}, named).only_user == 7
    assert actor_of(session, {"omero.user": "-1"}, named).only_user is None
    for context in ({"omero.group": "no lab"}, {"omero.user": "ann"}, {"omero.group": "٣"}):
        with pytest.raises(omero.ApiUsageException):
            actor_of(session, context, named)
    with pytest.raises(omero.SecurityViolation):
        actor_of(session, {"omero.group": "9"}, named)


def test_a_session_does_not_show_its_uuid() -> None:
    assert "uuid-of-ann" not in repr(UserSession(1, "uuid-of-ann", ANN))


def test_counts_only_when_it_is_to() -> None:
    counter = CallCounter(False)
    counter.count("a", "X.y")
    assert counter.total() == 0
    counter.enabled = True
    counter.count("a", "X.y")
    counter.count("b", "X.y")
    assert (counter.total(), counter.total("a"), counter.calls()["X.y"]) == (2, 1, 2)
    counter.reset()
    assert counter.total() == 0


@pytest.mark.parametrize("name", [*services.STATELESS, *services.STATEFUL, "ServiceFactory"])
def test_methods_take_what_their_operations_send(name: str) -> None:
    service = ServiceFactory() if name == "ServiceFactory" else services.stateless(name) or services.stateful(name)
    assert service is not None
    kind = type(service)
    there = [operation for operation in operations(kind.slice_type) if hasattr(kind, operation)]
    assert there
    for operation in there:
        # (self, cb, ..., current) and (self, call, ...)
        asynchronous = getattr(kind.slice_type, f"{operation}_async", None)
        if asynchronous is not None:
            sent = len(inspect.signature(asynchronous).parameters) - 3
            taken = len(inspect.signature(getattr(kind, operation)).parameters) - 2
            assert taken == sent, operation


def slice_types(service: type[Service] = Service) -> Iterator[type]:
    """The interfaces of all services of the server."""
    for one in service.__subclasses__():
        if one.__module__.startswith("omeropyr.") and hasattr(one, "slice_type"):
            yield one.slice_type
        yield from slice_types(one)


def declared() -> dict[tuple[str, str], bool]:
    """By interface and operation: whether its Slice declares omero.ServerError, read from what Ice made of it."""
    found = {}
    line = re.compile(r"^\s*(\w+)\._op_(\w+) = IcePy\.Operation\((.*)\)$", re.MULTILINE)
    for path in Path(sysconfig.get_paths()["purelib"]).glob("*_ice.py"):
        for interface, operation, made in line.findall(path.read_text()):
            found[interface, operation] = "_t_ServerError" in made.rsplit(" (", 1)[1]
    return found


def test_operations_that_declare_no_exception_are_known() -> None:
    for package in (services, commands):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    declares, undeclared = declared(), set()
    for slice_type in set(slice_types()):
        for operation in operations(slice_type):
            home = next(one for one in slice_type.__mro__ if (one.__name__, operation) in declares)
            if not declares[home.__name__, operation]:
                undeclared.add(f"{slice_type.__name__}.{operation}")
    assert undeclared == UNDECLARED
