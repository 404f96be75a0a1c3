"""The files of a plate as one Fileset: a series for each field of each well, opened when first looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from omeropyr.embedded.importer.patterns import FileGroup
from omeropyr.embedded.importer.wells import PlateGroup, Position, Run
from omeropyr.embedded.pixels.reader import Reader, ReaderError, Series

Array = npt.NDArray[Any]
_OPEN = 64  # readers kept: each is the parsed metadata of one field's files


class PlateReader:
    """Fields of a plate; all have the sizes of the first, which is checked when a field is opened."""

    ome_xml: str | None = None

    def __init__(self, plate: PlateGroup, opened: Callable[[FileGroup], Reader]) -> None:
        self._groups = [made for _, made in plate.fields]
        self._open = opened
        self._lock = threading.Lock()
        self._readers: dict[int, Reader] = {}
        self.well_positions = tuple(position for position, _ in plate.fields)
        first = self._reader(0)
        if len(first.series) != 1:
            raise ReaderError("the files of a plate hold several images each")
        self.format = first.format
        self.series: tuple[Series, ...] = tuple(
            replace(first.series[0], index=index, name=made.name) for index, made in enumerate(self._groups)
        )

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only; see :class:`omeropyr.embedded.pixels.reader.Reader`."""
        return self._reader(series).read_tile(0, level, z, c, t, x, y, w, h)

    def close(self) -> None:
        """Close the readers of all fields."""
        with self._lock:
            readers, self._readers = self._readers, {}
        for reader in readers.values():
            reader.close()

    def _reader(self, index: int) -> Reader:
        with self._lock:
            found = self._readers.get(index)
            if found is not None:
                return found
            made = self._open(self._groups[index])
            self._check(made, index)
            self._readers[index] = made
            # A reader that is dropped here may be in use: it goes on, and closes its file when it is let go.
            while len(self._readers) > _OPEN:
                self._readers.pop(next(iter(self._readers)))
        return made

    def _check(self, reader: Reader, index: int) -> None:
        if index == 0:
            return
        wanted, found = self.series[index], reader.series[0]
        if replace(found, index=index, name=wanted.name, metadata=(), description=None) != replace(
            wanted, metadata=(), description=None, acquisition_date=found.acquisition_date
        ):
            raise ReaderError(
                f"{self._groups[index].names[0]} does not have the size and pixel type of the other fields"
            )


def positions(reader: Reader) -> tuple[Position, ...]:
    """Where each series of a plate was taken; empty for what is no plate."""
    found: tuple[Position, ...] = getattr(reader, "well_positions", ())
    return found


def runs(reader: Reader) -> tuple[Run | None, ...]:
    """The run each series of a plate was taken in; empty where the files tell none."""
    found: tuple[Run | None, ...] = getattr(reader, "well_runs", ())
    return found
