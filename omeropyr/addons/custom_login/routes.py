"""Where the add-on's pages are, and the log-in page that it replaces."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.events import BeforeRender
from pyramid.exceptions import ConfigurationError
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.addons.custom_login import views
from omeropyr.addons.custom_login.brand import make_brand
from omeropyr.addons.custom_login.settings import Settings
from omeropyr.settings import get_settings

ADMIN = "admin"
PAGE = "omeropyr.addons.custom_login:templates/login.pt"
SHOWN_BY = ("omeropyr:web/login.pt", "templates/preview.pt")


def includeme(config: Configurator) -> None:
    """Read the site's files once, so that one that cannot be read stops the start."""
    own: Settings = get_settings(config.registry).addons["custom_login"]
    try:
        brand = make_brand(own)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"addon.custom_login: a file of the site cannot be read ({error})") from error
    config.registry[views.BRAND] = brand
    config.add_route("custom_login.file", "/file/{name:logo|logo_dark|favicon}/{version:[0-9a-f]{12}}")
    config.add_route("custom_login.colours", "/colours/{version:[0-9a-f]{12}}.css")
    config.add_route("custom_login.preview", "/preview/")
    public: dict[str, Any] = {"request_method": "GET", "permission": NO_PERMISSION_REQUIRED}
    config.add_view(views.show_file, route_name="custom_login.file", **public)
    config.add_view(views.show_colours, route_name="custom_login.colours", **public)
    config.add_view(
        views.show_preview,
        route_name="custom_login.preview",
        request_method="GET",
        permission=ADMIN,
        renderer="templates/preview.pt",
    )
    config.add_admin_page("custom_login.preview", "Log-in page", route="custom_login.preview", permission=ADMIN)
    config.add_subscriber(add_brand, BeforeRender)
    if own.live:
        config.override_template("web/login.pt", PAGE)


def add_brand(event: BeforeRender) -> None:
    """The name ``brand`` for the templates of this add-on."""
    if event.get("renderer_name") in SHOWN_BY and event["request"] is not None:
        event["brand"] = views.shown(event["request"])
