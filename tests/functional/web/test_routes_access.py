"""Who gets in, over every route of the registry: log-in, tokens against forged requests, methods, the last slash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.data import PASSWORD
from tests.functional.web.places import PUBLIC, UNSAFE, Place, places

HTML = {"Accept": "text/html,*/*"}
HOST = "http://localhost"
TOKEN = "X-CSRFToken"
LOGIN_FORM = f"username=root&password={PASSWORD}".encode()


@pytest.fixture
def every(web_application: Any) -> list[Place]:
    return places(web_application)


def test_the_walk_sees_the_application(every: list[Place]) -> None:
    names = {place.name for place in every}
    assert names >= PUBLIC
    assert {"gateway.render_image", "client.api_groups", "viewer.image", "static.omeropyr"} <= names
    pattern = "/webgateway/render_image/{iid:[0-9]+}/{z:[0-9]+}/"
    assert Place("a", pattern, frozenset()).address({"iid": 51}) == "/webgateway/render_image/51/1/"
    assert Place("b", "/static/x/{version:[0-9a-f]{12}}/*subpath", frozenset()).address().count("0123456789ab") == 1


def test_nobody_gets_a_page_or_data_without_log_in(testapp: WebApp, every: list[Place]) -> None:
    wrong = []
    for place in every:
        if place.public or not place.answers("GET"):
            continue
        address = place.address()
        page = testapp.get(address, headers=HTML, expect_errors=True)
        calls = testapp.ice_calls
        script = testapp.get(address, xhr=True, expect_errors=True)
        told = (script.status_int, script.json["message"], script.json["code"])
        sent = (page.status_int, page.headers.get("Location"))
        login = (302, f"{HOST}/webclient/login/?url={quote(address, safe='')}")
        if told != (403, "Not logged in", "not_logged_in") or sent != ((403, None) if place.api else login):
            wrong.append((place.name, sent, told))
        assert calls + testapp.ice_calls == 0, place.name
    assert wrong == []


def test_nobody_changes_anything_without_log_in(testapp: WebApp, every: list[Place]) -> None:
    token = testapp.get("/webclient/login/").forms[0]["csrfmiddlewaretoken"].value
    wrong = []
    for place in every:
        for method in (method for method in UNSAFE if place.answers(method) and not place.public and place.methods):
            headers = {TOKEN: token, "X-Requested-With": "XMLHttpRequest"}
            answer = testapp.request(place.address(), method=method, headers=headers, expect_errors=True)
            if (answer.status_int, answer.json["code"]) != (403, "not_logged_in") or testapp.ice_calls:
                wrong.append((place.name, method, answer.status))
    assert wrong == []


def test_under_a_prefix_it_is_the_same(browser: Callable[..., WebApp]) -> None:
    site = browser(**{"omero.web.prefix": "/omero"})
    for place in places(site.app):
        if place.public or place.api or not place.answers("GET"):
            continue
        address = f"/omero{place.address()}"
        page = site.get(address, headers=HTML, status=302)
        assert page.location == f"{HOST}/omero/webclient/login/?url={quote(address, safe='')}"


def test_what_is_public_says_nothing_of_omero(testapp: WebApp, every: list[Place]) -> None:
    answers = {place.name: testapp.get(place.address(), expect_errors=True) for place in every if place.public}
    assert {name: answer.status_int for name, answer in answers.items() if "static" not in name} == {
        "start": 302,
        "favicon": 302,
        "keepalive": 200,
        **dict.fromkeys(("api.versions", "api.base", "api.token", "api.servers", "api.openapi"), 200),
        "api.login": 405,
        "gateway.index": 200,
        "gateway.open_with": 200,
        "login": 200,
        "logout": 200,
        "lost_password": answers["lost_password"].status_int,
        "health.live": 200,
        "health.ready": 200,
    }
    assert {answer.status_int for name, answer in answers.items() if "static" in name} <= {200, 404}


def forgeries(testapp: WebApp, foreign: str) -> dict[str, dict[str, str]]:
    """Headers of requests that another site could make a browser send."""
    own = testapp.cookies.get("csrftoken", "")
    return {
        "no token": {},
        "a wrong token": {TOKEN: "x" * 43},
        "an empty token": {TOKEN: ""},
        "another session's token": {TOKEN: foreign},
        "a foreign origin": {TOKEN: own, "Origin": "http://evil.example"},
        "an origin that is none": {TOKEN: own, "Origin": "null"},
        "a foreign referer": {TOKEN: own, "Referer": "http://localhost.evil.example/webclient/"},
    }


@pytest.mark.parametrize("logged_in", [True, False], ids=["user", "nobody"])
def test_nothing_is_changed_without_the_token(
    testapp: WebApp, browser: Callable[..., WebApp], every: list[Place], logged_in: bool
) -> None:
    other = browser()
    other.get("/webclient/login/")
    testapp.get("/webclient/login/")
    if logged_in:
        other.log_in()
        testapp.log_in()
    wrong, tried = [], 0
    for place in every:
        for method in UNSAFE:
            for what, headers in forgeries(testapp, other.cookies["csrftoken"]).items():
                sent = {**HTML, "Content-Type": "application/x-www-form-urlencoded", **headers}
                answer = testapp.request(
                    place.address(), method=method, headers=sent, body=LOGIN_FORM, expect_errors=True
                )
                tried += 1
                refused = {403} if place.answers(method) else {405}
                if place.answers(method) and not logged_in and not place.public:
                    refused.add(302)  # to the log-in page, before the token is looked at
                if answer.status_int not in refused or testapp.ice_calls:
                    wrong.append((place.name, method, what, answer.status, testapp.ice_calls))
    assert wrong == []
    assert tried >= 28 * len(every)


def test_a_token_in_the_address_is_none(testapp: WebApp, login: Callable[..., Any], every: list[Place]) -> None:
    login()
    token = testapp.cookies["csrftoken"]
    for place in every:
        if place.answers("POST"):
            answer = testapp.post(f"{place.address()}?csrfmiddlewaretoken={token}", expect_errors=True)
            assert answer.status_int == 403, place.name


def test_other_methods_are_refused_and_the_right_ones_named(
    testapp: WebApp, login: Callable[..., Any], every: list[Place]
) -> None:
    login()
    headers = {**testapp.csrf(), "Accept": "application/json"}
    wrong = []
    for place in every:
        allowed = ", ".join(sorted(place.methods))
        for method in ("GET", "HEAD", *UNSAFE, "OPTIONS", "TRACE"):
            if place.answers(method):
                continue
            answer = testapp.request(place.address(), method=method, headers=headers, expect_errors=True)
            if (answer.status_int, answer.headers.get("Allow")) != (405, allowed):
                wrong.append((place.name, method, answer.status, answer.headers.get("Allow")))
    assert wrong == []


def test_every_view_of_ours_names_its_methods(every: list[Place]) -> None:
    unnamed = {place.name for place in every if not place.methods and not place.name.startswith("__static/")}
    assert unnamed <= {"keepalive"}


CREDENTIALS = ("username={0}&password={1}", "bsession={2}", "server=1&username={0}&password={1}&bsession={2}")


@pytest.mark.parametrize("query", CREDENTIALS, ids=["name and password", "session", "all"])
def test_credentials_in_an_address_log_nobody_in(
    testapp: WebApp,
    embedded: EmbeddedServer,
    omero_data: OmeroData,
    browser: Callable[..., WebApp],
    who_is: Callable[[WebApp], Any],
    every: list[Place],
    query: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name, secret = f"access-{CREDENTIALS.index(query)}", f"in-the-address-{CREDENTIALS.index(query)}"
    omero_data.add_user(name, password=secret)
    other = browser()
    other.log_in(name, secret)
    session = who_is(other).session_uuid
    caplog.set_level("DEBUG")
    caplog.clear()
    before = len(embedded.router.sessions())
    for place in every:
        answer = testapp.get(f"{place.address()}?{query.format(name, secret, session)}", expect_errors=True)
        assert testapp.ice_calls == 0, place.name
        assert "sessionid" not in testapp.cookies, place.name
        assert answer.status_int < 500, place.name
        for told in (secret, session):
            assert told not in str(answer), place.name
    assert len(embedded.router.sessions()) == before
    assert not [line for line in caplog.records if secret in str(vars(line)) or session in str(vars(line))]


def test_the_last_slash_may_be_left_out(testapp: WebApp, every: list[Place]) -> None:
    wrong = []
    for place in every:
        address = place.address()
        if not address.endswith("/") or address == "/" or place.static:
            continue
        for method in ("GET", "HEAD"):
            answer = testapp.request(f"{address[:-1]}?a=1&b=%2F", method=method, expect_errors=True)
            seen = (answer.status_int, answer.headers.get("Location"))
            if seen != (301, f"{HOST}{address}?a=1&b=%2F") and not place.pattern.startswith("/api/"):
                wrong.append((place.name, method, seen))
        refused = (403, 404, 405) if place.pattern.startswith("/api/") else (403, 404)
        assert testapp.post(address[:-1], expect_errors=True).status_int in refused, place.name
    assert wrong == []
    assert testapp.get("/nowhere", expect_errors=True).status_int == 404
