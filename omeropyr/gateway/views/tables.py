"""Tables and what is attached of them to objects, as JSON."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection import tables as logic
from omeropyr.connection.bulk_annotations import bulk_annotations
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.answers import answer_json
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.table_parameters import not_negative, wanted_rows

LARGEST_ID = 2**28
"""The largest number in a mask of ids: it makes 32 MB."""


def attached_tables(request: Request) -> Response:
    """Give the tables attached to an object, or to the objects that a path such as ``Plate.wells`` leads from."""
    return answer_json(request, {"data": _attached(request)})


def query(request: Request) -> Response:
    """Give the rows of a table for which a query holds."""
    wanted = wanted_rows(request)
    with logic.opened_table(request.conn, _file(request)) as table:
        return answer_json(request, logic.query_table(table, wanted, request.settings.web.max_table_download_rows))


def metadata(request: Request) -> Response:
    """Give columns, number of rows and notes of a table."""
    with logic.opened_table(request.conn, _file(request)) as table:
        return answer_json(request, logic.describe(table))


def obj_id_bitmask(request: Request) -> Response:
    """Give a bit for each id that occurs in a column of the rows found."""
    wanted = wanted_rows(request)
    column = request.GET.get("col_name", "object")
    with logic.opened_table(request.conn, _file(request)) as table:
        bits = logic.id_bits(table, wanted.query, column, LARGEST_ID)
    response = Response(body=bits, content_type="application/octet-stream", charset=None)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def object_query(request: Request) -> Response:
    """Give rows of the table last attached to an object that answers the query, and whose table it is."""
    wanted = wanted_rows(request)
    most = request.settings.web.max_table_download_rows
    found = sorted(_attached(request), key=lambda one: one["file"], reverse=True)
    refused: InvalidInput | ObjectNotFound | None = None
    for one in found:
        try:
            with logic.opened_table(request.conn, one["file"]) as table:
                data = logic.query_table(table, wanted, most)
        except (InvalidInput, ObjectNotFound) as error:
            refused = refused or error
            continue
        return answer_json(request, data | _whose(one))
    if refused is not None:
        raise refused
    # What OMERO.web's programs ask of every well: that there is nothing is no error of theirs.
    return answer_json(request, {"error": "No table is attached."})


def rows(request: Request) -> Response:
    """Give the numbers of the rows for which a query holds."""
    wanted = wanted_rows(request)
    start = not_negative(request, "start", 0) or 0
    most = request.settings.web.max_table_slice_size
    with logic.opened_table(request.conn, _file(request)) as table:
        return answer_json(request, logic.where_list(table, wanted.query, start, most))


def table_slice(request: Request) -> Response:
    """Give the cells of numbered rows and columns; a form may hold what is too long for an address."""
    asked = request.POST if request.method == "POST" else request.GET
    picked = [asked.get(name, "") for name in ("rows", "columns")]
    if not all(isinstance(text, str) and text for text in picked):
        raise InvalidInput("rows and columns are required, such as rows=1,2,5-10 and columns=0,3-4")
    most = request.settings.web.max_table_slice_size
    with logic.opened_table(request.conn, _file(request)) as table:
        return answer_json(request, logic.table_slice(table, picked[0], picked[1], most))


def _attached(request: Request) -> list[dict[str, Any]]:
    path = request.matchdict
    return bulk_annotations(request.conn, path["objtype"], integer(path["objid"], "id", most=MAX_ID))


def _whose(one: dict[str, Any]) -> dict[str, Any]:
    names = ("owner", "addedBy", "parentType", "parentId", "addedOn")
    return {"id": one["file"], "annId": one["id"], **{name: one[name] for name in names}}


def _file(request: Request) -> int:
    return integer(request.matchdict["fileid"], "id", most=MAX_ID)
