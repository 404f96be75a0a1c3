"""Attachments and other original files, and what the files of an image say beyond OMERO's model."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.attachments import attached_file, metadata_text, original_file, original_metadata
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.downloads import send_bytes, send_original


def annotation_file(request: Request) -> Response:
    """Give the file of a file annotation, to be saved."""
    return send_original(request, attached_file(request.conn, _id(request)))


def show_original_file(request: Request) -> Response:
    """Give a file, to be shown where its type is harmless."""
    return send_original(request, original_file(request.conn, _id(request)), show=True)


def download_original_file(request: Request) -> Response:
    """Give a file, to be saved."""
    return send_original(request, original_file(request.conn, _id(request)))


def download_metadata(request: Request) -> Response:
    """Give an image's original metadata as a text file."""
    text = metadata_text(*original_metadata(request.conn, _id(request)))
    return send_bytes("Original_Metadata.txt", text.encode(), content_type="text/plain", charset="utf-8")


def load_metadata(request: Request) -> dict[str, Any] | Response:
    """Give an image's original metadata as part of a page, or as JSON to whom asks for that."""
    everywhere, series = original_metadata(request.conn, _id(request))
    accept = request.headers.get("Accept", "")
    if "application/json" in accept and "text/html" not in accept:
        found = {"global": [list(pair) for pair in everywhere], "series": [list(pair) for pair in series]}
        return Response(json_body=found, content_type="application/json", charset="utf-8")
    return {"parts": [("Global metadata", everywhere), ("Series metadata", series)]}


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
