"""What OMERO's public guest may ask: who it is, which server this is, its own session, and for a lost password."""

from __future__ import annotations

import omero

SERVICES = frozenset(("omero.api.IAdmin", "omero.api.IConfig", "omero.api.ISession"))
"""Services that a guest gets at all."""

REQUESTS = frozenset(("ResetPasswordRequest",))
"""Commands that a guest may submit."""

_NOT_IN = {
    "ISession": frozenset(
        (
            "createSessionWithTimeout",
            "createSessionWithTimeouts",
            "createUserSession",
            "getMyOpenAgentSessions",
            "getMyOpenClientSessions",
            "getMyOpenSessions",
        )
    ),
    "IConfig": frozenset(("getConfigDefaults", "setConfigValue", "setConfigValueIfEquals")),
}
_ONLY_IN = {"IAdmin": frozenset(("getEventContext", "getSecurityRoles", "reportForgottenPassword"))}


def check_service(name: str) -> None:
    """SecurityViolation when *name* (``omero.api.IQuery``) is not for guests."""
    if name not in SERVICES:
        raise omero.SecurityViolation(None, None, f"Access denied to guest user: {name}")


def check_operation(interface: str, operation: str) -> None:
    """SecurityViolation when an operation of a service that guests get is not for them."""
    allowed = _ONLY_IN.get(interface)
    if operation in _NOT_IN.get(interface, frozenset()) or (allowed is not None and operation not in allowed):
        raise omero.SecurityViolation(None, None, f"Access denied to guest user: {interface}.{operation}")
