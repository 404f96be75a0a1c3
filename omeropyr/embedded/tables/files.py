"""The tables that are open: one :class:`TableFile` for each file, however many clients have it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import omero
import omero.all

from omeropyr.embedded.tables.storage import TableFile

log = logging.getLogger(__name__)


class OpenTables:
    """Thread-safe; one for each server. Files are those of OriginalFiles without an import: ``Files/<id>``."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "Files"
        self._lock = threading.Lock()
        self._open: dict[int, tuple[TableFile, int]] = {}
        self._recover()

    def _recover(self) -> None:
        """Undo what a killed server was in the middle of writing: clients read the bytes of tables as files, too."""
        for journal in self._folder.glob("*-journal"):
            table = journal.with_name(journal.name.removesuffix("-journal"))
            try:
                if table.is_file():
                    TableFile(table).close()
            except omero.ServerError as error:
                log.warning("a table cannot be opened", exc_info=error, extra={"path": str(table)})

    def path(self, file_id: int) -> Path:
        """Where the table of an OriginalFile is."""
        return self._folder / str(file_id)

    def acquire(self, file_id: int) -> TableFile:
        """The table of an OriginalFile, opened if nobody has it; each call wants a :meth:`release`."""
        with self._lock:
            known = self._open.get(file_id)
            file, users = known if known is not None else (TableFile(self.path(file_id)), 0)
            self._open[file_id] = (file, users + 1)
            return file

    def release(self, file_id: int) -> None:
        """Let go; the last one closes the file."""
        with self._lock:
            file, users = self._open[file_id]
            if users > 1:
                self._open[file_id] = (file, users - 1)
                return
            del self._open[file_id]
            file.close()

    def is_open(self, file_id: int) -> bool:
        """Whether somebody has the table open."""
        with self._lock:
            return file_id in self._open

    def close(self) -> None:
        """Close all: the server stops."""
        with self._lock:
            for file, _ in self._open.values():
                file.close()
            self._open.clear()
