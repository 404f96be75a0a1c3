"""The headers no response leaves without, and how far an add-on may widen them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from webtest import TestApp

from omeropyr.settings import SettingsError

MakeApp = Callable[..., TestApp]
MakeAddon = Callable[..., None]
PATHS = ["/webclient/login/", "/nowhere/", "/health/live", "/favicon.ico", "/webclient/keepalive_ping/", "/webclient/"]
OPEN = "permission='__no_permission_required__'"


def directives(header: str) -> dict[str, list[str]]:
    return {name: words for name, *words in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_security_headers_are_everywhere(make_app: MakeApp, path: str, scheme: str) -> None:
    headers = (
        make_app("client gateway")
        .get(path, headers={"Accept": "text/html"}, extra_environ={"wsgi.url_scheme": scheme}, status="*")
        .headers
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Cache-Control"] == "no-store"
    assert ("Strict-Transport-Security" in headers) is (scheme == "https")
    found = directives(headers["Content-Security-Policy"])
    assert found["default-src"] == ["'none'"]
    assert found["frame-ancestors"] == ["'self'"]
    assert found["base-uri"] == ["'none'"]
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]


def test_each_page_has_a_nonce_of_its_own_and_every_script_carries_it(make_app: MakeApp) -> None:
    app = make_app("")
    nonces = set()
    for _ in range(2):
        answer = app.get("/webclient/login/")
        (nonce,) = re.findall(r"'nonce-([A-Za-z0-9_-]{22})'", answer.headers["Content-Security-Policy"])
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert scripts
        assert [
            script for script in scripts if f'nonce="{nonce}"' not in script and "application/json" not in script
        ] == []
        nonces.add(nonce)
    assert len(nonces) == 2


def test_what_is_no_page_gets_no_nonce(make_app: MakeApp) -> None:
    assert "nonce" not in make_app("").get("/health/live").headers["Content-Security-Policy"]


def test_an_add_on_widens_the_policy_of_its_own_pages_only(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon(
        "figure",
        includeme="config.add_csp(img_src=['https://tiles.example.org']); config.add_route('figure.index', '/');"
        f" config.add_view(lambda r: {{}}, route_name='figure.index', renderer='json', {OPEN})",
    )
    app = make_app("figure")
    assert directives(app.get("/figure/").headers["Content-Security-Policy"])["img-src"] == [
        "'self'",
        "data:",
        "blob:",
        "https://tiles.example.org",
    ]
    assert "tiles.example.org" not in app.get("/webclient/login/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("source", ["'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"])
def test_scripts_from_anywhere_are_refused(make_app: MakeApp, make_addon: MakeAddon, source: str) -> None:
    make_addon("figure", includeme=f'config.add_csp(script_src=["{source}"])')
    with pytest.raises(SettingsError) as caught:
        make_app("figure")
    assert caught.value.problems == (
        f"add-on 'figure': its includeme failed (ValueError: add_csp: script_src may not allow {source})",
    )


def test_an_add_on_cannot_take_the_headers_away_but_may_sandbox(make_app: MakeApp, make_addon: MakeAddon) -> None:
    body = (
        "def view(request):\n"
        "                request.response.headers['Content-Security-Policy'] = request.GET['csp']\n"
        "                request.response.headers['X-Content-Type-Options'] = 'sniff'\n"
        "                return {}"
    )
    make_addon(
        "figure",
        body=body,
        includeme="config.add_route('figure.index', '/');"
        f" config.add_view(view, route_name='figure.index', renderer='json', {OPEN})",
    )
    app = make_app("figure")
    loose = app.get("/figure/", {"csp": "default-src *"}).headers
    assert loose["Content-Security-Policy"].startswith("default-src 'none'")
    assert loose["X-Content-Type-Options"] == "nosniff"
    boxed = app.get("/figure/", {"csp": "sandbox; default-src 'none'"}).headers
    assert boxed["Content-Security-Policy"] == "sandbox; default-src 'none'"
