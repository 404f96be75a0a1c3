"""What can go wrong, as one tree, and the one table from the exceptions of OMERO and Ice to it. PUBLIC.

Logic and views raise these; ``omeropyr.web.error_views`` turns them into a page or flat JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar


class OmeropyrError(Exception):
    """Something a user is told. *message* is shown, so it never holds a secret; *details* is JSON for programs."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    default_message: ClassVar[str] = "Something went wrong on the server."

    def __init__(self, message: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        self.message = message or self.default_message
        self.details = dict(details) if details else None
        super().__init__(self.message)


class InvalidInput(OmeropyrError):
    """The request is malformed: a number that is none, a name that does not exist, a value out of range."""

    status = 400
    code = "invalid_input"
    title = "This request cannot be understood"
    default_message = "The request is not valid."


class NotLoggedIn(OmeropyrError):
    """Nobody is logged in: pages go to the log-in page, programs get 403."""

    status = 403
    code = "not_logged_in"
    title = "Not logged in"
    default_message = "Not logged in"


class SessionExpired(NotLoggedIn):
    """The OMERO session behind the log-in is gone; for the client the same as not being logged in."""


class LoginRefused(OmeropyrError):
    """A log-in that did not work, in words for the form; whether the name or the password was wrong is not told."""

    status = 403
    code = "login_refused"
    title = "Not logged in"
    default_message = "The user name or the password is wrong."


class TooManyLogins(LoginRefused):
    """Too many failed log-ins of this account or from this address; *retry_after* is in seconds."""

    status = 429
    code = "too_many_logins"
    title = "Too many attempts"
    default_message = "Too many failed attempts. Wait a little, then try again."

    def __init__(self, message: str | None = None, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Forbidden(OmeropyrError):
    """OMERO or the site refuses this user."""

    status = 403
    code = "forbidden"
    title = "Not allowed"
    default_message = "You are not allowed to do this."


class ObjectNotFound(OmeropyrError):
    """There is no such object, or this user may not see it: the two are not told apart."""

    status = 404
    code = "not_found"
    title = "Not found"
    default_message = "There is nothing here, or you may not see it."


class MethodNotAllowed(OmeropyrError):
    """The address exists, but not for this HTTP method."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"
    default_message = "This address does not answer that method."


class Conflict(OmeropyrError):
    """Somebody changed the object meanwhile."""

    status = 409
    code = "conflict"
    title = "Changed meanwhile"
    default_message = "Somebody else changed this meanwhile. Reload and try again."


class TooLarge(OmeropyrError):
    """More than the site allows at once was asked for or sent."""

    status = 413
    code = "too_large"
    title = "Too large"
    default_message = "This is more than the site allows at once."


class NotSupported(OmeropyrError):
    """What OMERO.web does at this address, and this site cannot do at all."""

    status = 501
    code = "not_supported"
    title = "Not supported"
    default_message = "This site cannot do this."


class Unavailable(OmeropyrError):
    """Something the site needs does not answer, or is busy; *retry_after* is in seconds."""

    status = 503
    code = "unavailable"
    title = "Not at the moment"
    default_message = "The site cannot do this at the moment. Try again shortly."

    def __init__(
        self, message: str | None = None, details: Mapping[str, Any] | None = None, retry_after: int = 5
    ) -> None:
        super().__init__(message, details)
        self.retry_after = retry_after


class OmeroUnavailable(Unavailable):
    """OMERO does not answer, or is busy."""

    code = "omero_unavailable"
    title = "OMERO does not answer"
    default_message = "The OMERO server does not answer at the moment. Try again shortly."


class SessionsUnavailable(Unavailable):
    """The store of web sessions does not answer, or is full. Nobody is logged out by it."""

    code = "sessions_unavailable"
    title = "Sessions cannot be reached"
    default_message = "The site cannot reach its sessions at the moment. You are not logged out. Try again shortly."


class StoreUnavailable(Unavailable):
    """The durable store (``omeropyr.store``) does not answer, or is full."""

    code = "store_unavailable"
    title = "The site's store cannot be reached"
    default_message = "The site cannot reach its own store at the moment. Try again shortly."


BUSY = "OMERO is still working on this. Try again shortly."

# Class name of the foreign exception -> (ours, message or None for our own words). The nearest class in its
# MRO decides, so that a subclass omero-py adds later falls to its parent's row.
TABLE: dict[str, tuple[type[OmeropyrError], str | None]] = {
    "omero.SecurityViolation": (Forbidden, None),
    "omero.GroupSecurityViolation": (Forbidden, None),
    "omero.ReadOnlyGroupSecurityViolation": (Forbidden, "This group is read-only."),
    "omero.ValidationException": (InvalidInput, None),
    "omero.ApiUsageException": (InvalidInput, None),
    "omero.OverUsageException": (TooLarge, None),
    "omero.OptimisticLockException": (Conflict, None),
    "omero.ConcurrentModification": (Conflict, None),
    "omero.ConcurrencyException": (OmeroUnavailable, BUSY),
    "omero.ResourceError": (OmeroUnavailable, BUSY),
    "omero.SessionException": (SessionExpired, None),
    "omero.ShutdownInProgress": (OmeroUnavailable, None),
    "omero.AuthenticationException": (SessionExpired, None),
    "omero.ExpiredCredentialException": (SessionExpired, None),
    "Glacier2.SessionNotExistException": (SessionExpired, None),
    "Glacier2.PermissionDeniedException": (SessionExpired, None),
    "Glacier2.CannotCreateSessionException": (OmeroUnavailable, None),
    "Ice.ObjectNotExistException": (SessionExpired, None),
    "Ice.ConnectFailedException": (OmeroUnavailable, None),
    "Ice.SocketException": (OmeroUnavailable, None),
    "Ice.TimeoutException": (OmeroUnavailable, None),
    "Ice.DNSException": (OmeroUnavailable, None),
    "Ice.NoEndpointException": (OmeroUnavailable, None),
    "Ice.SecurityException": (OmeroUnavailable, None),
    "Ice.CommunicatorDestroyedException": (OmeroUnavailable, None),
    "Ice.CloseConnectionException": (OmeroUnavailable, None),
    "Ice.ForcedCloseConnectionException": (OmeroUnavailable, None),
    "Ice.ConnectionNotValidatedException": (OmeroUnavailable, None),
    "Ice.FileException": (OmeroUnavailable, None),
    "Ice.MemoryLimitException": (TooLarge, None),
    "Ice.SyscallException": (OmeroUnavailable, None),
    "Ice.ProtocolException": (OmeroUnavailable, None),
    "Ice.InvocationCanceledException": (OmeroUnavailable, None),
    "Ice.OperationInterruptedException": (OmeroUnavailable, None),
    "Ice.ObjectAdapterDeactivatedException": (OmeroUnavailable, None),
    "Ice.EndpointParseException": (OmeroUnavailable, None),
    "Ice.ProxyParseException": (OmeroUnavailable, None),
}

# The exceptions that no row above covers on purpose: defects of ours, of the server or of how they fit together. They
# are logged and answered 500. A test fails for a class of OMERO, Glacier2 or Ice that is in neither.
DEFECTS = frozenset(
    (
        "omero.ServerError",
        "omero.InternalException",
        "omero.OmeroFSError",
        "omero.grid.RepositoryException",
        "omero.ClientError",
        "Ice.UnknownException",
        "Ice.FacetNotExistException",
        "Ice.OperationNotExistException",
        "Ice.RequestFailedException",
        "Ice.InitializationException",
        "Ice.PluginInitializationException",
        "Ice.CollocationOptimizationException",
        "Ice.AlreadyRegisteredException",
        "Ice.NotRegisteredException",
        "Ice.TwowayOnlyException",
        "Ice.CloneNotImplementedException",
        "Ice.VersionMismatchException",
        "Ice.ObjectAdapterIdInUseException",
        "Ice.EndpointSelectionTypeParseException",
        "Ice.VersionParseException",
        "Ice.IdentityParseException",
        "Ice.IllegalIdentityException",
        "Ice.IllegalServantException",
        "Ice.FeatureNotSupportedException",
        "Ice.FixedProxyException",
        "Ice.ResponseSentException",
        # Of parts of Ice that the web never speaks to.
        "Ice.AdapterNotFoundException",
        "Ice.InvalidReplicaGroupIdException",
        "Ice.AdapterAlreadyActiveException",
        "Ice.ObjectNotFoundException",
        "Ice.ServerNotFoundException",
        "Ice.RemoteLoggerAlreadyAttachedException",
        "IceMX.UnknownMetricsView",
    )
)


def translate(exc: BaseException) -> OmeropyrError | None:
    """Our error for an exception of OMERO or Ice, or None where it is a defect (to be logged and answered 500).

    What the server wrote is not repeated to the user: it may name hosts, paths or HQL. It belongs in the log.
    """
    if isinstance(exc, OmeropyrError):
        return exc
    for name in names(type(exc)):
        row = TABLE.get(name)
        if row is not None:
            kind, message = row
            error = kind(message)
            if isinstance(error, OmeroUnavailable):
                error.retry_after = _seconds(getattr(exc, "backOff", None)) or error.retry_after
            return error
    return None


def names(cls: type) -> list[str]:
    """The class and those it comes from, as the table names them, nearest first."""
    return [f"{one.__module__}.{one.__name__}" for one in cls.__mro__]


def _seconds(milliseconds: object) -> int:
    """OMERO's back-off (milliseconds) in whole seconds, at least one, at most an hour; 0 where there is none."""
    if not isinstance(milliseconds, int) or milliseconds <= 0:
        return 0
    return min(3600, max(1, math.ceil(milliseconds / 1000)))
