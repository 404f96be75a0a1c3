"""What a site's settings put into the header of its pages, and how often pages give a sign of life."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.settings import SettingsError
from omeropyr.testing import WebApp

MakeBrowser = Callable[..., WebApp]
HTML = {"Accept": "text/html"}
PAGE = "/webclient/"
HELP = ("Help", "https://help.openmicroscopy.org/", "_blank")


def logged_in(browser: MakeBrowser, **settings: str) -> Any:
    """The first page of root, on a site with these settings."""
    app = browser(**settings)
    app.log_in()
    return app.get(PAGE, headers=HTML)


def links(page: Any) -> list[tuple[str, str, str | None]]:
    return [(link.get_text(), link["href"], link.get("target")) for link in page.html.select(".header-links a")]


def test_logo_link_and_icon_are_the_sites(browser: MakeBrowser) -> None:
    app = browser(
        omero__web__top_logo="https://img.example.org/logo.png",
        omero__web__top_logo_link="https://www.example.org/",
        omero__web__favicon_url="/pictures/site.ico",
    )
    page = app.get("/nowhere/", headers=HTML, status=404)
    logo = page.html.select_one("header a.logo")
    assert (logo["href"], logo.img["src"]) == ("https://www.example.org/", "https://img.example.org/logo.png")
    assert page.html.select_one('link[rel="icon"]')["href"] == "/pictures/site.ico"
    assert "img-src 'self' data: blob: https://img.example.org;" in page.headers["Content-Security-Policy"]
    assert app.get("/favicon.ico", status=302).headers["Location"] == "http://localhost/pictures/site.ico"


def test_left_out_they_are_omeropyrs(browser: MakeBrowser) -> None:
    page = browser().get("/nowhere/", headers=HTML, status=404)
    logo = page.html.select_one("header a.logo")
    assert (logo["href"], logo.img, logo.get_text(strip=True)) == ("/", None, "omeropyr")
    assert page.html.select_one('link[rel="icon"]')["href"].endswith("/logo.svg")
    assert "img-src 'self' data: blob:;" in page.headers["Content-Security-Policy"]


def test_the_sites_links_follow_those_of_add_ons(browser: MakeBrowser) -> None:
    wanted = [
        ["Browse", "webindex", {"title": "brought by the client already"}],
        ["Wiki", "https://wiki.example.org/?a=1&b=2", {"target": "new"}],
        ["<b>Local</b>", "/somewhere/"],
        ["Gone", "no_such_page"],
        ["Evil", "javascript:alert(1)"],
    ]
    page = logged_in(browser, omero__web__ui__top_links=json.dumps(wanted))
    assert links(page) == [
        ("Data", "/webclient/", None),
        ("Administration", "/webadmin/", None),
        ("Wiki", "https://wiki.example.org/?a=1&b=2", "_blank"),
        ("<b>Local</b>", "/somewhere/", None),
    ]


def test_by_default_there_is_help_and_no_page_twice(browser: MakeBrowser) -> None:
    page = logged_in(browser)
    assert [label for label, _, _ in links(page)] == ["Data", "Administration", "Help"]
    assert links(page)[-1] == HELP


@pytest.mark.parametrize(("shown", "menus"), [("true", 1), ("false", 0)], ids=["menu", "none"])
def test_the_menu_of_the_user_can_be_left_out(browser: MakeBrowser, shown: str, menus: int) -> None:
    page = logged_in(browser, omero__web__user_dropdown=shown)
    assert len(page.html.select("#user-menu")) == menus
    assert page.html.select_one(".header-end .user-name").get_text() == "root root"


@pytest.mark.parametrize(("value", "said"), [(None, "60000"), ("15000", "15000"), ("0", "0")], ids=str)
def test_pages_know_how_often_to_give_a_sign_of_life(browser: MakeBrowser, value: str | None, said: str) -> None:
    settings = {"omero__web__ping_interval": value} if value is not None else {}
    app = browser(**settings)
    assert "data-ping" not in app.get("/webclient/login/").html.html.attrs
    app.log_in()
    assert app.get(PAGE, headers=HTML).html.html["data-ping"] == said


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "data:image/png;base64,AAAA", "https:", "/a b.png", "x;script-src *"], ids=str
)
def test_an_address_that_is_none_stops_the_start(browser: MakeBrowser, value: str) -> None:
    with pytest.raises(SettingsError, match=r"expected an address like https://www\.example\.org/logo\.svg"):
        browser(omero__web__top_logo=value)
