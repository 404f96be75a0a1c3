"""What a hostile call may come to, and what an answer must never say of the server's inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import Ice
import omero

INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|omeropyr|sqlalchemy|sqlite|object at 0x|/tmp/|/work/|NoneType"
)
WORDS = ("message", "serverStackTrace", "serverExceptionClass", "unknown", "reason")
NOT_THERE = "is not there in the embedded server."


def words(error: Exception) -> str:
    """All that an exception says on the wire."""
    return "\n".join(str(getattr(error, name, "") or "") for name in WORDS)


def outcome(call: Callable[[], Any]) -> str:
    """What a call came to: ``answered``, or the class of OMERO's or Ice's exception, which gives nothing away.

    ``unsendable``: the client's own Ice refused it. AssertionError for a hang, a lost connection, a Python error.
    """
    try:
        call()
    except (Ice.InvocationTimeoutException, Ice.ConnectionLostException, Ice.UnknownException) as error:
        raise AssertionError(f"{type(error).__name__}: {words(error)}") from error
    except (omero.ServerError, Ice.Exception) as error:
        said = words(error)
        assert not INSIDE.search(said), said[:400]
        assert len(said) < 5000
        return "not there" if said.strip().endswith(NOT_THERE) else type(error).__name__
    except (ValueError, TypeError, AttributeError, OverflowError):
        return "unsendable"
    return "answered"
