"""Add-on `gateway`: the image and JSON end points under /webgateway/ that other programs use."""

from __future__ import annotations

from omeropyr.addons import Addon
from omeropyr.gateway.settings import Settings

# What OMERO.web's client serves of the gateway below its own address, for programs that ask there.
_MIRRORS = (
    *("render_image", "render_image_region", "render_image_download", "render_birds_eye_view", "render_split_channel"),
    *("render_row_plot", "render_col_plot", "render_thumbnail", "get_thumbnail", "get_thumbnails", "imgData"),
    *("saveImgRDef", "getImgRDef", "copyImgRDef", "luts"),
)

addon = Addon(
    name="gateway",
    title="Image gateway",
    includeme="omeropyr.gateway.routes",
    settings=Settings,
    url_prefixes=("/webgateway", *(f"/webclient/{name}" for name in _MIRRORS)),
)
