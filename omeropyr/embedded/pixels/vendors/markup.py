"""The XML that makers put into their files, read with care: no document types, so nothing to expand or to fetch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree import ElementTree  # parse() refuses document types

from omeropyr.embedded.pixels.reader import ReaderError

Element = ElementTree.Element
MAX_CHARACTERS = 2**27
_MAX_ENTRIES = 2000
_MAX_TEXT = 1000


def parse(text: str) -> Element:
    """The root. Raises :class:`ReaderError` for document types, and where it is not well formed."""
    check(text)
    try:
        return ElementTree.fromstring(text.encode())  # noqa: S314 # nothing to expand, nothing external
    except ElementTree.ParseError as error:
        raise ReaderError(f"the metadata are not well formed: {error}") from error


def check(text: str) -> None:
    """Raise :class:`ReaderError` for what could expand, or is too long."""
    if len(text) > MAX_CHARACTERS:
        raise ReaderError("the metadata are too long")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ReaderError("metadata with a document type declaration are refused")


def number(text: str | None) -> float | None:
    """A positive, finite number; ``None`` for anything else."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def color(text: str | None) -> tuple[int, int, int, int] | None:
    """RGBA of ``#AARRGGBB`` or ``#RRGGBB``; the alpha is left out, since makers write it as they like."""
    try:
        parts = bytes.fromhex((text or "").strip().lstrip("#"))
    except ValueError:
        return None
    return (parts[-3], parts[-2], parts[-1], 255) if len(parts) in (3, 4) else None


def flat(root: Element, path: str = "") -> tuple[tuple[str, str], ...]:
    """Texts and attributes below *root* as ``("Objective NominalMagnification", "20")``; no more than 2,000."""
    found: list[tuple[str, str]] = []
    for name, value in _entries(root, path):
        if len(found) >= _MAX_ENTRIES:
            break
        found.append((name, value[:_MAX_TEXT]))
    return tuple(found)


def _entries(element: Element, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    numbers: dict[str, int] = {}
    for child in element if depth < 20 else ():
        tag = child.tag.rpartition("}")[2]
        numbers[tag] = numbers.get(tag, 0) + 1
        name = f"{path} {tag}".strip() + (f" #{numbers[tag]}" if numbers[tag] > 1 else "")
        for key, value in child.attrib.items():
            yield f"{name} {key}", value
        if child.text and child.text.strip():
            yield name, child.text.strip()
        yield from _entries(child, name, depth + 1)
