"""Tiles and thumbnails against the limit of the libraries and against large_image, in one run.

    python benchmarks/tiles.py [--scale small|full] [--rounds N] [--pieces N] [--only a,b,...] [--without-peer]

Works take turns, figures are medians; other work on the machine moves all of them, so that only ratios of one run mean
anything. A gate comes first in each case: pictures must be what the settings make of the pixels. The peer is installed
into an environment of its own; where that cannot be done it is said, and its ratios are left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tiling import cases, data
from tiling.cases import Bench, Row
from tiling.peer import Absent, LargeImage
from tiling.served import over_ice, serve

SIDES = {"small": 4096, "full": 16384}
CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "a": cases.warm,
    "b": lambda bench: cases.cold(bench, "tiff", 3.5),
    "c": lambda bench: cases.cold(bench, "zarr", 10),
    "d": cases.slider,
    "e": cases.slide,
    "g": cases.memory,
    "hi": over_ice,
}


def main() -> None:
    """Measure and print; the exit status is 1 when a goal was missed."""
    options = _options()
    if options.memory is not None:
        print(cases.anonymous(options.memory, options.side))
        return
    if options.serve is not None:
        serve(options.serve)
        return
    side = SIDES[options.scale]
    peer = None if options.without_peer else _peer(options.peer_folder)
    with tempfile.TemporaryDirectory(prefix="tiles", dir=options.folder) as folder:
        root = Path(folder)
        bench = Bench(
            root / "a.ome.tif", root / "a.zarr", root / "slide.tif", side, options.rounds, options.pieces, peer
        )
        _write(bench)
        rows = []
        try:
            for letter in options.only or CASES:
                rows += _run(letter, bench if peer is None or peer.alive else replace(bench, peer=None))
        finally:
            if peer is not None:
                peer.close()
    met = [row.met for row in rows if row.met is not None]
    print(f"{sum(met)} of {len(met)} goals met; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    sys.exit(0 if all(met) else 1)


def _run(letter: str, bench: Bench) -> list[Row]:
    rows = []
    try:
        for row in CASES[letter](bench):
            print(_line(row), flush=True)
            rows.append(row)
    except Absent as error:  # the peer's trouble is no reason to say nothing of ours
        print(f"large_image fails at {letter}: {error}")
        return _run(letter, replace(bench, peer=None))
    return rows


def _letters(text: str) -> list[str]:
    wanted = text.split(",")
    strange = [letter for letter in wanted if letter not in CASES]
    if strange:
        raise argparse.ArgumentTypeError(f"there is no case {strange[0]!r}; there are {', '.join(CASES)}")
    return wanted


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SIDES, default="small", help="small: 4,096², full: 16,384² x 4 channels")
    parser.add_argument("--rounds", type=int, default=7, help="how often the works take turns")
    parser.add_argument("--pieces", type=int, default=16, help="tiles of a work at its turn")
    parser.add_argument("--only", type=_letters, help=f"cases, of {','.join(CASES)}; f is part of a, b and c")
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the images are written; they are deleted at the end")
    parser.add_argument(
        "--peer-folder", type=Path, default=Path(tempfile.gettempdir()) / "large_image_of_the_benchmark"
    )
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--side", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _peer(folder: Path) -> LargeImage | None:
    try:
        peer = LargeImage(folder)
    except (Absent, OSError) as error:
        print(f"large_image is absent: {error}")
        return None
    print(f"large_image {peer.version}")
    return peer


def _write(bench: Bench) -> None:
    began = time.perf_counter()
    data.write_ome_tiff(bench.tiff, bench.side, data.Fluorescence())
    data.write_ome_zarr(bench.zarr, bench.side, data.Fluorescence())
    data.write_slide(bench.slide, bench.side, data.Histology())
    print(f"images of {bench.side} x {bench.side} written in {time.perf_counter() - began:.0f} s", flush=True)


def _line(row: Row) -> str:
    goal = "" if row.met is None else f"   goal {'<=' if row.most else '>='} {row.most or row.least:g}"
    word = "" if row.met is None else ("  met" if row.met else "  MISSED")
    return f"{row.name:56} {row.value:10.2f} {row.unit:3}{goal}{word}"


if __name__ == "__main__":
    main()
