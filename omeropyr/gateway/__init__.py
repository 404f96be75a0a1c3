"""Add-on `gateway`: the image and JSON end points under /webgateway/ that other programs use."""

from __future__ import annotations

from omeropyr.addons import Addon
from omeropyr.gateway.settings import Settings

addon = Addon(
    name="gateway",
    title="Image gateway",
    includeme="omeropyr.gateway.routes",
    settings=Settings,
    url_prefixes=("/webgateway",),
)
