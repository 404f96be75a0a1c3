"""The data folder on a disk of 20 MB that gets full: clear exceptions, nothing lost, and it goes on afterwards."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import Ice
import numpy as np
import omero
import pytest
import tifffile
from omero.rtypes import rlong, rstring

from omeropyr.cli import main
from tests.functional.embedded.serving import PASSWORD, Serving

MEGABYTE = 2**20
FILLER = 8 * MEGABYTE
NAMESPACE = "OMEROPYR_TEST_IN_NAMESPACE"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A file system of 20 MB in memory; None when the test ran well in a namespace, where this user may mount one."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=0700", "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, text=True)
    if done.returncode:
        if NAMESPACE in os.environ:
            pytest.fail(f"A file system of 20 MB is needed, and this user may not mount one: {done.stderr.strip()}")
        run_in_namespace()
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def run_in_namespace() -> None:
    """Run this file once more where the user counts as root."""
    inside = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m", "pytest", "-q", __file__]
    done = subprocess.run(inside, env={**os.environ, NAMESPACE: "1"}, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"In a namespace of its own: {done.stdout[-3000:]}{done.stderr[-1000:]}")


def dataset(name: str, size: int) -> Any:
    made = omero.model.DatasetI()
    made.name, made.description = rstring(name), rstring("x" * size)
    return made


def save_until_full(update: Any, first: str, size: int, known: dict[str, int]) -> omero.ResourceError:
    """Save datasets until one is refused; note those that were acknowledged."""
    for number in range(10_000):
        name = f"{first} {number}"
        try:
            known[name] = update.saveAndReturnObject(dataset(name, size)).id.val
        except omero.ResourceError as error:
            return error
    raise AssertionError("the disk did not get full")


def write_until_full(raw: Any, position: int) -> tuple[int, omero.ResourceError]:
    """Write a megabyte after the other until one is refused; the end of what was acknowledged."""
    while True:
        try:
            raw.write(bytes([position // MEGABYTE % 251]) * MEGABYTE, position, MEGABYTE)
        except omero.ResourceError as error:
            return position, error
        position += MEGABYTE


def stored(conn: Any) -> dict[str, int]:
    rows = conn.getQueryService().projection("select d.name, d.id, length(d.description) from Dataset d", None)
    assert all(row[2].val in (4000, 200_000) for row in rows)
    assert len(rows) == len({row[0].val for row in rows})
    return {row[0].val: row[1].val for row in rows}


def import_file(serving: Serving, path: Path) -> int:
    login = ["--host", "127.0.0.1", "--port", str(serving.ssl_port), "--user", "root", "--password", PASSWORD]
    return main(["import", "--again", str(path), *login])


def test_a_full_disk_is_said_and_nothing_is_lost(
    small_disk: Path | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if small_disk is None:
        return
    picture = tmp_path / "ramp.tif"
    tifffile.imwrite(picture, np.arange(600 * 400, dtype=np.uint16).reshape(400, 600))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(FILLER))
    known: dict[str, int] = {}
    with Serving(small_disk) as serving:
        conn = serving.gateway()
        try:
            assert import_file(serving, picture) == 0
            image = conn.getQueryService().findByString("Image", "name", "ramp.tif").id.val
            # Whose first look at a picture this is gets settings of their own, which are written.
            assert conn.getObject("Image", image).getThumbnail(48)[:2] == b"\xff\xd8"
            fill_up(serving, conn, known)
            refused_in_words(serving, conn, picture, capsys)
            reads_go_on(serving, conn, image, known)
            filler.unlink()
            writes_go_on(serving, conn, picture, known)
        finally:
            conn.close()
        serving.stop()
        assert "Traceback" not in serving.log()
    with closing(sqlite3.connect(small_disk / "omero.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert dict(file.execute("SELECT name, id FROM m_dataset")) == known
    uploads = small_disk / "Uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []


def fill_up(serving: Serving, conn: Any, known: dict[str, int]) -> None:
    """By saves of big and then small objects, and by bytes of a file; every refusal says why."""
    update = conn.getUpdateService()
    file = omero.model.OriginalFileI()
    file.name, file.path, file.size = rstring("big.bin"), rstring("/"), rlong(0)
    file = update.saveAndReturnObject(file)
    raw = conn.c.sf.createRawFileStore()
    raw.setFileId(file.id.val)
    end, error = write_until_full(raw, 0)
    assert "disk is full" in error.message
    assert end >= MEGABYTE
    for size in (200_000, 4000):
        error = save_until_full(update, f"of {size}", size, known)
        assert "full" in error.message
        assert stored(conn) == known
    for number in range(end // MEGABYTE):
        assert raw.read(number * MEGABYTE, MEGABYTE) == bytes([number % 251]) * MEGABYTE
    with contextlib.suppress(omero.ResourceError):
        raw.close()  # notes size and checksum, for which there is no room
    with pytest.raises(Ice.ObjectNotExistException):
        raw.size()


def imported_files(serving: Serving) -> list[Path]:
    """What lies in the repository and among the uploads."""
    below = [path for name in ("ManagedRepository", "Uploads") for path in (serving.data / name).rglob("*")]
    return sorted(path for path in below if path.is_file())


def refused_in_words(serving: Serving, conn: Any, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An import is refused; it leaves nothing."""
    before = conn.getQueryService().projection("select count(f) from Fileset f", None)[0][0].val
    files = imported_files(serving)
    capsys.readouterr()
    assert import_file(serving, picture) != 0
    said = capsys.readouterr().err
    assert "full" in said or "No space left" in said
    assert "Traceback" not in said
    assert conn.getQueryService().projection("select count(f) from Fileset f", None)[0][0].val == before
    assert imported_files(serving) == files


def reads_go_on(serving: Serving, conn: Any, image: int, known: dict[str, int]) -> None:
    assert stored(conn) == known
    assert conn.getObject("Image", image).getThumbnail(96)[:2] == b"\xff\xd8"
    plane = conn.getObject("Image", image).getPrimaryPixels().getPlane(0, 0, 0)
    assert plane[399, 599] == (600 * 400 - 1) % 65536
    other = serving.gateway()
    assert other.getUser().getName() == "root"
    other.close()


def writes_go_on(serving: Serving, conn: Any, picture: Path, known: dict[str, int]) -> None:
    update = conn.getUpdateService()
    for number in range(10):
        name = f"afterwards {number}"
        known[name] = update.saveAndReturnObject(dataset(name, 200_000)).id.val
    assert import_file(serving, picture) == 0
    assert stored(conn) == known
    assert os.statvfs(serving.data).f_bavail > 0
