"""The file of a table: kill -9, a full disk, damaged and hostile files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import omero
import omero.all
import pytest

from omeropyr.embedded.tables.columns import Column
from omeropyr.embedded.tables.files import OpenTables
from omeropyr.embedded.tables.storage import TableFile

COLUMNS = [Column("n", "LongColumn", ""), Column("s", "StringColumn", "", 6)]

WRITER = """
import sys
from pathlib import Path
import numpy as np
from omeropyr.embedded.tables.storage import TableFile
file = TableFile(Path(sys.argv[1]))
for step in range(100_000):
    first = file.rows
    numbers = np.arange(first, first + 997)
    file.append([[numbers], [np.array([b"%d" % n for n in numbers], "S6")]], 1)
    file.update(np.arange(0, first + 997, 50), [0], [[np.arange(0, first + 997, 50)]], 1)
    print(file.rows, flush=True)
"""


def rows(first: int, count: int) -> list[list[np.ndarray]]:
    numbers = np.arange(first, first + count)
    return [[numbers], [np.array([b"%d" % n for n in numbers], "S6")]]


@contextmanager
def opened(path: Path) -> Iterator[TableFile]:
    with closing(TableFile(path)) as file:
        yield file


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "7"
    with opened(path) as file:
        file.initialize(COLUMNS, 1)
        file.append(rows(0, 1000), 1)
    return path


@pytest.mark.parametrize("after", [3, 20])
def test_killed_while_it_writes_it_keeps_all_that_was_acknowledged(table: Path, after: int) -> None:
    command = [sys.executable, "-W", "ignore", "-c", WRITER, str(table)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(after)]
        process.kill()
    with opened(table) as file:
        assert file.rows >= told[-1] == 1000 + after * 997
        assert (file.rows - 1000) % 997 == 0
        numbers, words = file.read([0, 1], 0, file.rows)
        assert numbers[0].tolist() == list(range(file.rows))
        assert words[0].tolist() == [b"%d" % n for n in range(file.rows)]
        file.append(rows(file.rows, 5), 1)


def test_a_full_disk_is_said_and_changes_nothing(table: Path) -> None:
    with opened(table) as file:
        # What SQLite does when the disk is full, without filling one.
        file._connection.execute("PRAGMA max_page_count = 20")
        with pytest.raises(omero.ResourceError, match="full"):
            file.append(rows(1000, 60_000), 1)
        assert file.rows == 1000
        assert file.at([0], np.array([999, 0]))[0][0].tolist() == [999, 0]
        file._connection.execute("PRAGMA max_page_count = 100000")
        file.append(rows(1000, 60_000), 1)
        assert file.rows == 61_000


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON part BEGIN DELETE FROM chunk; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE other (x)",
        "DROP TABLE fact",
        "UPDATE chunk SET rows = 1 << 60",
        "UPDATE chunk SET start = 5",
        "UPDATE chunk SET rows = 'many'",
        "UPDATE columns SET type = 'Object'",
        "UPDATE columns SET size = 1 << 60 WHERE place = 1",
        "UPDATE columns SET size = -1 WHERE place = 1",
    ],
)
def test_a_file_that_is_not_ours_is_not_opened(table: Path, statement: str) -> None:
    with closing(sqlite3.connect(table)) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(omero.ValidationException):
        TableFile(table)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE part SET data = x'00' WHERE place = 0",
        "UPDATE part SET data = x'00' WHERE place = 1",
        "UPDATE part SET data = NULL",
        "UPDATE part SET data = 'text'",
        "DELETE FROM part",
    ],
)
def test_damaged_cells_are_said(table: Path, statement: str) -> None:
    with closing(sqlite3.connect(table)) as connection:
        connection.execute(statement)
        connection.commit()
    with opened(table) as file, pytest.raises(omero.ValidationException, match="damaged"):
        file.read([0, 1], 0, 10)


def test_threads_add_and_read_at_once(table: Path) -> None:
    def work(number: int) -> None:
        for step in range(20):
            file.append(rows(number * 1000 + step, 7), number)
            file.read([0, 1], 0, 500)
            file.at([1], np.array([0, 999]))

    with opened(table) as file:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(1, 9)))
        assert file.rows == 1000 + 8 * 20 * 7
        assert sorted(file.read([0], 1000, file.rows)[0][0].tolist()) == sorted(
            number * 1000 + step + offset for number in range(1, 9) for step in range(20) for offset in range(7)
        )


def test_a_server_that_starts_undoes_what_a_killed_one_was_writing(table: Path, tmp_path: Path) -> None:
    before = table.read_bytes()
    folder = tmp_path / "after" / "Files"
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(table)) as connection:
        connection.execute("PRAGMA cache_size = 1")  # what is changed goes to the disk at once
        connection.execute("UPDATE part SET data = zeroblob(100000)")
        for name in ("7", "7-journal"):
            (folder / name).write_bytes((table.parent / name).read_bytes())
    assert (folder / "7").read_bytes() != before
    OpenTables(folder.parent).close()
    assert (folder / "7").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["7"]
