"""What a session record looks like: JSON bytes, ``{"version", "expires", "values"}``.

``expires`` is the last write plus the life time, in seconds since the epoch. Nothing else is ever read: what is no
such JSON is nobody's session.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from omeropyr.errors import TooLarge

VERSION = 2
MOST_BYTES = 256 * 1024
_ID = re.compile(r"[0-9a-f]{32}")
_ABSENT = object()

Values = dict[str, Any]


class Record(NamedTuple):
    """One session: its values, and when its time is over (seconds since the epoch)."""

    expires: float
    values: Values


def is_session_id(text: str) -> bool:
    """Whether *text* is an id as Beaker makes them; nothing else ever becomes part of a path or a key."""
    return _ID.fullmatch(text) is not None


def pack(values: Mapping[str, Any], expires: float) -> bytes:
    """A record as it is stored. TooLarge above ``MOST_BYTES``."""
    content = json.dumps({"version": VERSION, "expires": expires, "values": values}).encode("ascii")
    if len(content) > MOST_BYTES:
        raise TooLarge("This is more than a session can hold.")
    return content


def parse(content: bytes) -> Record | None:
    """The record, of this version or the one before it; None for anything else."""
    if len(content) > MOST_BYTES:
        return None
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("expires"), int | float):
        return None
    version = record.get("version")
    values = _READERS[version](record) if isinstance(version, int) and version in _READERS else None
    return Record(record["expires"], values) if isinstance(values, dict) else None


def merge(current: Values, base: Values, mine: Values) -> Values:
    """*current*, with what was changed between *base* and *mine*: what others wrote meanwhile stays."""
    changed = {key: value for key, value in mine.items() if base.get(key, _ABSENT) != value}
    return {**{key: value for key, value in current.items() if key in mine or key not in base}, **changed}


def _of_version_1(record: Mapping[str, Any]) -> Any:
    """Beaker's own packing: JSON, compressed, in base64."""
    try:
        packed = base64.b64decode(record["data"], validate=True)
        # What unpacks to more than a record may hold is cut and so no JSON.
        return json.loads(zlib.decompressobj().decompress(packed, MOST_BYTES))
    except (KeyError, TypeError, ValueError, RecursionError, binascii.Error, zlib.error):
        return None


_READERS: dict[int, Callable[[Mapping[str, Any]], Any]] = {
    1: _of_version_1,
    VERSION: lambda record: record.get("values"),
}
