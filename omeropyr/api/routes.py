"""Routes and views of the JSON API, made from the declarations of ``omeropyr.api.endpoints``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from pyramid.config import Configurator
from pyramid.events import NewResponse
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.api.endpoints import ENDPOINTS, Endpoint, Operation

VERSION = "0.2"
HEADER = "X-OMERO-ApiVersion"
PREFIX = "/api/"
Answer = Callable[[Request, Endpoint, Operation], Response]


def includeme(config: Configurator) -> None:
    """Add the routes and views, and the header that every answer below /api/ carries."""
    for endpoint in ENDPOINTS:
        config.add_route(endpoint.name, endpoint.pattern)
        for operation in endpoint.operations:
            options: dict[str, Any] = {"permission": NO_PERMISSION_REQUIRED} if operation.public else {}
            config.add_view(
                _view(endpoint, operation), route_name=endpoint.name, request_method=operation.method, **options
            )
            if operation.method == "GET" and not operation.public:
                config.add_public_view(endpoint.name)
    config.add_subscriber(add_version, NewResponse)


def add_version(event: Any) -> None:
    """Say which version of the API answered, errors included."""
    if event.request.environ.get("PATH_INFO", "").startswith(PREFIX):
        event.response.headers[HEADER] = VERSION


def _view(endpoint: Endpoint, operation: Operation) -> Callable[[Request], Response]:
    module, _, name = operation.view.partition(".")
    answer: Answer = getattr(import_module(f"omeropyr.api.views.{module}"), name)

    def view(request: Request) -> Response:
        return answer(request, endpoint, operation)

    return view
