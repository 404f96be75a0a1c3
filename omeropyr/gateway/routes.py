"""The addresses of the gateway, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator

from omeropyr.connection.client_config import ClientConfigs
from omeropyr.connection.images import ImageCache
from omeropyr.gateway.lookups import CONFIGS, IMAGES

_ID = "[0-9]+"
_IMAGE = f"{{iid:{_ID}}}"
_PLANE = f"{{z:{_ID}}}/{{t:{_ID}}}"
_BOX = f"{{w:{_ID}}}/{{h:{_ID}}}"

# Route, address below /webgateway, view below omeropyr.gateway.views.
ROUTES = (
    ("gateway.render_image", f"/render_image/{_IMAGE}/{_PLANE}/", "rendering.render_image"),
    ("gateway.render_image_z", f"/render_image/{_IMAGE}/{{z:{_ID}}}/", "rendering.render_image"),
    ("gateway.render_image_default", f"/render_image/{_IMAGE}/", "rendering.render_image"),
    ("gateway.render_image_region", f"/render_image_region/{_IMAGE}/{_PLANE}/", "rendering.render_image_region"),
    ("gateway.render_thumbnail", f"/render_thumbnail/{_IMAGE}/{_BOX}/", "thumbnails.render_thumbnail"),
    ("gateway.render_thumbnail_side", f"/render_thumbnail/{_IMAGE}/{{w:{_ID}}}/", "thumbnails.render_thumbnail"),
    ("gateway.render_thumbnail_default", f"/render_thumbnail/{_IMAGE}/", "thumbnails.render_thumbnail"),
    ("gateway.get_thumbnail", f"/get_thumbnail/{_IMAGE}/{_BOX}/", "thumbnails.get_thumbnail"),
    ("gateway.get_thumbnail_side", f"/get_thumbnail/{_IMAGE}/{{w:{_ID}}}/", "thumbnails.get_thumbnail"),
    ("gateway.get_thumbnail_default", f"/get_thumbnail/{_IMAGE}/", "thumbnails.get_thumbnail"),
    ("gateway.get_thumbnails", f"/get_thumbnails/{{w:{_ID}}}/", "thumbnails.get_thumbnails"),
    ("gateway.get_thumbnails_default", "/get_thumbnails/", "thumbnails.get_thumbnails"),
    ("gateway.image_data", f"/imgData/{_IMAGE}/", "image_data.image_data"),
    ("gateway.image_data_part", f"/imgData/{_IMAGE}/{{key}}/", "image_data.image_data"),
    ("gateway.projects", "/proj/list/", "containers.projects"),
    ("gateway.project", f"/proj/{{id:{_ID}}}/detail/", "containers.project"),
    ("gateway.datasets", f"/proj/{{id:{_ID}}}/children/", "containers.datasets"),
    ("gateway.dataset", f"/dataset/{{id:{_ID}}}/detail/", "containers.dataset"),
    ("gateway.images", f"/dataset/{{id:{_ID}}}/children/", "containers.images"),
    ("gateway.plate", f"/plate/{{pid:{_ID}}}/", "plates.plate"),
    ("gateway.plate_field", f"/plate/{{pid:{_ID}}}/{{field:{_ID}}}/", "plates.plate"),
    ("gateway.plate_run", f"/plate/{{pid:{_ID}}}/{{field:{_ID}}}/{{acquisition:{_ID}}}/", "plates.plate"),
)


def includeme(config: Configurator) -> None:
    """Add the routes and views, and what the application remembers of images and servers."""
    config.registry[IMAGES] = ImageCache()
    config.registry[CONFIGS] = ClientConfigs()
    for name, address, view in ROUTES:
        config.add_route(name, f"/webgateway{address}")
        config.add_view(f"omeropyr.gateway.views.{view}", route_name=name, request_method="GET")
    config.include("omeropyr.gateway.routes_data")
