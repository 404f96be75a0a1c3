"""How far an import is, for people at a terminal: one bar for the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from omeropyr.embedded.importer.sources import Source

_BYTES = 16 * 2**20
_FILESETS = 10


class Bar:
    """Bytes of all files that are done, of those there are; a file that is skipped does not count."""

    def __init__(self, progress: Progress, sources: Sequence[Source]) -> None:
        self._progress = progress
        self._size = {id(source): source.size for source in sources}  # a file may be gone later
        self._total = sum(self._size.values())
        self._task = progress.add_task("", total=self._total)
        self._begun = 0

    def begin(self, source: Source) -> None:
        """The files of *source* are next."""
        self._begun = int(self._progress.tasks[0].completed)
        self._progress.update(self._task, description=escape(source.name or source.paths[0].name))

    def advance(self, size: int) -> None:
        """So many bytes more are done."""
        self._progress.advance(self._task, size)

    def end(self, source: Source) -> None:
        """Nothing more will come of *source*: what is left of it, as it was there already or failed, does not count."""
        done = int(self._progress.tasks[0].completed) - self._begun
        self._total -= max(0, self._size[id(source)] - done)
        self._progress.update(self._task, total=self._total)


@contextmanager
def bar(sources: Sequence[Source], out: Console, err: Console) -> Iterator[Bar]:
    """A bar with rate and time left on the terminal that *err* is, if it is one and there is much to do.

    What is printed meanwhile stands above it.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    much = len(sources) >= _FILESETS or sum(source.size for source in sources) >= _BYTES
    shown = err.is_terminal and much
    # A stream that goes elsewhere must not be drawn into the terminal.
    with Progress(*columns, console=err, transient=True, disable=not shown, redirect_stdout=out.is_terminal) as made:
        yield Bar(made, sources)
