"""From plain Python methods to Ice servants.

Most of OMERO's operations are AMD: Ice for Python then calls ``<op>_async(cb, *args, current)`` and answers nothing at
all when only ``<op>`` exists. A service here is a plain class with one method per operation; :func:`servant` makes the
Ice object around it. This is the one place that counts operations, finds out who calls in which group context, maps
errors to OMERO's exceptions, and logs what nobody expected. No Python traceback goes over the wire.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

import Ice
import omero
import omero.all

from omeropyr.embedded import accounts, guests
from omeropyr.embedded.permissions import GUEST_USER

if TYPE_CHECKING:
    from omeropyr.embedded.permissions import Actor
    from omeropyr.embedded.router import RouterSession
    from omeropyr.embedded.server import EmbeddedServer
    from omeropyr.embedded.sessions import UserSession

log = logging.getLogger(__name__)

_OBJECT_OPERATIONS = frozenset(("ice_id", "ice_ids", "ice_isA", "ice_ping"))
GROUP_CONTEXT = "omero.group"
USER_CONTEXT = "omero.user"
# A session's uuid is no password: whoever found one must not make the account their own.
_NEEDS_PASSWORD = frozenset(("IAdmin.changePassword", "IAdmin.changeUserPassword"))
UNDECLARED = frozenset(
    [f"Handle.{one}" for one in ("addCallback", "removeCallback", "getRequest", "getResponse", "getStatus", "close")]
    + ["Handle.cancel", "ImportProcess.getImportSettings", "ServiceFactory.destroy", "ServiceFactory.submit"]
    + ["ManagedRepository.listChecksumAlgorithms", "ManagedRepository.suggestChecksumAlgorithm"]
)
"""Operations whose Slice declares no exception of OMERO: Ice would send Python's traceback in place of one."""
_WORDS = "{} failed in the server; its log says why."
_UNUSABLE = "{} cannot work with what it was given: something is null, or not loaded."
_LONGEST = 1000  # characters of a message: it may quote what a client sent
_FULL = "The server's disk is full; ask its administrator to make room, then do this again."


@dataclass(frozen=True)
class Call:
    """What an operation knows about its caller.

    ``actor`` is the session's user with the group and user context of this call applied (``omero.group``, -1 = every
    group; ``omero.user``). ``connection`` is the router session the call came through.
    """

    server: EmbeddedServer
    connection: RouterSession
    session: UserSession
    current: Ice.Current
    operation: str
    actor: Actor


class Service:
    """A stateless service: a method ``op(call, *args)`` for each operation of ``slice_type`` that is there."""

    slice_type: ClassVar[type]


class StatefulService(Service):
    """A service that keeps state for one client, from ``create...`` to ``close``."""

    def activate(self, call: Call) -> None:
        """Nothing to wake up: state lives in this object."""

    def passivate(self, call: Call) -> None:
        """Nothing to put to sleep."""

    def getCurrentEventContext(self, call: Call) -> omero.sys.EventContext:
        """Who the service works for."""
        return call.server.sessions.event_context(call.session)

    def close(self, call: Call) -> None:
        """Let go of what the service holds and of the servant itself."""
        self.release()
        call.connection.remove_servant(call.current.id)

    def release(self) -> None:
        """Let go of files and memory; also called when the client vanishes without a ``close``."""


@cache
def operations(slice_type: type) -> tuple[str, ...]:
    """Names of all operations of a Slice interface, inherited ones included."""
    names = (name.removeprefix("_op_") for name in dir(slice_type) if name.startswith("_op_"))
    return tuple(name for name in names if name not in _OBJECT_OPERATIONS)


def actor_of(session: UserSession, context: Mapping[str, str], group_named: Callable[[str], int | None]) -> Actor:
    """The session's user in the group and user context of a call; an unreadable id is an ApiUsageException.

    Clients that log in to a group leave its name, not its id, in the context of all their calls.
    """
    actor: Actor = session.actor
    group, user = context.get(GROUP_CONTEXT), context.get(USER_CONTEXT)
    if group:
        group_id = int(group) if _is_number(group) else group_named(group)
        if group_id is None:
            raise omero.ApiUsageException(None, None, f"There is no group {group!r}.")
        if group_id != actor.group_id:
            actor = actor.in_group(group_id)
    if user and user != "-1":
        if not _is_number(user):
            raise omero.ApiUsageException(None, None, f"omero.user is a number, not {user!r}.")
        actor = replace(actor, only_user=int(user))
    return actor


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19


