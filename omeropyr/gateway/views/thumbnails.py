"""Thumbnails as JPEG and as data URIs in JSON."""

from __future__ import annotations

import base64

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.thumbnails import section_thumbnail, thumbnails
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.answers import answer_json, picture
from omeropyr.gateway.lookups import client_config, find_image, find_images
from omeropyr.marshal.numbers import MAX_ID, integer


def render_thumbnail(request: Request) -> Response:
    """Give a thumbnail: one number is its longest side, two are a box; `z`, `t`, `rdefId` choose what it shows."""
    size = _size(request)
    plane, definition = _plane(request), _definition(request)
    image = find_image(request)
    _check_plane(image, plane)
    return picture(request, image, lambda: _thumbnail(request, image, size, plane, definition))


def get_thumbnail(request: Request) -> Response:
    """Give a thumbnail as a data URI in JSON."""
    size = _size(request)
    plane, definition = _plane(request), _definition(request)
    image = find_image(request)
    _check_plane(image, plane)
    jpeg = _thumbnail(request, image, size, plane, definition)
    if not jpeg:
        raise ObjectNotFound(f"OMERO has no thumbnail of image {image.id} at the moment.")
    return answer_json(request, _data_uri(jpeg))


def get_thumbnails(request: Request) -> Response:
    """Give the thumbnails of all `id=` as data URIs by id; null for one that is missing."""
    texts = request.GET.getall("id")
    most = request.settings.web.thumbnails_batch
    if len(texts) > most:
        raise InvalidInput(f"at most {most} thumbnails can be asked for at once")
    ids = [integer(text, "id", most=MAX_ID) for text in texts]
    size = _size(request)
    made = thumbnails(request.conn, find_images(request, ids).values(), size[0])
    return answer_json(request, {str(wanted): _data_uri(made[wanted]) if wanted in made else None for wanted in ids})


def _thumbnail(
    request: Request,
    image: ImageFacts,
    size: tuple[int, ...],
    plane: tuple[int, int] | None,
    definition: int | None,
) -> bytes:
    if len(size) == 1 and plane is None and definition is None:
        return thumbnails(request.conn, [image], size[0]).get(image.id, b"")
    return section_thumbnail(request.conn, image, size, plane=plane, rendering_def_id=definition)


def _size(request: Request) -> tuple[int, ...]:
    sides = [request.matchdict[name] for name in ("w", "h") if name in request.matchdict]
    if not sides:
        return (client_config(request).thumbnail_size,)
    most = request.addon_settings("gateway").max_thumbnail_size
    size = tuple(integer(side, "the size of a thumbnail") for side in sides)
    if min(size) < 1 or max(size) > most:
        raise InvalidInput(f"the size of a thumbnail must be from 1 to {most} pixels")
    return size


def _plane(request: Request) -> tuple[int, int] | None:
    if "z" not in request.GET and "t" not in request.GET:
        return None
    z, t = integer(request.GET.get("z", "0"), "z"), integer(request.GET.get("t", "0"), "t")
    if z < 0 or t < 0:
        raise InvalidInput("z and t must not be negative")
    return z, t


def _check_plane(image: ImageFacts, plane: tuple[int, int] | None) -> None:
    if plane is not None and (plane[0] >= image.size_z or plane[1] >= image.size_t):
        raise ObjectNotFound(f"image {image.id} has {image.size_z} z-sections and {image.size_t} time points")


def _definition(request: Request) -> int | None:
    text = request.GET.get("rdefId")
    return None if not text else integer(text, "rdefId", most=MAX_ID)


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
