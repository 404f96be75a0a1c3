"""However many images are looked at, few readers stay open, files of one Fileset are read once, no file stays open."""

from __future__ import annotations

import contextlib
import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tifffile

from omeropyr.embedded.importer.run import import_files
from omeropyr.embedded.pixels.access import OPEN_READERS
from omeropyr.embedded.pixels.tiff import TiffReader
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData


def readers(images: int) -> int:
    """How many readers of so many images there are in this process."""
    gc.collect()
    return sum(isinstance(one, TiffReader) and len(one.series) == images for one in gc.get_objects())


def open_images() -> list[str]:
    """The image files that this process has open."""
    targets = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            targets.append(str(one.readlink()))
    return [target for target in targets if target.endswith(".tif")]


def test_the_oldest_readers_are_closed(embedded: EmbeddedServer, omero_data: OmeroData, tmp_path: Path) -> None:
    count = OPEN_READERS + 12
    for number in range(count):
        tifffile.imwrite(tmp_path / f"reader{number}.tif", np.full((4, 5), number, np.uint16))
    paths = [tmp_path / f"reader{number}.tif" for number in range(count)]
    made, bad = import_files(embedded, omero_data.actor("root"), paths)
    assert (len(made), bad) == (count, [])
    values = {int(one.name[6:-4]): one.pixels_id for one in made}
    for number, pixels_id in values.items():
        assert embedded.pixels.tile(pixels_id, 0, 0, 0, 0, 1, 1, 3, 2).tolist() == [[number] * 3] * 2
    assert 1 < readers(1) <= OPEN_READERS
    assert open_images() == []
    assert embedded.pixels.tile(values[0], 0, 0, 0, 0, 0, 0, 1, 1).tolist() == [[0]]  # it was dropped and comes back


def test_images_of_one_file_share_its_reader(embedded: EmbeddedServer, omero_data: OmeroData, tmp_path: Path) -> None:
    path = tmp_path / "six.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for number in range(6):
            writer.write(np.full((4, 5), number + 1, np.uint8), metadata={"axes": "YX"})
    made, bad = import_files(embedded, omero_data.actor("root"), [path])
    assert (len(made), bad) == (6, [])
    embedded.pixels.forget(made[0].pixels_id)
    assert readers(6) == 0
    found = [int(embedded.pixels.tile(one.pixels_id, 0, 0, 0, 0, 0, 0, 1, 1)[0, 0]) for one in made]
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    assert readers(6) == 1
    embedded.pixels.forget(made[0].pixels_id)
    assert readers(6) == 0
    assert [int(embedded.pixels.tile(one.pixels_id, 0, 0, 0, 0, 0, 0, 1, 1)[0, 0]) for one in made] == found


def test_the_servers_cache_keeps_its_limit_under_many_threads(
    embedded: EmbeddedServer, omero_data: OmeroData, tmp_path: Path
) -> None:
    planes = np.random.default_rng(6).integers(0, 4000, (12, 300, 400), np.uint16)
    tifffile.imwrite(tmp_path / "stack.ome.tif", planes, metadata={"axes": "ZYX"}, compression="zlib")
    made, bad = import_files(embedded, omero_data.actor("root"), [tmp_path / "stack.ome.tif"])
    assert bad == []
    cache, sizes = embedded.pixels.cache, []
    usual, cache.limit = cache.limit, 600_000  # two planes and a bit
    misses = cache.misses

    def look(seed: int) -> int:
        random = np.random.default_rng(seed)
        for z in random.integers(0, 12, 40):
            tile = embedded.pixels.tile(made[0].pixels_id, 0, int(z), 0, 0, 10, 20, 30, 40)
            np.testing.assert_array_equal(tile, planes[z, 20:60, 10:40])
            sizes.append(cache.size)
        return 40

    try:
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(look, range(6))) == 240
    finally:
        cache.limit = usual
    assert 0 < max(sizes) <= 600_000
    assert cache.misses - misses > 12  # planes went and came back
