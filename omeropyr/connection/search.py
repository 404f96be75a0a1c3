"""Search by full text: what OMERO's index finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import omero

from omeropyr.connection.query import context
from omeropyr.errors import InvalidInput

MOST = 1_000
"""Results of one kind that a search looks at, the best first."""
LONGEST = 1_000
"""Characters of a search."""
ALL_GROUPS = -1
IMPORTED, ACQUIRED = "details.creationEvent.time", "acquisitionDate"

Found = list[tuple[str, int]]
"""Kinds and ids."""


@dataclass(frozen=True)
class Search:
    """Words in OMERO's syntax, and of which kinds of objects.

    With `fields` (`name`, `description`, `annotation`) the words are looked for in those alone, each word by itself.
    `since` and `until` are days (`YYYYMMDD`, both ends included) of `date`; they count with `fields` only.
    """

    text: str
    kinds: tuple[str, ...]
    owner_id: int | None = None
    group_id: int = ALL_GROUPS
    fields: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    date: str = IMPORTED


def full_text(conn: Any, wanted: Search) -> Found:
    """Give what is found, kind by kind, the best first. `InvalidInput` for a text that OMERO cannot read."""
    if not wanted.text.strip():
        return []
    if len(wanted.text) > LONGEST:
        raise InvalidInput(f"text has more than {LONGEST} characters")
    service = conn.factory.createSearchService()
    try:
        return _found(service, wanted, context(conn, wanted.group_id))
    except omero.ValidationException:
        # A kind of ApiUsageException that says nothing of the text.
        raise
    except omero.ApiUsageException:
        raise InvalidInput("text is no search that OMERO understands: quotes and parentheses come in pairs") from None
    finally:
        service.close()


def _found(service: Any, wanted: Search, groups: Any) -> Found:
    service.setAllowLeadingWildcard(True, groups)
    service.setBatchSize(MOST, groups)
    service.setReturnUnloaded(True, groups)
    if wanted.owner_id is not None:
        details = omero.model.DetailsI()
        details.setOwner(omero.model.ExperimenterI(wanted.owner_id, False))
        service.onlyOwnedBy(details, groups)
    found: Found = []
    for kind in wanted.kinds:
        service.onlyType(kind, groups)
        if wanted.fields:
            days = (wanted.since, wanted.until, wanted.date)
            service.byLuceneQueryBuilder(",".join(wanted.fields), *days, wanted.text, groups)
        else:
            service.byFullText(wanted.text, groups)
        if service.hasNext(groups):
            found += [(kind, one.getId().getValue()) for one in service.results(groups)]
    return found
