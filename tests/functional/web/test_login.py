"""Logging in and out: whose session lives, whose cookie is dead, what is said, and what never is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import omero
import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.security import Identity
from omeropyr.security.login import THROTTLE
from omeropyr.security.throttle import LOG_IN
from omeropyr.testing import OmeroData, WebApp

WhoIs = Callable[[WebApp], Identity | None]
GROUPS = "/webclient/api/groups/"
TILE = "/webgateway/render_image_region/1/0/0/?tile=0,0,0"
NOT_LOGGED_IN = {"message": "Not logged in", "code": "not_logged_in"}


def is_logged_out(testapp: WebApp, cookie: str) -> bool:
    """Whether *cookie* is worth nothing, for pages, JSON and tiles, and OMERO is not even asked."""
    testapp.reset()
    testapp.set_cookie("sessionid", cookie)
    calls = 0
    for path in (GROUPS, TILE):
        answer = testapp.get(path, xhr=True, status=403).json
        assert {name: answer[name] for name in NOT_LOGGED_IN} == NOT_LOGGED_IN
        calls += testapp.ice_calls
    page = testapp.get("/webclient/", status=302)
    assert page.location == "http://localhost/webclient/login/?url=%2Fwebclient%2F"
    return calls + testapp.ice_calls == 0


def sessions_of(server: EmbeddedServer, user_id: int) -> list[str]:
    return [session.uuid for session in server.sessions.all() if session.actor.user_id == user_id]


def test_log_in_and_out(testapp: WebApp, embedded: EmbeddedServer, omero_data: OmeroData, who_is: WhoIs) -> None:
    group = omero_data.add_group("login-lab")
    ann = omero_data.add_user("login-ann", group, first_name="Ann", last_name="Other", password=" pässwörd ")
    assert testapp.log_in("login-ann", " pässwörd ").location == "http://localhost/"
    who = who_is(testapp)
    assert who is not None
    assert (who.user_id, who.user_name, who.full_name, who.is_admin) == (ann, "login-ann", "Ann Other", False)
    assert (who.group_id, who.group_name, who.server_id) == (group, "login-lab", 1)
    assert sessions_of(embedded, ann) == [who.session_uuid]
    assert embedded.sessions.find(who.session_uuid).agent == "OMERO.web"
    testapp.get(GROUPS, xhr=True, status=200)

    cookie = testapp.cookies["sessionid"]
    records = set((testapp.app.registry["omeropyr.sessions.store"].folder).iterdir())
    assert testapp.log_out().location == "http://localhost/webclient/login/"
    assert "sessionid" not in testapp.cookies
    assert sessions_of(embedded, ann) == []
    with pytest.raises(omero.RemovedSessionException):
        embedded.sessions.find(who.session_uuid)
    left = set((testapp.app.registry["omeropyr.sessions.store"].folder).iterdir())
    assert len(records - left) == 1
    assert is_logged_out(testapp, cookie)


def test_a_second_log_in_ends_the_first(
    testapp: WebApp, embedded: EmbeddedServer, omero_data: OmeroData, who_is: WhoIs
) -> None:
    first, second = omero_data.add_user("login-first"), omero_data.add_user("login-second")
    form = testapp.get("/webclient/login/").forms[0]
    testapp.log_in("login-first")
    cookie, token = testapp.cookies["sessionid"], testapp.cookies["csrftoken"]
    assert form["csrfmiddlewaretoken"].value != token
    fields = {"username": "login-second", "password": "omero"}
    testapp.post("/webclient/login/", fields, headers=testapp.csrf(), status=303)
    assert testapp.cookies["sessionid"] != cookie
    assert testapp.cookies["csrftoken"] != token
    who = who_is(testapp)
    assert who is not None
    assert who.user_id == second
    assert (sessions_of(embedded, first), sessions_of(embedded, second)) == ([], [who.session_uuid])
    assert is_logged_out(testapp, cookie)


def test_an_anonymous_session_gets_a_new_id(testapp: WebApp, embedded: EmbeddedServer, who_is: WhoIs) -> None:
    """T22: what an attacker may have planted is no session afterwards."""
    from pyramid.request import Request, apply_request_extensions

    visitor = Request.blank("/")
    visitor.registry = testapp.app.registry
    apply_request_extensions(visitor)
    visitor.session["seen"] = "hint"
    response = visitor.response
    visitor._process_response_callbacks(response)
    planted = response.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    testapp.set_cookie("sessionid", planted)
    testapp.log_in()
    assert testapp.cookies["sessionid"] != planted
    assert is_logged_out(testapp, planted)


def test_get_logs_nobody_out_or_in(
    testapp: WebApp, login: Callable[..., Any], who_is: WhoIs, caplog: pytest.LogCaptureFixture
) -> None:
    """T21: credentials in an address do nothing and are told to nobody."""
    login()
    who = who_is(testapp)
    assert who is not None
    assert "Log out?" in testapp.get("/webclient/logout/").text
    testapp.get(GROUPS, xhr=True, status=200)
    testapp.reset()
    caplog.set_level(logging.DEBUG)
    queries = (f"bsession={who.session_uuid}", "username=root&password=omero&server=1")
    for query in queries:
        for path in ("/", "/webclient/", "/webclient/login/", GROUPS, TILE.partition("?")[0], "/webgateway/imgData/1/"):
            response = testapp.get(f"{path}?{query}", expect_errors=True)
            assert testapp.ice_calls == 0
            assert "sessionid" not in testapp.cookies
            told = [one for one in (who.session_uuid, "password=", "password%3D") if one in str(response)]
            assert told == []
    logged = [caplog.text, *(str(vars(record)) for record in caplog.records)]
    assert not [text for text in logged if who.session_uuid in text]


@pytest.mark.parametrize("password", ["", " ", "   ", "\0", "omero\0", "x" * 10_000])
def test_passwords_that_cannot_be_right_are_not_tried(testapp: WebApp, password: str) -> None:
    token = testapp.get("/webclient/login/").forms[0]["csrfmiddlewaretoken"].value
    fields = {"username": "root", "password": password, "csrfmiddlewaretoken": token}
    response = testapp.post("/webclient/login/", fields, status=403)
    assert "The user name or the password is wrong." in response.text
    assert testapp.ice_calls == 0


def test_an_omero_session_is_no_user_name(testapp: WebApp, login: Callable[..., Any], who_is: WhoIs) -> None:
    login()
    who = who_is(testapp)
    assert who is not None
    testapp.reset()
    assert testapp.log_in_form(who.session_uuid, who.session_uuid).status_int == 403
    assert testapp.log_in_form("guest", "guest").status_int == 403
    assert testapp.ice_calls == 0


def test_what_went_wrong_is_said(browser: Callable[..., WebApp], monkeypatch: pytest.MonkeyPatch) -> None:
    site = browser()
    wrong = site.log_in_form("root", "wrong")
    unknown = site.log_in_form("nobody-of-this-name", "wrong")
    assert (wrong.status_int, unknown.status_int) == (403, 403)
    for response in (wrong, unknown):
        assert "The user name or the password is wrong." in response.text
    monkeypatch.setattr(site.server, "version", "5.3.5-ice36")
    assert (
        "This OMERO server has version 5.3.5-ice36; 5.5 or newer is needed." in site.log_in_form("root", "omero").text
    )
    down = browser(**{"omero.web.server_list": '[["127.0.0.1", 1, "nothing"]]'}).log_in_form("root", "omero")
    assert down.status_int == 503
    assert int(down.headers["Retry-After"]) > 0


def test_guessing_is_slowed_down(browser: Callable[..., WebApp]) -> None:
    site = browser()
    site.app.registry[THROTTLE].limits = LOG_IN._replace(pair=2)
    for _ in range(2):
        assert site.log_in_form("root", "wrong").status_int == 403
    paused = site.log_in_form("root", "omero")
    assert paused.status_int == 429
    assert 0 < int(paused.headers["Retry-After"]) <= 301
    assert site.ice_calls == 0
    site.extra_environ = {"REMOTE_ADDR": "192.0.2.7"}
    site.log_in("root", "omero")


@pytest.mark.parametrize("url", ["//evil.example/", "/\\evil.example", "http:evil.example", "https://evil.example/x"])
def test_a_log_in_leads_nowhere_else(testapp: WebApp, url: str) -> None:
    """T5; all payloads stand in tests/unit/security/test_redirects.py."""
    form = testapp.get("/webclient/login/", {"url": url}).forms[0]
    form["username"], form["password"] = "root", "omero"
    assert form.submit().location == "http://localhost/"
    assert testapp.get("/webclient/login/", {"url": url}).location == "http://localhost/"
    assert testapp.get("/webclient/login/", {"url": "/webclient/?show=image-1"}).location.endswith("?show=image-1")


class TestForgery:
    """T1 for log-in and log-out: refused without asking OMERO, and nothing happened."""

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-CSRFToken": ""},
            {"X-CSRFToken": "wrong"},
            {"X-CSRFToken": "x" * 43},
            {"X-CSRFToken": "é"},
            {"X-CSRFToken": "right", "Origin": "http://evil.example"},
            {"X-CSRFToken": "right", "Origin": "null"},
            {"X-CSRFToken": "right", "Origin": "https://localhost"},
            {"X-CSRFToken": "right", "Origin": "http://localhost:81"},
            {"X-CSRFToken": "right", "Origin": "http://localhost.evil.example"},
            {"X-CSRFToken": "right", "Referer": "http://evil.example/http://localhost/"},
            {"X-CSRFToken": "right", "Referer": "http://localhost@evil.example/"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("path", ["/webclient/login/", "/webclient/logout/"])
    def test_is_refused(
        self, testapp: WebApp, login: Callable[..., Any], who_is: WhoIs, path: str, headers: dict[str, str]
    ) -> None:
        login()
        sent = {name: testapp.cookies["csrftoken"] if value == "right" else value for name, value in headers.items()}
        fields = {"username": "root", "password": "omero"}
        answer = testapp.post(path, fields, headers=sent, xhr=True, status=403)
        assert answer.json["message"].startswith("CSRF Failed: ")
        assert testapp.ice_calls == 0
        assert who_is(testapp) is not None

    def test_with_anothers_token_is_refused(
        self, testapp: WebApp, login: Callable[..., Any], embedded: EmbeddedServer
    ) -> None:
        other = WebApp(testapp.app, embedded)
        other.log_in()
        login()
        # Planted together with its cookie, too: whoever is logged in has the token of the session.
        testapp.set_cookie("csrftoken", other.cookies["csrftoken"])
        assert testapp.post("/webclient/logout/", headers=other.csrf(), status=403, xhr=True).json["message"]

    @pytest.mark.parametrize("source", [{}, {"Origin": "http://localhost"}, {"Referer": "http://localhost/webclient/"}])
    def test_the_sites_own_request_is_accepted(
        self, testapp: WebApp, login: Callable[..., Any], source: dict[str, str]
    ) -> None:
        login()
        testapp.post("/webclient/logout/", headers={**testapp.csrf(), **source}, status=303)


class TestCookies:
    """B1."""

    @pytest.mark.parametrize(
        ("scheme", "prefix"), [("http", ""), ("https", ""), ("http", "/omero"), ("https", "/omero")]
    )
    def test_flags(self, browser: Callable[..., WebApp], scheme: str, prefix: str) -> None:
        site = browser(**({"omero.web.prefix": prefix} if prefix else {}))
        site.extra_environ = {"wsgi.url_scheme": scheme, "HTTP_HOST": "localhost"}
        page = site.get(f"{prefix}/webclient/login/")
        fields = {
            "username": "root",
            "password": "omero",
            "csrfmiddlewaretoken": page.forms[0]["csrfmiddlewaretoken"].value,
        }
        cookie = {"Cookie": f"csrftoken={fields['csrfmiddlewaretoken']}", "Origin": f"{scheme}://localhost"}
        response = site.post(f"{prefix}/webclient/login/", fields, headers=cookie, status=303)
        assert response.location == f"{scheme}://localhost{prefix}/"
        flags = {}
        for line in response.headers.getall("Set-Cookie"):
            name, *parts = line.strip().split("; ")
            flags[name.partition("=")[0]] = {part.partition("=")[0].lower(): part.partition("=")[2] for part in parts}
        session, token = flags["sessionid"], flags["csrftoken"]
        assert "httponly" in session
        assert "httponly" not in token
        for one in (session, token):
            assert one["samesite"] == "Lax"
            assert one["path"] == (prefix or "/")
            assert ("secure" in one) == (scheme == "https")
        # The session ends with the browser, as OMERO.web has it by default.
        assert not {"expires", "max-age"} & set(session)

    def test_https_asks_where_a_request_comes_from(self, browser: Callable[..., WebApp]) -> None:
        site = browser()
        site.extra_environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"}
        token = site.get("/webclient/login/").forms[0]["csrfmiddlewaretoken"].value
        sent = {"Cookie": f"csrftoken={token}", "X-CSRFToken": token}
        response = site.post("/webclient/login/", {"username": "root"}, headers=sent, xhr=True, status=403)
        assert response.json["message"].startswith("CSRF Failed: ")


def test_a_forged_or_spoilt_cookie_is_nobodys(testapp: WebApp, login: Callable[..., Any]) -> None:
    login()
    cookie = testapp.cookies["sessionid"]
    signature, session_id = cookie[:-32], cookie[-32:]
    forged = [
        session_id,
        "0" * len(signature) + session_id,
        signature + "0" * 32,
        signature + "../../../etc/passwd",
        "",
        "é",
    ]
    for one in forged:
        testapp.reset()
        testapp.get(GROUPS, xhr=True, headers={"Cookie": f"sessionid={one}"}, status=403)
        assert testapp.ice_calls == 0


def test_a_planted_pickle_logs_out_and_does_not_run(browser: Callable[..., WebApp]) -> None:
    site = browser()
    site.log_in()
    record = next((site.state / "sessions").glob("[0-9a-f]*"))
    ran = site.state / "ran"
    record.write_bytes(b"cposix\nmkdir\n(V" + str(ran).encode() + b"\ntR.")
    cookie = site.cookies["sessionid"]
    # The identity is known for a moment without reading the record; another process reads it.
    site.app.registry.getUtility(_policy()).cache.forget(cookie)
    assert is_logged_out(site, cookie)
    site.log_in()
    assert not ran.exists()


def test_the_password_is_nowhere(
    browser: Callable[..., WebApp],
    omero_data: OmeroData,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """T2: with everything logged that can be; right, wrong, server down, version clash, a defect."""
    import uuid

    password = f"S3cr3t-{uuid.uuid4()}"
    omero_data.add_user("login-secret", password=password)
    caplog.set_level(logging.DEBUG)
    seen = []
    site = browser()
    seen.append(site.log_in("login-secret", password))
    who = next((site.state / "sessions").glob("[0-9a-f]*")).read_text()
    seen.append(site.log_out())
    seen.append(site.log_in_form("root", password))
    down = browser(**{"omero.web.server_list": '[["127.0.0.1", 1, "nothing"]]'})
    seen.append(down.log_in_form("login-secret", password))
    with monkeypatch.context() as patch:
        patch.setattr(site.server, "version", "5.3.5")
        seen.append(site.log_in_form("login-secret", password))
    with monkeypatch.context() as patch:
        patch.setattr("omeropyr.embedded.services.config.Config.getVersion", lambda *_: 1 / 0)
        seen.append(site.log_in_form("login-secret", password))
    form = site.get("/webclient/login/").forms[0]
    fields = {"username": "login-secret", "password": password, "csrfmiddlewaretoken": "wrong"}
    seen.append(site.post(form.action, fields, status=403))
    assert [response.status_int for response in seen] == [303, 303, 403, 503, 403, 503, 403]
    printed = capfd.readouterr()
    written = [path.read_text("latin-1") for path in site.state.rglob("*") if path.is_file()]
    logged = [caplog.text, *(str(vars(record)) for record in caplog.records)]
    everything = [who, printed.out, printed.err, *written, *logged, *(str(response) for response in seen)]
    assert len(caplog.records) > 10
    assert not [text for text in everything if password in text]


def test_the_omero_session_is_told_to_nobody(
    testapp: WebApp, login: Callable[..., Any], who_is: WhoIs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    seen = [login()]
    who = who_is(testapp)
    assert who is not None
    paths = ("/webclient/", GROUPS, "/webgateway/imgData/0/", "/webclient/keepalive_ping/", "/webclient/logout/")
    seen += [testapp.get(path, expect_errors=True) for path in paths]
    testapp.log_out()
    logged = [caplog.text, *(str(vars(record)) for record in caplog.records)]
    told = [*logged, *(str(response) for response in seen)]
    assert not [text for text in told if who.session_uuid in text]


def _policy() -> Any:
    from pyramid.interfaces import ISecurityPolicy

    return ISecurityPolicy
