"""Masks that a table holds, for what paints them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import omero
import omero.all  # before anything else of omero: makes omero.grid a package
import omero.grid

from omeropyr.embedded.services.shared_resources import table_file
from omeropyr.embedded.services.table import Table

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call


class _Reading:
    """A table for the time of one call, without a servant."""

    def __init__(self, call: Call, original: Any) -> None:
        self.table = Table(call, original)

    def close(self) -> None:
        self.table.release()


def load_masks(call: Call, annotation_id: int, rows: Sequence[int]) -> Any:
    """The first MaskColumn of the table that a FileAnnotation has, with the values of *rows* in their order.

    Raises ``omero.ApiUsageException`` where the caller sees no such table, or it has no column of masks.
    """
    with call.server.store.read(call.actor) as tx:
        found = tx.find("select f from FileAnnotation a join a.file f where a.id = :id", {"id": annotation_id})
    if not found:
        raise omero.ApiUsageException(None, None, f"there is no table of masks {annotation_id}, or you may not see it")
    with closing(_Reading(call, table_file(call, found[0]))) as reading:
        headers = reading.table.getHeaders(call)
        place = next((n for n, one in enumerate(headers) if isinstance(one, omero.grid.MaskColumn)), None)
        if place is None:
            raise omero.ApiUsageException(None, None, f"the table {annotation_id} has no column of masks")
        return reading.table.slice(call, [place], rows).columns[0]
