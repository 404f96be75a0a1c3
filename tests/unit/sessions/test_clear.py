"""``omeropyr clearsessions`` by the command itself."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import pytest

from omeropyr.cli import main
from omeropyr.sessions.backends.database import DatabaseStore
from omeropyr.sessions.backends.file import FileStore
from omeropyr.sessions.records import pack
from omeropyr.sessions.store import SessionStore

OVER, ALIVE = 2_000, 50
MOST = 100_000


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "site.ini"
    write_ini(path)
    return path


def write_ini(path: Path, *lines: str) -> None:
    state = path.parent / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    settings = [f"omeropyr.state_dir = {state}", "omeropyr.development = true", *lines]
    path.write_text("\n".join(["[app:main]", "use = egg:omeropyr", *settings]) + "\n")


def fill(store: SessionStore, over: int, alive: int) -> tuple[list[str], list[str]]:
    """Ids of sessions that are over, one of them spoilt, and of those that live."""
    old, new = ([secrets.token_hex(16) for _ in range(count)] for count in (over, alive))
    for session_id in old:
        store._put(session_id, pack({"omero": {"user_id": 7}}, time.time() - 1))
    store._put(old[0], b"\x80\x04spoilt")
    if isinstance(store, FileStore):
        for session_id in old:
            os.utime(store.folder / session_id, (0, 0))
    for session_id in new:
        store.create(session_id, {"omero": {"user_id": 7}})
    return old, new


def test_files(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = FileStore(ini.parent / "state" / "sessions", 60.0)
    _old, new = fill(store, OVER, ALIVE)
    left_over, being_written = (store.folder / f".{name}.part" for name in ("killed", "writing"))
    for path in (left_over, being_written):
        path.write_bytes(b"{")
    os.utime(left_over, (0, 0))
    assert main(["clearsessions", "--ini", str(ini)]) == 0
    assert capsys.readouterr().out == f"Sessions removed: {OVER}.\n"
    kept = {path.name for path in store.folder.iterdir()} - {".lock"}
    assert kept == {*new, being_written.name}
    assert main(["clearsessions", "--ini", str(ini)]) == 0
    assert capsys.readouterr().out == "Sessions removed: 0.\n"


def test_a_table(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ini(ini, "omero.web.session_engine = django.contrib.sessions.backends.db")
    store = DatabaseStore(f"sqlite:///{ini.parent / 'state' / 'sessions.db'}", 60.0)
    old, new = fill(store, 200, ALIVE)
    with store._engine.begin() as connection:  # the spoilt one is over only in its bytes
        connection.exec_driver_sql(
            "update omeropyr_sessions set expires = 0 where expires < 9e9 and id <> ?", (new[0],)
        )
        connection.exec_driver_sql("update omeropyr_sessions set expires = 9e9 where id = ?", (old[0],))
    assert main(["clearsessions", "--ini", str(ini)]) == 0
    assert capsys.readouterr().out == f"Sessions removed: {200 + ALIVE - 1}.\n"
    assert store.values(new[0]) == {"omero": {"user_id": 7}}
    assert store._fetch(old[0]) is None
    store.close()


@pytest.mark.parametrize("engine", ["redis", "memcached"])
def test_what_expires_by_itself(ini: Path, engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_ini(ini, f"omero.web.session_engine = {engine}")
    assert main(["clearsessions", "--ini", str(ini)]) == 0
    assert (
        capsys.readouterr().out
        == f"{engine} removes sessions by itself when their time is over; there is nothing to do.\n"
    )


def test_no_sessions_yet(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clearsessions", "--ini", str(ini)]) == 0
    assert capsys.readouterr().out == "Sessions removed: 0.\n"


def test_what_is_wrong_is_said(ini: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clearsessions", "--ini", str(tmp_path / "none.ini")]) == 1
    assert "there is no" in capsys.readouterr().err
    write_ini(ini, "omero.web.session_engine = floppy")
    assert main(["clearsessions", "--ini", str(ini)]) == 1
    assert "omero.web.session_engine = 'floppy': expected file, memcached, redis, database" in capsys.readouterr().err
    write_ini(ini, "omero.web.session_engine = database", f"omeropyr.session.url = sqlite:///{tmp_path}")
    assert main(["clearsessions", "--ini", str(ini)]) == 1
    assert "the database store of sessions cannot be reached" in capsys.readouterr().err


@pytest.mark.long
def test_a_hundred_thousand_in_half_a_minute(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = FileStore(ini.parent / "state" / "sessions", 60.0)
    _old, new = fill(store, MOST, ALIVE)
    started = time.monotonic()
    assert main(["clearsessions", "--ini", str(ini)]) == 0
    seconds = time.monotonic() - started
    assert capsys.readouterr().out == f"Sessions removed: {MOST}.\n"
    assert {path.name for path in store.folder.iterdir()} - {".lock"} == set(new)
    assert seconds < 30, f"{seconds:.1f} s"
