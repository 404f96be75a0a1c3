"""What an import would do, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from rich.markup import escape
from rich.table import Table

from omeropyr.embedded.importer.ome_plates import count_wells, has_plates
from omeropyr.embedded.importer.sources import Source
from omeropyr.embedded.pixels import omexml
from omeropyr.embedded.pixels.plate import positions
from omeropyr.embedded.pixels.reader import Reader, Series, open_reader


def table(sources: Sequence[Source], target: str) -> Table:
    """One line for each Fileset: its files, what they become, the sizes of the (first) image, where it goes."""
    made = Table("Files", "Become", "X x Y", "Z", "C", "T", "Type", "Into")
    for source in sources:
        with closing(open_reader(source.paths)) as reader:
            series, kind = reader.series, _kind(reader.series, _wells(reader))
        files = source.paths[0].name + (f" and {len(source.paths) - 1} more" if len(source.paths) > 1 else "")
        first = series[0]
        sizes = (f"{first.size_x} x {first.size_y}", str(first.size_z), str(first.size_c), str(first.size_t))
        made.add_row(escape(files), escape(f"{kind} {source.name or ''}"), *sizes, first.pixels_type, escape(target))
    return made


def _wells(reader: Reader) -> int:
    """How many wells the files are of; 0 for what is no plate."""
    if has_plates(reader.ome_xml):
        return count_wells(omexml.parse(reader.ome_xml))
    return len({one.well for one in positions(reader)})


def _kind(series: Sequence[Series], wells: int) -> str:
    if wells:
        return f"a plate of {wells} wells, {len(series)} images"
    return "an image" if len(series) == 1 else f"{len(series)} images"
