"""Clients that ask for random tiles, as a process of their own: ``many_viewers.py PORT CLIENTS SECONDS IMAGE...``.

Prints JSON: how many tiles came, and what went wrong.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from typing import Any

import omero.all  # before anything else of omero: makes omero.model a package
import omero.clients
import omero.romio
from omero.gateway import BlitzGateway

TILE = 256


def view(port: int, key: str, number: int, until: float, pixels: dict[int, tuple[int, int]], out: list[object]) -> None:
    """One client: its own connection, an engine for each image, tiles from anywhere at any level."""
    chance = random.Random(number)
    client = omero.clients.BaseClient("127.0.0.1", port)
    tiles = 0
    try:
        client.joinSession(key).detachOnDestroy()
        engines: dict[int, Any] = {}
        while time.monotonic() < until or not tiles:
            pixels_id = chance.choice(sorted(pixels))
            engine = engines.get(pixels_id)
            if engine is None:
                engine = engines[pixels_id] = client.sf.createRenderingEngine()
                engine.lookupPixels(pixels_id)
                engine.lookupRenderingDef(pixels_id)
                engine.load()
            levels = engine.getResolutionLevels()
            level = chance.randrange(levels)
            engine.setResolutionLevel(level)
            size = engine.getResolutionDescriptions()[levels - 1 - level]
            x, y = (chance.randrange(max(1, side - TILE)) for side in (size.sizeX, size.sizeY))
            if not tiles % 7:
                engine.setChannelWindow(0, 0.0, float(chance.randrange(50, 255)))
            region = omero.romio.RegionDef(x, y, min(TILE, size.sizeX), min(TILE, size.sizeY))
            data = engine.renderCompressed(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, region, -1))
            if not bytes(data[:2]) == b"\xff\xd8":
                raise ValueError("no JPEG came")
            tiles += 1
        for engine in engines.values():
            engine.close()
        out.append(tiles)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test is told
        out.append(f"{type(error).__name__}: {error}")
    finally:
        client.closeSession()


def main() -> None:
    """Run the clients, and print what came of them."""
    port, clients, seconds, *images = map(int, sys.argv[1:])
    conn = BlitzGateway("root", "omero", host="127.0.0.1", port=port, secure=True)
    assert conn.connect()
    pixels = {conn.getObject("Image", image).getPrimaryPixels().getId(): (0, 0) for image in images}
    for pixels_id in pixels:
        engine = conn.c.sf.createRenderingEngine()
        engine.lookupPixels(pixels_id)
        if not engine.lookupRenderingDef(pixels_id):
            engine.resetDefaultSettings(True)
        engine.close()
    out: list[object] = []
    until = time.monotonic() + seconds
    key = conn.c.getSessionId()
    threads = [threading.Thread(target=view, args=(port, key, n, until, pixels, out)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conn.close()
    found = {
        "tiles": [one for one in out if isinstance(one, int)],
        "wrong": [one for one in out if isinstance(one, str)],
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
