"""The key that signs the session cookies, where the site does not name one."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from omeropyr.settings import SettingsError
from omeropyr.settings.core import long_enough


def own_secret(state_dir: Path) -> str:
    """The secret in the state folder, made at the first start: 256 random bits, mode 0600. SettingsError if spoilt."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state_dir / "session-secret"
    if not path.exists():
        # Whole or not at all: another process may be starting, too.
        descriptor, partial = tempfile.mkstemp(dir=state_dir, prefix=".session-secret")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
        Path(partial).unlink()
    secret = path.read_text("ascii").strip()
    try:
        long_enough(secret)
    except ValueError as error:
        raise SettingsError([f"{path}: {error}; remove the file and a new secret is made"]) from error
    return secret
