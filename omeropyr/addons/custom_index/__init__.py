"""Add-on: a start page of the site's own, from its Chameleon template or Markdown file, with its static files."""

from __future__ import annotations

from omeropyr.addons import Addon
from omeropyr.addons.custom_index.settings import Settings

addon = Addon(
    name="custom_index",
    title="Start page of the site's own",
    includeme="omeropyr.addons.custom_index.routes",
    settings=Settings,
    url_prefixes=("/welcome",),
)
