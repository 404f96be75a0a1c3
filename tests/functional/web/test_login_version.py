"""Log-in to an OMERO server that is too old or too new: what the person reads, and that nothing of it stays open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import WebApp

MakeBrowser = Callable[..., WebApp]
OLD = "This OMERO server has version {}; 5.5 or newer is needed."
NEW = "This OMERO server has version {}; this site works with 5.5 up to 5.x."


@pytest.fixture
def announce(embedded: EmbeddedServer) -> Iterator[Callable[[str], None]]:
    """A function that lets the server say it had another version, during this test."""
    real = embedded.version

    def say(version: str) -> None:
        embedded.version = version

    yield say
    embedded.version = real


@pytest.mark.parametrize(
    ("version", "words"),
    [("4.4.12", OLD), ("5.4.10-ice36-b105", OLD), ("6.0.0-ice37", NEW), ("10.1", NEW)],
    ids=["4.4", "5.4", "6.0", "10.1"],
)
def test_the_form_says_which_version_is_needed(
    testapp: WebApp, embedded: EmbeddedServer, announce: Callable[[str], None], version: str, words: str
) -> None:
    before = {one.uuid for one in embedded.sessions.all()}
    announce(version)
    answer = testapp.log_in_form("root", "omero")
    assert answer.status_int == 403
    assert answer.html.select_one("[role=alert]").get_text(strip=True) == words.format(version)
    assert testapp.get("/webclient/keepalive_ping/").text == "Connection Failed"
    assert {one.uuid for one in embedded.sessions.all()} <= before


@pytest.mark.parametrize("version", ["5.5.0-ice36", "5.6.17-ice36-b2", "5.12.3", "DEV"])
def test_others_are_let_in(testapp: WebApp, announce: Callable[[str], None], version: str) -> None:
    announce(version)
    testapp.log_in()
    assert testapp.get("/webclient/keepalive_ping/").text == "OK"


def test_a_site_can_do_without_the_check(browser: MakeBrowser, announce: Callable[[str], None]) -> None:
    announce("4.4.12")
    app = browser(omero__web__check_version="false")
    app.log_in()
    assert app.get("/webclient/keepalive_ping/").text == "OK"
