"""Where the page, its files and its preview are."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.static import static_view

from omeropyr.addons.custom_index import views
from omeropyr.addons.custom_index.page import BrokenPage, check, file_of
from omeropyr.addons.custom_index.settings import Settings
from omeropyr.settings import get_settings

ADMIN = "admin"
HOUR = 3600


def includeme(config: Configurator) -> None:
    """Check the page; ConfigurationError names the file and the line."""
    settings = get_settings(config.registry)
    own: Settings = settings.addons["custom_index"]
    try:
        file = file_of(own, settings.web.index_template)
        if file is not None:
            check(file)
    except BrokenPage as error:
        raise ConfigurationError(str(error)) from error
    config.registry[views.PAGE] = file
    public: dict[str, Any] = {"request_method": "GET", "permission": NO_PERMISSION_REQUIRED}
    config.add_route("custom_index.page", "/welcome/")
    config.add_route("custom_index.preview", "/welcome/preview/")
    config.add_view(views.show_page if own.live else views.show_nothing, route_name="custom_index.page", **public)
    config.add_view(views.show_preview, route_name="custom_index.preview", request_method="GET", permission=ADMIN)
    # Without a slash at its end, so that files/logo.svg is the same file as on the page itself.
    config.add_route("custom_index.draft", "/welcome/draft")
    config.add_view(views.show_draft, route_name="custom_index.draft", request_method="GET", permission=ADMIN)
    config.add_admin_page("custom_index.preview", "Start page", route="custom_index.preview", permission=ADMIN)
    if own.live:
        config.add_start_page("custom_index.page", "Start page", route="custom_index.page")
    if own.static is not None:
        config.registry[views.FILES] = static_view(
            str(own.static),
            cache_max_age=0 if settings.core.development else HOUR,
            use_subpath=True,
        )
        config.add_route("custom_index.files", "/welcome/files/*subpath")
        config.add_view(views.show_file, route_name="custom_index.files", **public)
