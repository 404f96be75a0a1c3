"""`imgData`: an image and its rendering settings as JSON."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import ObjectNotFound
from omeropyr.gateway.answers import answer_json
from omeropyr.gateway.lookups import client_config, find_image
from omeropyr.marshal.images import image_data as marshal


def image_data(request: Request) -> Response:
    """Give `imgData` of an image, or the part of it that a dotted path names (`size.width`); null if there is none."""
    image = find_image(request)
    defaults = request.GET.get("getDefaults") == "true"
    data = marshal(request.conn, image, client_config(request), defaults=defaults)
    if data is None:
        raise ObjectNotFound(f"There is no image {image.id}, or you may not see it.")
    key = request.matchdict.get("key")
    return answer_json(request, part(data, key) if key else data)


def part(data: Any, path: str) -> Any:
    """Give what a dotted path names in nested dicts, `None` where there is nothing."""
    for name in path.split("."):
        if not isinstance(data, dict) or name not in data:
            return None
        data = data[name]
    return data
