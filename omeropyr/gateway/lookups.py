"""What a request asks of the application's memory: the facts of an image, the configuration of its server."""

from __future__ import annotations

from collections.abc import Iterable

from pyramid.request import Request

from omeropyr.connection.client_config import ClientConfig
from omeropyr.connection.images import ImageCache, ImageFacts, image_facts
from omeropyr.errors import ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID

IMAGES = "omeropyr.gateway.images"
CONFIGS = "omeropyr.gateway.client_configs"


def image_id(request: Request) -> int:
    """Give the image id of the address; one that OMERO could not have is not found, as any other missing one."""
    text = request.matchdict["iid"].lstrip("0") or "0"
    if len(text) > 19 or int(text) > MAX_ID:
        raise ObjectNotFound("There is no image with this id, or you may not see it.")
    return int(text)


def find_image(request: Request, *, recent_will_do: bool = False) -> ImageFacts:
    """Give the facts of the image in the address, asking OMERO; raises `ObjectNotFound`.

    `recent_will_do` takes what this user was told in the last half minute, and then costs no Ice call.
    """
    wanted = image_id(request)
    cache: ImageCache = request.registry[IMAGES]
    known = cache.get(_user(request), wanted) if recent_will_do else None
    if known is not None:
        return known
    found = find_images(request, [wanted]).get(wanted)
    if found is None:
        cache.forget(_user(request), wanted)
        raise ObjectNotFound(f"There is no image {wanted}, or you may not see it.")
    return found


def find_images(request: Request, image_ids: Iterable[int]) -> dict[int, ImageFacts]:
    """Give the facts of several images by one Ice call; missing ones are left out."""
    found = image_facts(request.conn, image_ids)
    for facts in found.values():
        request.registry[IMAGES].put(_user(request), facts)
    return found


def client_config(request: Request) -> ClientConfig:
    """Give the configuration of the user's OMERO server."""
    config: ClientConfig = request.registry[CONFIGS].get(request.omero.server_id, request.conn)
    return config


def _user(request: Request) -> tuple[int, int]:
    return request.omero.server_id, request.omero.user_id
