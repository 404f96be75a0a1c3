"""Changing something in OMERO by several calls: in order, and with a clear word where OMERO refuses one of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import omero

from omeropyr.admin.actor import Actor
from omeropyr.admin.privileges import title_of
from omeropyr.errors import Forbidden, InvalidInput, OmeropyrError, translate

log = logging.getLogger(__name__)


class Step(NamedTuple):
    """One call: what it does in a few words ("change the groups"), and the privilege OMERO asks for, if any."""

    words: str
    privilege: str | None
    run: Callable[[], object]


class Refused(OmeropyrError):
    """OMERO refused a step; the message says which, why, and what was done before it."""

    def __init__(self, message: str, cause: OmeropyrError) -> None:
        super().__init__(message)
        self.cause = cause
        self.status, self.code, self.title = cause.status, cause.code, cause.title  # type: ignore[misc]


def carry_out(actor: Actor, steps: Sequence[Step]) -> None:
    """Do all *steps*; Refused at the first that OMERO does not allow. A server that is down passes through."""
    done: list[str] = []
    for step in steps:
        try:
            step.run()
        except omero.ServerError as error:
            cause = translate(error)
            if not isinstance(cause, Forbidden | InvalidInput):
                raise
            log.warning("refused by OMERO", extra={"step": step.words, "cause": type(error).__name__})
            raise Refused(_words(actor, step, cause, done), cause) from error
        done.append(step.words)


def _words(actor: Actor, step: Step, cause: OmeropyrError, done: Sequence[str]) -> str:
    if isinstance(cause, InvalidInput):
        why = f"OMERO did not accept this: it could not {step.words}."
    elif step.privilege is not None and not actor.may(step.privilege):
        need = title_of(step.privilege)
        why = f"OMERO refused to {step.words}: you lack the privilege “{need}”."
    else:
        why = f"OMERO refused to {step.words}: this user or group is beyond what you may change."
    saved = f" Done before that: {', '.join(done)}." if done else " Nothing was changed."
    return why + saved
