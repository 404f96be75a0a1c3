"""What a backup does with files that change while it is made."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from omeropyr.embedded import backup as module
from omeropyr.embedded.backup import BackupError, backup, restore
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.store import Store
from tests.unit.embedded.conftest import dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "Files").mkdir(parents=True)
    Store(folder / "omero.sqlite").close()
    return folder


def test_a_table_that_is_open_is_copied_whole(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "Files" / "7")) as table:
        table.execute("PRAGMA journal_mode=WAL")
        table.execute("CREATE TABLE t(x)")
        table.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(1000)])
        table.commit()
        table.execute("INSERT INTO t VALUES (-1)")  # under way
        assert (data / "Files" / "7-wal").stat().st_size > 0
        backup(data, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as archive:
        assert sorted(name for name in archive.getnames() if name.startswith("Files/")) == ["Files/7"]
    restore(tmp_path / "b.tar", tmp_path / "back")
    with closing(sqlite3.connect(tmp_path / "back" / "Files" / "7")) as table:
        assert table.execute("SELECT count(*), min(x), max(x) FROM t").fetchone() == (1000, 0, 999)


def test_a_store_with_names_beyond_ascii_is_found_whole(data: Path, tmp_path: Path) -> None:
    """Its indexes are made of functions that SQLite alone has otherwise."""
    store = Store(data / "omero.sqlite")
    with store.write(SYSTEM) as tx:
        tx.save_all([dataset("ÄPFEL"), dataset("Ärger"), dataset("Zebra")])
    store.close()
    backup(data, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "back")
    store = Store(tmp_path / "back" / "omero.sqlite")
    with store.read(SYSTEM) as tx:
        query = "select d.name from Dataset d where lower(d.name) >= 'ä' order by lower(d.name)"
        assert tx.values(query) == [("ÄPFEL",), ("Ärger",)]
    store.close()


def test_times_and_modes_come_back(data: Path, tmp_path: Path) -> None:
    file = data / "ManagedRepository" / "root_0" / "Zürich 細胞.tif"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"II*\0")
    (data / "Pixels").mkdir()
    summary = backup(data, tmp_path / "b.tar")
    assert (summary.files, summary.path) == (2, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "back")
    again = tmp_path / "back" / "ManagedRepository" / "root_0" / "Zürich 細胞.tif"
    assert again.read_bytes() == b"II*\0"
    assert again.stat().st_mtime == pytest.approx(file.stat().st_mtime)
    assert again.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "back" / "Pixels").is_dir()


@pytest.mark.parametrize("now", [b"", b"short", b"longer than it was"], ids=["empty", "shorter", "longer"])
def test_a_file_that_is_written_meanwhile_keeps_the_archive_whole(tmp_path: Path, now: bytes) -> None:
    file = tmp_path / "changing"
    file.write_bytes(b"ten bytes.")
    header = module._header("changing", file)
    file.write_bytes(now)
    with tarfile.open(tmp_path / "a.tar", "w") as archive, file.open("rb") as stream:
        archive.addfile(header, module._Hashing(stream, header.size))
    with tarfile.open(tmp_path / "a.tar") as archive:
        stored = archive.extractfile("changing")
        assert stored is not None
        assert stored.read() == now[:10].ljust(10, b"\0")


def test_a_restore_takes_an_empty_folder_and_no_other(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar")
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "b.tar", tmp_path / "empty")
    Store(tmp_path / "empty" / "omero.sqlite").close()
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "b.tar", tmp_path / "empty")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "b.tar", tmp_path / "b.tar")


def test_an_upload_that_only_begins_like_a_table_does_not_stop_a_backup(data: Path, tmp_path: Path) -> None:
    (data / "Files").mkdir(exist_ok=True)
    odd = b"SQLite format 3\0" + b"\0" * 5000
    (data / "Files" / "99").write_bytes(odd)
    backup(data, tmp_path / "odd.tar")
    restore(tmp_path / "odd.tar", tmp_path / "back")
    assert (tmp_path / "back" / "Files" / "99").read_bytes() == odd
