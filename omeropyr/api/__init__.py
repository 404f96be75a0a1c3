"""Add-on `api`: OMERO's JSON API, version 0, under /api/."""

from __future__ import annotations

from omeropyr.addons import Addon

addon = Addon(
    name="api",
    title="JSON API",
    includeme="omeropyr.api.routes",
    url_prefixes=("/api",),
)
