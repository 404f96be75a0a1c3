"""Many people look at tiles at once: no error, memory stays flat, engines and files are closed at the end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.data import OmeroData

VIEWERS = Path(__file__).with_name("many_viewers.py")
GROWTH = 96 * 2**20  # bytes beyond the warm server's own that are taken for noise of the allocator


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server for nobody else."""
    with EmbeddedServer(tmp_path_factory.mktemp("viewers"), port=0, ssl_port=0) as made:
        yield made


@pytest.fixture(scope="module")
def images(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """One fluorescence image with levels, one colour slide, and one small stack."""
    folder, data = tmp_path_factory.mktemp("images"), OmeroData(server)
    random = np.random.default_rng(1)
    full = random.integers(0, 4000, (3, 2048, 2048), dtype=np.uint16)
    options: dict[str, Any] = {"tile": (256, 256), "compression": "zlib", "photometric": "minisblack"}
    with tifffile.TiffWriter(folder / "levels.ome.tif", ome=True) as writer:
        writer.write(full, subifds=2, metadata={"axes": "CYX"}, **options)
        for step in (2, 4):
            writer.write(np.ascontiguousarray(full[:, ::step, ::step]), subfiletype=1, metadata=None, **options)
    rgb = random.integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    tifffile.imwrite(folder / "slide.tif", rgb, tile=(256, 256), compression="jpeg", photometric="rgb")
    tifffile.imwrite(folder / "stack.tif", random.integers(0, 255, (5, 300, 400), dtype=np.uint8))
    return [data.import_file(folder / name) for name in ("levels.ome.tif", "slide.tif", "stack.tif")]


def anonymous() -> int:
    """Bytes of this process's own memory."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def look(server: EmbeddedServer, images: list[int], clients: int, seconds: int) -> int:
    """Let that many clients look for so long; how many tiles they got."""
    command = [sys.executable, "-W", "ignore", str(VIEWERS), *map(str, (server.ssl_port, clients, seconds, *images))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 240, check=True)
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert len(found["tiles"]) == clients
    return sum(found["tiles"])


def settled(server: EmbeddedServer, files: int) -> bool:
    """Whether nobody is connected any more and no more files are open than *files*."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if not server.router.sessions() and len(list(Path("/proc/self/fd").iterdir())) <= files:
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize(
    ("clients", "seconds"), [(24, 4), pytest.param(100, 60, marks=pytest.mark.long)], ids=["24", "100"]
)
def test_many_viewers(server: EmbeddedServer, images: list[int], clients: int, seconds: int) -> None:
    look(server, images, clients, 2)  # caches, code and threads
    assert settled(server, len(list(Path("/proc/self/fd").iterdir())))
    files, before = len(list(Path("/proc/self/fd").iterdir())), anonymous()
    assert look(server, images, clients, seconds) > clients * 3
    assert anonymous() - before < GROWTH
    assert settled(server, files)
    assert server.pixels.cache.size <= server.pixels.cache.limit
