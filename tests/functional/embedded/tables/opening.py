"""Making and opening tables over Ice, for the tests beside it."""

from __future__ import annotations

import itertools
from typing import Any

import omero.all

numbers = itertools.count(1)
"""Of names that no other test has."""


def new_table(gateway: Any, name: str = "test.h5") -> Any:
    """A new table of the gateway's user."""
    resources = gateway.c.sf.sharedResources()
    repository = resources.repositories().descriptions[0].id.val
    return resources.newTable(repository, f"/folder/{next(numbers)}-{name}")


def open_table(gateway: Any, file_id: int) -> Any:
    """The table of an OriginalFile."""
    return gateway.c.sf.sharedResources().openTable(omero.model.OriginalFileI(file_id, False))


def id_of(table: Any) -> int:
    """The id of a table's OriginalFile."""
    return int(table.getOriginalFile().id.val)
