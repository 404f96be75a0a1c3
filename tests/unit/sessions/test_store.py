"""Session records in each of the four stores: JSON only, whole or not at all, over when their time is."""

from __future__ import annotations

import base64
import json
import os
import pickle
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from omeropyr.errors import SessionsUnavailable, TooLarge
from omeropyr.sessions.namespace import JsonSerializer, RecordNamespace
from omeropyr.sessions.records import is_session_id, merge, pack
from omeropyr.sessions.store import PROBE, SessionStore

WRITERS, ROUNDS = 20, 10


class Hostile:
    """A pickle of it makes a folder when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def as_version_1(values: dict[str, Any], **more: Any) -> bytes:
    data = base64.b64encode(zlib.compress(json.dumps(values).encode())).decode()
    return json.dumps({"version": 1, "expires": time.time() + 60, "data": data, **more}).encode()


def test_a_record_is_read_back(store: SessionStore, session_id: str) -> None:
    assert store.values(session_id) is None
    store.create(session_id, {"omero": {"name": "Ünï", "id": 7}, "list": [1, None]})
    assert store.values(session_id) == {"omero": {"name": "Ünï", "id": 7}, "list": [1, None]}
    store.create(session_id, {"other": True})
    assert store.values(session_id) == {"other": True}
    store.remove(session_id)
    store.remove(session_id)
    assert store.values(session_id) is None


def test_what_is_stored_is_json_with_version_and_end(store: SessionStore, session_id: str) -> None:
    before = time.time()
    store.create(session_id, {"omero": 1})
    stored = store._fetch(session_id)
    assert isinstance(stored, bytes)
    record = json.loads(stored)
    assert set(record) == {"version", "expires", "values"}
    assert (record["version"], record["values"]) == (2, {"omero": 1})
    assert before + 60 <= record["expires"] <= time.time() + 60


def test_a_record_is_nobodys_when_its_time_is_over(store: SessionStore, session_id: str) -> None:
    """Enforced on read: the store may still have it."""
    store._put(session_id, pack({"omero": 1}, time.time() - 1))
    assert store.values(session_id) is None
    assert store.update(session_id, {"omero": 1}, {"omero": 2}) is False
    assert store.values(session_id) is None


def test_the_store_is_told_how_long_a_record_lives(store: SessionStore, session_id: str) -> None:
    """memcached and redis forget it by themselves, files and the table when they are cleared."""
    store.lifetime = 0.05
    store.create(session_id, {"omero": 1})
    deadline = time.monotonic() + 10
    while store._fetch(session_id) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
        store.clear_expired()
    assert store._fetch(session_id) is None


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"not json",
        b"[]",
        b'{"version": 2, "expires": 9e99, "values"',
        b'{"version": 3, "expires": 9e99, "values": {}}',
        b'{"version": "2", "expires": 9e99, "values": {}}',
        b'{"version": [2], "expires": 9e99, "values": {}}',
        b'{"version": 2, "expires": "later", "values": {}}',
        b'{"version": 2, "expires": 9e99, "values": 7}',
        b'{"version": 1, "expires": 9e99, "data": 7}',
        b'{"version": 1, "expires": 9e99, "data": "AAAA"}',
        b"[" * 100_000,
        b"{" + b" " * 300_000 + b"}",
        bytes(range(256)),
        as_version_1({"x": "0" * 10_000_000}),
    ],
    ids=lambda content: repr(content[:40]),
)
def test_what_cannot_be_read_is_removed_with_one_line(
    store: SessionStore, session_id: str, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """R17: another version, cut off, random bytes."""
    store._put(session_id, content)
    assert store.values(session_id) is None
    assert [record.message for record in caplog.records] == [
        "a session record cannot be read; it is removed and counts as logged out"
    ]
    assert store._fetch(session_id) is None
    assert store.values(session_id) is None
    assert len(caplog.records) == 1


def test_the_version_before_is_read(store: SessionStore, session_id: str) -> None:
    store._put(session_id, as_version_1({"omero": {"id": 3}}))
    assert store.values(session_id) == {"omero": {"id": 3}}
    assert store.update(session_id, {"omero": {"id": 3}}, {"omero": {"id": 4}})
    assert json.loads(store._fetch(session_id) or b"")["version"] == 2


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_planted_pickle_never_runs(store: SessionStore, session_id: str, tmp_path: Path, protocol: int) -> None:
    target = tmp_path / "ran"
    hostile = pickle.dumps(Hostile(target), protocol)
    encoded = base64.b64encode(hostile).decode()
    packed = base64.b64encode(zlib.compress(hostile)).decode()
    for content in (
        hostile,
        encoded.encode(),
        as_version_1({}, data=encoded),
        as_version_1({}, data=packed),
        json.dumps({"version": 2, "expires": 9e99, "values": encoded}).encode(),
    ):
        store._put(session_id, content)
        session = RecordNamespace(session_id, store)
        assert "session" not in session
        assert store._fetch(session_id) is None
        store._put(session_id, content)
        assert store.update(session_id, {}, {"omero": 1}) is False
        assert store._fetch(session_id) is None
    assert not target.exists()


@pytest.mark.parametrize(
    "name", ["", "..", "../" + PROBE, "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "\0" * 32, "a b" + "a" * 29]
)
def test_only_ids_become_paths_and_keys(store: SessionStore, name: str) -> None:
    assert not is_session_id(name)
    with pytest.raises(ValueError, match="not a session id"):
        store.values(name)
    with pytest.raises(ValueError, match="not a session id"):
        store.create(name, {})
    with pytest.raises(ValueError, match="not a session id"):
        store.update(name, {}, {})
    store.remove(name)
    assert "session" not in RecordNamespace(name, store)


def test_a_session_has_a_most(store: SessionStore, session_id: str) -> None:
    store.create(session_id, {"omero": 1})
    with pytest.raises(TooLarge):
        store.create(session_id, {"x": "0" * 300_000})
    assert store.values(session_id) == {"omero": 1}


def session_value(values: dict[str, Any]) -> str:
    return base64.b64encode(JsonSerializer.dumps(values)).decode()


def test_a_slow_request_does_not_bring_back_what_was_removed(store: SessionStore, session_id: str) -> None:
    store.create(session_id, {"omero": 1})
    slow = RecordNamespace(session_id, store)
    assert slow["session"] == session_value({"omero": 1})
    RecordNamespace(session_id, store).do_remove()
    slow["session"] = session_value({"omero": 1, "seen": 2})
    slow["session"] = session_value({"omero": 1, "seen": 3})
    assert store.values(session_id) is None


def test_a_log_out_in_the_middle_of_a_write_wins(
    store: SessionStore, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record goes between the moment the write has looked at it and the moment it would write."""
    store.create(session_id, {"omero": 1})
    swap = store._swap

    def late(*args: Any) -> bool:
        store.remove(session_id)
        return swap(*args)

    monkeypatch.setattr(store, "_swap", late)
    assert store.update(session_id, {"omero": 1}, {"omero": 1, "seen": 2}) is False
    assert store._fetch(session_id) is None


