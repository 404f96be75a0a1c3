"""``OriginalMetadataRequest``: what the files of an image say beyond OMERO's model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import omero
from omero.constants.annotation.file import ORIGINALMETADATA
from omero.rtypes import RStringI, rlong, rstring

from omeropyr.embedded.commands.handle import CommandFailed, Handle, Job
from omeropyr.embedded.permissions import ALL_GROUPS
from omeropyr.embedded.pixels.reader import ReaderError

LARGEST = 16 * 2**20
"""Bytes of a text file of metadata."""
_SECTIONS = ("[GlobalMetadata]", "[SeriesMetadata]")
_Texts = dict[str, RStringI]


class OriginalMetadata(Job):
    """Images of imported files: the files are asked. Older ones: the text file that is annotated to the image."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """An ERR ``no-image`` when the caller sees no such image, ``unreadable`` when its files cannot be read."""
        with self.call.server.store.read(replace(self.call.actor, group_id=ALL_GROUPS)) as tx:
            rows = tx.values(
                "select i.id, f.id, p.id from Image i left outer join i.fileset f left outer join i.pixels p "
                "where i.id = :id order by p.id",
                {"id": self.request.imageId},
            )
            query = (
                "select a.id, f.id from ImageAnnotationLink l, FileAnnotation a join a.file f "
                "where l.child.id = a.id and l.parent.id = :id and a.ns = :ns order by a.id desc"
            )
            notes = tx.values(query, {"id": self.request.imageId, "ns": ORIGINALMETADATA})
            # A file that the caller may not read is none, whatever annotation leads to it.
            notes = [row for row in notes if tx.find("select f from OriginalFile f where f.id = :id", {"id": row[1]})]
        if not rows:
            raise CommandFailed(f"There is no image {self.request.imageId}.", "no-image")
        _, fileset, pixels = rows[0]
        response = omero.cmd.OriginalMetadataResponse(None, None, {}, {})
        if fileset is not None:
            response.filesetId = rlong(fileset)
            response.globalMetadata, response.seriesMetadata = self._of_files(pixels)
        elif notes:
            response.fileAnnotationId = rlong(notes[0][0])
            response.globalMetadata, response.seriesMetadata = _of_text(
                self.call.server.data / "Files" / str(notes[0][1])
            )
        return response

    def _of_files(self, pixels: int | None) -> tuple[_Texts, _Texts]:
        if pixels is None:
            return {}, {}
        try:
            shared, own = self.call.server.pixels.metadata(pixels)
        except ReaderError as error:
            raise CommandFailed(str(error), "unreadable") from None
        return _texts(shared), _texts(own)


def _of_text(path: Path) -> tuple[_Texts, _Texts]:
    """``key=value`` lines below the heads of two sections; without a head they are of the first."""
    found: tuple[dict[str, str], dict[str, str]] = ({}, {})
    if not path.is_file() or path.stat().st_size > LARGEST:
        return {}, {}
    section = 0
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.strip() in _SECTIONS:
            section = _SECTIONS.index(line.strip())
            continue
        name, equals, value = line.partition("=")
        if equals and name.strip():
            found[section][name.strip()] = value.strip()
    return _texts(found[0]), _texts(found[1])


def _texts(values: dict[str, str]) -> _Texts:
    return {name: rstring(value) for name, value in values.items()}
