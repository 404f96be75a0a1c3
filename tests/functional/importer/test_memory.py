"""Huge files: what a server and the command take of memory while they import one, and while people look at it."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.functional.embedded.serving import Serving

GIGABYTE = 2**30
MOST = 500 * 2**20
SIDE = 2048


def resident(pid: int) -> int:
    """Bytes of memory that a process holds now."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


class Watch(threading.Thread):
    """Notes the largest that a process becomes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._ending = pid, threading.Event()
        self.first = self.most = resident(pid)

    def run(self) -> None:
        while not self._ending.wait(0.02):
            try:
                self.most = max(self.most, resident(self._pid))
            except (FileNotFoundError, ProcessLookupError):
                return

    @property
    def growth(self) -> int:
        return self.most - self.first

    def stop(self) -> None:
        self._ending.set()
        self.join()


@contextmanager
def watched(pid: int) -> Iterator[Watch]:
    watch = Watch(pid)
    watch.start()
    yield watch
    watch.stop()


def sparse(path: Path, shape: tuple[int, ...]) -> int:
    """An uncompressed BigTIFF of zeros that takes no room, a few values apart; how long it is."""
    tifffile.imwrite(
        path,
        shape=shape,
        dtype=np.uint16,
        bigtiff=True,
        photometric="minisblack",
        metadata={"axes": "ZYX"[-len(shape) :]},
    )
    with tifffile.TiffFile(path) as file:
        (offset, *_) = file.pages.first.dataoffsets
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(np.uint16(7).tobytes())
        stream.seek(offset + 2 * math.prod(shape) - 2)
        stream.write(np.uint16(60_000).tobytes())
    assert path.stat().st_blocks * 512 < 2**20
    return path.stat().st_size


def import_file(serving: Serving, file: Path, *options: str) -> tuple[int, int]:
    """Import as a process of its own; the image's id, and by how much the command grew while it did."""
    server = ["--host", "127.0.0.1", "--port", str(serving.ssl_port), "--user", "root", "--password", "omero"]
    command = [sys.executable, "-W", "ignore", "-m", "omeropyr", "import", str(file), *options, *server]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with watched(process.pid) as watch:
        out, said = process.communicate()
    assert (process.returncode, said) == (0, "")
    return int(out.split()[0].removeprefix("Image:")), watch.most


def look(conn: Any, image_id: int, planes: int) -> None:
    """Ten planes, the thumbnail and a picture, as a viewer asks for them."""
    image = conn.getObject("Image", image_id)
    assert image.getThumbnail(96)[:2] == b"\xff\xd8"
    pixels = image.getPrimaryPixels()
    for z in range(0, planes, max(1, planes // 10)):
        plane = pixels.getPlane(z, 0, 0)
        assert (plane[0, 0], plane.shape) == (7 if z == 0 else 0, (SIDE, SIDE))
        assert image.renderJpeg(z, 0)[:2] == b"\xff\xd8"
    assert pixels.getPlane(planes - 1, 0, 0)[-1, -1] == 60_000


@pytest.mark.parametrize(
    ("gigabytes", "option"),
    [
        (2, "--in-place"),
        pytest.param(2, "--copy", marks=pytest.mark.long),
        pytest.param(20, "--in-place", marks=pytest.mark.long),
    ],
    ids=["2 GB in place", "2 GB copied", "20 GB in place"],
)
def test_a_stack_of_planes(
    tmp_path: Path, gigabytes: int, option: str, record_property: Callable[[str, object], None]
) -> None:
    file, planes = tmp_path / "share" / "stack.tif", gigabytes * GIGABYTE // (SIDE * SIDE * 2)
    file.parent.mkdir()
    assert sparse(file, (planes, SIDE, SIDE)) > gigabytes * GIGABYTE
    with Serving(tmp_path / "data", "--import-root", str(file.parent)) as serving:
        conn = serving.gateway()
        with watched(serving.process.pid) as watch:
            image_id, client = import_file(serving, file, option)
            look(conn, image_id, planes)
        record_property("megabytes", (watch.growth >> 20, watch.most >> 20, client >> 20))
        conn.close()
        serving.stop()
    assert watch.growth < MOST
    assert client < MOST


@pytest.mark.long
def test_one_huge_plane(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """32,768 x 32,768 without levels: they are made in the background."""
    file, side = tmp_path / "share" / "plane.tif", 32_768
    file.parent.mkdir()
    sparse(file, (side, side))
    with Serving(tmp_path / "data", "--import-root", str(file.parent)) as serving:
        conn = serving.gateway()
        with watched(serving.process.pid) as watch:
            image_id, client = import_file(serving, file, "--in-place")
            pixels = conn.getObject("Image", image_id).getPixelsId()
            levels = serving.data / "Pyramids" / str(pixels)
            for _ in range(600):
                if levels.exists():
                    break
                watch.join(0.5)
        record_property("megabytes", (watch.growth >> 20, watch.most >> 20, client >> 20))
        assert levels.exists()
        store = conn.c.sf.createRawPixelsStore()
        store.setPixelsId(pixels, False)
        store.setResolutionLevel(0)
        assert store.getTile(0, 0, 0, 0, 0, 8, 8)[:2] == b"\0\0"
        store.close()
        conn.close()
        serving.stop()
    assert watch.growth < MOST
    assert client < MOST
