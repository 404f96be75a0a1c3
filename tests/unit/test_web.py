"""The core's own pages, static files, prefix, proxies, health: all with OMERO down."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from webtest import TestApp

from omeropyr.logs import ConsoleFormatter, JsonFormatter, request_id
from omeropyr.settings.core import networks
from omeropyr.web.middleware import TrustedProxy

MakeApp = Callable[..., TestApp]
HTML = {"Accept": "text/html"}


def test_the_start_page_leads_to_the_first_add_on(make_app: MakeApp) -> None:
    assert make_app("gateway client").get("/", status=302).headers["Location"] == "http://localhost/webclient/"


def test_without_add_ons_the_start_page_says_so(make_app: MakeApp) -> None:
    page = make_app("").get("/", headers=HTML, status=404)
    assert "No page is switched on. The administrator names add-ons in the setting omeropyr.addons." in page.text


def test_the_core_alone_answers_its_own_addresses(make_app: MakeApp) -> None:
    app = make_app("")
    assert app.get("/favicon.ico", status=302).follow().content_type == "image/svg+xml"
    assert app.get("/webclient/keepalive_ping/").text == "Connection Failed"
    assert app.get("/webclient/logout/").forms[0].action == "/webclient/logout/"
    assert app.get("/health/live").json == {"status": "ok"}
    assert app.get("/webclient/", status=404).status_int == 404


def test_ready_says_that_omero_is_down_and_not_where(make_app: MakeApp) -> None:
    answer = make_app("").get("/health/ready", status=503)
    checks = {"omero": "failing", "sessions": "ok", "store": "ok"}
    assert answer.json == {"status": "failing", "checks": checks}


def test_log_in_with_omero_down_shows_the_form_again(make_app: MakeApp) -> None:
    form = make_app("").get("/webclient/login/?url=/webclient/%3Fshow=image-1").forms[0]
    form["username"], form["password"] = "will", "S3cr3t-77"
    answer = form.submit(status=503)
    assert "The OMERO server does not answer at the moment" in answer.text
    again = answer.forms[0]
    assert (again["username"].value, again["password"].value) == ("will", "")
    assert again["url"].value == "/webclient/?show=image-1"
    assert "S3cr3t-77" not in answer.text
    assert answer.headers["Retry-After"] == "5"


def test_a_server_that_is_not_offered_is_refused(make_app: MakeApp) -> None:
    form = make_app("").get("/webclient/login/").forms[0]
    for server in ("2", "0", "-1", "x", "٢", "9" * 40):
        form["server"].force_value(server)
        form["username"], form["password"] = "will", "x"
        assert "There is no such server." in form.submit(status=400).text


def test_several_servers_are_offered(make_app: MakeApp) -> None:
    two = '[["127.0.0.1", 1, "First"], ["127.0.0.1", 2, "Second"]]'
    form = make_app("", **{"omero.web.server_list": two}).get("/webclient/login/").forms[0]
    assert form["server"].options == [("1", True, "First"), ("2", False, "Second")]


def test_static_files_are_hashed_and_kept_for_ever(make_app: MakeApp) -> None:
    secure = {"omero.web.session_cookie_secure": "true", "omero.web.csrf_cookie_secure": "true"}
    app = make_app("", **{**secure, "omeropyr.development": "false"})
    (address,) = {link["href"] for link in app.get("/webclient/login/").html.select('link[href$="base.css"]')}
    answer = app.get(address)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "text/css"
    old = address.replace(address.split("/")[3], "0123456789ab")
    assert app.get(old).headers["Cache-Control"] == "public, no-cache"
    root = address.rsplit("/", 2)[0]
    for path in ("/../../../production.ini", "/%2e%2e/%2e%2e/__init__.py", "/css/none.css", "/css/%00base.css"):
        assert app.get(root + path, status="*").status_int in (400, 404)


def test_the_import_map_names_every_add_on_with_static_files(make_app: MakeApp) -> None:
    page = make_app("gateway client viewer").get("/webclient/login/")
    imports = json.loads(page.html.select_one('script[type="importmap"]').text)["imports"]
    assert sorted(imports) == ["omeropyr/", "omeropyr/client/", "omeropyr/viewer/"]
    assert all(address.startswith("/static/") and address.endswith("/") for address in imports.values())


def test_the_prefix_is_in_every_address(make_app: MakeApp) -> None:
    app = make_app("gateway client", **{"omero.web.prefix": "/omero"})
    assert app.get("/omero/", status=302).headers["Location"] == "http://localhost/omero/webclient/"
    assert app.get("/webclient/", status=302).headers["Location"] == "/omero/"
    page = app.get("/omero/webclient/login/")
    assert page.forms[0].action == "/omero/webclient/login/"
    assert [link["href"] for link in page.html.select("link") if not link["href"].startswith("/omero/static/")] == []
    asked = app.get("/omero/webclient/", headers=HTML, status=302).headers["Location"]
    assert asked == "http://localhost/omero/webclient/login/?url=%2Fomero%2Fwebclient%2F"


def seen_through(proxies: str, **environ: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        seen.update(environ)
        return []

    TrustedProxy(app, networks(proxies))({"wsgi.url_scheme": "http", "HTTP_HOST": "own", **environ}, lambda *_: None)
    return seen


def test_forwarded_headers_of_a_stranger_are_ignored_and_removed() -> None:
    lies = {"HTTP_X_FORWARDED_FOR": "10.1.1.1", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "evil"}
    seen = seen_through("10.0.0.1", REMOTE_ADDR="192.0.2.9", **lies)
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"], seen["HTTP_HOST"]) == ("192.0.2.9", "http", "own")
    assert [name for name in seen if "FORWARDED" in name] == []


def test_forwarded_headers_of_a_trusted_proxy_are_believed_up_to_the_first_stranger() -> None:
    seen = seen_through(
        "10.0.0.0/8",
        REMOTE_ADDR="10.0.0.1",
        HTTP_X_FORWARDED_FOR="1.2.3.4, 198.51.100.7, 10.0.0.2",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="omero.example.org",
    )
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("198.51.100.7", "https")
    assert seen["HTTP_HOST"] == "omero.example.org"
    odd = seen_through("10.0.0.1", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="x", HTTP_X_FORWARDED_HOST="a/@b")
    assert (odd["REMOTE_ADDR"], odd["HTTP_HOST"]) == ("10.0.0.1", "own")


def test_json_lines_hold_the_facts_and_the_request() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.LogRecord("omeropyr.x", logging.ERROR, "f", 1, "it %s", ("fails",), sys.exc_info())
    record.status = 500
    token = request_id.set("abcdef0123")
    try:
        line = json.loads(JsonFormatter().format(record))
        words = ConsoleFormatter().format(record)
    finally:
        request_id.reset(token)
    assert {name: line[name] for name in ("level", "logger", "event", "request_id", "status")} == {
        "level": "ERROR",
        "logger": "omeropyr.x",
        "event": "it fails",
        "request_id": "abcdef0123",
        "status": 500,
    }
    assert line["traceback"].endswith("ValueError: broken")
    assert "E abcdef01 omeropyr.x: it fails status=500" in words


@pytest.mark.parametrize("path", ["/webclient/login/?url=%ff", "/?a=%ff"])
def test_a_query_that_is_no_text_is_no_defect(make_app: MakeApp, path: str) -> None:
    assert make_app("client gateway").get(path, status="*").status_int in (200, 302, 400)
