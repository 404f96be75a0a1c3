"""What is compared, by the letters of the goals; each case gives rows of a report."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from omeropyr.rendering.settings import ChannelBinding, RenderingDef
from tiling import gate
from tiling.data import CHANNELS, RGB_TILE, TILE, Fluorescence, Histology, write_small_tiles
from tiling.ours import (
    COLORS,
    QUALITY,
    WINDOWS,
    Limit,
    Ours,
    TiffLimit,
    ZarrLimit,
    as_stored,
    settings,
    slide_places,
    spread,
)
from tiling.peer import LargeImage
from tiling.timing import Batch, Result, Scaling, alone, processor_ratio, ratio, scaling, take_turns

CACHE = 512 * 2**20
DRAGGED = 6  # tiles in view while a slider is pulled


@dataclass(frozen=True)
class Row:
    """One line: what, the figure, and the goal (a limit from above or below) where there is one."""

    name: str
    value: float
    unit: str = "x"
    most: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, ``None`` without one."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


@dataclass(frozen=True)
class Bench:
    """The images, how large they are, how long to measure, and whom with."""

    tiff: Path
    zarr: Path
    slide: Path
    side: int
    rounds: int
    pieces: int
    peer: LargeImage | None

    def places(self) -> list[tuple[int, int]]:
        """Of enough tiles for all rounds."""
        return spread(self.side, TILE, self.rounds * self.pieces)


def warm(bench: Bench) -> Iterator[Row]:
    """(a) A tile of 256 from decoded chunks against the kernel and the encoder alone; (f) on two threads."""
    path = bench.tiff.with_name("small.ome.tif")
    write_small_tiles(path, 2048, 256, Fluorescence())
    where = spread(2048, 256, 64)
    ours, windows = Ours(path, where, 256, cache=CACHE), Ours(bench.tiff, where, 256, cache=CACHE)
    for one in (ours, windows):
        gate.check_ours(one, Fluorescence(), range(4))
    limit = Limit(where)
    stacks = [_stack(ours, number) for number in range(64)]
    cut = [_planes(windows, number) for number in range(64)]
    pictures = [limit.picture(stack) for stack in stacks]
    works: dict[str, Batch] = {
        "kernel": alone(lambda number: limit.picture(stacks[number % 64])),
        "kernel on windows of 512": alone(lambda number: limit.picture(cut[number % 64])),
        "encoder": alone(lambda number: limit.encoded(pictures[number % 64])),
        "tile": alone(ours.tile),
        "tile from chunks of 512": alone(windows.tile),
    }
    found = take_turns(works, bench.rounds, bench.pieces * 4)
    yield from _times("a", found)
    yield from _compared("a  tile / (kernel + encoder)", found["tile"], found["kernel"], found["encoder"], most=1.3)
    parts = found["kernel on windows of 512"], found["encoder"]
    yield from _compared("a  tile from chunks of 512 / both", found["tile from chunks of 512"], *parts)

    def both(number: int) -> bytes:
        return limit.encoded(limit.picture(stacks[number % 64]))

    scaled = scaling({"limit": both, "tile": ours.tile}, bench.rounds, bench.pieces * 8)
    yield from _scaled("f  decoded chunks, 256", scaled)


def cold(bench: Bench, kind: str, least: float) -> Iterator[Row]:
    """(b), (c) Tiles of which nothing was decoded before; (f) on two threads."""
    letter = "b" if kind == "tiff" else "c"
    path = bench.tiff if kind == "tiff" else bench.zarr
    where = bench.places()
    limit: TiffLimit | ZarrLimit = TiffLimit(path, where) if kind == "tiff" else ZarrLimit(path, where)
    served, serial = (Ours(path, where, TILE, serial=one) for one in (False, True))
    source = Fluorescence()
    gate.check_ours(served, source, range(4))
    gate.check_limit(limit, served, range(4))
    works: dict[str, Batch] = {
        "limit": alone(limit.tile),
        "tile": alone(served.tile),
        "tile, one core": alone(serial.tile),
    }
    if bench.peer is not None:
        request = _request(path, kind)
        decibels = gate.check_lightened(bench.peer.picture(**request, places=[where[0]]), source, where[0])
        yield Row(f"{letter}  large_image against its reference", decibels, "dB")
        works["large_image"] = _asked(bench.peer, request, where)
    found = take_turns(works, bench.rounds, bench.pieces)
    yield from _times(letter, found)
    most = 1.3 if kind == "tiff" else None
    yield from _compared(f"{letter}  tile / limit", found["tile"], found["limit"], most=most)
    yield from _compared(f"{letter}  tile on one core / limit", found["tile, one core"], found["limit"])
    if "large_image" in found:
        yield from _compared(f"{letter}  large_image / tile", found["large_image"], found["tile"], least=least)
        yield Row(f"{letter}  large_image / tile on one core", ratio(found["large_image"], found["tile, one core"]))
    scaled = scaling({"limit": limit.tile, "tile": serial.tile}, bench.rounds, bench.pieces)
    yield from _scaled(f"f  cold {kind}, 512", scaled)


def slider(bench: Bench) -> Iterator[Row]:
    """(d) The tiles in view again with new settings, their chunks decoded."""
    where = bench.places()[:DRAGGED]
    ours = Ours(bench.tiff, where, TILE, cache=CACHE)
    works: dict[str, Batch] = {"drag": alone(lambda number: ours.drag(number, DRAGGED))}
    if bench.peer is not None:
        request = {**_request(bench.tiff, "tiff"), "name": "slider"}
        peer = bench.peer

        def dragged(numbers: Sequence[int]) -> tuple[list[float], float]:
            styles = [_style(float(WINDOWS[0][1] - 1 - number)) for number in numbers]
            return peer.seconds(**request, places=where, styles=styles)

        works["large_image"] = dragged
    found = take_turns(works, bench.rounds, max(bench.pieces // 4, 4))
    yield from _times(f"d  {DRAGGED} tiles:", found)
    if "large_image" in found:
        yield from _compared("d  large_image / drag", found["large_image"], found["drag"], least=13)


def slide(bench: Bench) -> Iterator[Row]:
    """(e) A brightfield slide: tiles as they are stored, and with a window of their own."""
    where = slide_places(bench.side, bench.rounds * bench.pieces * 4)
    ours = Ours(bench.slide, where, RGB_TILE, shown=as_stored())
    changed = tuple(ChannelBinding(input_start=20, input_end=230, red=r, green=g, blue=b) for r, g, b in COLORS[:3])
    # So many chunks that red, green and blue of one are not decoded three times, so few that it is not met again.
    windowed = Ours(bench.slide, where, RGB_TILE, cache=2**22, shown=RenderingDef(changed))
    column, row = where[0]
    written = Histology().tile(0, row, column)
    yield Row("e  stored tile against what was written", gate.check_slide(ours.stored(0), written), "dB")
    works: dict[str, Batch] = {"stored": alone(ours.stored), "new window": alone(windowed.tile)}
    if bench.peer is not None:
        request = {**_request(bench.slide, "slide"), "style": None}
        gate.check_slide(bench.peer.picture(**request, places=[where[0]]), written)
        works["large_image"] = _asked(bench.peer, request, where)
        style = {"bands": [_band(20, 230, color, band=band) for band, color in enumerate(COLORS[:3], 1)]}
        works["large_image, new window"] = _asked(bench.peer, {**request, "name": "window", "style": style}, where)
    found = take_turns(works, bench.rounds, bench.pieces)
    yield from _times("e", found)
    if bench.peer is not None:
        yield from _compared("e  large_image / stored", found["large_image"], found["stored"], least=50)
        both = found["large_image, new window"], found["new window"]
        yield from _compared("e  the same new window: large_image / ours", *both, least=2)
        yield Row("e  large_image as stored / ours new window", ratio(found["large_image"], found["new window"]))
    yield from _scaled("f  slide, new window", scaling({"tile": windowed.tile}, bench.rounds, bench.pieces * 4))


def memory(bench: Bench) -> Iterator[Row]:
    """(g) Anonymous memory of a process of its own after 400 cold tiles."""
    command = [sys.executable, sys.argv[0], "--memory", str(bench.tiff), "--side", str(bench.side)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    yield Row("g  anonymous memory after 400 cold tiles", float(done.stdout), "MB", most=150)


def anonymous(path: Path, side: int) -> float:
    """Megabytes of memory that belong to no file, after 400 tiles and without a cache."""
    ours = Ours(path, spread(side, TILE, 400), TILE)
    for number in range(400):
        ours.tile(number)
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("RssAnon"))


def _planes(ours: Ours, number: int) -> list[Any]:
    box = ours.box(number)
    return [ours.access.tile(1, 0, 0, c, 0, *box) for c in range(CHANNELS)]


def _stack(ours: Ours, number: int) -> Any:
    return np.stack(_planes(ours, number))


def _request(path: Path, kind: str) -> dict[str, Any]:
    told = path / ".zattrs" if kind == "zarr" else path
    return {"name": kind, "path": str(told), "kind": kind, "style": _style(WINDOWS[0][1]), "quality": QUALITY}


def _style(end: float) -> dict[str, Any]:
    """Our settings in the peer's words; *end* is that of the first channel's window."""
    first, *others = settings().channels
    channels = [replace(first, input_end=end), *others]
    return {
        "bands": [
            _band(one.input_start, one.input_end, (one.red, one.green, one.blue), framedelta=number)
            for number, one in enumerate(channels)
        ]
    }


def _band(low: float, high: float, color: tuple[int, int, int], **more: Any) -> dict[str, Any]:
    return {"min": low, "max": high, "palette": ["#000000", "#{:02x}{:02x}{:02x}".format(*color)], **more}


def _asked(peer: LargeImage, request: dict[str, Any], where: Sequence[tuple[int, int]]) -> Batch:
    def run(numbers: Sequence[int]) -> tuple[list[float], float]:
        return peer.seconds(**request, places=[where[number % len(where)] for number in numbers])

    return run


def _times(letter: str, found: dict[str, Result]) -> Iterator[Row]:
    for name, result in found.items():
        yield Row(f"{letter}  {name} (p95 {result.p95:.2f})", result.median, "ms")


def _compared(
    name: str, above: Result, *below: Result, most: float | None = None, least: float | None = None
) -> Iterator[Row]:
    yield Row(name, ratio(above, *below), most=most, least=least)
    yield Row(f"{name}, processor time", processor_ratio(above, *below))


def _scaled(name: str, found: dict[str, Scaling]) -> Iterator[Row]:
    for work, one in found.items():
        yield Row(f"{name}: {work}, one thread", one.rate, "/s")
        yield Row(f"{name}: {work}, two threads ({one.quiet} quiet)", one.times, least=1.8 if work == "tile" else None)
        yield Row(f"{name}: {work}, two threads, unqueued", one.unqueued)
