"""Add-on: the log-in page in a site's own dress: logo, words, links, colours, icon, language."""

from __future__ import annotations

from omeropyr.addons import Addon
from omeropyr.addons.custom_login.settings import Settings

addon = Addon(
    name="custom_login",
    title="Log-in page of the site's own",
    includeme="omeropyr.addons.custom_login.routes",
    settings=Settings,
)
