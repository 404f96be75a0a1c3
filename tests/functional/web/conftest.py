"""Requests outside a web server, and who is behind a browser's cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request, apply_request_extensions

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.security import Identity
from omeropyr.testing import WebApp
from omeropyr.testing.web import close_web_app, web_app, web_settings
from tests.store_servers import memcached as memcached
from tests.store_servers import redis_server as redis_server

MakeBrowser = Callable[..., WebApp]


@pytest.fixture
def browser(embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeBrowser]:
    """A function ``(server=embedded, **settings)`` to a browser of a site of its own; ``state`` is its folder."""
    opened: list[Any] = []

    def make(server: EmbeddedServer = embedded, **settings: str) -> WebApp:
        state = tmp_path_factory.mktemp("site")
        state.chmod(0o700)
        app = web_app(web_settings(server, state, **settings))
        opened.append(app)
        made = WebApp(app, server)
        made.state = state
        return made

    yield make
    for app in opened:
        close_web_app(app)


@pytest.fixture
def request_of() -> Callable[[WebApp], Request]:
    """A function from a browser to a request that carries its session cookie, before any view was asked."""

    def make(testapp: WebApp) -> Request:
        made = Request.blank("/", headers={"Cookie": f"sessionid={testapp.cookies['sessionid']}"})
        made.registry = testapp.app.registry
        apply_request_extensions(made)
        return made

    return make


@pytest.fixture
def who_is(request_of: Callable[[WebApp], Request]) -> Callable[[WebApp], Identity | None]:
    """A function from a browser to who is logged in there."""

    def ask(testapp: WebApp) -> Identity | None:
        policy = testapp.app.registry.getUtility(ISecurityPolicy)
        found: Identity | None = policy.identity(request_of(testapp))
        return found

    return ask
