"""The addresses of the browser client, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator

from omeropyr.client.lookups import CONFIGS
from omeropyr.connection.client_config import ClientConfigs

# Route, address below /webclient/api, view in omeropyr.client.views.api.
API = (
    ("client.api_groups", "/groups/", "groups"),
    ("client.api_experimenter", "/experimenters/{id:-?[0-9]+}/", "experimenter"),
    ("client.api_containers", "/containers/", "containers"),
    ("client.api_datasets", "/datasets/", "datasets"),
    ("client.api_images", "/images/", "images"),
    ("client.api_plates", "/plates/", "plates"),
    ("client.api_paths_to_object", "/paths_to_object/", "paths_to_object"),
)


def includeme(config: Configurator) -> None:
    """Add the routes and views, and the link at the top of the pages."""
    config.registry[CONFIGS] = ClientConfigs()
    config.add_route("client.index", "/webclient/")
    config.add_view(
        "omeropyr.client.views.page.index",
        route_name="client.index",
        request_method="GET",
        renderer="omeropyr.client:templates/index.pt",
    )
    for name, address, view in API:
        config.add_route(name, f"/webclient/api{address}")
        config.add_view(
            f"omeropyr.client.views.api.{view}", route_name=name, request_method="GET", renderer="json", http_cache=0
        )
    config.include("omeropyr.client.routes_files")
    config.add_nav_link("client.data", "Data", route="client.index", order=10)
