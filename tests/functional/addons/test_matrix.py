"""Every installed add-on alone with what it requires, all on, all off: whichever there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omeropyr.addons.loader import installed
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.web import WebApp, close_web_app, web_app, web_settings

Start = Callable[[str], WebApp]
SHIPPED = sorted(name for name, point in installed().items() if point.dist and point.dist.name == "omeropyr")


@pytest.fixture
def start(embedded: EmbeddedServer, tmp_path: Path) -> Iterator[Start]:
    opened = []
    (tmp_path / "iviewer").mkdir()
    (tmp_path / "iviewer" / "main.js").touch()
    needed = {"iviewer": {"addon.iviewer.static": str(tmp_path / "iviewer")}}

    def call(addons: str) -> WebApp:
        settings = web_settings(embedded, tmp_path / "state", omeropyr__addons=addons)
        for name in addons.split():
            settings |= needed.get(name, {})
        opened.append(web_app(settings))
        return WebApp(opened[-1], embedded)

    yield call
    for app in opened:
        close_web_app(app)


def with_required(name: str) -> list[str]:
    """*name* after all that it needs, and what these need."""
    found: list[str] = []
    for wanted in installed()[name].load().requires:
        found += [each for each in with_required(wanted) if each not in found]
    return [*found, name]


def works(browser: WebApp) -> None:
    """The core does its part: ready, log-in, start, log-out."""
    assert browser.get("/health/live").status_int == 200
    assert set(browser.get("/health/ready").json["checks"].values()) == {"ok"}
    browser.log_in("root")
    first = browser.get("/", expect_errors=True)
    assert first.status_int in (302, 404)
    if first.status_int == 302 and first.location.startswith("http://localhost"):
        assert first.follow(expect_errors=True).status_int in (200, 302)
    assert browser.log_out().status_int == 303


@pytest.mark.parametrize("name", SHIPPED)
def test_alone_with_what_it_requires(start: Start, name: str) -> None:
    works(start(" ".join(with_required(name))))


@pytest.mark.parametrize("name", SHIPPED)
def test_all_but_this_one(start: Start, name: str) -> None:
    """Nothing leans on an add-on that it does not require."""
    works(start(" ".join(other for other in SHIPPED if name not in with_required(other))))


def test_all_on(start: Start) -> None:
    works(start(" ".join(SHIPPED)))


def test_all_off(start: Start) -> None:
    """The core logs in, and says that there is nothing to see."""
    browser = start("")
    browser.log_in("root")
    page = browser.get("/", status=404)
    assert "No page is switched on." in page.html.find("main").text
    assert "omeropyr.addons" in page.html.find("main").text
    browser.get("/webclient/", status=404)
    assert browser.get("/webclient/keepalive_ping/").text == "OK"
    browser.log_out()
