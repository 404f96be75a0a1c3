"""One import over Ice: uploads, then everything in one go by a job that a handle reports on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
import omero.cmd
import omero.grid

from omeropyr.embedded import commands
from omeropyr.embedded.commands import Handle, Job
from omeropyr.embedded.dispatch import Call, StatefulService
from omeropyr.embedded.importer import staging
from omeropyr.embedded.importer.run import Imported, ImportFailed, Target, commit
from omeropyr.embedded.importer.staging import StagedFile
from omeropyr.embedded.services.rawfile import UploadStore

CHECKSUM = "SHA1-160"
"""OMERO's name of the one checksum algorithm that is used here."""


class ImportProcess(StatefulService):
    """``omero.grid.ImportProcess``: takes the files of one Fileset and imports them once their checksums are right."""

    slice_type = omero.grid.ImportProcess

    def __init__(
        self,
        fileset: omero.model.Fileset,
        files: Sequence[StagedFile],
        settings: omero.grid.ImportSettings,
        *,
        in_place: bool = False,
    ) -> None:
        self._fileset = fileset
        self._files = files
        self._settings = settings
        self._in_place = in_place
        self._handle: Any = None

    def getUploader(self, call: Call, i: int) -> Any:
        """A RawFileStore that takes the bytes of file number *i*."""
        path = self._file(i).path
        if self._in_place:
            raise omero.ApiUsageException(None, None, "Files that are imported in place are not uploaded.")
        path.touch()  # a file of no bytes is never written to
        store = UploadStore(path)
        return omero.api.RawFileStorePrx.uncheckedCast(call.connection.add_stateful(store, "omero.api.RawFileStore"))

    def getUploadOffset(self, call: Call, i: int) -> int:
        """Bytes of file number *i* that came so far: from there an interrupted upload goes on."""
        path = self._file(i).path
        return path.stat().st_size if path.exists() else 0

    def verifyUpload(self, call: Call, hash: Sequence[str]) -> Any:
        """Compare the checksums of all files with the client's and start the import; answer its handle.

        ChecksumValidationException holds the numbers of the files that differ, with the checksum found.
        """
        if len(hash) != len(self._files):
            raise omero.ApiUsageException(None, None, f"{len(self._files)} checksums are expected, {len(hash)} came.")
        if self._handle is not None:
            raise omero.ApiUsageException(None, None, "This import has begun already.")
        found = [staging.sha1(file.path) if file.path.is_file() else "" for file in self._files]
        wrong = {
            place: have for place, (have, want) in enumerate(zip(found, hash, strict=True)) if have != want.lower()
        }
        if wrong:
            raise omero.ChecksumValidationException(
                None, None, f"{len(wrong)} of {len(found)} files did not arrive as they were sent.", wrong
            )
        request = self._request()
        self._handle = commands.start(call, request, _ImportJob(call, request, self._files, found, self._target()))
        return self._handle

    def getHandle(self, call: Call) -> Any:
        """The handle of the import; null before it has begun."""
        return self._handle

    def getImportSettings(self, call: Call) -> omero.grid.ImportSettings:
        """What the client asked for at the start."""
        return self._settings

    def release(self) -> None:
        """Throw away what was uploaded, unless the import has begun: then its job does so at its end."""
        if self._handle is None:
            staging.discard(self._files)

    def _file(self, number: int) -> StagedFile:
        if not 0 <= number < len(self._files) or self._handle is not None:
            raise omero.ApiUsageException(None, None, f"There is no upload number {number} to go on with.")
        return self._files[number]

    def _request(self) -> omero.grid.ImportRequest:
        activity = omero.model.FilesetJobLinkI()
        activity.parent = self._fileset
        return omero.grid.ImportRequest(activity=activity, settings=self._settings)

    def _target(self) -> Target:
        wanted = self._settings.userSpecifiedTarget
        dataset_id = screen_id = None
        if wanted is not None:
            if not isinstance(wanted, omero.model.Dataset | omero.model.Screen) or wanted.id is None:
                raise omero.ApiUsageException(
                    None, None, "Images go into a Dataset with an id, plates into a Screen with an id, or nowhere."
                )
            if isinstance(wanted, omero.model.Dataset):
                dataset_id = wanted.id.val
            else:
                screen_id = wanted.id.val
        name, description = self._settings.userSpecifiedName, self._settings.userSpecifiedDescription
        return Target(dataset_id, name.val if name else None, description.val if description else None, screen_id)


class _ImportJob(Job):
    """Reads the files and saves what they are; answers an ImportResponse."""

    steps = 2

    def __init__(
        self, call: Call, request: Any, files: Sequence[StagedFile], hashes: Sequence[str], target: Target
    ) -> None:
        super().__init__(call, request)
        self._files, self._hashes, self._target = files, hashes, target

    def run(self, handle: Handle) -> omero.grid.ImportResponse:
        """Import; an ``omero.ValidationException`` says in a line why files are no image."""
        server, actor = self.call.server, self.call.actor
        try:
            done = commit(
                server,
                actor,
                self._files,
                self._target,
                hashes=self._hashes,
                cancelled=lambda: handle.cancelled,
                keep=handle.commit,
            )
        except ImportFailed as error:
            raise omero.ValidationException(None, None, str(error)) from error
        finally:
            staging.discard(self._files)
        handle.step(1)
        return self._response(done)

    def _response(self, done: Sequence[Imported]) -> omero.grid.ImportResponse:
        query = "select p from Pixels p join fetch p.image where p.id = :id"
        with self.call.server.store.read(self.call.actor) as transaction:
            pixels = [transaction.find(query, {"id": item.pixels_id})[0] for item in done]
        return omero.grid.ImportResponse(pixels, [one.image for one in pixels])
