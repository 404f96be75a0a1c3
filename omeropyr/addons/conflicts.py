"""Two places that register the same thing: one line for each clash, with both files and lines."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.config.actions import resolveConflicts
from pyramid.exceptions import ConfigurationConflictError
from pyramid.registry import Deferred


def clashes(config: Configurator) -> list[str]:
    """The clashes among what *config* has been told so far.

    Those of views are not among them: what tells one view from another is known only while they are registered.
    """
    groups: dict[int, list[dict[str, Any]]] = {}
    for action in config.action_state.actions:
        if not isinstance(action["discriminator"], Deferred):
            groups.setdefault(action["order"] or 0, []).append(dict(action))
    found = []
    for _, actions in sorted(groups.items()):
        # Resolving stops at the first group that clashes; all are wanted.
        try:
            list(resolveConflicts(actions))
        except ConfigurationConflictError as error:
            found += lines(error)
    return found


def lines(error: ConfigurationConflictError) -> list[str]:
    """A line for each clash of *error*."""
    return [
        f"{_thing(discriminator)} is registered in two places: {' and '.join(_place(info) for info in infos)}"
        for discriminator, infos in error._conflicts.items()
        # Pyramid's second half of add_route, which says the same once more.
        if discriminator[0] != "route-connect"
    ]


def _thing(discriminator: Any) -> str:
    """``route 'login'``: what the first two words of a discriminator name."""
    parts = discriminator if isinstance(discriminator, tuple) else (discriminator,)
    kind, *names = [part for part in parts if isinstance(part, str) and part not in ("", "omeropyr")] or [str(parts)]
    kind = kind.removeprefix("omeropyr.")
    return f"{kind} {names[0]!r}" if names else kind


def _place(info: Any) -> str:
    file = getattr(info, "file", None)
    return f"{file}, line {info.line}" if file else str(info)
