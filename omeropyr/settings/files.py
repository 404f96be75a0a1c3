"""Checks of settings that name a file, a folder or a colour of a site. PUBLIC.

A ``check`` looks at the text alone; whether the file is there is for ``__post_init__``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from omeropyr.settings.declare import Check

WRITABLE_BY_ALL = 0o002
LARGEST = 4 * 1024 * 1024


def ends_in(*suffixes: str) -> Check:
    """A check: a file of a kind that *suffixes* name."""

    def check(value: Path) -> None:
        if value.suffix.lower() not in suffixes:
            raise ValueError(f"expected a file that ends in {' or '.join(suffixes)}")

    return check


def wrong_file(value: Path) -> str | None:
    """What is wrong with a file of the site: it must be readable, not too large, and not everybody's to write."""
    if not value.is_file() or not os.access(value, os.R_OK):
        return f"{value} cannot be read"
    if value.stat().st_size > LARGEST:
        return f"{value} is larger than {LARGEST // 1024 // 1024} MB"
    return _of_all(value)


def wrong_folder(value: Path) -> str | None:
    """What is wrong with a folder of the site: it must be readable, and not everybody's to write."""
    if not value.is_dir() or not os.access(value, os.R_OK | os.X_OK):
        return f"{value} is no folder that can be read"
    return _of_all(value)


def colour(value: str) -> None:
    """A check: a colour as ``#0b6b8a``."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("expected a colour like #0b6b8a")


def _of_all(value: Path) -> str | None:
    if value.stat().st_mode & WRITABLE_BY_ALL:
        return f"{value} can be written by everybody; run: chmod o-w {value}"
    return None
