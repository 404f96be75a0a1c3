"""What a search finds, with what its list shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from omeropyr.client.present import well_label
from omeropyr.connection.query import rows
from omeropyr.connection.search import Found, Search, full_text
from omeropyr.marshal.objects import acquired, iso_date, permissions_css, plain

KINDS = {
    "images": "Image",
    "datasets": "Dataset",
    "projects": "Project",
    "plates": "Plate",
    "screens": "Screen",
    "acquisitions": "PlateAcquisition",
    "wells": "Well",
}
"""OMERO's class by the word that requests use."""
WORDS = {
    "Image": "image",
    "Dataset": "dataset",
    "Project": "project",
    "Plate": "plate",
    "Screen": "screen",
    "PlateAcquisition": "acquisition",
    "Well": "well",
}
FIELDS = ("name", "description", "annotation")


@dataclass(frozen=True)
class Result:
    """A line of the list; times are milliseconds since 1970."""

    kind: str
    id: int
    name: str
    acquired: int | None
    imported: int
    group: str
    perms: str

    def as_json(self) -> dict[str, Any]:
        """Give it for programs."""
        return {
            "type": self.kind,
            "id": self.id,
            "name": self.name,
            "acqDate": None if self.acquired is None else iso_date(self.acquired),
            "date": iso_date(self.imported),
            "group": self.group,
            "permsCss": self.perms,
        }

    @property
    def acquired_text(self) -> str:
        """When it was acquired, else imported, as mails write dates."""
        return _mail_date(self.imported if self.acquired is None else self.acquired)

    @property
    def imported_text(self) -> str:
        """When it was imported, as mails write dates."""
        return _mail_date(self.imported)


def search(conn: Any, wanted: Search, user_id: int) -> list[Result]:
    """Give what is found, kind by kind, and first what has the number that the text is, if it is one.

    `InvalidInput` for a text without sense.
    """
    return named(conn, find(conn, wanted), wanted, user_id)


def find(conn: Any, wanted: Search) -> Found:
    """Give kinds and ids of what may be found; whether it can be seen is known by `named`."""
    text = wanted.text.strip()
    found: Found = []
    if text.isascii() and text.isdigit() and len(text) < 19:
        found = [(kind, int(text)) for kind in wanted.kinds]
    return [*found, *(one for one in full_text(conn, wanted) if one not in found)]


def named(conn: Any, found: Found, wanted: Search, user_id: int) -> list[Result]:
    """Give the lines of those of `found` that can be seen: one Ice call for each kind."""
    known: dict[tuple[str, int], Result] = {}
    for kind in wanted.kinds:
        ids = [object_id for one, object_id in found if one == kind]
        if ids:
            known |= _results(conn, kind, ids, wanted.group_id, user_id)
    return [known[one] for one in found if one in known]


def _results(conn: Any, kind: str, ids: list[int], group_id: int, user_id: int) -> dict[tuple[str, int], Result]:
    name = "p.name" if kind == "Well" else "o.name"
    join = "join o.plate p" if kind == "Well" else ""
    hql = f"""select o, {name}, o.details.creationEvent.time, o.details.group.name
        from {kind} o {join} where o.id in (:ids)"""  # noqa: S608 - constants
    found = {}
    for obj, called, imported, group in rows(conn, hql, group_id=group_id, ids=ids):
        object_id = obj.id.val
        label = called or ""
        if kind == "Well":
            label = f"{label} - {well_label(plain(obj.row) or 0, plain(obj.column) or 0)}"
        elif kind == "PlateAcquisition" and not label:
            label = f"Run {object_id}"
        when = acquired(obj) if kind == "Image" else None
        words = permissions_css(obj, user_id)
        found[kind, object_id] = Result(WORDS[kind], object_id, label, when, imported, group, words)
    return found


def _mail_date(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    # Weekdays and months by name, whatever language the process has.
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year} {moment:%H:%M:%S} +0000"
