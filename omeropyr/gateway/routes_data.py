"""The addresses of the gateway for lists, searches, tables and downloads, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator

_ID = "[0-9]+"

# Route, address below /webgateway, view below omeropyr.gateway.views.
ROUTES = (
    ("gateway.archived_files", "/archived_files/download/", "downloads.archived_files"),
    ("gateway.archived_files_of", f"/archived_files/download/{{iid:{_ID}}}/", "downloads.archived_files"),
)


def includeme(config: Configurator) -> None:
    """Add the routes and views."""
    for name, address, view in ROUTES:
        config.add_route(name, f"/webgateway{address}")
        config.add_view(f"omeropyr.gateway.views.{view}", route_name=name, request_method="GET")
