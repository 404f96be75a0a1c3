"""Downloads of the files that images were imported from."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.archive import Member, zip_chunks
from omeropyr.connection.download import Entry, check_images, entries, files_of_images, images_of_wells
from omeropyr.connection.files import file_chunks, open_file
from omeropyr.connection.held import Held
from omeropyr.errors import InvalidInput, ObjectNotFound, TooLarge
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.downloads import send_original, send_stream

MOST = 1_000
USUAL_NAME = "OriginalFileDownload"


def archived_files(request: Request) -> Response:
    """Give the one file of an image as it was, and several, or those of several images or wells, as an archive."""
    wanted = asked_images(request)
    check_images(request.conn, wanted)
    found = entries(files_of_images(request.conn, wanted))
    if not found:
        raise ObjectNotFound("OMERO has no original files of this: only the pixels were kept when it was imported.")
    if len(found) == 1:
        return send_original(request, found[0].file)
    _check_size(request, sum(entry.file.size for entry in found))
    held = Held(request, open_file)
    chunks = zip_chunks(_members(held, found, request.settings.web.chunk_size))
    return send_stream(request, zip_name(request, USUAL_NAME), held, chunks, content_type="application/zip")


def asked_images(request: Request) -> list[int]:
    """The images that a request names: in its address, by ``image=``, or by ``well=`` and ``index=``; each once."""
    given = request.matchdict.get("iid")
    if given is not None:
        return [integer(given, "image", most=MAX_ID)]
    images, wells = request.GET.getall("image"), request.GET.getall("well")
    if not images and not wells:
        raise InvalidInput("Name what to download: image=1, as often as needed, or well=1 and index=0.")
    if len(images) + len(wells) > MOST:
        raise InvalidInput(f"At most {MOST} images can be downloaded at once.")
    found = [integer(text, "image", most=MAX_ID) for text in images]
    field = integer(request.GET.get("index") or "0", "index")
    if field < 0:
        raise InvalidInput("index must not be negative: fields of a well are counted from 0.")
    found += images_of_wells(request.conn, [integer(text, "well", most=MAX_ID) for text in wells], field)
    if not found:
        raise ObjectNotFound("These wells have no such field, or you may not see them.")
    return list(dict.fromkeys(found))


def zip_name(request: Request, usual: str) -> str:
    """The name of an archive, as the request asks for it."""
    name = request.GET.get("zipname") or usual
    return name if name.lower().endswith(".zip") else f"{name}.zip"


def _check_size(request: Request, size: int) -> None:
    most = request.settings.web.maximum_multifile_download_size
    if size > most:
        raise TooLarge(
            f"These files have {size:,} bytes; an archive may hold {most:,}. Download fewer images at once.",
            {"size": size, "maximum": most},
        )


def _members(held: Held, found: list[Entry], chunk: int) -> Iterator[Member]:
    for entry in found:
        yield entry.name, entry.file.size, file_chunks(held, entry.file, 0, entry.file.size, chunk)
