"""``omeropyr addons``: which add-ons are installed, which are on, and what is wrong with them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from omeropyr.addons import Addon
from omeropyr.addons.loader import find_addons, installed
from omeropyr.addons.trial import try_out
from omeropyr.settings.command import read_ini


@dataclass(frozen=True)
class Row:
    """One add-on; of one that is off only what its distribution says is known, because it is not imported."""

    name: str
    state: str
    version: str
    title: str
    distribution: str
    url_prefixes: tuple[str, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    """Options beside ``--ini``."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the add-ons, and what is wrong with those that are on; 1 if anything is."""
    raw = {} if args.ini == args.default_ini and not Path(args.ini).exists() else read_ini(args.ini)
    names = raw.get("omeropyr.addons", "").split()
    addons, problems = find_addons(names)
    found = rows(installed(), addons, names)
    problems += [line for line in try_out(raw) if line not in problems]
    if args.json:
        text = json.dumps({"addons": [asdict(row) for row in found], "problems": problems}, indent=2)
        sys.stdout.write(f"{text}\n")
    else:
        sys.stdout.write(f"{table(found)}\n")
        sys.stdout.write("".join(f"{line}\n" for line in (["", "Problems:", *problems] if problems else ())))
    return 1 if problems else 0


def rows(points: Mapping[str, EntryPoint], addons: Sequence[Addon], names: Sequence[str]) -> list[Row]:
    """Those that are on in their order, then the others by name."""
    loaded = {addon.name: addon for addon in addons}
    found = []
    for name in [*dict.fromkeys(names), *sorted(set(points) - set(names))]:
        point, addon = points.get(name), loaded.get(name)
        dist = point.dist if point is not None else None
        found.append(
            Row(
                name=name,
                state=("on" if addon else "broken" if point else "missing") if name in names else "off",
                version=dist.version if dist is not None else "",
                title=addon.title if addon else "",
                distribution=dist.name if dist is not None else "",
                url_prefixes=addon.prefixes if addon else (),
            )
        )
    return found


def table(found: Sequence[Row]) -> str:
    """*found* in columns."""
    head = ("NAME", "STATE", "VERSION", "PACKAGE", "TITLE", "ADDRESSES")
    cells = [
        head,
        *((row.name, row.state, row.version, row.distribution, row.title, " ".join(row.url_prefixes)) for row in found),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(f"{text or '-':{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
