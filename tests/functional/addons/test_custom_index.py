"""A start page of the site's own: from a template, from Markdown, or a redirect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omeropyr.addons.custom_index import addon
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.settings import SettingsError
from omeropyr.testing import AddonContract
from omeropyr.testing.web import WebApp, close_web_app, web_app, web_settings

Indexed = Callable[..., WebApp]
TEMPLATE = """<html metal:use-macro="layout">
  <title metal:fill-slot="title">Lab</title>
  <metal:x fill-slot="content"><h1>Hello ${user.user_name if user else 'stranger'}</h1>
  <img src="${files}logo.txt" /></metal:x>
</html>
"""


PUBLIC = {
    "omero.web.public.enabled": "true",
    "omero.web.public.user": "nobody-in-particular",
    "omero.web.public.password": "omero",
    "omero.web.public.url_filter": "^/webclient",
}


class TestContract(AddonContract):
    """What holds for every add-on."""

    addon = addon
    public = frozenset({"custom_index.page", "custom_index.files"})


@pytest.fixture(scope="module")
def web_application(embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("index")
    app = web_app(web_settings(embedded, folder / "state", omeropyr__addons="gateway client custom_index"))
    yield app
    close_web_app(app)


@pytest.fixture
def indexed(embedded: EmbeddedServer, tmp_path: Path) -> Any:
    """``indexed(page="/x/index.md")``: a browser on a site with these settings of the add-on."""
    opened: list[Any] = []

    def start(more: dict[str, str] | None = None, **own: str) -> WebApp:
        settings = web_settings(embedded, tmp_path / f"state{len(opened)}", omeropyr__addons="custom_index")
        settings |= {f"addon.custom_index.{name}": text for name, text in own.items()} | (more or {})
        opened.append(web_app(settings))
        return WebApp(opened[-1], embedded)

    yield start
    for app in opened:
        close_web_app(app)


def put(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_without_settings_there_is_a_plain_page(indexed: Indexed) -> None:
    browser = indexed()
    page = browser.get("/").follow()
    assert page.request.path == "/welcome/"
    assert page.html.h1.text == "Welcome"
    assert page.html.find("a", class_="button-main").text == "Log in"


def test_visitors_of_a_public_site_find_the_data_and_the_log_in(indexed: Indexed) -> None:
    browser = indexed(more={"omeropyr.addons": "gateway client public_user custom_index"} | PUBLIC)
    links = {link.text: link["href"] for link in browser.get("/welcome/").html.select(".card-actions a")}
    assert links == {"Go to the data": "/webclient/", "Log in": "/webclient/login/"}


@pytest.mark.parametrize("name", ["addon.custom_index.page", "omero.web.index_template"])
def test_a_template_knows_the_user_and_the_files(indexed: Indexed, tmp_path: Path, name: str) -> None:
    (tmp_path / "files").mkdir()
    put(tmp_path / "files", "logo.txt", "the logo")
    put(tmp_path / "files", ".hidden", "secret")
    browser = indexed({name: put(tmp_path, "index.pt", TEMPLATE)}, static=str(tmp_path / "files"))
    page = browser.get("/").follow().html
    assert (page.title.text, page.h1.text) == ("Lab", "Hello stranger")
    assert browser.get(page.find("main").img["src"]).text == "the logo"
    for hostile in (".hidden", "../index.pt", "..%2findex.pt", "%2e%2e/index.pt", "none.txt"):
        browser.get(f"/welcome/files/{hostile}", status=404)
    browser.log_in("root")
    assert browser.get("/welcome/").html.h1.text == "Hello root"


def test_markdown_is_cleaned(indexed: Indexed, tmp_path: Path) -> None:
    text = "# Willkommen\n\n![Logo](files/logo.svg) [x](javascript:alert(1))\n\n<script>alert(1)</script>"
    page = indexed(page=put(tmp_path, "index.md", text), title="Zentrum").get("/welcome/").html
    assert page.title.text == "Zentrum"
    words = page.find("article")
    assert words.h1.text == "Willkommen"
    assert words.img["src"] == "files/logo.svg"
    assert words.find("script") is None
    assert words.find("a") is None


def test_the_bare_address_may_lead_elsewhere(indexed: Indexed) -> None:
    assert indexed(redirect="https://www.example.org/x/").get("/").follow().location == "https://www.example.org/x/"
    prefixed = indexed({"omero.web.prefix": "/omero"}, redirect="/webclient/login/")
    assert prefixed.get("/omero/").location == "http://localhost/omero/welcome/"
    assert prefixed.get("/omero/welcome/").location == "http://localhost/omero/webclient/login/"


def test_a_change_is_seen_on_reload_in_development(indexed: Indexed, tmp_path: Path) -> None:
    template, words = put(tmp_path, "a.pt", TEMPLATE), put(tmp_path, "b.md", "# Before")
    first, second = indexed(page=template), indexed(page=words)
    assert first.get("/welcome/").html.h1.text == "Hello stranger"
    put(tmp_path, "a.pt", TEMPLATE.replace("Hello", "Goodbye, dear"))
    put(tmp_path, "b.md", "# After")
    assert first.get("/welcome/").html.h1.text == "Goodbye, dear stranger"
    assert second.get("/welcome/").html.h1.text == "After"


def test_administrators_see_it_before_it_is_live(indexed: Indexed, tmp_path: Path, omero_data: Any) -> None:
    path = put(tmp_path, "index.pt", TEMPLATE)
    browser = indexed(page=path, live="false")
    browser.get("/", status=404)
    browser.get("/welcome/", status=404)
    omero_data.add_user("curious")
    browser.log_in("curious")
    browser.get("/welcome/preview/", status=403)
    browser.get("/welcome/draft", status=403)
    browser.log_out()
    browser.log_in("root")
    preview = browser.get("/welcome/preview/").html
    assert "Nobody else sees it yet" in preview.find(role="status").text
    assert browser.get(preview.iframe["src"]).html.h1.text == "Hello root"
    put(tmp_path, "index.pt", "<html>\n<p>${1 +}</p></html>")
    said = browser.get("/welcome/preview/").html.find(role="alert").text
    assert f"{path}, line 2" in said
    put(tmp_path, "index.pt", "<html>\n<p>${no_such_name}</p></html>")
    said = browser.get("/welcome/preview/").html.find(role="alert").text
    assert said.strip() == f"{path}, line 2: NameError: no_such_name"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("index.pt", b"<html>\n<p tal:content='1 +'>x</p></html>", "line 2: invalid syntax: 1 +"),
        (
            "index.pt",
            b"<html>\n\n<p tal:bogus='1'>x</p></html>",
            "line 3: Bad attribute for namespace 'http://xml.zope.org/namespaces/tal': bogus",
        ),
        ("index.md", b"# Titel\n\n\xff\xfe", "line 3: is not UTF-8"),
    ],
    ids=["expression", "attribute", "not UTF-8"],
)
def test_a_bad_page_stops_the_start(indexed: Indexed, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        indexed(page=str(tmp_path / name))
    assert caught.value.problems == (f"add-on 'custom_index': {tmp_path / name}, {words}",)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            {"page": "/none/index.pt"},
            "addon.custom_index.page: /none/index.pt cannot be read",
        ),
        (
            {"redirect": "//evil.example.org/"},
            "addon.custom_index.redirect = '//evil.example.org/': expected an address like /webclient/ or "
            "https://www.example.org/. Where / leads instead of to a page.",
        ),
        (
            {"static": "/none"},
            "addon.custom_index.static: /none is no folder that can be read",
        ),
    ],
    ids=["no file", "redirect", "no folder"],
)
def test_wrong_settings_stop_the_start(indexed: Indexed, own: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        indexed(**own)
    assert caught.value.problems == (words,)


def test_a_page_and_a_redirect_exclude_each_other(indexed: Indexed, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        indexed(page=put(tmp_path, "index.md", "x"), redirect="/webclient/")
    assert caught.value.problems == (
        "addon.custom_index.page and addon.custom_index.redirect exclude each other; set one of them",
    )


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("my_app/index.html", "is no absolute path"),
        ("/etc/hostname", "is neither .pt nor .md; a template for Django must be written anew"),
        ("/none/index.pt", "/none/index.pt cannot be read"),
    ],
    ids=["of Django", "neither", "no file"],
)
def test_a_wrong_template_of_omero_web_stops_the_start(indexed: Indexed, template: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        indexed({"omero.web.index_template": template})
    assert caught.value.problems == (f"add-on 'custom_index': omero.web.index_template = {template!r}: {words}",)
