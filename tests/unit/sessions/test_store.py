"""Session records: JSON only, whole or not at all, over when their time is."""

from __future__ import annotations

import base64
import json
import os
import pickle
import stat
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from omeropyr.sessions import own_secret
from omeropyr.sessions.store import FileStore, RecordNamespace, is_session_id
from omeropyr.settings import SettingsError

ID = "0123456789abcdef" * 2


class Hostile:
    """A pickle of it makes a folder when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "sessions", 60.0)


def packed(values: dict[str, Any]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(values).encode())).decode()


def test_a_record_is_read_back_and_private(store: FileStore) -> None:
    store.write(ID, packed({"omero": 1}))
    assert store.values(ID) == {"omero": 1}
    assert stat.S_IMODE((store.folder / ID).stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert [path.name for path in store.folder.iterdir()] == [ID]


def test_a_record_holds_version_and_end(store: FileStore) -> None:
    before = time.time()
    store.write(ID, packed({}))
    record = json.loads((store.folder / ID).read_bytes())
    assert record["version"] == 1
    assert before + 60 <= record["expires"] <= time.time() + 60


def test_a_record_is_nobodys_when_its_time_is_over(store: FileStore) -> None:
    store.lifetime = -1.0
    store.write(ID, packed({"omero": 1}))
    assert store.read(ID) is None
    assert list(store.expired()) == [store.folder / ID]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b'{"version": 2, "expires": 9e99, "data": ""}',
        b'{"version": 1, "expires": "later", "data": ""}',
        b'{"version": 1, "expires": 9e99, "data": 7}',
        b"[" * 100_000,
        b"{" + b" " * 300_000 + b"}",
    ],
)
def test_what_cannot_be_read_is_nobodys_session(store: FileStore, content: bytes) -> None:
    store.folder.mkdir()
    (store.folder / ID).write_bytes(content)
    assert store.read(ID) is None
    assert store.values(ID) is None
    assert list(store.expired()) == [store.folder / ID]


def test_a_planted_pickle_never_runs(store: FileStore, tmp_path: Path) -> None:
    target = tmp_path / "ran"
    hostile = pickle.dumps(Hostile(target))
    store.folder.mkdir()
    (store.folder / ID).write_bytes(hostile)
    assert store.values(ID) is None
    store.write(ID, base64.b64encode(hostile))
    assert store.values(ID) is None
    store.write(ID, base64.b64encode(zlib.compress(hostile)))
    assert store.values(ID) is None
    assert not target.exists()


def test_a_record_that_unpacks_to_too_much_is_not_unpacked(store: FileStore) -> None:
    store.write(ID, packed({"x": "0" * 10_000_000}))
    assert store.values(ID) is None


@pytest.mark.parametrize(
    "name", ["", "..", "../" + ID, ID.upper(), ID[:-1], ID + "0", ID + "\n", f"{ID}/..", "\0" * 32]
)
def test_only_ids_become_paths(store: FileStore, name: str) -> None:
    assert not is_session_id(name)
    with pytest.raises(ValueError, match="not a session id"):
        store.read(name)
    with pytest.raises(ValueError, match="not a session id"):
        store.write(name, "")
    store.remove(name)


def test_a_slow_request_does_not_bring_back_what_was_removed(store: FileStore) -> None:
    store.write(ID, packed({"omero": 1}))
    slow = RecordNamespace(ID, store)
    assert slow["session"] == packed({"omero": 1})
    store.remove(ID)
    slow["session"] = packed({"omero": 1})
    assert store.read(ID) is None


def test_a_new_session_is_written(store: FileStore) -> None:
    new = RecordNamespace(ID, store)
    assert "session" not in new
    new["session"] = packed({"omero": 1})
    assert new.keys() == ["session"]
    new.do_remove()
    assert new.keys() == []


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    state = tmp_path / "state"
    secret = own_secret(state)
    assert len(bytes.fromhex(secret)) == 32
    assert own_secret(state) == secret
    assert stat.S_IMODE((state / "session-secret").stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == ["session-secret"]


def test_a_spoilt_secret_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "session-secret").write_text("")
    with pytest.raises(SettingsError, match="remove the file and a new secret is made"):
        own_secret(tmp_path)
