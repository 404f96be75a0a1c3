"""Add-on `client`: the browser for projects, datasets and images under /webclient/."""

from __future__ import annotations

from omeropyr.addons import Addon

addon = Addon(
    name="client",
    title="Browser client",
    includeme="omeropyr.client.routes",
    url_prefixes=("/webclient",),
)
