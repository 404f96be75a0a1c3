"""The whole web application in front of the embedded server, driven by WebTest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webtest import TestApp

from omeropyr import main
from omeropyr.connection.gateway import AGENT
from omeropyr.connection.pool import POOL
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.sessions import STORE as SESSIONS
from omeropyr.store import STORE
from omeropyr.testing.data import PASSWORD

ADDONS = "gateway client viewer admin api"


def web_settings(server: EmbeddedServer, state_dir: Path, **more: str) -> dict[str, str]:
    """Settings of a development site in front of *server*; *more* are further ones, with ``__`` for each dot."""
    return {
        "omeropyr.state_dir": str(state_dir),
        "omeropyr.addons": ADDONS,
        "omeropyr.development": "true",
        "omero.web.server_list": json.dumps([["127.0.0.1", server.ssl_port, "embedded"]]),
        **{name.replace("__", "."): value for name, value in more.items()},
    }


def web_app(settings: dict[str, str]) -> Any:
    """The WSGI application, as PasteDeploy makes it."""
    return main({}, **settings)


def close_web_app(app: Any) -> None:
    """Let go of what *app* holds open: connections to OMERO, to the store of sessions and to the durable store."""
    for name in (POOL, SESSIONS, STORE):
        app.registry[name].close()


class WebApp(TestApp):  # type: ignore[misc]
    """WebTest's TestApp, one browser. ``ice_calls`` is what its last request cost in Ice operations."""

    __test__ = False

    def __init__(self, app: Any, server: EmbeddedServer) -> None:
        super().__init__(app)
        self.server = server
        self.ice_calls = 0
        # The pool ends the idle connections of those who came before whenever it likes.
        self._earlier = server.counter.sessions()

    def do_request(self, req: Any, status: Any = None, expect_errors: bool | None = None) -> Any:
        """Send one request and note the Ice operations (the router's too) that the server counted meanwhile.

        What other clients of the same server do at the time is left out.
        """
        others = self._earlier | {one.uuid for one in self.server.sessions.all() if not one.agent.startswith(AGENT)}
        before = self.server.counter.asked(others)
        try:
            return super().do_request(req, status, expect_errors)
        finally:
            self.ice_calls = self.server.counter.asked(others) - before

    def log_in(self, user: str = "root", password: str = PASSWORD) -> Any:
        """Log in through the form; the response is the redirect. AssertionError when the form comes back."""
        response = self.log_in_form(user, password)
        assert response.status_int == 303, f"{user} could not log in: {response.status}"
        return response

    def log_in_form(self, user: str, password: str) -> Any:
        """Fill in the log-in form and send it; any answer."""
        form = self.get("/webclient/login/").forms[0]
        form["username"], form["password"] = user, password
        return form.submit(expect_errors=True)

    def log_out(self) -> Any:
        """Log out through the form."""
        page = self.get("/webclient/logout/")
        return next(form for form in page.forms.values() if form.action.endswith("/webclient/logout/")).submit()

    def csrf(self) -> dict[str, str]:
        """Headers that a request needs which changes something."""
        return {"X-CSRFToken": self.cookies["csrftoken"]}
