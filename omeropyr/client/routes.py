"""The addresses of the browser client, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator

from omeropyr.client.lookups import CONFIGS
from omeropyr.connection.client_config import ClientConfigs

# Route, address below /webclient/api, view in omeropyr.client.views, and method where it is not GET.
API = (
    ("client.api_groups", "/groups/", "api.groups", "GET"),
    ("client.api_experimenter", "/experimenters/{id:-?[0-9]+}/", "api.experimenter", "GET"),
    ("client.api_containers", "/containers/", "api.containers", "GET"),
    ("client.api_datasets", "/datasets/", "api.datasets", "GET"),
    ("client.api_images", "/images/", "api.images", "GET"),
    ("client.api_plates", "/plates/", "api.plates", "GET"),
    ("client.api_paths_to_object", "/paths_to_object/", "api.paths_to_object", "GET"),
    ("client.api_plate_acquisitions", "/plate_acquisitions/", "api.plate_acquisitions", "GET"),
    ("client.api_annotations", "/annotations/", "annotations.list_annotations", "GET"),
    ("client.api_tags", "/tags/", "annotations.tags_and_tagged", "GET"),
    ("client.api_tags", "/tags/", "annotations.delete_tag", "DELETE"),
    ("client.api_parent_links", "/parent_links/", "links.parent_links", "GET"),
    ("client.api_links", "/links/", "links.make_links", "POST"),
    ("client.api_links", "/links/", "links.remove_links", "DELETE"),
    ("client.api_shares", "/shares/", "annotations.shares", "GET"),
)

# What is asked below /webclient: route, address, view in omeropyr.client.views, renderer (none: it answers itself).
ASKED = (
    ("client.avatar", "/avatar/{id:[0-9]+}/", "people.avatar", None),
    ("client.group_user_content", "/group_user_content/", "people.group_user_content", "group_user_content.pt"),
    ("client.load_chgrp_groups", "/load_chgrp_groups/", "people.load_chgrp_groups", "json"),
    ("client.fileset_check", "/fileset_check/{action:[a-z]+}/", "people.fileset_check", "json"),
    ("client.load_searching", "/load_searching/", "search.load_searching", "search_results.pt"),
    ("client.load_searching_form", "/load_searching/form/", "search.load_searching", "search_results.pt"),
    ("client.search", "/search/", "search_page.show", "search.pt"),
)

# Of these, what visitors without an account may read.
PUBLIC = ("client.avatar", "client.load_searching", "client.load_searching_form", "client.search")


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
    for name, address in dict.fromkeys((name, address) for name, address, _, _ in API):
        config.add_route(name, f"/webclient/api{address}")
    for name, _, view, method in API:
        config.add_view(
            f"omeropyr.client.views.{view}", route_name=name, request_method=method, renderer="json", http_cache=0
        )
    for name, address, view, renderer in ASKED:
        config.add_route(name, f"/webclient{address}")
        template = f"omeropyr.client:templates/{renderer}" if renderer and renderer.endswith(".pt") else renderer
        options = {"http_cache": 0} if renderer else {}
        config.add_view(
            f"omeropyr.client.views.{view}", route_name=name, request_method="GET", renderer=template, **options
        )
    for name in ("client.index", *(name for name, _, _, method in API if method == "GET"), *PUBLIC):
        config.add_public_view(name)
    config.include("omeropyr.client.routes_files")
    config.include("omeropyr.client.routes_changes")
    config.add_nav_link("client.data", "Data", route="client.index", order=10)
