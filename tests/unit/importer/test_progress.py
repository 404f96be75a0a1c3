"""One bar for the whole run, at terminals only."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from omeropyr.embedded.importer.progress import bar
from omeropyr.embedded.importer.sources import Source

MEGABYTE = 10**6


def sources(folder: Path, count: int, size: int) -> list[Source]:
    paths = [folder / f"{number}.tif" for number in range(count)]
    for path in paths:
        path.touch()
        os.truncate(path, size)
    return [Source((path,)) for path in paths]


def run(found: list[Source], *, terminal: bool, sent: int) -> str:
    """What is drawn when the first *sent* of the files are sent and the others skipped."""
    drawn = io.StringIO()
    err = Console(file=drawn, force_terminal=terminal, width=100)
    with bar(found, Console(file=io.StringIO()), err) as progress:
        for place, source in enumerate(found):
            progress.begin(source)
            if place < sent:
                progress.advance(source.size)
            progress.end(source)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.getvalue())


@pytest.mark.parametrize(("sent", "whole"), [(20, "40.0/40.0 MB"), (5, "10.0/10.0 MB")], ids=["all", "some skipped"])
def test_many_small_files_have_one_bar(tmp_path: Path, sent: int, whole: str) -> None:
    drawn = run(sources(tmp_path, 20, 2 * MEGABYTE), terminal=True, sent=sent)
    lines = [line for line in re.split(r"[\r\n]+", drawn) if line.strip()]
    assert whole in lines[-1]
    assert "19.tif" in lines[-1]
    assert all(line.count(" MB") + line.count("bytes") <= 3 for line in lines)
    assert re.search(r"\d:\d\d", lines[-1])


@pytest.mark.parametrize(
    ("count", "size", "terminal"),
    [(20, 2 * MEGABYTE, False), (3, 1000, True)],
    ids=["no terminal", "few small files"],
)
def test_otherwise_nothing_is_drawn(tmp_path: Path, count: int, size: int, terminal: bool) -> None:
    assert run(sources(tmp_path, count, size), terminal=terminal, sent=count) == ""
