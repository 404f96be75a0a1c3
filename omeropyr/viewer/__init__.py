"""Add-on `viewer`: the multi-dimensional viewer of one image."""

from __future__ import annotations

from omeropyr.addons import Addon

addon = Addon(
    name="viewer",
    title="Image viewer",
    includeme="omeropyr.viewer.routes",
    requires=("gateway",),
    url_prefixes=("/viewer", "/webclient/img_detail"),
)
