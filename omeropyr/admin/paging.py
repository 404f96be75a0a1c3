"""Pages of a long list: which one is asked for, and the way to the others."""

from __future__ import annotations

import math
from typing import NamedTuple

from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import integer

PAGE_SIZE = 50
MOST_PAGES = 1_000_000


class Pager(NamedTuple):
    """Page *page* (from 1) of *total* rows."""

    page: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, math.ceil(self.total / self.size))

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1; 0 where there is none."""
        return min(self.total, (self.page - 1) * self.size + 1)

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.total, self.page * self.size)


def page_number(text: str) -> int:
    """The page that a query names, from 1."""
    page = integer(text or "1", "page")
    if not 1 <= page <= MOST_PAGES:
        raise InvalidInput(f"page must be from 1 to {MOST_PAGES}")
    return page


def offset(page: int, size: int = PAGE_SIZE) -> tuple[int, int]:
    """Offset and limit of a page."""
    return (page - 1) * size, size


def like(text: str) -> str:
    """A pattern for ``like :q escape '!'`` that finds *text* anywhere."""
    escaped = text.lower()
    for special in ("!", "%", "_"):
        escaped = escaped.replace(special, f"!{special}")
    return f"%{escaped}%"
