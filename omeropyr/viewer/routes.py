"""The address of the viewer, and what it offers to other pages."""

from __future__ import annotations

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the page; offer it to the pages that open images."""
    config.add_route("viewer.image", "/webclient/img_detail/{iid:[0-9]+}/")
    config.add_public_view("viewer.image")
    config.add_viewer("viewer.image", "Image viewer", route="viewer.image")
    config.add_view(
        "omeropyr.viewer.views.image",
        route_name="viewer.image",
        request_method="GET",
        renderer="omeropyr.viewer:templates/image.pt",
    )
