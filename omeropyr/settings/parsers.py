"""How the text of a setting becomes a value, where the type alone does not say it: JSON, prefixes, hosts, links."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Server(NamedTuple):
    """An OMERO server offered at log-in; its id is its place in ``server_list``, counted from 1."""

    host: str
    port: int
    name: str


class Link(NamedTuple):
    """A link that the site adds: its words, where it leads (a name of OMERO.web's pages or an address), and more."""

    label: str
    target: str
    options: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Pane:
    """A kind of annotation at the right: ``tag``, ``map``, ``table``, ``file``, ``comment``, ``rating``, ``other``."""

    name: str
    label: str
    index: float


PANES = ("tag", "map", "table", "file", "comment", "rating", "other")
TOP_LINKS = (
    Link("Data", "webindex", {"title": "Browse Data via Projects, Tags etc"}),
    Link("History", "history", {"title": "History"}),
    Link("Help", "https://help.openmicroscopy.org/", {"title": "Open OMERO user guide", "target": "new"}),
)
METADATA_PANES = tuple(
    Pane(name, label, index)
    for index, (name, label) in enumerate(
        zip(
            PANES,
            ("Tags", "Key-Value Pairs", "Tables", "Attachments", "Comments", "Ratings", "Others"),
            strict=True,
        ),
        start=1,
    )
)
_HOST = re.compile(r"\*|\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")


def servers(text: str) -> tuple[Server, ...]:
    """``[["host", 4064, "name"], ...]`` as JSON."""
    expected = 'expected JSON like [["omero.example.org", 4064, "omero"]]'
    rows = _rows(text, expected)
    if not rows:
        raise ValueError(expected)
    found = []
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and isinstance(row[0], str) and row[0]):
            raise ValueError(expected)
        port = row[1] if isinstance(row[1], int) else int(row[1]) if str(row[1]).isdecimal() else 0
        if not 0 < port < 65536:
            raise ValueError(expected)
        found.append(Server(row[0], port, str(row[2])))
    return tuple(found)


def strings(text: str) -> tuple[str, ...]:
    """A JSON list of strings."""
    return _strings(text, 'expected a JSON list like ["www.example.org"]')


def lines(text: str) -> tuple[str, ...]:
    """A JSON list of lines."""
    return _strings(text, 'expected a JSON list like ["first line", "second line"]')


def hosts(text: str) -> tuple[str, ...]:
    """A JSON list of host names without port; ``.example.org`` is every name below it, ``*`` every host."""
    expected = 'expected a JSON list of hosts without port, like ["omero.example.org", ".lab.example.org"]'
    found = tuple(host.lower() for host in _strings(text, expected))
    if not found or not all(_HOST.fullmatch(host) for host in found):
        raise ValueError(expected)
    return found


def origins(text: str) -> tuple[str, ...]:
    """A JSON list of origins: scheme, host and, where it is not the usual one, port."""
    expected = 'expected a JSON list of origins like ["https://www.example.org"]'
    found = tuple(origin.lower().rstrip("/") for origin in _strings(text, expected))
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(expected)
        if "@" in parts.netloc or "*" in parts.netloc:
            raise ValueError(expected)
    return found


def links(text: str) -> tuple[Link, ...]:
    """``[["Help", "https://...", {"title": "..."}], ...]``; ``{"viewname": ...}`` may stand for the target."""
    expected = 'expected JSON like [["Help", "https://www.example.org/", {"title": "Help", "target": "new"}]]'
    found = []
    for row in _rows(text, expected):
        if not isinstance(row, list) or not 2 <= len(row) <= 3:
            raise ValueError(expected)
        label, target, options = row[0], row[1], row[2] if len(row) == 3 else {}
        if isinstance(target, dict):
            options = {**target, **options} if isinstance(options, dict) else None
            target = target.get("viewname")
        if not isinstance(label, str) or not isinstance(target, str) or not isinstance(options, dict):
            raise ValueError(expected)
        found.append(Link(label, target, options))
    return tuple(found)


def panes(text: str) -> tuple[Pane, ...]:
    """``[{"name": "tag", "label": "Tags", "index": 1}, ...]``, in the order of *index*."""
    expected = f'expected JSON like [{{"name": "tag", "label": "Tags", "index": 1}}], names among {", ".join(PANES)}'
    found = []
    for row in _rows(text, expected):
        if not isinstance(row, dict) or row.get("name") not in PANES or not isinstance(row.get("index"), int | float):
            raise ValueError(expected)
        found.append(Pane(row["name"], str(row.get("label", row["name"])), row["index"]))
    return tuple(sorted(found, key=lambda pane: pane.index))


def prefix(text: str) -> str:
    """A URL prefix, ``/omero``; nothing for the root."""
    text = text.rstrip("/")
    if text and not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", text):
        raise ValueError("expected a path like /omero")
    return text


def web_address(text: str) -> str:
    """An absolute http(s) address that ends in a slash."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("expected an address like https://omero.example.org/omero/")
    return text.rstrip("/") + "/"


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error


def _strings(text: str, expected: str) -> tuple[str, ...]:
    rows = _rows(text, expected)
    if not all(isinstance(row, str) for row in rows):
        raise ValueError(expected)
    return tuple(rows)


def _rows(text: str, expected: str) -> list[Any]:
    rows = json_value(text, expected)
    if not isinstance(rows, list):
        raise ValueError(expected)
    return rows


def json_value(text: str, expected: str) -> Any:
    """The value of JSON *text*; ValueError says what is *expected*."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(expected) from error
