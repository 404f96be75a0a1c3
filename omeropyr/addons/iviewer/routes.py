"""The addresses that OMERO.iviewer asks for, and where it is offered to other pages."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from omeropyr.addons.iviewer.bundle import PACKAGE, find_bundle
from omeropyr.addons.iviewer.views import CONFIGS
from omeropyr.connection.client_config import ClientConfigs
from omeropyr.settings.values import get_settings
from omeropyr.web.static_files import add_named_folder

_ID = "[0-9]+"
_RANGE = "[0-9]+(?:-[0-9]+)?"

# Route, address below /iviewer, view. Its scripts ask for some with and some without the slash at the end.
ROUTES = (
    ("iviewer.index", "/", "index"),
    ("iviewer.image", f"/image/{{iid:{_ID}}}/", "index"),
    ("iviewer.image_data", f"/image_data/{{iid:{_ID}}}/", "image_data"),
    ("iviewer.delta_t", f"/image_data/{{iid:{_ID}}}/delta_t/", "delta_t"),
    ("iviewer.region_image_data", f"/{{kind:roi|shape}}/{{id:{_ID}}}/image_data/", "region_image_data"),
    ("iviewer.region_page", f"/{{kind:roi|shape}}/{{id:{_ID}}}/page_data/", "region_page"),
    ("iviewer.well_images", "/well_images/", "well_images"),
    ("iviewer.intensity", "/get_intensity/", "intensity"),
    ("iviewer.shape_stats", "/shape_stats/", "shape_stats"),
    ("iviewer.rois_by_plane", f"/rois_by_plane/{{iid:{_ID}}}/{{z:{_RANGE}}}/{{t:{_RANGE}}}/", "rois_by_plane"),
    ("iviewer.plane_shape_counts", f"/plane_shape_counts/{{iid:{_ID}}}/", "plane_shape_counts"),
    ("iviewer.save_projection", "/save_projection/", "save_projection"),
)


def includeme(config: Configurator) -> None:
    """Add the page, its JSON and the bundle's files; offer the viewer and an entry of Open with."""
    try:
        bundle = find_bundle(get_settings(config.registry).addons["iviewer"].static)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    config.registry[CONFIGS] = ClientConfigs()
    for name, address, view in ROUTES:
        config.add_route(name, f"/iviewer{address}")
        renderer = "omeropyr.addons.iviewer:templates/page.pt" if view == "index" else "json"
        config.add_view(
            f"omeropyr.addons.iviewer.views.{view}", route_name=name, request_method="GET", renderer=renderer
        )
        if name != "iviewer.save_projection":
            config.add_public_view(name)
    config.add_route("iviewer.persist_rois", "/iviewer/persist_rois/")
    config.add_view(
        "omeropyr.addons.iviewer.views.persist_rois",
        route_name="iviewer.persist_rois",
        request_method="POST",
        renderer="json",
    )
    add_named_folder(config, PACKAGE, bundle)
    config.add_viewer("iviewer.image", "OMERO.iviewer", route="iviewer.image", order=200)
    config.add_open_with("iviewer.open", "OMERO.iviewer", route="iviewer.index", supports=("images", "dataset", "well"))
    # Its templates carry style attributes, which a nonce cannot allow.
    config.add_csp(style_src=["'unsafe-inline'"])
