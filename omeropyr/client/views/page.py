"""The page of the browser client."""

from __future__ import annotations

import json
from typing import Any

from pyramid.request import Request

from omeropyr.addons.directives import default_viewer


def index(request: Request) -> dict[str, Any]:
    """Give the page with tree and thumbnails.

    `viewer_url` has `{iid}` for the image, `None` where no viewer is on; `panels` are the add-ons' tabs, as JSON.
    """
    viewer = default_viewer(request.registry)
    url = None if viewer is None else request.route_path(viewer.route, iid="IID").replace("IID", "{iid}")
    request.response.headers["Cache-Control"] = "no-store"
    panels = json.dumps([panel._asdict() for panel in request.panels])
    return {"viewer_url": url, "page_size": request.settings.web.page_size, "panels": panels}
