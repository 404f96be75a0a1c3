"""Numbers as they come in URLs: plain ASCII digits, finite, and small enough for OMERO."""

from __future__ import annotations

import re

from omeropyr.errors import InvalidInput

MAX_ID = 2**63 - 1
# The largest size or place in an image that OMERO's 32-bit Slice ints can hold.
MAX_INT = 2**31 - 1

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def integer(text: str, name: str, *, most: int = MAX_INT) -> int:
    """Read a whole number of plain digits between -`most` and `most`; raises `InvalidInput` with `name`."""
    if not _INTEGER.fullmatch(text.strip(" ")):
        raise InvalidInput(f"{name} must be a whole number")
    value = int(text)
    if abs(value) > most:
        raise InvalidInput(f"{name} must not be larger than {most}")
    return value


def finite(text: str) -> float | None:
    """Read a decimal number of plain digits; `None` when it is none, or none that is finite."""
    text = text.strip(" ")
    if len(text) > 64 or not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) != float("inf") else None
