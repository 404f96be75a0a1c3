"""The addresses of the gateway, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator

from omeropyr.connection.client_config import ClientConfigs
from omeropyr.connection.images import ImageCache
from omeropyr.gateway.lookups import CONFIGS, IMAGES

_ID = "[0-9]+"
ROUTES = {
    "gateway.render_image": f"/render_image/{{iid:{_ID}}}/{{z:{_ID}}}/{{t:{_ID}}}/",
    "gateway.render_image_z": f"/render_image/{{iid:{_ID}}}/{{z:{_ID}}}/",
    "gateway.render_image_default": f"/render_image/{{iid:{_ID}}}/",
    "gateway.render_image_region": f"/render_image_region/{{iid:{_ID}}}/{{z:{_ID}}}/{{t:{_ID}}}/",
    "gateway.render_thumbnail": f"/render_thumbnail/{{iid:{_ID}}}/{{w:{_ID}}}/{{h:{_ID}}}/",
    "gateway.render_thumbnail_side": f"/render_thumbnail/{{iid:{_ID}}}/{{w:{_ID}}}/",
    "gateway.render_thumbnail_default": f"/render_thumbnail/{{iid:{_ID}}}/",
    "gateway.get_thumbnail": f"/get_thumbnail/{{iid:{_ID}}}/{{w:{_ID}}}/{{h:{_ID}}}/",
    "gateway.get_thumbnail_side": f"/get_thumbnail/{{iid:{_ID}}}/{{w:{_ID}}}/",
    "gateway.get_thumbnail_default": f"/get_thumbnail/{{iid:{_ID}}}/",
    "gateway.get_thumbnails": f"/get_thumbnails/{{w:{_ID}}}/",
    "gateway.get_thumbnails_default": "/get_thumbnails/",
    "gateway.image_data": f"/imgData/{{iid:{_ID}}}/",
    "gateway.image_data_part": f"/imgData/{{iid:{_ID}}}/{{key}}/",
}


def includeme(config: Configurator) -> None:
    """Add the routes and views, and what the application remembers of images and servers."""
    config.registry[IMAGES] = ImageCache()
    config.registry[CONFIGS] = ClientConfigs()
    for name, pattern in ROUTES.items():
        config.add_route(name, f"/webgateway{pattern}")
    config.scan("omeropyr.gateway.views")
