"""The settings of the core: ``omeropyr.*``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from omeropyr.settings.declare import setting

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks (``127.0.0.1 10.0.0.0/8``), separated by spaces."""
    try:
        return tuple(ipaddress.ip_network(word) for word in text.split())
    except ValueError as error:
        raise ValueError("expected addresses or networks like 127.0.0.1 or 10.0.0.0/8") from error


def long_enough(secret: str) -> None:
    """A secret that cannot be guessed: at least 32 characters, not a handful repeated."""
    if len(secret) < 32 or len(set(secret)) < 10:
        raise ValueError("expected at least 32 random characters")


@dataclass(frozen=True)
class Core:
    """What the core reads under ``omeropyr.``."""

    state_dir: Path = setting(  # noqa: RUF009 - setting() makes a field
        doc="Folder of what the web keeps: secret, sessions, caches. Made with mode 0700 where it is missing.",
        example="/var/lib/omeropyr",
    )
    addons: tuple[str, ...] = setting((), doc="The add-ons that are on, by name, separated by spaces.")
    development: bool = setting(
        False, doc="True only on a developer's machine: weak settings are then allowed, templates are read again."
    )
    embedded: bool = setting(
        False,
        doc="Development only: start an embedded OMERO server with this one, or use the one that runs on its folder; "
        "it takes the place of omero.web.server_list.",
    )
    embedded_data: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        key="embedded.data",
        doc="Folder of the embedded server's data; left out, embedded in the state folder.",
        example="/home/me/omero-data",
    )
    trusted_proxies: tuple[Network, ...] = setting(
        (),
        parse=networks,
        doc="Addresses or networks of web servers in front of this one, whose X-Forwarded-* headers are believed.",
        example="127.0.0.1",
    )
    session_secret: str | None = setting(
        None,
        key="session.secret",
        secret=True,
        check=long_enough,
        doc="Key that signs the session cookies: file:PATH or env:NAME. Left out, one is made in the state folder.",
        example="file:/etc/omeropyr/session-secret",
    )
    session_url: str | None = setting(
        None,
        key="session.url",
        secret=True,
        doc="Where omero.web.session_engine keeps the sessions: host:port of memcached (several with commas), "
        "redis://host:6379/0, or an SQLAlchemy URL. Left out: the engine's usual port on this machine, a file in the "
        "state folder for database. It may be file:PATH or env:NAME.",
        example="redis://127.0.0.1:6379/0",
    )
    session_header: bool = setting(
        False,
        key="session.header",
        doc="Take the uuid of an OMERO session from the header X-OMERO-Session of a request, for programs that have "
        "logged in to OMERO themselves (OMERO.web's bsession; never in an address).",
    )
    store_url: str | None = setting(
        None,
        key="store.url",
        secret=True,
        doc="SQLAlchemy URL of what outlives a process (counts of failed log-ins; not the sessions), shared by all "
        "processes of the site. Left out, store.db in the state folder. It may be file:PATH or env:NAME.",
        example="postgresql+psycopg://omeropyr@db.example.org/omeropyr",
    )
    viewer_default: str | None = setting(
        None,
        key="viewer.default",
        doc="Viewer that opens an image, by its id (viewer.image). Left out, the first one an add-on offers.",
        example="viewer.image",
    )
