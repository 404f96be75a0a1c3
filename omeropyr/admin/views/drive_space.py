"""Drive space: the page, its chart, its table, and the lists that OMERO.web's programs read."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.admin.actor import Actor, read_actor
from omeropyr.admin.charts import COLOURS
from omeropyr.admin.drive_space import Share, by_group, by_user, disk, of_group, of_user, words_for_bytes
from omeropyr.admin.navigation import shown
from omeropyr.admin.paging import Pager, offset, page_number
from omeropyr.admin.tables import to_csv
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.downloads import send_bytes

SECTION = "drive_space"
CHARTS = "omeropyr.admin.charts"
ROWS = 100


class View(NamedTuple):
    """What is shown: shares of *kind* (``user`` or ``group``), of one group or user, or of all."""

    kind: str
    heading: str
    shares: list[Share]
    query: dict[str, Any]


def stats(request: Request) -> dict[str, object]:
    """The page."""
    actor = read_actor(request.conn)
    view = _view(request, actor)
    page = page_number(request.GET.get("page", ""))
    start, size = offset(page, ROWS)
    total = sum(one.size for one in view.shares)
    return shown(
        request,
        SECTION,
        view=view,
        shares=view.shares[start : start + size],
        total=total,
        disk=disk(request.conn),
        words=words_for_bytes,
        other="group" if view.kind == "user" else "user",
        whole="group" not in view.query and "user" not in view.query,
        pager=Pager(page, len(view.shares), ROWS),
        page_url=lambda number: request.route_path("admin.stats", _query={**view.query, "page": number}),
    )


def chart(request: Request) -> Response:
    """The chart, in the colours of a theme."""
    theme = request.GET.get("theme", "light")
    if theme not in COLOURS:
        raise InvalidInput("theme must be light or dark")
    kind = request.matchdict["format"]
    if kind not in ("svg", "png"):
        raise ObjectNotFound("A chart is drawn as svg or png.")
    view = _view(request, read_actor(request.conn))
    drawn = request.registry[CHARTS].draw(view.shares, theme, kind)
    response = Response(body=drawn, content_type="image/svg+xml" if kind == "svg" else "image/png", charset=None)
    # A picture of data that change: kept by nobody else, and asked for again each time.
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary = ["Cookie"]
    response.md5_etag()
    response.conditional_response = True
    return response


def table(request: Request) -> Response:
    """All of it as CSV."""
    view = _view(request, read_actor(request.conn))
    lines = [(one.id, one.name, one.size) for one in view.shares]
    body = to_csv((f"{view.kind} id", view.kind, "bytes"), lines)
    return send_bytes("drive-space.csv", body, content_type="text/csv", charset="utf-8")


def json_groups(request: Request) -> list[dict[str, Any]]:
    """All groups."""
    return [
        {"label": one.label, "data": one.size, "groupId": one.id, "memberOfGroup": one.mine}
        for one in by_group(request.conn, read_actor(request.conn))
    ]


def json_users(request: Request) -> list[dict[str, Any]]:
    """All users."""
    return _users(by_user(request.conn))


def json_group(request: Request) -> list[dict[str, Any]]:
    """The users of a group."""
    return _users(of_group(request.conn, read_actor(request.conn), _id(request))[1])


def json_user(request: Request) -> list[dict[str, Any]]:
    """The groups of a user."""
    shares = of_user(request.conn, read_actor(request.conn), _id(request))[1]
    return [{"label": one.label, "data": one.size, "groupId": one.id} for one in shares]


def _users(shares: list[Share]) -> list[dict[str, Any]]:
    return [{"label": one.label, "data": one.size, "userId": one.id} for one in shares]


def _view(request: Request, actor: Actor) -> View:
    group, user, by = (request.GET.get(name, "") for name in ("group", "user", "by"))
    if group:
        group_id = integer(group, "group", most=MAX_ID)
        name, shares = of_group(request.conn, actor, group_id)
        return View("user", f"Users of {name}", shares, {"group": group_id})
    if user:
        user_id = integer(user, "user", most=MAX_ID)
        name, shares = of_user(request.conn, actor, user_id)
        return View("group", f"Groups of {name}", shares, {"user": user_id})
    if by not in ("", "users", "groups"):
        raise InvalidInput("by must be users or groups")
    if by == "groups":
        return View("group", "By group", by_group(request.conn, actor), {"by": "groups"})
    return View("user", "By user", by_user(request.conn), {"by": "users"})


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
