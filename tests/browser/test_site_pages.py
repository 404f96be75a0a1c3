"""The log-in page and the start page of a site, in a browser: both themes, both widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.live import LiveServer
from omeropyr.testing.web import close_web_app, web_app, web_settings

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 60"><circle cx="30" cy="30" r="26" fill="#7a1f5c"/>'
    '<text x="68" y="40" font-family="sans-serif" font-size="30" fill="{}">Zentrum</text></svg>'
)
WELCOME = """## Bildgebungszentrum für Mikroskopie, Universität Beispielstadt

Zugang für Mitglieder der Arbeitsgruppen. **Neu hier?** Schreiben Sie an das [Sekretariat](mailto:a@example.org).

- Geräte: Konfokal, Lichtblatt, 電子顕微鏡
- Sprechstunde: montags, 9 bis 12 Uhr
"""
INDEX = """# Welcome to the imaging facility

![Logo](files/logo.svg)

Our instruments, **open to all groups** of the institute.

| Instrument | Room | Wavelengths |
|------------|------|-------------|
| Confocal   | 1.07 | 405 to 640 nm |
| Light sheet | 0.12 | 488, 561 nm |
"""


@pytest.fixture(scope="module")
def site(embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "files").mkdir()
    for name, ink in (("logo", "#1b1f23"), ("dark", "#e7eaed")):
        (folder / "files" / f"{name}.svg").write_text(LOGO.format(ink), "utf-8")
    (folder / "welcome.md").write_text(WELCOME, "utf-8")
    (folder / "index.md").write_text(INDEX, "utf-8")
    own = {
        "addon.custom_login.title": "Bildarchiv",
        "addon.custom_login.logo": str(folder / "files" / "logo.svg"),
        "addon.custom_login.logo_dark": str(folder / "files" / "dark.svg"),
        "addon.custom_login.favicon": str(folder / "files" / "logo.svg"),
        "addon.custom_login.welcome": str(folder / "welcome.md"),
        "addon.custom_login.footer_links": '[["Impressum", "https://www.example.org/"], ["Hilfe", "/welcome/"]]',
        "addon.custom_login.accent": "#7a1f5c",
        "addon.custom_login.accent_dark": "#e59acb",
        "addon.custom_login.background": "#f3edf1",
        "addon.custom_login.language": "de",
        "addon.custom_index.page": str(folder / "index.md"),
        "addon.custom_index.static": str(folder / "files"),
    }
    addons = "gateway client viewer api custom_login custom_index"
    app = web_app(web_settings(embedded, folder / "state", omeropyr__addons=addons) | own)
    server = LiveServer.create(app, host="127.0.0.1")
    yield server.application_url.rstrip("/")
    server.shutdown()
    close_web_app(app)


def look(page: Page, path: Path, width: int) -> None:
    """Take the picture, and see that nothing scrolls sideways and every picture is there."""
    page.screenshot(path=path, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].filter(one => one.offsetWidth && !one.naturalWidth).length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_they_look(
    page: Page, site: str, tmp_path: Path, serious: Callable[[], list[str]], scheme: Any, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site)
    expect(page.get_by_role("heading", name="Welcome to the imaging facility")).to_be_visible()
    expect(page.get_by_role("img", name="Logo")).to_have_js_property("complete", True)
    look(page, tmp_path / f"index-{scheme}-{width}.png", width)
    assert serious() == []
    page.get_by_role("link", name="Log in").click()
    expect(page.get_by_role("heading", name="Bildarchiv")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    shown = page.locator(".login-logo:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_have_class("login-logo login-logo-dark" if scheme == "dark" else "login-logo login-logo-light")
    look(page, tmp_path / f"login-{scheme}-{width}.png", width)
    assert serious() == []
    colour = page.get_by_role("button", name="Anmelden").evaluate("one => getComputedStyle(one).backgroundColor")
    assert colour == ("rgb(229, 154, 203)" if scheme == "dark" else "rgb(122, 31, 92)")


def test_previews(page: Page, site: str, tmp_path: Path, serious: Callable[[], list[str]]) -> None:
    page.goto(f"{site}/webclient/login/")
    page.get_by_label("Benutzername").fill("root")
    page.get_by_label("Passwort").fill("omero")
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(f"{site}/custom_login/preview/")
    expect(page.get_by_role("status")).to_contain_text("This is what everybody sees.")
    assert serious() == []
    page.screenshot(path=tmp_path / "preview-login.png")
    page.goto(f"{site}/welcome/preview/")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("img", name="Logo")).to_have_js_property(
        "naturalWidth", 300
    )  # of an SVG that names no width
    page.screenshot(path=tmp_path / "preview-index.png")
    assert serious() == []