def failure(error: Exception, operation: str) -> Exception:
    """What goes over the wire for *error*: OMERO's and Ice's own exceptions as they are, others without their words."""
    if isinstance(error, omero.ServerError) and len(error.message or "") > _LONGEST:
        error.message = f"{error.message[:_LONGEST]}…"
    if isinstance(error, Ice.UserException | Ice.ObjectNotExistException):
        return cast(Exception, error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        log.error("the disk is full", extra={"operation": operation})
        return cast(Exception, omero.ResourceError(None, None, _FULL))
    log.error("operation failed", exc_info=error, extra={"operation": operation})
    return cast(Exception, omero.InternalException(None, None, _WORDS.format(operation)))


def _sent(error: Exception, name: str, operation: str) -> Exception:
    """:func:`failure` as Ice can send it for the operation *name* (``Handle.cancel``)."""
    told = failure(error, operation)
    if name not in UNDECLARED or not isinstance(told, omero.ServerError):
        return told
    return cast(Exception, Ice.UnknownUserException(f"{told.ice_name()}: {told.message}"))


def _count(target: Any, operation: str) -> str:
    name = f"{target.service.slice_type.__name__}.{operation}"
    target.connection.server.counter.count(target.connection.session.uuid, name)
    return name


def _run(target: Any, operation: str, arguments: tuple[Any, ...], current: Ice.Current) -> Any:
    service: Service = target.service
    connection: RouterSession = target.connection
    if current.con != connection.ice_connection:
        # Another client's servant: whoever learnt its identity must not work through it.
        raise Ice.ObjectNotExistException(current.id, current.facet, operation)
    interface = service.slice_type.__name__
    name = f"{interface}.{operation}"
    method: Callable[..., Any] | None = getattr(service, operation, None)
    if method is None:
        raise omero.InternalException(None, None, f"{name} is not there in the embedded server.")
    session = connection.touch()
    server = connection.server
    if session.actor.user_id == GUEST_USER:
        guests.check_operation(interface, operation)
    if name in _NEEDS_PASSWORD and not connection.with_password:
        raise omero.SecurityViolation(None, None, "Bad authentication credentials for this action: set the password.")
    actor = actor_of(session, current.ctx, lambda wanted: accounts.group_id(server.store, wanted))
    if actor.group_id >= 0 and actor.group_id not in actor.member_of:
        accounts.check_group(server.store, actor.group_id)  # only administrators get this far
    call = Call(server, connection, session, current, operation, actor)
    try:
        return method(call, *arguments)
    except (AttributeError, TypeError, ValueError, OverflowError, omero.UnloadedEntityException) as error:
        if not _lacks_something(arguments):
            raise
        log.warning("a client sent too little", exc_info=error, extra={"operation": name})
        raise omero.ApiUsageException(None, None, _UNUSABLE.format(name)) from error


def _lacks_something(arguments: Iterable[Any]) -> bool:
    """Whether an argument is null, a model object (whose fields may be), or a list with one of these in it."""
    for one in arguments:
        if one is None or isinstance(one, omero.model.IObject):
            return True
        if isinstance(one, list) and _lacks_something(one):
            return True
    return False


def _synchronous(operation: str) -> Callable[..., Any]:
    def dispatch(self: Any, *arguments: Any) -> Any:
        name = _count(self, operation)
        try:
            if self.connection.server.faults.enabled:
                self.connection.server.faults.suffer(name, arguments[-1])
            return _run(self, operation, arguments[:-1], arguments[-1])
        except Exception as error:  # noqa: BLE001 - failure() logs it and keeps its words from the wire
            raise _sent(error, name, operation) from None

    return dispatch


def _asynchronous(operation: str) -> Callable[..., None]:
    def dispatch(self: Any, callback: Any, *arguments: Any) -> None:
        def answer() -> None:
            try:
                # For a void operation Ice ignores the argument.
                callback.ice_response(_run(self, operation, arguments[:-1], arguments[-1]))
            except Exception as error:  # noqa: BLE001 - failure() logs it and keeps its words from the wire
                fail(error)

        def fail(error: Exception) -> None:
            callback.ice_exception(_sent(error, name, operation))

        name = _count(self, operation)
        faults = self.connection.server.faults
        if not (faults.enabled and faults.meet(name, arguments[-1], answer, fail)):
            answer()

    return dispatch


@cache
def _servant_class(slice_type: type) -> type:
    """A subclass of *slice_type* that answers every operation both ways: its Slice definition says which is used."""
    members: dict[str, Any] = {}
    for operation in operations(slice_type):
        members[operation] = _synchronous(operation)
        members[f"{operation}_async"] = _asynchronous(operation)
    return type(f"{slice_type.__name__}Servant", (slice_type,), members)


def servant(service: Service, connection: RouterSession) -> Ice.Object:
    """The Ice object that hands the operations of *service* to it, for one client's connection."""
    result = _servant_class(type(service).slice_type)()
    result.service = service
    result.connection = connection
    return result
