"""What a list request says: whose data, of which group, which page."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from omeropyr.connection.client_config import ClientConfig
from omeropyr.errors import Forbidden, InvalidInput
from omeropyr.marshal.numbers import MAX_ID, integer

CONFIGS = "omeropyr.client.client_configs"
MAX_LIMIT = 10_000
ALL = -1


@dataclass(frozen=True)
class Scope:
    """A list's filter: group (-1 all of the user's), `page` as (offset, limit) or `None` for everything."""

    group_id: int
    page: tuple[int, int] | None
    user_id: int

    @property
    def first_page(self) -> bool:
        """Say whether the list begins here."""
        return self.page is None or self.page[0] == 0


def scope(request: Request, limit: int | None = None) -> Scope:
    """Read `group`, `page` (from 1; 0 = all) and `limit`; raises `InvalidInput`, or `Forbidden` for a foreign group.

    `limit` is the one where none is named, by default the site's page size.
    """
    group = number(request, "group", ALL)
    page = number(request, "page", 1)
    usual = request.settings.web.page_size if limit is None else limit
    limit = number(request, "limit", usual)
    if page < 0 or not 0 <= limit <= max(MAX_LIMIT, usual) or page * limit > 2**31 - 1:
        raise InvalidInput(f"page must not be negative, limit must be from 0 to {MAX_LIMIT}")
    if group != ALL and not may_see_group(request, group):
        raise Forbidden("Not a member of Group")
    window = ((page - 1) * limit, limit) if page and limit else None
    return Scope(group, window, request.omero.user_id)


def may_see_group(request: Request, group_id: int) -> bool:
    """Say whether the user is a member of the group, or an admin."""
    if request.omero.is_admin or group_id == request.omero.group_id:
        return True
    return group_id in request.conn.getEventContext().memberOfGroups


def number(request: Request, name: str, default: int) -> int:
    """Read a whole number of the query."""
    text = request.GET.get(name, "")
    return integer(text, name, most=MAX_ID) if text else default


def flag(request: Request, name: str) -> bool:
    """Read a yes or no of the query: `true` or `1`, as OMERO.web's programs write it."""
    return request.GET.get(name, "").lower() in ("true", "1", "on", "yes")


def client_config(request: Request) -> ClientConfig:
    """Give the configuration of the user's OMERO server."""
    config: ClientConfig = request.registry[CONFIGS].get(request.omero.server_id, request.conn)
    return config
