"""Files attached to objects: uploaded piece by piece into OMERO with their SHA-1, or there already."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import omero.all
import omero.model
from omero.rtypes import rlong, rstring

from omeropyr.client.deleting import delete
from omeropyr.client.targets import annotation_link, check_may, find_targets, save
from omeropyr.connection.filenames import safe_name
from omeropyr.connection.query import context, rows
from omeropyr.errors import Conflict

SHA1 = "SHA1-160"
BINARY = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_LINKED = (
    "select l.parent.id, l.child.id from {name}AnnotationLink l where l.parent.id in (:ids) and l.child.id in (:files)"
)


@dataclass(frozen=True)
class Upload:
    """A file as it was sent: its name and type as the sender gave them, and its bytes from where they are read."""

    name: str
    mimetype: str
    size: int
    content: BinaryIO


def attach(
    conn: Any, named: Mapping[str, Sequence[int]], existing: Sequence[int], uploads: Sequence[Upload], chunk_size: int
) -> list[int]:
    """Attach file annotations that are there, and new ones of the uploads, to all the objects; give all their ids.

    Raises `ObjectNotFound`, `Forbidden`, or `Conflict` where OMERO kept other bytes than were sent: that file is
    removed again.
    """
    targets = find_targets(conn, named)
    check_may(conn, "FileAnnotation", existing, "canLink") if existing else None
    links: list[Any] = []
    for name, ids in targets.by_class().items():
        known = set()
        if existing:
            known = set(rows(conn, _LINKED.format(name=name), ids=ids, files=list(existing)))
        links += [
            annotation_link(name, object_id, omero.model.FileAnnotationI(file, False))
            for object_id in ids
            for file in existing
            if (object_id, file) not in known
        ]
    made = []
    for upload in uploads:
        annotation = omero.model.FileAnnotationI()
        annotation.file = omero.model.OriginalFileI(store(conn, upload, targets.group_id, chunk_size), False)
        (annotation,) = save(conn, [annotation], targets.group_id)
        made.append(annotation.id.val)
        links += targets.links(annotation.proxy())
    if links:
        conn.getUpdateService().saveArray(links, context(conn, targets.group_id))
    return [*existing, *made]


def store(conn: Any, upload: Upload, group_id: int, chunk_size: int) -> int:
    """Write an upload into a new original file, at most `chunk_size` bytes at a time; give its id."""
    original = omero.model.OriginalFileI()
    original.name, original.path = rstring(safe_name(upload.name)), rstring("")
    original.size, original.mimetype = rlong(upload.size), rstring(media_type(upload.name, upload.mimetype))
    original.hasher = omero.model.ChecksumAlgorithmI()
    original.hasher.value = rstring(SHA1)
    options = context(conn, group_id)
    (saved,) = save(conn, [original], group_id)
    file_id = int(saved.id.val)
    try:
        service = conn.factory.createRawFileStore(options)
        try:
            service.setFileId(file_id, options)
            digest, place = hashlib.sha1(usedforsecurity=False), 0
            while chunk := upload.content.read(chunk_size):
                service.write(chunk, place, len(chunk))
                digest.update(chunk)
                place += len(chunk)
            service.truncate(place)
            kept = service.save()
        finally:
            service.close()
        if kept is None or kept.hash is None or kept.hash.val != digest.hexdigest() or place != upload.size:
            raise Conflict("OMERO kept other bytes than were sent. Nothing was attached; please try again.")
    except BaseException:
        delete(conn, {"OriginalFile": [file_id]})
        raise
    return file_id


def media_type(name: str, sent: str) -> str:
    """Give the type of a file as it was sent, where that says something; else by its name's ending."""
    plain = sent.partition(";")[0].strip().lower()
    if plain != BINARY and _TYPE.fullmatch(plain):
        return plain
    return mimetypes.guess_type(safe_name(name))[0] or BINARY
