"""Images as OME-TIFF, which OMERO makes: which of them it can, and the bytes chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from omeropyr.connection.held import Held
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context, rows
from omeropyr.errors import ObjectNotFound

# Images of what a request names, by OMERO.web's letters.
MEMBERS = {
    "i": "select i.id from Image i where i.id = :id",
    "d": "select l.child.id from DatasetImageLink l where l.parent.id = :id order by l.child.id",
    "p": """
        select l.child.id from DatasetImageLink l where l.parent.id in (
            select pl.child.id from ProjectDatasetLink pl where pl.parent.id = :id) order by l.child.id
    """,
    "w": "select s.image.id from WellSample s where s.well.id = :id order by s.image.id",
}
TOO_LARGE = "OMERO makes no OME-TIFF of an image as large as this."
_READ = 2**20


def members(conn: Any, letter: str, object_id: int) -> list[int]:
    """Give the images of a container or well, or the one image, each once; `letter` is a key of `MEMBERS`."""
    return list(dict.fromkeys(row[0] for row in rows(conn, MEMBERS[letter], id=object_id)))


class Export:
    """A file that OMERO made of an image; `size` is in bytes."""

    def __init__(self, conn: Any, image: ImageFacts) -> None:
        self._ctx = context(conn, image.group_id)
        self._exporter = conn.factory.createExporter()
        try:
            self._exporter.addImage(image.id, self._ctx)
            self.size = int(self._exporter.generateTiff(self._ctx))
            if self.size < 0:
                raise ObjectNotFound(TOO_LARGE)
        except BaseException:
            self.close()
            raise

    def read(self, place: int, size: int) -> bytes:
        """Give some of its bytes."""
        return bytes(self._exporter.read(place, size, self._ctx))

    def close(self) -> None:
        """Let OMERO remove the file."""
        self._exporter.close()


def opener(images: Mapping[int, ImageFacts]) -> Callable[[Any, int], Export]:
    """Give what `Held` opens exports of these images by."""

    def open_export(conn: Any, image_id: int) -> Export:
        return Export(conn, images[image_id])

    return open_export


def export_chunks(held: Held, image_id: int, size: int, chunk: int) -> Iterator[bytes]:
    """Give the bytes of an export, at most `chunk` at a time.

    After a pause OMERO makes the file anew; where it has another size then, the stream ends with `EOFError`.
    """
    place = 0
    while place < size:
        export: Export = held.get(image_id)
        piece = export.read(place, min(chunk, _READ, size - place)) if export.size == size else b""
        if not piece:
            raise EOFError(f"the OME-TIFF of image {image_id} ends at {place} of {size} bytes")
        place += len(piece)
        yield piece
