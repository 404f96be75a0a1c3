"""Commands of OMERO (deleting, moving, giving) run to their end: all of them or none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import omero
import omero.cmd

from omeropyr.connection.query import context
from omeropyr.errors import Forbidden, InvalidInput, OmeroUnavailable

PATIENCE = 300.0
"""Seconds after which a command is called off."""
_PAUSES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
# Of "permissions" and "not permitted".
_REFUSALS = ("securityviolation", "permi")


def run_command(conn: Any, requests: Sequence[Any], *, group_id: int | None = None) -> list[Any]:
    """Run commands as one transaction and wait for their answers, in order.

    Raises `Forbidden` where OMERO refuses them, `InvalidInput` where they cannot be done, and `OmeroUnavailable` for
    one that was called off because it took too long; nothing is changed then.
    """
    together = omero.cmd.DoAll()
    together.requests = list(requests)
    handle = conn.factory.submit(together, context(conn, group_id))
    try:
        answer = _wait(handle)
    finally:
        handle.close()
    if isinstance(answer, omero.cmd.ERR):
        raise _refusal(answer)
    return list(answer.responses)


def _wait(handle: Any) -> Any:
    deadline, turn = time.monotonic() + PATIENCE, 0
    while (answer := handle.getResponse()) is None:
        if time.monotonic() > deadline and handle.cancel():
            raise OmeroUnavailable("OMERO took too long over this; it was called off and nothing is changed.")
        time.sleep(_PAUSES[min(turn, len(_PAUSES) - 1)])
        turn += 1
    return answer


def _refusal(answer: Any) -> Forbidden | InvalidInput:
    pairs = (part for pair in answer.parameters.items() for part in pair)
    said = " ".join(str(part) for part in (answer.name, getattr(answer, "message", ""), *pairs)).lower()
    if any(word in said for word in _REFUSALS):
        return Forbidden("OMERO does not let you change all of this. Nothing was changed.")
    return InvalidInput("OMERO cannot do this to all of it, or something is not there. Nothing was changed.")
