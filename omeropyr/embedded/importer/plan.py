"""What an import would do, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from rich.markup import escape
from rich.table import Table

from omeropyr.embedded.importer.sources import Source
from omeropyr.embedded.importer.wells import Position
from omeropyr.embedded.pixels.plate import positions
from omeropyr.embedded.pixels.reader import Series, open_reader


def table(sources: Sequence[Source], target: str) -> Table:
    """One line for each Fileset: its files, what they become, the sizes of the (first) image, where it goes."""
    made = Table("Files", "Become", "X x Y", "Z", "C", "T", "Type", "Into")
    for source in sources:
        with closing(open_reader(source.paths)) as reader:
            series, kind = reader.series, _kind(reader.series, positions(reader))
        files = source.paths[0].name + (f" and {len(source.paths) - 1} more" if len(source.paths) > 1 else "")
        first = series[0]
        sizes = (f"{first.size_x} x {first.size_y}", str(first.size_z), str(first.size_c), str(first.size_t))
        made.add_row(escape(files), escape(f"{kind} {source.name or ''}"), *sizes, first.pixels_type, escape(target))
    return made


def _kind(series: Sequence[Series], wells: Sequence[Position]) -> str:
    if wells:
        return f"a plate of {len({one.well for one in wells})} wells, {len(series)} images"
    return "an image" if len(series) == 1 else f"{len(series)} images"
