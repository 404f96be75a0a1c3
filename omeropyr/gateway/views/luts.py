"""Lookup tables of the server."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.gateway.answers import answer_json, kept_picture
from omeropyr.gateway.lookups import lookup_tables
from omeropyr.gateway.luts import luts_data
from omeropyr.gateway.luts import luts_png as draw


def luts(request: Request) -> Response:
    """List the tables; with `rgb=true` with their colours."""
    server, known = request.omero.server_id, lookup_tables(request)
    tables = known.all(server, request.conn)
    colours = known.colours(server, request.conn, tables) if request.GET.get("rgb") == "true" else None
    return answer_json(request, luts_data(tables, colours))


def luts_png(request: Request) -> Response:
    """Draw all tables as one picture; `cached=false` asks OMERO whether there are new ones."""
    server, known = request.omero.server_id, lookup_tables(request)
    tables = known.all(server, request.conn, fresh=request.GET.get("cached") == "false")

    def produce() -> bytes:
        return draw(tables, known.colours(server, request.conn, tables))

    return kept_picture(request, tuple((table.id, table.version) for table in tables), produce, "image/png")
