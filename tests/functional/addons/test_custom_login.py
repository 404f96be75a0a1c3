"""The log-in page in a site's own dress, as browsers get it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omeropyr.addons.custom_login import addon
from omeropyr.addons.loader import installed
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.settings import SettingsError
from omeropyr.testing import AddonContract
from omeropyr.testing.web import WebApp, close_web_app, web_app, web_settings

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="1" height="1"/></svg>'
WELCOME = """# Core Facility

Images of the **institute**: [how to](/help/), [bad](javascript:alert(1)).

<script>alert(1)</script>

| Day | Hours |
|-----|-------|
| Mo  | 9-17  |
"""
Branded = Callable[..., WebApp]


class TestContract(AddonContract):
    """What holds for every add-on."""

    addon = addon
    public = frozenset({"custom_login.file", "custom_login.colours"})


@pytest.fixture(scope="module")
def addons() -> str:
    return "gateway client viewer api custom_login"


@pytest.fixture(scope="module")
def web_application(embedded: EmbeddedServer, addons: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("login")
    app = web_app(web_settings(embedded, folder / "state", omeropyr__addons=addons))
    yield app
    close_web_app(app)


@pytest.fixture
def branded(embedded: EmbeddedServer, tmp_path: Path) -> Any:
    """``branded(title="Lab")``: a browser on a site with these settings of the add-on."""
    opened: list[Any] = []

    def start(**own: str) -> WebApp:
        more = {f"addon__custom_login__{name}": text for name, text in own.items()}
        settings = web_settings(embedded, tmp_path / f"state{len(opened)}", omeropyr__addons="custom_login", **more)
        opened.append(web_app(settings))
        return WebApp(opened[-1], embedded)

    yield start
    for app in opened:
        close_web_app(app)


def put(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_it_is_installed_and_off_by_default() -> None:
    assert installed()["custom_login"].load() is addon


def test_everything_that_can_be_set_is_shown(branded: Branded, tmp_path: Path) -> None:
    browser = branded(
        title="Bio <b>Imaging</b>",
        logo=put(tmp_path, "logo.svg", SVG),
        logo_dark=put(tmp_path, "dark.svg", SVG.replace("rect ", 'rect id="dark" ')),
        favicon=put(tmp_path, "icon.svg", SVG),
        welcome=put(tmp_path, "welcome.md", WELCOME),
        footer_links='[["Imprint", "https://www.example.org/imprint"], ["Help", "mailto:help@example.org"]]',
        accent="#7a1f5c",
        accent_dark="#f0a0d0",
        background="#202020",
        language="de",
    )
    page = browser.get("/webclient/login/").html
    assert page.html["lang"] == "de"
    assert page.title.text == "Anmelden – Bio <b>Imaging</b>"
    assert page.h1.text == "Bio <b>Imaging</b>"
    form = page.find("form")
    assert [label.text for label in form("label")] == ["Benutzername", "Passwort"]
    assert form.button.text == "Anmelden"
    welcome = page.find("div", class_="login-welcome")
    assert welcome.h1.text == "Core Facility"
    assert welcome.strong.text == "institute"
    assert [cell.text for cell in welcome("td")] == ["Mo", "9-17"]
    assert welcome.find("script") is None
    assert "<script>alert(1)</script>" in welcome.text
    assert [link.get("href") for link in welcome("a")] == ["/help/"]
    footer = page.find("ul", class_="login-footer")
    assert [(link.text, link["href"]) for link in footer("a")] == [
        ("Imprint", "https://www.example.org/imprint"),
        ("Help", "mailto:help@example.org"),
    ]
    colours = browser.get(page("link", rel="stylesheet")[-1]["href"])
    assert colours.content_type == "text/css"
    assert "--accent: #7a1f5c; --on-accent: #ffffff;" in colours.text
    assert "--accent: #f0a0d0; --on-accent: #121417;" in colours.text
    assert "--page: #202020; --on-page: #ffffff;" in colours.text
    assert colours.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_picture_is_kept_and_runs_no_script(branded: Branded, tmp_path: Path) -> None:
    browser = branded(logo=put(tmp_path, "logo.svg", SVG), favicon=put(tmp_path, "icon.svg", SVG))
    page = browser.get("/webclient/login/").html
    address = page.find("img", class_="login-logo")["src"]
    assert page.find("link", rel="icon")["href"].startswith("/custom_login/file/favicon/")
    picture = browser.get(address)
    assert (picture.content_type, picture.text) == ("image/svg+xml", SVG)
    assert picture.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "immutable" in picture.headers["Cache-Control"]
    stale = browser.get(f"{address.rpartition('/')[0]}/000000000000")
    assert stale.headers["Cache-Control"] == "public, no-cache"
    browser.get("/custom_login/file/logo_dark/000000000000", status=404)
    browser.get("/custom_login/file/..%2f..%2fetc/000000000000", status=404)


def test_the_form_works(branded: Branded) -> None:
    browser = branded(language="fr")
    wrong = browser.log_in_form("root", "wrong")
    assert wrong.html.find(role="alert") is not None
    assert wrong.html.form.button.text == "Se connecter"
    browser.log_in("root")


def test_a_change_is_seen_on_reload_in_development(branded: Branded, tmp_path: Path) -> None:
    welcome = put(tmp_path, "welcome.md", "Before")
    browser = branded(welcome=welcome)
    assert browser.get("/webclient/login/").html.find("div", class_="login-welcome").text.strip() == "Before"
    put(tmp_path, "welcome.md", "After")
    assert browser.get("/webclient/login/").html.find("div", class_="login-welcome").text.strip() == "After"


def test_administrators_see_it_before_it_is_live(branded: Branded, omero_data: Any) -> None:
    browser = branded(title="Draft", live="false")
    assert browser.get("/webclient/login/").html.h1.text == "omeropyr"
    assert browser.get("/custom_login/preview/").status_int == 302
    omero_data.add_user("nosy")
    browser.log_in("nosy")
    browser.get("/custom_login/preview/", status=403)
    browser.log_out()
    browser.log_in("root")
    page = browser.get("/custom_login/preview/").html
    assert page.h1.text == "Draft"
    assert "Nobody else sees it yet" in page.find(role="status").text
    assert page.find("div", class_="login-columns").has_attr("inert")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            {"accent": "#eeeeee"},
            "addon.custom_login.accent = '#eeeeee': its contrast with #ffffff is 1.2, and words need 4.5; "
            "take a darker colour",
        ),
        (
            {"accent_dark": "#222222"},
            "addon.custom_login.accent_dark = '#222222': its contrast with #1b1e22 is 1.1, and words need 4.5; "
            "take a lighter colour",
        ),
        (
            {"accent": "red"},
            "addon.custom_login.accent = 'red': expected a colour like #0b6b8a. "
            "Colour of the button and of links on light pages.",
        ),
        (
            {"language": "xx"},
            "addon.custom_login.language = 'xx': expected en or de or fr or es or it or nl or pt. "
            "Language of the words of the form.",
        ),
        (
            {"footer_links": '[["Bad", "javascript:alert(1)"]]'},
            'addon.custom_login.footer_links = \'[["Bad", "javascript:alert(1)"]]\': expected addresses that begin '
            "with /, https://, http://, mailto:. Links below the form, as JSON: words, address.",
        ),
        (
            {"logo": "/none/logo.svg"},
            "addon.custom_login.logo: /none/logo.svg cannot be read",
        ),
        (
            {"logo": "/etc/passwd"},
            "addon.custom_login.logo = '/etc/passwd': expected a file that ends in .svg or .png or .jpg or .jpeg or "
            ".webp. File of the picture above the form.",
        ),
    ],
    ids=["pale", "dim", "no colour", "language", "script in a link", "no file", "no picture"],
)
def test_wrong_settings_stop_the_start(branded: Branded, own: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        branded(**own)
    assert caught.value.problems == (words,)


def test_a_file_that_everybody_may_write_is_refused(branded: Branded, tmp_path: Path) -> None:
    path = put(tmp_path, "logo.svg", SVG)
    Path(path).chmod(0o666)
    with pytest.raises(SettingsError, match="can be written by everybody; run: chmod o-w"):
        branded(logo=path)
