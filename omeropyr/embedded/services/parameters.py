"""What clients put into ``omero.sys.Parameters`` beside named values: owner, group, times, pages, options."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import omero
from omero.rtypes import unwrap

from omeropyr.embedded.model import Kind, model


@dataclass(frozen=True)
class Wishes:
    """Filter and options as plain values; None where the client said nothing."""

    owner: int | None = None
    group: int | None = None
    start: int | None = None
    end: int | None = None
    offset: int = 0
    limit: int | None = None
    leaves: bool | None = None
    orphan: bool | None = None
    acquisition: bool | None = None

    def page(self, found: list[Any]) -> list[Any]:
        """The part of *found* that offset and limit name."""
        return found[self.offset :] if self.limit is None else found[self.offset : self.offset + self.limit]

    def conditions(self, alias: str) -> tuple[list[str], dict[str, int]]:
        """HQL conditions on owner and group of *alias*, with their values."""
        where, values = [], {}
        if self.owner is not None and self.owner >= 0:
            where.append(f"{alias}.details.owner.id = :wished_owner")
            values["wished_owner"] = self.owner
        if self.group is not None and self.group >= 0:
            where.append(f"{alias}.details.group.id = :wished_group")
            values["wished_group"] = self.group
        return where, values


def wishes(params: omero.sys.Parameters | None) -> Wishes:
    """Read *params*; null means no wishes. ApiUsageException for a negative page."""
    if params is None:
        return Wishes()
    chosen, options = params.theFilter, params.theOptions
    given: dict[str, Any] = {}
    if chosen is not None:
        given["owner"], given["group"] = unwrap(chosen.ownerId), unwrap(chosen.groupId)
        given["start"], given["end"] = unwrap(chosen.startTime), unwrap(chosen.endTime)
        given["offset"], given["limit"] = int(unwrap(chosen.offset) or 0), unwrap(chosen.limit)
        if given["offset"] < 0 or (given["limit"] or 0) < 0:
            raise omero.ApiUsageException(None, None, "Offset and limit must not be negative.")
    if options is not None:
        given["leaves"], given["orphan"] = unwrap(options.leaves), unwrap(options.orphan)
        given["acquisition"] = unwrap(options.acquisitionData)
    return Wishes(**given)


def kind_of(name: str | None, *allowed: str) -> Kind:
    """The class that a client names, in any of OMERO's ways; ApiUsageException when it is none or not *allowed*."""
    found = model().find(name) if name else None
    if found is None:
        raise omero.ApiUsageException(None, None, f"There is no class {name!r}.")
    if allowed and found.name not in allowed:
        raise omero.ApiUsageException(None, None, f"{found.name} is not one of {', '.join(allowed)}.")
    return found


def id_list(ids: Iterable[int] | None) -> list[int]:
    """Ids that a client sent; null is none."""
    return [int(one) for one in ids or ()]
