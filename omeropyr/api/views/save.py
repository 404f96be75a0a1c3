"""Making and replacing objects by one address."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.api import saving
from omeropyr.api.endpoints import Endpoint, Operation
from omeropyr.api.objects import find
from omeropyr.api.parameters import read
from omeropyr.api.views.objects import answer_object


def create(request: Request, _endpoint: Endpoint, operation: Operation) -> Response:
    """Make an object; the answer is 201 with the object as a GET would give it."""
    group = read(request.GET, operation.query).get("group")
    kind, object_id = saving.create(request.conn, saving.read_object(request.body), group)
    return answer_object(request, kind, find(request.conn, kind, object_id), operation.status)


def replace(request: Request, _endpoint: Endpoint, operation: Operation) -> Response:
    """Replace an object; the answer is the object as a GET would give it."""
    group = read(request.GET, operation.query).get("group")
    kind, object_id = saving.replace(request.conn, saving.read_object(request.body), group)
    return answer_object(request, kind, find(request.conn, kind, object_id), operation.status)
