"""A table as a page, as JSON, and as CSV made while it is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.files import FileFacts, find_file
from omeropyr.connection.held import Held
from omeropyr.connection.tables import Wanted, csv_chunks, found_rows, open_table, opened_table, query_table
from omeropyr.errors import InvalidInput, TooLarge
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.downloads import send_stream
from omeropyr.web.table_parameters import wanted_rows

# What the ids in a column are of, as the client's own links say it.
LINKS = {
    "ImageColumn": "image",
    "WellColumn": "well",
    "PlateColumn": "plate",
    "DatasetColumn": "dataset",
}
TEXTS = ("StringColumn", "BoolColumn")


def as_page(request: Request) -> dict[str, Any]:
    """Give the page; a query that makes no sense is said beside it, over an empty table."""
    file = find_file(request.conn, _id(request))
    request.response.headers["Cache-Control"] = "no-store"
    try:
        found, refused = _answer(request, file, "client.table"), ""
    except (InvalidInput, TooLarge) as error:
        if not request.GET.get("query"):
            raise
        request.response.status_int = error.status
        found, refused = None, error.message
    query = request.GET.get("query", "")
    known = {"links": LINKS, "texts": TEXTS, "shown": shown}
    return {"file": file, "table": found, "refused": refused, "query": query, **known}


def shown(value: Any) -> str:
    """A cell for the eye: six digits of a number, nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def as_json(request: Request) -> Response:
    """Give a page of rows, with the addresses of the next and the previous one."""
    found = _answer(request, find_file(request.conn, _id(request)), "client.table_json")
    response = Response(json_body=found, content_type="application/json", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def as_csv(request: Request) -> Response:
    """Give rows as a file; its first line has the columns' names unless ``header=false``."""
    file = find_file(request.conn, _id(request))
    wanted = _wanted(request)
    held = Held(request, open_table)
    try:
        places, hits, _ = found_rows(held.get(file.id), wanted, request.settings.web.max_table_download_rows)
    except BaseException as error:
        held.release(error)
        raise
    header = request.GET.get("header") != "false"
    chunks = csv_chunks(held, file.id, places, hits, header=header)
    return send_stream(request, f"{file.name}.csv", held, chunks, content_type="text/csv", charset="utf-8")


def _answer(request: Request, file: FileFacts, route: str) -> dict[str, Any]:
    wanted = _wanted(request)
    with opened_table(request.conn, file.id) as table:
        found = query_table(table, wanted, request.settings.web.max_table_download_rows)
    found["data"] |= {"name": file.name, "path": file.path, "id": file.id}
    found["meta"] |= _pages(request, file.id, wanted, int(found["meta"]["totalCount"]), route)
    return found


def _pages(request: Request, file_id: int, wanted: Wanted, total: int, route: str) -> dict[str, Any]:
    """Where this page stands: its number from 1, and the addresses of those beside it."""
    limit, offset = wanted.limit or 1, wanted.offset
    pages = {"query": wanted.query, "page": offset // limit + 1, "url": request.route_path("client.table", id=file_id)}

    def address(start: int) -> str:
        asked = {"limit": limit, **({"query": wanted.query} if wanted.query != "*" else {}), "offset": start}
        names = [("col_names", name) for name in wanted.columns]
        return f"{request.route_path(route, id=file_id)}?{urlencode([*asked.items(), *names])}"

    if offset + limit < total:
        pages["next"] = address(offset + limit)
    if offset > 0:
        pages["prev"] = address(max(0, offset - limit))
    return pages


def _wanted(request: Request) -> Wanted:
    found = wanted_rows(request, query="*", limit=request.settings.web.page_size)
    if not found.limit:
        raise InvalidInput("limit must be at least 1")
    return found


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
