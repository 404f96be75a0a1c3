"""The page of the browser client."""

from __future__ import annotations

import json
from typing import Any

from pyramid.request import Request

from omeropyr.addons.directives import default_viewer
from omeropyr.security.identity import Identity


def index(request: Request) -> dict[str, Any]:
    """Give the page with tree and thumbnails.

    `viewer_url` has `{iid}` for the image, `None` where no viewer is on; `panels` are the add-ons' tabs, as JSON.
    """
    viewer = default_viewer(request.registry)
    url = None if viewer is None else request.route_path(viewer.route, iid="IID").replace("IID", "{iid}")
    request.response.headers["Cache-Control"] = "no-store"
    panels = json.dumps([panel._asdict() for panel in request.panels])
    size = request.settings.web.page_size
    return {"viewer_url": url, "page_size": size, "panels": panels, "scraped": scraped(request.omero)}


def scraped(who: Identity) -> str:
    """What programs read from the page's text by regular expressions, as OMERO.web's page words it.

    It stands in a comment, where no browser runs it; so the name holds nothing that ends a comment or a string.
    """
    name = "".join(
        letter if letter.isalnum() or letter in " ._" else f"\\u{ord(letter):04x}" for letter in who.full_name
    )
    user = f"WEBCLIENT.USER = {{'id': {who.user_id}, 'fullName': '{name}'}};"
    return f"{user} WEBCLIENT.active_group_id = {who.group_id};"
