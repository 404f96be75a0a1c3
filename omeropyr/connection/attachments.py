"""Files that are attached or merely there: found by the id of the file or of its annotation, with leave to download."""

from __future__ import annotations

from typing import Any

import omero
import omero.all

from omeropyr.connection.download import check_object
from omeropyr.connection.files import FileFacts, facts_of
from omeropyr.connection.query import context, rows
from omeropyr.errors import ObjectNotFound, OmeroUnavailable
from omeropyr.marshal.objects import plain

_FILE = """
    select f, f.name, f.path, f.size, f.mimetype, f.hash, f.details.updateEvent.id from OriginalFile f where f.id = :id
"""
_ANNOTATION = """
    select a, f.id, f.name, f.path, f.size, f.mimetype, f.hash, f.details.updateEvent.id
    from FileAnnotation a join a.file f where a.id = :id
"""

Pairs = list[tuple[str, Any]]


def original_file(conn: Any, file_id: int) -> FileFacts:
    """A file that may be downloaded. ObjectNotFound, Forbidden. Two Ice calls."""
    found = rows(conn, _FILE, id=file_id)
    if not found:
        raise ObjectNotFound(f"There is no file {file_id}, or you may not see it.")
    check_object(conn, found[0][0])
    return facts_of((file_id, *found[0][1:]))


def attached_file(conn: Any, annotation_id: int) -> FileFacts:
    """The file of a file annotation, if it may be downloaded. ObjectNotFound, Forbidden. Two Ice calls."""
    found = rows(conn, _ANNOTATION, id=annotation_id)
    if not found:
        raise ObjectNotFound(f"There is no file annotation {annotation_id}, or you may not see it.")
    check_object(conn, found[0][0])
    return facts_of(found[0][1:])


def original_metadata(conn: Any, image_id: int) -> tuple[Pairs, Pairs]:
    """What the files of an image say beyond OMERO's model: of all of them, and of this image's part; by name.

    ObjectNotFound; OmeroUnavailable where the server takes longer than a few seconds to read them.
    """
    if not rows(conn, "select i.id from Image i where i.id = :id", id=image_id):
        raise ObjectNotFound(f"There is no image {image_id}, or you may not see it.")
    wanted = omero.cmd.OriginalMetadataRequest()
    wanted.imageId = image_id
    handle = conn.c.sf.submit(wanted, context(conn))
    try:
        answer = conn._waitOnCmd(handle, failontimeout=True).getResponse()
    except omero.LockTimeout:
        raise OmeroUnavailable("OMERO is still reading the files of this image. Try again shortly.") from None
    finally:
        handle.close()
    if not isinstance(answer, omero.cmd.OriginalMetadataResponse):
        raise ObjectNotFound(f"OMERO cannot read the files of image {image_id}.")
    return _pairs(answer.globalMetadata), _pairs(answer.seriesMetadata)


def _pairs(values: dict[str, Any]) -> Pairs:
    return sorted(((name, plain(value)) for name, value in values.items()), key=lambda pair: pair[0].lower())


def metadata_text(everywhere: Pairs, series: Pairs) -> str:
    """Original metadata as OMERO.web's programs read it: ``name=value`` a line, below the title of its part."""
    lines = ["[Global Metadata]", *(f"{name}={value}" for name, value in everywhere)]
    lines += ["[Series Metadata]", *(f"{name}={value}" for name, value in series)]
    return "\n".join(lines)
