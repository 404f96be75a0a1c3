"""``IRepositoryInfo``: how full the disk is, and files that nothing points at any more."""

from __future__ import annotations

import shutil
from pathlib import Path

import omero

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import SYSTEM

_FOLDERS = {"Files": "OriginalFile", "Pixels": "Pixels", "Thumbnails": "Pixels"}
"""Folders of what is named by an id, and the class that has it."""


class RepositoryInfo(Service):
    """Sizes are those of the file system that the data folder is on, in kilobytes of 1024 bytes."""

    slice_type = omero.api.IRepositoryInfo

    def getUsedSpaceInKilobytes(self, call: Call) -> int:
        """What is in use."""
        return shutil.disk_usage(call.server.data).used // 1024

    def getFreeSpaceInKilobytes(self, call: Call) -> int:
        """What is left for new files."""
        return shutil.disk_usage(call.server.data).free // 1024

    def getUsageFraction(self, call: Call) -> float:
        """The part in use, 0 to 1."""
        usage = shutil.disk_usage(call.server.data)
        return usage.used / usage.total

    def sanityCheckRepository(self, call: Call) -> None:
        """InternalException when more than 95 % are in use."""
        fraction = self.getUsageFraction(call)
        if fraction > 0.95:
            raise omero.InternalException(None, None, f"The disk of the data folder is {fraction:.0%} full.")

    def removeUnusedFiles(self, call: Call) -> None:
        """Delete files whose object is gone; for administrators, as it looks past everybody's permissions."""
        if not call.actor.may("DeleteFile"):
            raise omero.SecurityViolation(None, None, "Only administrators remove unused files.")
        for folder, kind in _FOLDERS.items():
            files = {int(path.name): path for path in (call.server.data / folder).iterdir() if _is_id(path)}
            # A write transaction: no object may be on its way in while its file is looked at.
            with call.server.store.write(SYSTEM) as tx:
                rows = tx.values(f"select o.id from {kind} o where o.id in (:ids)", {"ids": list(files)})  # noqa: S608 - names of the model
                known = {int(row[0]) for row in rows}
                for number, path in files.items():
                    if number not in known:
                        _remove(path)


def _is_id(path: Path) -> bool:
    return path.name.isascii() and path.name.isdigit()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
