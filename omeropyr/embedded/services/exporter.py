"""Exporter: one image as a file that other programs read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import omero

from omeropyr.embedded.dispatch import StatefulService
from omeropyr.embedded.pixels import export, renderdefs
from omeropyr.embedded.pixels.errors import as_omero
from omeropyr.embedded.pixels.pyramids import LARGE

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

MAX_READ = 2**26
"""The largest piece in bytes that one ``read`` gives."""


class Exporter(StatefulService):
    """``omero.api.Exporter``: an image is added, a file made, and its bytes read."""

    slice_type: ClassVar[type] = omero.api.Exporter

    def __init__(self) -> None:
        self._image_id: int | None = None
        self._file: IO[bytes] | None = None

    def addImage(self, call: Call, id: int) -> None:
        """Choose the image; ``omero.ValidationException`` when the caller may not see it."""
        with call.server.store.read(call.actor) as transaction:
            transaction.get("Image", id)
        if self._image_id is not None:
            raise omero.ApiUsageException(None, None, "one image is exported at a time: an image is there already")
        self._image_id = id

    def generateTiff(self, call: Call) -> int:
        """Make an OME-TIFF; its size in bytes. Of an image so large that it has levels, -1 and no file, as OMERO."""
        pixels = self._pixels(call)
        with as_omero():
            info = call.server.pixels.info(pixels.id.val)
            if info.size_x * info.size_y > LARGE:
                return -1
            self._new_file(call)
            assert self._file is not None
            export.write_tiff(self._path(), call.server.pixels, info, export.metadata(pixels, info))
        return self._path().stat().st_size

    def generateXml(self, call: Call) -> int:
        """Make the OME-XML; its size in bytes."""
        pixels = self._pixels(call)
        with as_omero():
            info = call.server.pixels.info(pixels.id.val)
            text = export.xml(info, export.metadata(pixels, info)).encode()
        self._new_file(call)
        assert self._file is not None
        self._file.write(text)
        self._file.flush()
        return len(text)

    def read(self, _call: Call, position: int, size: int) -> bytes:
        """Bytes of the file that was made."""
        if self._file is None:
            raise omero.ApiUsageException(None, None, "nothing has been generated that could be read")
        if position < 0 or not 0 <= size <= MAX_READ:
            raise omero.ApiUsageException(None, None, f"{size} bytes at {position} cannot be read at once")
        return os.pread(self._file.fileno(), size, position)

    def release(self) -> None:
        """Remove the file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _pixels(self, call: Call) -> Any:
        if self._image_id is None:
            raise omero.ApiUsageException(None, None, "no image has been added")
        with call.server.store.read(call.actor) as transaction:
            found = transaction.values(
                "select p.id from Pixels p where p.image.id = :id order by p.id", {"id": self._image_id}
            )
            if not found:
                raise omero.ValidationException(None, None, f"Image {self._image_id} has no pixels")
            return renderdefs.load_pixels(transaction, found[0][0])

    def _new_file(self, call: Call) -> None:
        self.release()
        folder = call.server.data / "Exports"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(dir=folder, suffix=".ome.tiff")  # noqa: SIM115 - until release()

    def _path(self) -> Path:
        assert self._file is not None
        return Path(self._file.name)
