"""The shell that all pages share: core views, error pages, static files, the layout."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.events import BeforeRender
from pyramid.renderers import get_renderer
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.web.static_files import import_map


def includeme(config: Configurator) -> None:
    """Routes and views of the core, and what every template may use."""
    config.add_subscriber(add_template_names, BeforeRender)
    config.add_route("start", "/")
    config.add_route("favicon", "/favicon.ico")
    config.add_route("keepalive", "/webclient/keepalive_ping/")
    config.include("omeropyr.web.header")
    config.include("omeropyr.web.login_views")
    _add_views(config)


def add_template_names(event: BeforeRender) -> None:
    """``layout`` (a macro), ``import_map`` (JSON, safe in a script element), ``quote``, beside Pyramid's own names."""
    request = event["request"]
    if request is None or not str(event.get("renderer_name", "")).endswith(".pt"):
        return
    event["quote"] = quote
    event["layout"] = get_renderer("omeropyr:web/layout.pt").implementation()
    event["import_map"] = json.dumps({"imports": import_map(request)}).replace("<", "\\u003c")


def _add_views(config: Configurator) -> None:
    base = "omeropyr.web.views."
    public: dict[str, Any] = {"permission": NO_PERMISSION_REQUIRED}
    config.add_view(f"{base}go_to_start", route_name="start", request_method="GET", **public)
    config.add_view(f"{base}show_favicon", route_name="favicon", request_method="GET", **public)
    config.add_view(f"{base}keep_alive", route_name="keepalive", renderer="string", **public)
