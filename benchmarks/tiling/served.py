"""The same over Ice: a server in a process of its own, and a client of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import omero
import omero.all
import tifffile
from omero.rtypes import rint

from omeropyr.embedded import accounts
from omeropyr.embedded.importer.run import import_files
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.embedded.warm import warm_up
from tiling.cases import CACHE, Bench, Row
from tiling.data import Fluorescence, write_ome_tiff
from tiling.gate import Wrong
from tiling.ours import QUALITY, Ours, settings, spread
from tiling.timing import alone, ratio, take_turns

PASSWORD = "omero"
SIDE = 2048
IMAGES = 200
LONGEST = 96


@dataclass(frozen=True)
class Served:
    """A session, the file of the large image, and the ids of Pixels: the large image's, the small ones'."""

    session: Any
    tiff: Path
    large: int
    small: list[int]


def serve(folder: Path) -> None:
    """The server's process: tells its port and the ids as JSON, and stays."""
    write_ome_tiff(folder / "large.ome.tif", SIDE, Fluorescence())
    files = [folder / f"{number}.tif" for number in range(IMAGES)]
    for number, file in enumerate(files):
        tifffile.imwrite(file, Fluorescence.small(number), photometric="minisblack")
    (folder / "data").mkdir(mode=0o700)
    with EmbeddedServer(folder / "data", port=0, ssl_port=0, root_password=PASSWORD) as server:
        warm_up()  # as the command does beside the first requests
        actor = accounts.actor(server.store, 0)
        made, bad = import_files(server, actor, [folder / "large.ome.tif", *files])
        assert not bad, bad
        by_name = {one.name: one.pixels_id for one in made}
        small = [by_name[file.name] for file in files]
        large = next(one for name, one in by_name.items() if name.startswith("large"))
        print(json.dumps({"port": server.ssl_port, "large": large, "small": small}), flush=True)
        signal.pause()


@contextmanager
def served() -> Iterator[Served]:
    """A server with images, and a client as browsers' servers are: logged in, then without TLS."""
    with tempfile.TemporaryDirectory(prefix="tiles") as folder:
        process = subprocess.Popen([sys.executable, sys.argv[0], "--serve", folder], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            secure = omero.client(host="127.0.0.1", port=told["port"], args=["--Ice.MessageSizeMax=250000"])
            secure.createSession("root", PASSWORD)
            client = secure.createClient(False)
            yield Served(client.getSession(), Path(folder) / "large.ome.tif", told["large"], told["small"])
            client.closeSession()
            secure.closeSession()
        finally:
            process.kill()
            process.wait()


def over_ice(bench: Bench) -> Iterator[Row]:
    """(h) A tile of decoded chunks through Ice against the same in process; (i) thumbnails from the cache."""
    with served() as server:
        for size in (256, 512):
            yield from _tiles(bench, server, size)
        yield from _thumbnails(bench, server)


def _tiles(bench: Bench, server: Served, size: int) -> Iterator[Row]:
    ours = Ours(server.tiff, spread(SIDE, size, (SIDE // size) ** 2), size, cache=CACHE)
    engine = _engine(server)
    planes = [_plane(*ours.box(number)) for number in range(len(ours.where))]

    def through(number: int) -> bytes:
        found: bytes = engine.renderCompressed(planes[number % len(planes)])
        return found

    for number in range(len(ours.where)):
        if through(number) != ours.tile(number):
            raise Wrong(f"tile {number} through Ice is another picture")
    found = take_turns({"Ice": alone(through), "in process": alone(ours.tile)}, bench.rounds, bench.pieces * 4)
    for name, result in found.items():
        yield Row(f"h  {size}: {name} (p95 {result.p95:.2f})", result.median, "ms")
    yield Row(f"h  {size}: Ice / in process", ratio(found["Ice"], found["in process"]), most=2)
    engine.close()


def _thumbnails(bench: Bench, server: Served) -> Iterator[Row]:
    store = server.session.createThumbnailStore()

    def asked(_number: int) -> dict[int, bytes]:
        found: dict[int, bytes] = store.getThumbnailByLongestSideSet(rint(LONGEST), server.small)
        return found

    made = asked(0)
    if set(made) != set(server.small) or {_size(one) for one in made.values()} != {(LONGEST, LONGEST)}:
        raise Wrong("not every image has a thumbnail")
    result = take_turns({"set": alone(asked)}, bench.rounds, max(bench.pieces // 4, 3))["set"]
    yield Row(f"i  {IMAGES} thumbnails in one call (p95 {result.p95:.0f})", result.median, "ms")
    yield Row("i  thumbnails a second", 1000 * IMAGES / result.median, "/s", least=1000)
    store.close()


def _engine(server: Served) -> Any:
    engine = server.session.createRenderingEngine()
    engine.lookupPixels(server.large)
    if not engine.lookupRenderingDef(server.large):
        engine.resetDefaultSettings(True)
        engine.lookupRenderingDef(server.large)
    engine.load()
    for number, channel in enumerate(settings().channels):
        engine.setActive(number, True)
        engine.setChannelWindow(number, channel.input_start, channel.input_end)
        engine.setRGBA(number, channel.red, channel.green, channel.blue, 255)
    engine.setCompressionLevel(QUALITY / 100)
    engine.setResolutionLevel(engine.getResolutionLevels() - 1)
    return engine


def _plane(x: int, y: int, width: int, height: int) -> Any:
    plane = omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, None, -1)
    plane.region = omero.romio.RegionDef(x, y, width, height)
    return plane


def _size(picture: bytes) -> tuple[int, int]:
    height, width = np.asarray(imagecodecs.jpeg8_decode(picture)).shape[:2]
    return width, height
