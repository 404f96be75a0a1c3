"""What a request asks of the application's memory: the facts of an image, the configuration of its server."""

from __future__ import annotations

from collections.abc import Iterable

from pyramid.request import Request

from omeropyr.connection.client_config import ClientConfig
from omeropyr.connection.images import ImageCache, ImageFacts, image_facts
from omeropyr.connection.lookup_tables import LookupTables
from omeropyr.errors import ObjectNotFound
from omeropyr.gateway.rendering import Limits
from omeropyr.marshal.numbers import MAX_ID

IMAGES = "omeropyr.gateway.images"
CONFIGS = "omeropyr.gateway.client_configs"
TABLES = "omeropyr.gateway.lookup_tables"


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


def limits(request: Request) -> Limits:
    """Give what one request may ask for: the site's limits, and the server's for tiles."""
    settings = request.addon_settings("gateway")
    return Limits(settings.max_plane_pixels, client_config(request).max_tile_length, settings.max_projection_bytes)


def lookup_tables(request: Request) -> LookupTables:
    """Give what the application knows of the lookup tables of all servers."""
    known: LookupTables = request.registry[TABLES]
    return known


def forget_image(request: Request, image_id: int) -> None:
    """Let the next request ask OMERO for an image whose settings were just saved."""
    request.registry[IMAGES].forget(_user(request), image_id)


def _user(request: Request) -> tuple[int, int]:
    return request.omero.server_id, request.omero.user_id
