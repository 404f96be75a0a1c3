"""Images as pictures to be saved: one as a file, several as an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.archive import Member, zip_chunks
from omeropyr.connection.filenames import safe_name, untaken, without_ending
from omeropyr.connection.held import Held
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import rows
from omeropyr.errors import InvalidInput, ObjectNotFound, TooLarge
from omeropyr.gateway.answers import picture
from omeropyr.gateway.lookups import find_images, limits
from omeropyr.gateway.parameters import RenderingParameters, rendering_parameters
from omeropyr.gateway.rendering import FORMATS, Renderer
from omeropyr.gateway.views.downloads import asked_images, zip_name
from omeropyr.web.downloads import disposition, send_stream

USUAL_FORMAT = "png"
USUAL_NAME = "Download_as_{}"
_NAMES = "select i.id, i.name from Image i where i.id in (:ids)"


@dataclass(frozen=True)
class Wanted:
    """Images by id, how they are to be rendered, and as what kind of file."""

    images: dict[int, ImageFacts]
    asked: RenderingParameters
    form: str


def download_as(request: Request) -> Response:
    """Give images as PNG (without loss), JPEG or TIFF (without loss), by their saved settings or those in the query."""
    form = request.GET.get("format") or USUAL_FORMAT
    if form not in FORMATS:
        raise InvalidInput(f"format must be one of {', '.join(FORMATS)}")
    wanted = Wanted(_images(request), rendering_parameters(request.GET), form)
    names: dict[int, str] = dict(rows(request.conn, _NAMES, ids=list(wanted.images)))
    _check_size(request, wanted)
    if len(wanted.images) == 1:
        ((image_id, facts),) = wanted.images.items()
        return _one(request, wanted, facts, names.get(image_id) or str(image_id))
    held = Held(request, partial(_opened, request, wanted))
    chunks = zip_chunks(_members(held, wanted, names))
    return send_stream(
        request, zip_name(request, USUAL_NAME.format(form)), held, chunks, content_type="application/zip"
    )


def _one(request: Request, wanted: Wanted, image: ImageFacts, name: str) -> Response:
    render = partial(_renderer(request, wanted, image, request.conn).plane, None, None)
    response = picture(request, image, render, content_type=FORMATS[wanted.form])
    response.headers["Content-Disposition"] = disposition(f"{without_ending(name)}.{wanted.form}")
    return response


class _Opened:
    """A renderer on whatever connection there is; the engine behind it is the connection's to close."""

    def __init__(self, renderer: Renderer) -> None:
        self.picture = partial(renderer.plane, None, None)

    def close(self) -> None:
        pass


def _opened(request: Request, wanted: Wanted, conn: Any, image_id: int) -> _Opened:
    return _Opened(_renderer(request, wanted, wanted.images[image_id], conn))


def _renderer(request: Request, wanted: Wanted, image: ImageFacts, conn: Any) -> Renderer:
    return Renderer(conn, image, wanted.asked, limits(request), wanted.form)


def _images(request: Request) -> dict[int, ImageFacts]:
    ids = asked_images(request)
    found = find_images(request, ids)
    missing = [one for one in ids if one not in found]
    if missing:
        raise ObjectNotFound(f"There is no image {missing[0]}, or you may not see it.")
    return {one: found[one] for one in ids}


def _check_size(request: Request, wanted: Wanted) -> None:
    most = limits(request).picture_pixels
    for image in wanted.images.values():
        if image.size_x * image.size_y > most:
            size = f"{image.size_x:,} x {image.size_y:,}"
            raise TooLarge(f"Image {image.id} has {size} pixels: one picture may have {most:,}.")
    # Three bytes a pixel: what a picture is at most.
    total = sum(3 * image.size_x * image.size_y for image in wanted.images.values())
    largest = request.settings.web.maximum_multifile_download_size
    if len(wanted.images) > 1 and total > largest:
        raise TooLarge(
            f"These pictures may have {total:,} bytes; an archive may hold {largest:,}. Choose fewer images."
        )


def _members(held: Held, wanted: Wanted, names: dict[int, str]) -> Iterator[Member]:
    taken: set[str] = set()
    for image_id in wanted.images:
        stem = without_ending(safe_name(names.get(image_id) or "", str(image_id)))
        name = untaken(f"{stem}.{wanted.form}", taken)
        body = held.get(image_id).picture()
        yield name, len(body), [body]
