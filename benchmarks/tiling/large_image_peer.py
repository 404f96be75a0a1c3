"""large_image behind lines of JSON; runs in a Python of its own that has large_image and nothing of ours.

A request names a file, a kind of work and places of tiles; the answer holds seconds per piece of work.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from typing import Any

import cachetools
import large_image_source_ometiff
import large_image_source_tiff
import large_image_source_zarr

OPENERS = {
    "tiff": large_image_source_ometiff.OMETiffFileTileSource,
    "zarr": large_image_source_zarr.ZarrFileTileSource,
    "slide": large_image_source_tiff.TiffFileTileSource,
}


class Image:
    """One file, opened once; styles change without opening it again."""

    def __init__(self, path: str, kind: str, style: dict[str, Any] | None, quality: int) -> None:
        options = {"encoding": "JPEG", "jpegQuality": quality, "jpegSubsampling": 2, "noCache": True}
        self.source = OPENERS[kind](path, style=style, **options)
        self.level = self.source.levels - 1

    def keep(self, tiles: int) -> None:
        """How many decoded tiles may be kept: none for cold ones."""
        for source in (self.source, self.source._unstyled):
            source.cache, source.cache_lock = cachetools.LRUCache(max(tiles, 1)), threading.Lock()
            if tiles == 0:
                source.cache = cachetools.LRUCache(0.5)

    def tile(self, column: int, row: int) -> bytes:
        """The JPEG of a tile, full size."""
        return bytes(self.source.getTile(column, row, self.level))


def work(image: Image, request: dict[str, Any]) -> list[float]:
    """Seconds of each tile, or of each style's tiles where styles are given."""
    times = []
    if "styles" in request:
        image.keep(1000)
        for place in request["places"]:
            image.tile(*place)
        for style in request["styles"]:
            began = time.perf_counter()
            image.source.style = style
            for place in request["places"]:
                image.tile(*place)
            times.append(time.perf_counter() - began)
        return times
    image.keep(0)
    for place in request["places"]:
        began = time.perf_counter()
        image.tile(*place)
        times.append(time.perf_counter() - began)
    return times


def main() -> None:
    """Answer until there are no more requests."""
    images: dict[str, Image] = {}
    print(json.dumps({"version": large_image_source_tiff.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        key = request["name"]
        if key not in images:
            images[key] = Image(request["path"], request["kind"], request.get("style"), request["quality"])
        began = time.process_time()
        answer: dict[str, Any] = {"seconds": work(images[key], request)}
        answer["processor"] = time.process_time() - began
        if request.get("picture"):
            answer["picture"] = base64.b64encode(images[key].tile(*request["places"][0])).decode()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
