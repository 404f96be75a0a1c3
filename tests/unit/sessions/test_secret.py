"""The key of the session cookies that a site makes for itself."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from omeropyr.sessions.secret import own_secret
from omeropyr.settings import SettingsError


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
