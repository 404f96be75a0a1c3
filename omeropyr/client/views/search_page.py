"""The page of a search: its words, what narrows it, and a page of what it finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from omeropyr.client.lookups import ALL, may_see_group, number
from omeropyr.client.searching import FIELDS, KINDS, Result, find, named
from omeropyr.connection.search import MOST, Search
from omeropyr.errors import Forbidden, InvalidInput

PAGE = 50
TITLES = {
    "images": "Images",
    "datasets": "Datasets",
    "projects": "Projects",
    "screens": "Screens",
    "plates": "Plates",
    "acquisitions": "Runs of plates",
    "wells": "Wells",
}
ICONS = {
    "image": "image",
    "dataset": "images",
    "project": "folder",
    "screen": "layers",
    "plate": "grid-3x3",
    "acquisition": "grid-3x3",
    "well": "grid-3x3",
}
MINE = "mine"


@dataclass(frozen=True)
class Asked:
    """What the form says; `kind` and `owner` are empty for all."""

    text: str
    kind: str
    owner: str
    group: int
    page: int

    def query(self) -> str:
        """The same as the query of an address; what is not narrowed is left out."""
        said = {
            "search_query": self.text,
            "datatype": self.kind,
            "owner": self.owner,
            "group": "" if self.group == ALL else self.group,
            "page": "" if self.page == 1 else self.page,
        }
        return urlencode({name: value for name, value in said.items() if value != ""})


def show(request: Request) -> dict[str, Any]:
    """Give what `search.pt` shows; what OMERO cannot read is said above the form that it came from."""
    asked = _asked(request)
    problem, found, results = None, [], []
    wanted = Search(
        asked.text,
        (KINDS[asked.kind],) if asked.kind else tuple(KINDS.values()),
        owner_id=request.omero.user_id if asked.owner == MINE else None,
        group_id=asked.group,
        fields=FIELDS,
    )
    try:
        found = find(request.conn, wanted)
        first = (asked.page - 1) * PAGE
        results = named(request.conn, found[first : first + PAGE], wanted, request.omero.user_id)
    except InvalidInput as error:
        problem = f"This search could not be read: {error.message}."
        request.response.status_int = error.status
    return {
        "asked": asked,
        "problem": problem,
        "results": [_line(request, one) for one in results],
        "total": len(found),
        "most": MOST,
        "kinds": TITLES,
        "groups": sorted((group.getName(), group.getId()) for group in request.conn.getGroupsMemberOf()),
        "pages": _pages(request, asked, len(found)),
    }


def _asked(request: Request) -> Asked:
    kind, owner = request.GET.get("datatype", ""), request.GET.get("owner", "")
    group, page = number(request, "group", ALL), number(request, "page", 1)
    if group != ALL and not may_see_group(request, group):
        raise Forbidden("You are not a member of this group.")
    return Asked(
        request.GET.get("search_query", "").strip(),
        kind if kind in KINDS else "",
        MINE if owner == MINE else "",
        group,
        page if 1 <= page <= len(KINDS) * MOST else 1,
    )


def _line(request: Request, one: Result) -> dict[str, Any]:
    kind = "run" if one.kind == "acquisition" else one.kind
    base = request.route_path("client.index")
    thumbnail = f"{request.script_name}/webgateway/render_thumbnail/{one.id}/64/" if one.kind == "image" else None
    return {
        "result": one,
        "word": {"acquisition": "Run"}.get(one.kind, one.kind.capitalize()),
        "icon": ICONS[one.kind],
        "href": f"{base}?show={kind}-{one.id}",
        "thumbnail": thumbnail if request.has_addon("gateway") else None,
        "acquired": None if one.acquired is None else _day(one.acquired),
        "imported": _day(one.imported),
    }


def _pages(request: Request, asked: Asked, total: int) -> dict[str, str | None]:
    """Addresses of the page before and the page after, where there are such."""

    def address(page: int) -> str:
        return f"{request.path}?{replace(asked, page=page).query()}"

    last = max(1, -(-total // PAGE))
    return {
        "previous": address(min(asked.page - 1, last)) if asked.page > 1 else None,
        "next": address(asked.page + 1) if asked.page < last else None,
        "first": str((asked.page - 1) * PAGE + 1),
        "last": str(min(asked.page * PAGE, total)),
    }


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).date().isoformat()
