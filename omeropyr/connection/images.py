"""The few facts about an image that every tile needs, by one Ice call, and kept for a moment.

The facts hold the image's version and that of its saved rendering settings: what an ETag is made of and what tells a
warm rendering engine that it is behind.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from omeropyr.connection.query import Row, rows

# One row per saved rendering definition that the user may see, so that any save or reset shows.
_FACTS = """
    select i.id, p.id, i.details.group.id, i.details.owner.id, p.sizeX, p.sizeY, p.sizeZ, p.sizeC, p.sizeT, t.value,
           i.details.updateEvent.id, p.details.updateEvent.id, r.id, r.version, r.details.updateEvent.id
    from Pixels p join p.image i join p.pixelsType t left outer join p.settings r
    where i.id in (:ids) order by p.id, r.id
"""

_COLUMNS = (
    *("id", "pixels_id", "group_id", "owner_id"),
    *("size_x", "size_y", "size_z", "size_c", "size_t", "pixels_type"),
)


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image without loading it; sizes in pixels, planes, channels, time points."""

    id: int
    pixels_id: int
    group_id: int
    owner_id: int
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    pixels_type: str
    version: tuple[int, int]
    """Ids of the last update events of the image and of its pixels."""
    settings: tuple[tuple[int, int, int], ...]
    """(id, version, update event id) of each saved rendering definition."""


def image_facts(conn: Any, image_ids: Iterable[int]) -> dict[int, ImageFacts]:
    """Ask OMERO for the facts of images; those that are missing, unreadable or without pixels are left out."""
    ids = sorted(set(image_ids))
    if not ids:
        return {}
    found: dict[int, list[Row]] = {}
    for row in rows(conn, _FACTS, ids=ids):
        mine = found.setdefault(row[0], [])
        if not mine or mine[0][1] == row[1]:
            mine.append(row)
    return {image_id: _facts(mine) for image_id, mine in found.items()}


def _facts(mine: list[Row]) -> ImageFacts:
    first = mine[0]
    settings = tuple((row[12], row[13] or 0, row[14] or 0) for row in mine if row[12] is not None)
    known: dict[str, Any] = dict(zip(_COLUMNS, first, strict=False))
    return ImageFacts(**known, version=(first[10], first[11]), settings=settings)


class ImageCache:
    """The facts last seen, per user and image, for at most `seconds`; one per application, safe for threads."""

    def __init__(self, seconds: float = 30.0, most: int = 20_000) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[tuple[Hashable, int], tuple[float, ImageFacts]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, user: Hashable, image_id: int) -> ImageFacts | None:
        """Give the facts that `user` was last told of the image, if that is recent enough."""
        with self._lock:
            seen, facts = self._kept.get((user, image_id), (0.0, None))
        return facts if facts is not None and time.monotonic() - seen < self._seconds else None

    def put(self, user: Hashable, facts: ImageFacts) -> None:
        """Keep what OMERO just said."""
        with self._lock:
            self._kept[user, facts.id] = (time.monotonic(), facts)
            self._kept.move_to_end((user, facts.id))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self, user: Hashable, image_id: int) -> None:
        """Drop the facts of an image that turned out to be gone."""
        with self._lock:
            self._kept.pop((user, image_id), None)
