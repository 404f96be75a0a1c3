"""``omero.web.*``: which OMERO servers, under which address, how many requests at a time."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings.declare import between, setting
from omeropyr.settings.parsers import Server, hosts, lines, origins, prefix, servers


@dataclass(frozen=True)
class Deployment:
    """Servers and addresses"""

    server_list: tuple[Server, ...] = setting(
        (Server("localhost", 4064, "omero"),),
        parse=servers,
        doc="OMERO servers offered at log-in: host, port, name.",
    )
    prefix: str = setting("", parse=prefix, doc="URL prefix under which the site is reached, like /omero.")
    allowed_hosts: tuple[str, ...] = setting(
        ("localhost", "127.0.0.1", "[::1]"),
        parse=hosts,
        doc='Host names under which the site is reached, as JSON: ["omero.example.org"]. ".example.org" is every name '
        'below it, "*" every host. Requests for another host get 400, /health/ and requests for the address listened '
        "on excepted.",
    )
    application_server_host: str = setting(
        "127.0.0.1", key="application_server.host", doc="Address `omeropyr serve` listens on."
    )
    application_server_port: int = setting(
        4080, key="application_server.port", check=between(0, 65535), doc="Port `omeropyr serve` listens on."
    )
    wsgi_threads: int = setting(16, check=between(1, 1000), doc="Requests `omeropyr serve` works on at a time.")
    secure: bool = setting(False, doc="Encrypt everything between the web and OMERO, not just the log-in.")
    check_version: bool = setting(True, doc="Refuse to log in to an OMERO server that is too old or too new.")
    cors_origin_whitelist: tuple[str, ...] = setting(
        (),
        parse=origins,
        doc="Other origins (with scheme) whose scripts may read the JSON and pictures a logged-in user may, as JSON.",
    )
    nginx_server_extra_config: tuple[str, ...] = setting(
        (),
        parse=lines,
        doc="Lines for the server block of a generated nginx configuration, as JSON.",
        pending="the generator of web-server configurations",
    )
