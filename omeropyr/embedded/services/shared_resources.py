"""``omero.grid.SharedResources``: where clients find tables, repositories and, one day, processors."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import omero.grid
from omero.rtypes import rlong, rstring

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.services import repository, script_repository
from omeropyr.embedded.services.table import Table

TABLE = "OMERO.tables"
"""The media type of a table's OriginalFile."""


class SharedResources(Service):
    """Tables belong to who makes them, in the group of the call."""

    slice_type = omero.grid.SharedResources

    def repositories(self, call: Call) -> omero.grid.RepositoryMap:
        """The repositories there are."""
        return repository.repositories(call)

    def getScriptRepository(self, call: Call) -> Any:
        """The repository of official scripts and lookup tables."""
        return script_repository.serve(call)

    def areTablesEnabled(self, call: Call) -> bool:
        """True."""
        return True

    def newTable(self, call: Call, repositoryId: int, path: str) -> Any:
        """A new, empty table whose OriginalFile has the *path*; any repository will do, tables lie beside all."""
        if not path or "\0" in path or len(path) > 1000:
            raise omero.ApiUsageException(None, None, "A table needs a path, such as /name.h5.")
        folder, _, name = path.rpartition("/")
        original = omero.model.OriginalFileI()
        original.name, original.path = rstring(name or path), rstring(f"{folder}/" if folder else "")
        original.mimetype, original.size = rstring(TABLE), rlong(0)
        with call.server.store.write(call.actor) as tx:
            saved = tx.save(original)
        call.server.tables.path(saved.id.val).unlink(missing_ok=True)
        return self._serve(call, saved)

    def openTable(self, call: Call, file: omero.model.OriginalFile | None) -> Any:
        """The table of an OriginalFile; ValidationException when its bytes are none."""
        return self._serve(call, table_file(call, file))

    def acquireProcessor(self, call: Call, job: Any, seconds: int) -> Any:
        """Who would run a job; ResourceError, nobody does."""
        raise omero.ResourceError(None, None, "There is no processor on this server.")

    def addProcessor(self, call: Call, proc: Any) -> None:
        """Refused: jobs are not run by clients."""
        raise omero.SecurityViolation(None, None, "Processors are not taken from clients.")

    def removeProcessor(self, call: Call, proc: Any) -> None:
        """Nothing to do: no processor was ever added."""

    @staticmethod
    def _serve(call: Call, original: omero.model.OriginalFile) -> Any:
        proxy = call.connection.add_stateful(Table(call, original), "omero.grid.Table")
        return omero.grid.TablePrx.uncheckedCast(proxy)


def table_file(call: Call, file: omero.model.OriginalFile | None) -> omero.model.OriginalFile:
    """The OriginalFile of a table, as the caller sees it; ValidationException when its bytes are none."""
    if file is None or file.id is None:
        raise omero.ApiUsageException(None, None, "An OriginalFile with an id is expected.")
    with call.server.store.read(call.actor) as tx:
        original = tx.get("OriginalFile", file.id.val)
        imported = tx.values("select e.id from FilesetEntry e where e.originalFile.id = :id", {"id": file.id.val})
    path = call.server.tables.path(file.id.val)
    new = original.mimetype is not None and original.mimetype.val == TABLE
    # An empty file becomes a table when it is opened: only one that was meant to, and by who may write.
    fits = path.is_file() and (path.stat().st_size > 0 or (new and original.details.permissions.canEdit()))
    if imported or not fits:
        raise omero.ValidationException(None, None, f"OriginalFile {file.id.val} is no table.")
    return original
