"""Fixtures: ``embedded``, ``demo_data``, ``gateway``, ``gateway_of``, ``omero_data``, ``addons``, ``web_application``.

And ``testapp``, a browser, which ``login`` logs in.

One embedded server serves a whole test run; tests give what they make names and users of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from omero.gateway import BlitzGateway

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.data import PASSWORD, OmeroData
from omeropyr.testing.demo import demo_folder
from omeropyr.testing.web import ADDONS, WebApp, close_web_app, web_app, web_settings

GatewayOf = Callable[..., Any]
MOST_GATEWAYS = 100


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """An empty OMERO server in this process, on free ports, counting operations; root's password is ``omero``."""
    with EmbeddedServer(tmp_path_factory.mktemp("omero"), port=0, ssl_port=0, instrument=True) as server:
        yield server


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A second OMERO server in this process, with the data of ``omeropyr demo``; passwords are ``omero``.

    They come from the user's cache; making them takes about a minute the first time.
    """
    folder = demo_folder(tmp_path_factory.mktemp("demo") / "data")
    with EmbeddedServer(folder, port=0, ssl_port=0, instrument=True) as server:
        yield server


@pytest.fixture(scope="session")
def gateway_of(embedded: EmbeddedServer) -> Iterator[GatewayOf]:
    """A function ``(user, password="omero", group=None)`` to a connected BlitzGateway.

    The last hundred stay open until the end of the run, which is enough for every test and few enough for one process.
    """
    opened: deque[Any] = deque()

    def connect(user: str, password: str = PASSWORD, group: str | None = None) -> Any:
        opened.append(connected(embedded, user, password, group))
        if len(opened) > MOST_GATEWAYS:
            opened.popleft().close()
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def gateway(embedded: EmbeddedServer) -> Iterator[Any]:
    """A BlitzGateway of root."""
    found = connected(embedded, "root", PASSWORD)
    yield found
    found.close()


def connected(server: EmbeddedServer, user: str, password: str, group: str | None = None) -> Any:
    """A new BlitzGateway, connected over ssl."""
    found = BlitzGateway(user, password, group=group, host="127.0.0.1", port=server.ssl_port, secure=True)
    assert found.connect(), found.getLastError()
    return found


@pytest.fixture(scope="session")
def omero_data(embedded: EmbeddedServer) -> OmeroData:
    """Makes users, groups, containers and images."""
    return OmeroData(embedded)


@pytest.fixture(scope="session")
def addons() -> str:
    """The add-ons of ``web_application``, by name; an add-on's own tests put themselves in here."""
    return ADDONS


@pytest.fixture(scope="session")
def web_application(embedded: EmbeddedServer, addons: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The WSGI application with the add-ons of the fixture ``addons``, in front of the embedded server."""
    folder = tmp_path_factory.mktemp("web")
    folder.chmod(0o700)
    app = web_app(web_settings(embedded, folder, omeropyr__addons=addons))
    yield app
    close_web_app(app)


@pytest.fixture
def testapp(web_application: Any, embedded: EmbeddedServer) -> WebApp:
    """A browser of its own for each test, not logged in."""
    return WebApp(web_application, embedded)


@pytest.fixture
def login(testapp: WebApp) -> Callable[..., Any]:
    """A function ``(user="root", password="omero")`` that logs ``testapp`` in."""
    return testapp.log_in
