"""Searching: OMERO.web's `load_searching`, as part of a page or as JSON."""

from __future__ import annotations

import re
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.client.lookups import ALL, flag, may_see_group, number
from omeropyr.client.searching import FIELDS, KINDS, search
from omeropyr.connection.search import ACQUIRED, IMPORTED, Search
from omeropyr.errors import Forbidden, InvalidInput

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def load_searching(request: Request) -> dict[str, Any] | Response:
    """Give what `query` finds, of the kinds of `datatype`, in each `field`; JSON to whom accepts that and no page."""
    text = request.GET.get("query", "").strip()
    wanted = Search(
        text,
        _chosen(request, "datatype", KINDS),
        owner_id=_anybody(number(request, "ownedBy", ALL)),
        group_id=_group(request),
        fields=_chosen(request, "field", {name: name for name in FIELDS}),
        since=_day(request, "startdateinput"),
        until=_day(request, "enddateinput"),
        date=ACQUIRED if flag(request, "useAcquisitionDate") else IMPORTED,
    )
    results = search(request.conn, wanted, request.omero.user_id)
    accept = request.headers.get("Accept", "")
    if "application/json" in accept and "text/html" not in accept:
        return Response(
            json_body={"results": [one.as_json() for one in results]}, content_type="application/json", charset="utf-8"
        )
    return {"results": results, "base": request.route_path("client.index")}


def _chosen(request: Request, name: str, known: dict[str, str]) -> tuple[str, ...]:
    words = request.GET.getall(name) or list(known)
    unknown = [word for word in words if word not in known]
    if unknown:
        raise InvalidInput(f"{name} must be one of {', '.join(known)}")
    return tuple(dict.fromkeys(known[word] for word in words))


def _group(request: Request) -> int:
    group = number(request, "searchGroup", ALL)
    if group != ALL and not may_see_group(request, group):
        raise Forbidden("Not a member of Group")
    return group


def _anybody(owner: int) -> int | None:
    return None if owner == ALL else owner


def _day(request: Request, name: str) -> str:
    text = request.GET.get(name, "").strip()
    if not text:
        return ""
    found = _DAY.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{name} must be a day, like 2026-05-03")
    return "".join(found.groups())