def test_slow_readers_against_a_log_out(store: SessionStore, session_id: str) -> None:
    """Twenty threads write as fast as they can while the record is removed: it stays removed."""
    store.create(session_id, {"omero": 1})
    ready = threading.Barrier(WRITERS + 1)

    def write(number: int) -> int:
        ready.wait()
        written = 0
        while store.update(session_id, {}, {f"key{number}": written}):
            written += 1
            assert written < 10_000
        return written

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(write, number) for number in range(WRITERS)]
        ready.wait()
        deadline = time.monotonic() + 20
        while not (store.values(session_id) or {}).get("key0"):
            assert time.monotonic() < deadline, "nothing was written"
        store.remove(session_id)
        assert sum(one.result() for one in running) > 0
    assert store._fetch(session_id) is None


def test_concurrent_writers_lose_nothing(store: SessionStore, session_id: str) -> None:
    """R16: twenty requests of one session, each with keys of its own, all at once."""
    store.create(session_id, {"omero": 1})
    ready = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        ready.wait()
        for turn in range(ROUNDS):
            session = RecordNamespace(session_id, store)
            values = JsonSerializer.loads(base64.b64decode(session["session"]))
            session["session"] = session_value({**values, f"job {number}.{turn}": [number, turn]})

    with ThreadPoolExecutor(WRITERS) as pool:
        for one in [pool.submit(write, number) for number in range(WRITERS)]:
            one.result()
    expected = {f"job {number}.{turn}": [number, turn] for number in range(WRITERS) for turn in range(ROUNDS)}
    assert store.values(session_id) == {"omero": 1, **expected}


def test_a_new_session_is_written(store: SessionStore, session_id: str) -> None:
    new = RecordNamespace(session_id, store)
    assert "session" not in new
    new["session"] = session_value({"omero": 1})
    assert new.keys() == ["session"]
    new["session"] = session_value({"omero": 2})
    assert store.values(session_id) == {"omero": 2}
    new.do_remove()
    assert new.keys() == []


def test_a_check_leaves_nothing(store: SessionStore) -> None:
    store.check()
    assert store._fetch(PROBE) is None


@pytest.mark.parametrize(
    ("current", "base", "mine", "merged"),
    [
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1, "b": 1}, {"a": 1}, {"a": 2}, {"a": 2, "b": 1}),
        ({"a": 3}, {"a": 1}, {"a": 1}, {"a": 3}),
        ({"a": 1, "b": 1}, {"a": 1, "b": 1}, {"b": 1}, {"b": 1}),
        ({"b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"b": 2}),
        ({}, {}, {"a": None}, {"a": None}),
    ],
    ids=["mine", "others' key stays", "others' change stays", "removed by me", "removed by others", "none is a value"],
)
def test_changes_are_merged_by_key(current: Any, base: Any, mine: Any, merged: Any) -> None:
    assert merge(current, base, mine) == merged


def test_a_busy_record_is_given_up(store: SessionStore, session_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create(session_id, {})
    monkeypatch.setattr(store, "_swap", lambda *_: False)
    with pytest.raises(SessionsUnavailable):
        store.update(session_id, {}, {"a": 1})
