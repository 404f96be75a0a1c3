"""The durable store: made and brought up to date once, refused when newer, shared by processes."""

from __future__ import annotations

import logging
import sqlite3
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text, update

from omeropyr.errors import StoreUnavailable
from omeropyr.store import DurableStore
from omeropyr.store.engine import open_engine
from omeropyr.store.migration import STEPS, migrate
from omeropyr.store.tables import ATTEMPTS, METADATA, SCHEMA

COUNTS = Table("counts", MetaData(), Column("n", Integer))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'store.db'}"


def version(store: DurableStore) -> int | None:
    with store.read() as connection:
        return connection.scalar(select(SCHEMA.c.version))


def test_it_is_made_at_the_first_use_and_private(url: str, tmp_path: Path) -> None:
    store = DurableStore(url)
    assert not (tmp_path / "state").exists()
    store.check()
    assert version(store) == len(STEPS)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    assert modes.pop("store.db") == 0o600
    assert set(modes.values()) <= {0o600}
    store.close()


def test_the_steps_make_every_table(url: str) -> None:
    store = DurableStore(url)
    with store.read() as connection:
        found = connection.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
    assert set(found) == set(METADATA.tables)
    store.close()


def test_an_older_one_is_brought_up_to_date(url: str) -> None:
    engine = open_engine(url)
    migrate(engine.execution_options(omeropyr_exclusive=True), STEPS[:0])
    store = DurableStore(url)
    assert version(store) == len(STEPS)
    with store.read() as connection:
        assert connection.execute(select(ATTEMPTS)).all() == []
    store.close()
    engine.dispose()


def test_a_step_that_fails_leaves_all_as_it_was(url: str) -> None:
    engine = open_engine(url)

    def broken(connection: object) -> None:
        COUNTS.create(connection)  # type: ignore[arg-type]
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        migrate(engine, (*STEPS, broken))
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from sqlite_master")).scalar() == 0
    engine.dispose()


def test_a_newer_one_is_refused(url: str, caplog: pytest.LogCaptureFixture) -> None:
    store = DurableStore(url)
    with store.write() as connection:
        connection.execute(update(SCHEMA).values(version=len(STEPS) + 1))
    store.close()
    with pytest.raises(StoreUnavailable, match="A newer omeropyr"), DurableStore(url).read():
        pass
    assert "the durable store is newer than this omeropyr" in caplog.messages


def test_many_that_start_at_once_migrate_once(url: str) -> None:
    ready = threading.Barrier(8)

    def start(_number: int) -> int | None:
        store = DurableStore(url)
        ready.wait()
        store.check()
        found = version(store)
        store.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(start, range(8))) == [len(STEPS)] * 8


def test_one_writes_at_a_time(url: str) -> None:
    stores = [DurableStore(url) for _ in range(4)]
    with stores[0].write() as connection:
        COUNTS.create(connection)
        connection.execute(insert(COUNTS).values(n=0))

    def add(store: DurableStore) -> None:
        for _ in range(25):
            with store.write() as connection:
                connection.execute(update(COUNTS).values(n=(connection.scalar(select(COUNTS.c.n)) or 0) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, stores))
    with stores[0].read() as connection:
        assert connection.scalar(select(COUNTS.c.n)) == 100
    for store in stores:
        store.close()


def test_what_raises_is_not_kept(url: str) -> None:
    store = DurableStore(url)
    with store.write() as connection:
        COUNTS.create(connection)
    with pytest.raises(StoreUnavailable), store.write() as connection:  # noqa: PT012 - the second is what fails
        connection.execute(insert(COUNTS).values(n=1))
        connection.execute(text("nonsense"))
    with store.read() as connection:
        assert connection.execute(select(COUNTS)).all() == []
    store.close()


def hinder(path: Path) -> None:
    path.mkdir(parents=True)


def spoil(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)


def take(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("create table omeropyr_schema (other)")
    connection.close()


@pytest.mark.parametrize("harm", [hinder, spoil, take], ids=["a folder", "no database", "another's tables"])
def test_one_that_cannot_be_used_is_said_and_logged(
    url: str, tmp_path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    harm(tmp_path / "state" / "store.db")
    store = DurableStore(url)
    with pytest.raises(StoreUnavailable) as raised:
        store.check()
    assert raised.value.status == 503
    assert "the durable store failed" in caplog.messages
    store.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "nodialect://x", "sqlite+nodriver:///x", "postgresql+nodriver://x:S3cr3t@y/z"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no SQLAlchemy URL of a database with its driver") as raised:
        DurableStore(url)
    assert "S3cr3t" not in str(raised.value)
