"""The web under waitress and granian: hello, static, a warm tile, 304, a page; and the tile against bare Ice.

    python benchmarks/http.py [--rounds N] [--seconds S] [--clients 1,16,64]

Servers take turns, figures are medians over the rounds; other work on the machine moves all of them, so that only
ratios of one run mean anything. Three processes share the processors: OMERO, the web, and the clients. A gate comes
first: the tile that HTTP gives is the one that Ice gives, byte for byte.
"""

from __future__ import annotations

import sys

sys.path.append(sys.path.pop(0))  # this file has the name of a package of the standard library

import argparse
import contextlib
import json
import statistics
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import omero
import omero.all
import omero.romio
from httping import client, servers

TILE = 512
SCREEN = 12  # tiles that a viewer shows at once
GOALS = {"waitress": 1.7, "granian": 1.3}
KINDS = ("hello", "static", "304", "tile", "page")


def main() -> int:
    """Measure and print; 1 when a goal was missed."""
    options = _options()
    if options.serve is not None:
        servers.serve_omero(options.serve)
        return 0
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.omero_server())
        ice = stack.enter_context(_ice(server))
        ports = {name: stack.enter_context(getattr(servers, name)(server)) for name in GOALS}
        asked = {name: _requests(port, server.image, ice) for name, port in ports.items()}
        _rates(ports, asked, options)
        return _against_ice(ports, asked, ice, options)


class Ice:
    """Bare Ice: a rendering engine with the image, as it is saved."""

    def __init__(self, server: servers.Omero) -> None:
        self._secure = omero.client(host="127.0.0.1", port=server.port)
        self._secure.createSession("root", servers.PASSWORD)
        self._client = self._secure.createClient(False)
        self._engine = self._client.getSession().createRenderingEngine()
        self._engine.lookupPixels(server.pixels)
        if not self._engine.lookupRenderingDef(server.pixels):
            self._engine.resetDefaultSettings(True)
            self._engine.lookupRenderingDef(server.pixels)
        self._engine.load()
        self._engine.setResolutionLevel(self._engine.getResolutionLevels() - 1)
        side = servers.SIDE // TILE
        self.places = [(x, y) for y in range(side) for x in range(side)]

    def tile(self, number: int) -> bytes:
        """One tile."""
        x, y = self.places[number % len(self.places)]
        region = omero.romio.RegionDef(x * TILE, y * TILE, TILE, TILE)
        found: bytes = self._engine.renderCompressed(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, region, -1))
        return found

    def close(self) -> None:
        """Log out."""
        self._engine.close()
        self._client.closeSession()
        self._secure.closeSession()


@contextlib.contextmanager
def _ice(server: servers.Omero) -> Any:
    found = Ice(server)
    try:
        yield found
    finally:
        found.close()


def _requests(port: int, image: int, ice: Ice) -> dict[str, list[client.Asked]]:
    """What is asked for, by kind; the tiles are held against those of Ice first."""
    cookie = client.log_in(port)
    connection = client.Connection(port)
    asked = _settings(connection.ask(client.get(port, f"/webgateway/imgData/{image}/", cookie)))
    base = f"/webgateway/render_image_region/{image}/0/0/?{asked}"
    places = [f"{base}&tile=0,{x},{y},{TILE},{TILE}" for x, y in ice.places]
    tiles = [client.get(port, place, cookie) for place in places]
    for number, one in enumerate(tiles):
        if connection.ask(one) != ice.tile(number):
            raise SystemExit(f"tile {number} over HTTP is another picture than over Ice")
    page = connection.ask(client.get(port, "/webclient/", cookie)).decode()
    style = next(part.partition('"')[0] for part in page.split('href="') if "/css/base.css" in part.partition('"')[0])
    tag = _etag(port, places[0], cookie)
    connection.close()
    return {
        "hello": [client.get(port, "/health/live", cookie)],
        "static": [client.get(port, style, cookie)],
        "304": [client.get(port, places[0], cookie, status=304, If_None_Match=tag)],
        "tile": tiles,
        "page": [client.get(port, "/webclient/", cookie)],
    }


def _settings(data: bytes) -> str:
    """The query that viewers ask with: every setting of every channel, here the saved ones."""
    channels = json.loads(data)["channels"]
    texts = [
        f"{number}|{one['window']['start']}:{one['window']['end']}${one['color']}"
        for number, one in enumerate(channels, 1)
    ]
    maps = [
        {
            "inverted": {"enabled": one["inverted"]},
            "quantization": {"family": one["family"], "coefficient": one["coefficient"]},
        }
        for one in channels
    ]
    return f"c={quote(','.join(texts))}&m=c&maps={quote(json.dumps(maps))}"


def _etag(port: int, path: str, cookie: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie})
    with urllib.request.urlopen(request) as answer:
        return str(answer.headers["ETag"])


def _rates(ports: dict[str, int], asked: dict[str, dict[str, list[client.Asked]]], options: argparse.Namespace) -> None:
    print(f"{'':8}{'clients':>8}" + "".join(f"{name:>14} /s{'ms':>9}" for name in ports))
    for kind in KINDS:
        for clients in options.clients:
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in ports}
            for _ in range(options.rounds):
                for name, port in ports.items():
                    found[name].append(client.rate(port, asked[name][kind], clients, options.seconds))
            cells = [
                f"{statistics.median(rate for rate, _ in one):14.0f}   {statistics.median(ms for _, ms in one):9.2f}"
                for one in found.values()
            ]
            print(f"{kind:8}{clients:8}" + "".join(cells), flush=True)


def _against_ice(
    ports: dict[str, int], asked: dict[str, dict[str, list[client.Asked]]], ice: Ice, options: argparse.Namespace
) -> int:
    """The warm tile, one client; each in turn, a viewer's screen of tiles at a time; 1 when a goal was missed.

    Beside it the same tile by tile, where each waits for the processor to come back from two others.
    """
    connections = {name: client.Connection(port) for name, port in ports.items()}
    missed = 0
    for run in (SCREEN, 1):
        times: dict[str, list[float]] = {"Ice": [], **{name: [] for name in ports}}
        for start in range(-run, options.pieces, run):
            for name, mine in times.items():
                for number in range(start, start + run):
                    began = time.perf_counter()
                    if name == "Ice":
                        ice.tile(number)
                    else:
                        connections[name].ask(asked[name]["tile"][number % len(ice.places)])
                    if start >= 0:
                        mine.append(time.perf_counter() - began)
        bare = statistics.median(times["Ice"])
        print(f"warm tile of {TILE}, one client, in turn {run} at a time: Ice {1000 * bare:.2f} ms")
        for name, goal in GOALS.items():
            ratio = statistics.median(times[name]) / bare
            missed += run == SCREEN and ratio > goal
            word = "MISSED" if ratio > goal else "met"
            print(f"  {name}: {1000 * statistics.median(times[name]):.2f} ms, {ratio:.2f} x   goal <= {goal}  {word}")
    for one in connections.values():
        one.close()
    return int(missed > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often the servers take turns")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each turn")
    parser.add_argument("--pieces", type=int, default=400, help="tiles of the comparison with Ice")
    parser.add_argument("--clients", type=lambda text: [int(one) for one in text.split(",")], default=[1, 16, 64])
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
