"""The viewer's page."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from omeropyr.errors import ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID
from omeropyr.viewer.images import image_name


def image(request: Request) -> dict[str, Any]:
    """Give the page that shows one image; `?dataset=` names the dataset whose images come before and after it."""
    text = request.matchdict["iid"].lstrip("0")
    name = None
    if text and len(text) <= 19 and int(text) <= MAX_ID:
        name = image_name(request.conn, int(text))
    if name is None:
        raise ObjectNotFound("There is no image with this id, or you may not see it.")
    request.response.headers["Cache-Control"] = "no-store"
    return {"image_id": int(text), "image_name": name}
