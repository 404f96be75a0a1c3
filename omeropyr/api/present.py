"""Objects as the JSON of the API: encoded, with links to what belongs to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omeropyr.api.kinds import EXPERIMENTER, IMAGE, SHAPE, WELL, Kind
from omeropyr.api.objects import Fields
from omeropyr.marshal.objects import plain
from omeropyr.marshal.ome import Encoder, email

MOST_FIELDS = 10_000


class Links:
    """Makes the absolute addresses; `base` is that of ``/api/v0/m/``."""

    def __init__(self, base: str) -> None:
        self.base = base

    def to(self, kind: Kind, object_id: int) -> str:
        """The address of an object."""
        return f"{self.base}{kind.plural}/{object_id}/"

    def all_of(self, kind: Kind, object_id: int) -> dict[str, str]:
        """The links of an object: to itself, and to the lists that belong to it."""
        own = self.to(kind, object_id)
        return {f"url:{kind.singular}": own, **{f"url:{plural}": f"{own}{plural}/" for plural in kind.related}}


def present(
    kind: Kind,
    obj: Any,
    links: Links,
    encoder: Encoder,
    *,
    counts: dict[int, int],
    fields: Fields,
    may_write_to: Callable[[int], bool],
) -> dict[str, Any]:
    """Give an object; `encoder` is that of the whole answer, `may_write_to` says of whom the e-mail address is told."""
    found = encoder.encode(obj)
    object_id: int = found["@id"]
    found |= links.all_of(kind, object_id)
    if object_id in counts:
        found["omero:childCount"] = counts[object_id]
    if object_id in fields:
        first, last = fields[object_id]
        found["omero:wellsampleIndex"] = [first, last]
        own = links.to(kind, object_id)
        shown = range(first, min(last + 1, first + MOST_FIELDS))
        found["url:wellsampleindex_wells"] = [f"{own}wellsampleindex/{index}/wells/" for index in shown]
    if kind is WELL:
        for image in (sample["Image"] for sample in found.get("WellSamples", ()) if "Image" in sample):
            image["url:image"] = links.to(IMAGE, image["@id"])
    if kind is SHAPE and obj.getRoi() is not None:
        found["url:roi"] = f"{links.base}rois/{plain(obj.getRoi().getId())}/"
    if kind is EXPERIMENTER and may_write_to(object_id) and email(obj) is not None:
        found["Email"] = email(obj)
    return found


def normalize(data: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Move owners and groups out of `data`, leaving their ids; give them by name of their list, each once.

    What has none, as groups and users themselves, stays as it is.
    """
    apart: dict[str, dict[int, dict[str, Any]]] = {"experimenters": {}, "experimenterGroups": {}}
    for details in (one.get("omero:details", {}) for one in data):
        for key, name in (("owner", "experimenters"), ("group", "experimenterGroups")):
            if key in details:
                known = details[key]
                apart[name].setdefault(known["@id"], known)
                details[key] = {"@id": known["@id"]}
    return {name: list(known.values()) for name, known in apart.items()}
