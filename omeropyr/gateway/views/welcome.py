"""What stands at the gateway's own address, from which programs make all others."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response


def welcome(_request: Request) -> Response:
    """Say what this is, to anybody."""
    response = Response("Welcome to the image gateway.", content_type="text/plain", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
