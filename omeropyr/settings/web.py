"""The settings that carry OMERO.web's names: ``omero.web.*``. Only what something reads stands here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from omeropyr.settings.declare import between, one_of, setting


class Server(NamedTuple):
    """An OMERO server offered at log-in; its id is its place in ``server_list``, counted from 1."""

    host: str
    port: int
    name: str


def servers(text: str) -> tuple[Server, ...]:
    """``[["host", 4064, "name"], ...]`` as JSON."""
    expected = 'expected JSON like [["omero.example.org", 4064, "omero"]]'
    rows = _json(text, expected)
    if not isinstance(rows, list) or not rows:
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
    expected = 'expected a JSON list like ["www.example.org"]'
    rows = _json(text, expected)
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise ValueError(expected)
    return tuple(rows)


def prefix(text: str) -> str:
    """A URL prefix, ``/omero``; nothing for the root."""
    text = text.rstrip("/")
    if text and not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", text):
        raise ValueError("expected a path like /omero")
    return text


def _json(text: str, expected: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(expected) from error


@dataclass(frozen=True)
class Web:
    """What is read under ``omero.web.``, with OMERO.web's names and defaults."""

    server_list: tuple[Server, ...] = setting(
        (Server("localhost", 4064, "omero"),),
        parse=servers,
        doc="OMERO servers offered at log-in: host, port, name.",
    )
    prefix: str = setting("", parse=prefix, doc="URL prefix under which the site is reached, like /omero.")
    application_server_host: str = setting(
        "127.0.0.1", key="application_server.host", doc="Address `omeropyr serve` listens on."
    )
    application_server_port: int = setting(
        4080, key="application_server.port", check=between(0, 65535), doc="Port `omeropyr serve` listens on."
    )
    wsgi_threads: int = setting(16, check=between(1, 1000), doc="Requests `omeropyr serve` works on at a time.")
    secure: bool = setting(False, doc="Encrypt everything between the web and OMERO, not just the log-in.")
    ping_interval: int = setting(
        60000, check=between(0, 3600000), doc="Milliseconds between a page's signs of life; 0 sends none."
    )
    session_engine: str = setting("file", check=one_of("file"), doc="Where web sessions are kept.")
    session_cookie_name: str = setting("sessionid", doc="Name of the session cookie.")
    session_cookie_age: int = setting(86400, check=between(60, 31536000), doc="Seconds a web session lives unused.")
    session_expire_at_browser_close: bool = setting(True, doc="The session cookie ends with the browser.")
    session_cookie_domain: str | None = setting(None, doc="Domain of the cookies; left out, the host of the page.")
    session_cookie_path: str | None = setting(None, doc="Path of the cookies; left out, the prefix of the site.")
    session_cookie_secure: bool = setting(False, doc="Send the session cookie over https only.")
    session_cookie_samesite: str = setting("Lax", check=one_of("Lax", "Strict"), doc="SameSite of the session cookie.")
    csrf_cookie_secure: bool = setting(False, doc="Send the CSRF cookie over https only.")
    csrf_cookie_samesite: str = setting("Lax", check=one_of("Lax", "Strict"), doc="SameSite of the CSRF cookie.")
    csrf_trusted_origins: tuple[str, ...] = setting(
        (), parse=strings, doc="Other origins (with scheme) whose unsafe requests are accepted."
    )
    redirect_allowed_hosts: tuple[str, ...] = setting(
        (), parse=strings, doc="Foreign hosts to which ?url= may lead after log-in."
    )
    login_incorrect_credentials_text: str = setting(
        "The user name or the password is wrong.",
        doc="Words for a wrong user name or password.",
    )
    login_logo: str | None = setting(None, doc="URL of an image above the log-in form.")
    top_logo: str | None = setting(None, doc="URL of an image at the left of the header.")
    top_logo_link: str | None = setting(None, doc="Where the logo in the header leads.")
    page_size: int = setting(200, check=between(1, 10000), doc="Items a page of the tree and of the lists.")
    thumbnails_batch: int = setting(50, check=between(1, 1000), doc="Thumbnails a batch request may ask for.")
