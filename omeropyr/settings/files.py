"""Checks of settings that name a file, a folder or a colour of a site. PUBLIC."""

from __future__ import annotations

import os
import re
from pathlib import Path

from omeropyr.settings.declare import Check

WRITABLE_BY_ALL = 0o002
LARGEST = 4 * 1024 * 1024


def site_file(*suffixes: str) -> Check:
    """A check: a file that can be read, of a kind that *suffixes* name, which not everybody may write."""

    def check(value: Path) -> None:
        if value.suffix.lower() not in suffixes:
            raise ValueError(f"expected a file that ends in {' or '.join(suffixes)}")
        if not value.is_file() or not os.access(value, os.R_OK):
            raise ValueError("expected a file that can be read")
        _not_for_all(value)
        if value.stat().st_size > LARGEST:
            raise ValueError(f"expected a file of at most {LARGEST // 1024 // 1024} MB")

    return check


def site_folder(value: Path) -> None:
    """A check: a folder that can be read, which not everybody may write."""
    if not value.is_dir() or not os.access(value, os.R_OK | os.X_OK):
        raise ValueError("expected a folder that can be read")
    _not_for_all(value)


def colour(value: str) -> None:
    """A check: a colour as ``#0b6b8a``."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("expected a colour like #0b6b8a")


def _not_for_all(value: Path) -> None:
    if value.stat().st_mode & WRITABLE_BY_ALL:
        raise ValueError(f"everybody may write it; run: chmod o-w {value}")
