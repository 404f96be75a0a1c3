"""Images as OME-TIFF: one as a file, several as an archive; and movies, which nothing makes here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.archive import Member, zip_chunks
from omeropyr.connection.export import MEMBERS, TOO_LARGE, export_chunks, members, opener
from omeropyr.connection.filenames import safe_name, untaken
from omeropyr.connection.held import Held
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import rows
from omeropyr.connection.raw_pixels import DTYPES
from omeropyr.errors import InvalidInput, NotSupported, ObjectNotFound, TooLarge
from omeropyr.gateway.answers import answer_json, etag
from omeropyr.gateway.lookups import client_config, find_images
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.downloads import send_stream, set_user_headers

ENDING = ".ome.tiff"
MOST = 1_000
_NAMES = "select i.id, i.name from Image i where i.id in (:ids)"


@dataclass(frozen=True)
class Wanted:
    """Images that OMERO can export, and the names their files get."""

    images: dict[int, ImageFacts]
    names: dict[int, str]


def render_ome_tiff(request: Request) -> Response:
    """Give an image as OME-TIFF, or those of a dataset, project or well as an archive; too large ones are left out.

    `dryrun` gives their number; `selection=1,2` picks some of a dataset.
    """
    images = _images(request)
    if request.GET.get("dryrun"):
        return answer_json(request, len(images))
    if not images:
        raise ObjectNotFound(TOO_LARGE)
    wanted = Wanted(images, _names(request, images))
    return _file(request, wanted) if len(images) == 1 else _archive(request, wanted)


def render_movie(_request: Request) -> Response:
    """Say that there are no movies: a script of OMERO makes them, and no script runs here."""
    raise NotSupported("Movies are made by a script of OMERO, and this site runs no scripts yet.")


def _images(request: Request) -> dict[int, ImageFacts]:
    letter, object_id = request.matchdict["ctx"], integer(request.matchdict["cid"], "id", most=MAX_ID)
    if letter not in MEMBERS:
        raise InvalidInput(f"the letter before the id must be one of {', '.join(MEMBERS)}")
    ids = members(request.conn, letter, object_id)
    if selection := request.GET.get("selection"):
        chosen = {integer(text, "selection", most=MAX_ID) for text in selection.split(",")[: MOST + 1]}
        ids = [one for one in ids if one in chosen]
    found = find_images(request, ids)
    if not found:
        raise ObjectNotFound("There are no such images, or you may not see them.")
    if len(found) > MOST:
        raise TooLarge(f"At most {MOST} images can be exported at once.")
    config = client_config(request)
    most = config.max_plane_width * config.max_plane_height
    return {one: found[one] for one in ids if one in found and found[one].size_x * found[one].size_y <= most}


def _names(request: Request, images: Mapping[int, ImageFacts]) -> dict[int, str]:
    known: dict[int, str] = dict(rows(request.conn, _NAMES, ids=list(images)))
    taken: set[str] = set()
    return {one: untaken(_with_ending(safe_name(known.get(one) or "", str(one))), taken) for one in images}


def _with_ending(name: str) -> str:
    return name if name.endswith(ENDING) else name + ENDING


def _file(request: Request, wanted: Wanted) -> Response:
    ((image_id, image),) = wanted.images.items()
    name, tag = wanted.names[image_id], etag(request, (image.pixels_id, image.version))
    if tag in request.if_none_match:
        response = Response(status=304)
        response.content_type = None
        set_user_headers(response, name)
    else:
        held = Held(request, opener(wanted.images))
        try:
            size = held.get(image_id).size
        except BaseException as error:
            held.release(error)
            raise
        chunks = export_chunks(held, image_id, size, request.settings.web.chunk_size)
        response = send_stream(request, name, held, chunks, content_type="image/tiff")
        response.content_length = size
    response.etag = tag
    return response


def _archive(request: Request, wanted: Wanted) -> Response:
    _check_size(request, wanted.images)
    held = Held(request, opener(wanted.images))
    chunks = zip_chunks(_files(held, wanted, request.settings.web.chunk_size))
    return send_stream(request, "OME-TIFF.zip", held, chunks, content_type="application/zip")


def _files(held: Held, wanted: Wanted, chunk: int) -> Iterator[Member]:
    for image_id in wanted.images:
        size = held.get(image_id).size
        yield wanted.names[image_id], size, export_chunks(held, image_id, size, chunk)


def _check_size(request: Request, images: Mapping[int, ImageFacts]) -> None:
    most = request.settings.web.maximum_multifile_download_size
    total = sum(_bytes(image) for image in images.values())
    if total > most:
        raise TooLarge(f"These images have {total:,} bytes of pixels; an archive may hold {most:,}. Choose fewer.")


def _bytes(image: ImageFacts) -> int:
    width = int(DTYPES.get(image.pixels_type, ">c16")[2:])
    return image.size_x * image.size_y * image.size_z * image.size_c * image.size_t * width
