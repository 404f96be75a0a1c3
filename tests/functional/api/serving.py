"""The site at a port, for programs that speak HTTP themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.live import LiveServer
from omeropyr.testing.web import close_web_app, web_app, web_settings

SERVER = "omero"


@contextmanager
def served(server: EmbeddedServer, folder: Path) -> Iterator[str]:
    """The address of a site whose OMERO server is called `omero`, as programs expect it, without a last slash."""
    folder.chmod(0o700)
    named = json.dumps([["127.0.0.1", server.ssl_port, SERVER]])
    app: Any = web_app({**web_settings(server, folder), "omero.web.server_list": named})
    web = LiveServer.create(app, host="127.0.0.1")
    try:
        yield f"http://127.0.0.1:{web.effective_port}"
    finally:
        web.shutdown()
        close_web_app(app)
