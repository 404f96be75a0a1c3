"""What happens, for add-ons to subscribe to: ``config.add_subscriber(note, UserLoggedIn)``. PUBLIC.

A subscriber runs in the request that made it happen, after it happened, and must be quick: what takes long belongs in
a job. An exception it raises is logged and goes no further, because what happened cannot be taken back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from pyramid.request import Request

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """*request* is the one that made it happen."""

    request: Request


@dataclass(frozen=True)
class UserLoggedIn(Event):
    """Somebody logged in; ``request.omero`` says who."""

    user_id: int
    user_name: str


@dataclass(frozen=True)
class UserLoggedOut(Event):
    """Somebody logged out, or went on as somebody else."""

    user_id: int
    user_name: str


@dataclass(frozen=True)
class ObjectsDeleted(Event):
    """Objects were deleted; *ids* by OMERO's class: ``{"Image": (1, 2)}``.

    What went with them (pixels, annotations) is named where OMERO says so.
    """

    ids: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class AnnotationsChanged(Event):
    """Annotations were put on, taken off or changed; *ids* of the annotated objects: ``{"Image": (1, 2)}``.

    Where a program names only the annotations that it changes, *ids* are theirs: ``{"MapAnnotation": (3,)}``.
    """

    ids: Mapping[str, tuple[int, ...]]


def announce(event: Event) -> None:
    """Tell the subscribers of *event*; what one of them raises is logged."""
    try:
        event.request.registry.notify(event)
    except Exception:
        log.exception("a subscriber failed", extra={"event": type(event).__name__})
