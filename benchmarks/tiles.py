"""A tile's way from decoded chunks to JPEG, against the kernel and the encoder alone, in one run.

    python benchmarks/tiles.py [--tiles N] [--repeats N]

Prints medians in milliseconds and their ratio; other work on the machine moves both, so that only the ratio means
anything. A correctness gate comes first: the picture must equal the numpy reference.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import Reader, open_reader
from omeropyr.rendering import encode, kernel, quantize
from omeropyr.rendering.composite import Composer, composite_reference, contribution, rgb_view
from omeropyr.rendering.settings import ChannelBinding, RenderingDef

SIDE, TILE, CHANNELS = 2048, 256, 4
QUALITY = 0.9
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255))


def make_image() -> np.ndarray:
    """Smooth blobs with noise, ``(C, Y, X) uint16``: compresses and encodes about as fluorescence does."""
    random = np.random.default_rng(4)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    planes = []
    for _ in range(CHANNELS):
        fx, fy, phase = random.uniform(0.01, 0.05), random.uniform(0.01, 0.05), random.uniform(0, 6)
        signal = 3000 * (np.sin(x * fx + phase) * np.cos(y * fy) + 1) + 200
        planes.append(random.poisson(signal).astype(np.uint16))
    return np.stack(planes)


def settings() -> RenderingDef:
    """Four channels, one colour each."""
    channels = [ChannelBinding(input_start=200, input_end=6500, red=r, green=g, blue=b) for r, g, b in COLORS]
    return RenderingDef(tuple(channels))


def median_ms(work: Callable[[int], object], count: int) -> float:
    """The median time of one call, in milliseconds."""
    times = []
    for index in range(count):
        began = time.perf_counter()
        work(index)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def per_second(work: Callable[[int], object], count: int, threads: int) -> float:
    """Calls a second on that many threads."""
    began = time.perf_counter()
    running = [threading.Thread(target=lambda: [work(index) for index in range(count)]) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return threads * count / (time.perf_counter() - began)


class Tiles:
    """The works that are compared; each takes the number of a tile."""

    def __init__(self, reader: Reader, image: np.ndarray) -> None:
        self.reader = reader
        self.places = [(x, y) for y in range(0, SIDE, TILE) for x in range(0, SIDE, TILE)]
        self.composer = Composer(settings(), np.dtype(np.uint16))
        channels = settings().channels
        self.levels = np.stack([quantize.table(np.dtype(np.uint16), channel) for channel in channels])
        self.lanes = kernel.lanes([contribution(channel) for channel in channels])
        cut = [image[:, y : y + TILE, x : x + TILE] for x, y in self.places]
        self.stacks = [np.ascontiguousarray(stack) for stack in cut]
        self.encoded = [kernel.composite(stack, self.levels, self.lanes) for stack in self.stacks]

    def read(self, index: int) -> list[np.ndarray]:
        """The tile's channels, from the cache where they are in it."""
        x, y = self.places[index % len(self.places)]
        return [self.reader.read_tile(0, 0, 0, c, 0, x, y, TILE, TILE) for c in range(CHANNELS)]

    def whole(self, index: int) -> bytes:
        """What a viewer gets: read, compose, encode."""
        return encode.jpeg(self.composer.rgbx(self.read(index)), QUALITY)

    def slider(self, index: int) -> bytes:
        """The same with a window that no tile had before."""
        moved = ChannelBinding(input_start=200, input_end=3000 + index % 3000, green=0, blue=0)
        composer = Composer(RenderingDef((moved, *settings().channels[1:])), np.dtype(np.uint16))
        return encode.jpeg(composer.rgbx(self.read(index)), QUALITY)

    def kernel_alone(self, index: int) -> object:
        """Pixels and tables at hand, no encoding."""
        return kernel.composite(self.stacks[index % len(self.stacks)], self.levels, self.lanes)

    def encoder_alone(self, index: int) -> bytes:
        """A picture at hand."""
        return encode.jpeg(self.encoded[index % len(self.encoded)], QUALITY)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    image = make_image()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.ome.tif"
        layout = {"tile": (512, 512), "compression": "zlib", "predictor": True, "metadata": {"axes": "CYX"}}
        tifffile.imwrite(path, image, photometric="minisblack", **layout)
        tiles = Tiles(open_reader([path], cache=ChunkCache(2**28)), image)
        reference = composite_reference(tiles.read(5), settings())
        np.testing.assert_array_equal(rgb_view(tiles.composer.rgbx(tiles.read(5)))[..., :3], reference)
        print(f"gate passed; {CHANNELS} x {TILE} x {TILE} uint16, chunks 512 deflate, JPEG quality {QUALITY}")
        report(tiles, options.tiles, options.repeats)
        cold = Tiles(open_reader([path], cache=ChunkCache(0)), image)
        print(f"cold (every chunk decoded again)  {median_ms(cold.whole, 32):8.3f} ms")


def report(tiles: Tiles, count: int, repeats: int) -> None:
    """Print medians and ratios of the warm cases."""
    rows = []
    for _ in range(repeats):  # interleaved, so that a busy moment of the machine meets all alike
        works = (tiles.kernel_alone, tiles.encoder_alone, tiles.whole, tiles.slider)
        rows.append([median_ms(work, count) for work in works])
    ratios = [whole / (alone + encoder) for alone, encoder, whole, _ in rows]
    names = ("kernel alone", "encoder alone", "tile from cached chunks", "tile with a new window")
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        print(f"{name:33} {statistics.median(values):8.3f} ms")
    print(f"tile / (kernel + encoder)         {statistics.median(ratios):8.2f}   (goal <= 1.3)")
    one, two = per_second(tiles.whole, count, 1), per_second(tiles.whole, count, 2)
    print(f"tiles a second, 1 and 2 threads   {one:8.0f} {two:8.0f}   ({two / one:.2f}x)")


if __name__ == "__main__":
    main()
