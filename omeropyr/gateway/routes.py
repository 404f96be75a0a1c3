"""The addresses of the gateway for pictures, rendering settings and ROIs, as OMERO.web's programs know them.

Those of lists, tables and downloads stand in `routes_data`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.connection.client_config import ClientConfigs
from omeropyr.connection.images import ImageCache
from omeropyr.connection.lookup_tables import LookupTables
from omeropyr.gateway.lookups import CONFIGS, IMAGES, TABLES
from omeropyr.web.static_files import add_named_folder

_ID = "[0-9]+"
_IMAGE = f"{{iid:{_ID}}}"
_Z = f"{{z:{_ID}}}"
_PLANE = f"{_Z}/{{t:{_ID}}}"
_SIDE = f"{{w:{_ID}}}"
_BOX = f"{_SIDE}/{{h:{_ID}}}"
READ, WRITE, EITHER = ("GET",), ("POST",), ("GET", "POST")


ICONS = Path(__file__).parent / "icons"
"""Pictures that programs load by the addresses they have in OMERO.web (tools/program_icons.py draws them)."""


class Route(NamedTuple):
    """An address below /webgateway, its view below omeropyr.gateway.views, the methods it takes.

    `mirrored` ones are below /webclient too.
    """

    name: str
    address: str
    view: str
    methods: tuple[str, ...] = READ
    mirrored: bool = False


ROUTES = (
    Route("render_image", f"/render_image/{_IMAGE}/{_PLANE}/", "rendering.render_image", EITHER, True),
    Route("render_image_z", f"/render_image/{_IMAGE}/{_Z}/", "rendering.render_image", EITHER, True),
    Route("render_image_default", f"/render_image/{_IMAGE}/", "rendering.render_image", EITHER, True),
    Route(
        "render_image_region",
        f"/render_image_region/{_IMAGE}/{_PLANE}/",
        "rendering.render_image_region",
        EITHER,
        True,
    ),
    Route("render_image_rdef", f"/render_image_rdef/{_IMAGE}/{_PLANE}/", "rendering.render_image_rdef", EITHER),
    Route("render_image_rdef_z", f"/render_image_rdef/{_IMAGE}/{_Z}/", "rendering.render_image_rdef", EITHER),
    Route("render_image_rdef_default", f"/render_image_rdef/{_IMAGE}/", "rendering.render_image_rdef", EITHER),
    Route(
        "render_image_region_rdef",
        f"/render_image_region_rdef/{_IMAGE}/{_PLANE}/",
        "rendering.render_image_region_rdef",
        EITHER,
    ),
    Route(
        "render_split_channel", f"/render_split_channel/{_IMAGE}/{_PLANE}/", "plots.render_split_channel", EITHER, True
    ),
    Route("render_row_plot", f"/render_row_plot/{_IMAGE}/{_PLANE}/{{y:{_ID}}}/", "plots.render_row_plot", EITHER, True),
    Route(
        "render_row_plot_w",
        f"/render_row_plot/{_IMAGE}/{_PLANE}/{{y:{_ID}}}/{_SIDE}/",
        "plots.render_row_plot",
        EITHER,
        True,
    ),
    Route("render_col_plot", f"/render_col_plot/{_IMAGE}/{_PLANE}/{{x:{_ID}}}/", "plots.render_col_plot", EITHER, True),
    Route(
        "render_col_plot_w",
        f"/render_col_plot/{_IMAGE}/{_PLANE}/{{x:{_ID}}}/{_SIDE}/",
        "plots.render_col_plot",
        EITHER,
        True,
    ),
    Route("histogram", f"/histogram_json/{_IMAGE}/channel/{{theC:{_ID}}}/", "plots.histogram"),
    Route("render_thumbnail", f"/render_thumbnail/{_IMAGE}/{_BOX}/", "thumbnails.render_thumbnail"),
    Route("render_thumbnail_side", f"/render_thumbnail/{_IMAGE}/{_SIDE}/", "thumbnails.render_thumbnail"),
    Route("render_thumbnail_default", f"/render_thumbnail/{_IMAGE}/", "thumbnails.render_thumbnail", mirrored=True),
    Route("render_birds_eye_view", f"/render_birds_eye_view/{_IMAGE}/", "thumbnails.render_thumbnail", mirrored=True),
    Route(
        "render_birds_eye_view_side",
        f"/render_birds_eye_view/{_IMAGE}/{_SIDE}/",
        "thumbnails.render_thumbnail",
        mirrored=True,
    ),
    Route("get_thumbnail", f"/get_thumbnail/{_IMAGE}/{_BOX}/", "thumbnails.get_thumbnail"),
    Route("get_thumbnail_side", f"/get_thumbnail/{_IMAGE}/{_SIDE}/", "thumbnails.get_thumbnail"),
    Route("get_thumbnail_default", f"/get_thumbnail/{_IMAGE}/", "thumbnails.get_thumbnail", mirrored=True),
    Route("get_thumbnails", f"/get_thumbnails/{_SIDE}/", "thumbnails.get_thumbnails"),
    Route("get_thumbnails_default", "/get_thumbnails/", "thumbnails.get_thumbnails", mirrored=True),
    Route("image_data", f"/imgData/{_IMAGE}/", "image_data.image_data", mirrored=True),
    Route("image_data_part", f"/imgData/{_IMAGE}/{{key}}/", "image_data.image_data", mirrored=True),
    Route("render_ome_tiff", f"/render_ome_tiff/{{ctx:[a-z]}}/{{cid:{_ID}}}/", "ome_tiff.render_ome_tiff"),
    Route("render_movie", f"/render_movie/{_IMAGE}/{{axis:[zt]}}/{{pos:{_ID}}}/", "ome_tiff.render_movie", EITHER),
    Route("rois", f"/get_rois_json/{_IMAGE}/", "rois.rois"),
    Route("shape", f"/get_shape_json/{{roi:{_ID}}}/{{shape:{_ID}}}/", "rois.shape"),
    Route("render_roi_thumbnail", f"/render_roi_thumbnail/{{roi:{_ID}}}/", "rois.render_roi_thumbnail", EITHER),
    Route("render_shape_thumbnail", f"/render_shape_thumbnail/{{shape:{_ID}}}/", "rois.render_shape_thumbnail", EITHER),
    Route("render_shape_mask", f"/render_shape_mask/{{shape:{_ID}}}/", "rois.render_shape_mask"),
    Route("saved_settings", f"/get_image_rdefs_json/{_IMAGE}/", "saved_settings.all_settings"),
    Route("save_settings", f"/saveImgRDef/{_IMAGE}/", "saved_settings.save", WRITE, True),
    Route("clipboard", "/getImgRDef/", "saved_settings.clipboard", READ, True),
    Route("copy_settings", "/copyImgRDef/", "saved_settings.copy", EITHER, True),
    Route("reset_settings", "/resetRDef/", "saved_settings.reset", WRITE),
    Route("apply_owners", "/applyOwnersRDef/", "saved_settings.apply_owners", WRITE),
    Route("compatible", f"/compatImgRDef/{_IMAGE}/", "saved_settings.compatible"),
    Route("luts", "/luts/", "luts.luts", READ, True),
    Route("luts_png", "/luts_png/", "luts.luts_png"),
    Route("projects", "/proj/list/", "containers.projects"),
    Route("project", f"/proj/{{id:{_ID}}}/detail/", "containers.project"),
    Route("datasets", f"/proj/{{id:{_ID}}}/children/", "containers.datasets"),
    Route("dataset", f"/dataset/{{id:{_ID}}}/detail/", "containers.dataset"),
    Route("images", f"/dataset/{{id:{_ID}}}/children/", "containers.images"),
    Route("plate", f"/plate/{{pid:{_ID}}}/", "plates.plate"),
    Route("plate_field", f"/plate/{{pid:{_ID}}}/{{field:{_ID}}}/", "plates.plate"),
    Route("plate_run", f"/plate/{{pid:{_ID}}}/{{field:{_ID}}}/{{acquisition:{_ID}}}/", "plates.plate"),
)

# What OMERO.web has below /webclient alone.
CLIENT_ROUTES = (
    Route(
        "render_image_download",
        f"/render_image_download/{_IMAGE}/{_PLANE}/",
        "rendering.render_image_download",
        EITHER,
    ),
    Route("render_image_download_default", f"/render_image_download/{_IMAGE}/", "rendering.render_image_download"),
    Route("render_thumbnail_resize", f"/render_thumbnail/size/{_SIDE}/{_IMAGE}/", "thumbnails.render_thumbnail"),
)

# What belongs to a web session, or is not there: nothing for visitors without an account.
NOT_PUBLIC = frozenset(("clipboard", "copy_settings", "compatible", "render_movie"))


def includeme(config: Configurator) -> None:
    """Add the routes and views, and what the application remembers of images and servers."""
    config.registry[IMAGES] = ImageCache()
    config.registry[CONFIGS] = ClientConfigs()
    config.registry[TABLES] = LookupTables()
    for route in ROUTES:
        _add(config, f"gateway.{route.name}", f"/webgateway{route.address}", route)
        if route.mirrored:
            _add(config, f"gateway.web_{route.name}", f"/webclient{route.address}", route)
    for route in CLIENT_ROUTES:
        _add(config, f"gateway.web_{route.name}", f"/webclient{route.address}", route)
    config.add_route("gateway.index", "/webgateway/")
    config.add_view(
        "omeropyr.gateway.views.welcome.welcome",
        route_name="gateway.index",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
    for name in ("webgateway", "webclient"):
        add_named_folder(config, name, ICONS / name)
    config.include("omeropyr.gateway.routes_data")


def _add(config: Configurator, name: str, address: str, route: Route) -> None:
    config.add_route(name, address)
    config.add_view(f"omeropyr.gateway.views.{route.view}", route_name=name, request_method=route.methods)
    if "GET" in route.methods and route.name not in NOT_PUBLIC:
        config.add_public_view(name)
