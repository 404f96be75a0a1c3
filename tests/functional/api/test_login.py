"""Logging in by the API as programs do it: token, log-in, the same token for what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.data import PASSWORD
from omeropyr.testing.web import close_web_app, web_app, web_settings
from tests.functional.api.conftest import USER

LOGIN = "/api/v0/login/"
TEXTS = ("userName", "groupName", "eventType", "sessionUuid")
NUMBERS = ("sessionId", "userId", "groupId", "eventId")


@pytest.fixture
def site(embedded: EmbeddedServer, tmp_path: Any) -> Iterator[Callable[..., WebApp]]:
    """A function from settings to a browser of a site of its own."""
    opened: list[Any] = []

    def make(**settings: str) -> WebApp:
        folder = tmp_path / str(len(opened))
        folder.mkdir(mode=0o700)
        opened.append(web_app(web_settings(embedded, folder, **settings)))
        return WebApp(opened[-1], embedded)

    yield make
    for app in opened:
        close_web_app(app)


def token(app: WebApp) -> dict[str, str]:
    """The header that programs send with all that changes something, asked for once."""
    sent: str = app.get("/api/v0/token/").json["data"]
    assert app.cookies["csrftoken"] == sent
    return {"X-CSRFToken": sent, "Referer": f"http://localhost{LOGIN}"}


def enter(app: WebApp, headers: dict[str, str], user: str, password: str = PASSWORD, **more: Any) -> Any:
    form = {"username": user, "password": password, "server": "1"}
    return app.post(LOGIN, form, headers=headers, expect_errors=True, **more)


@pytest.mark.parametrize("as_json", [False, True], ids=["form", "JSON"])
def test_the_event_context_is_omeros(testapp: WebApp, conn: Any, scene: Any, as_json: bool) -> None:
    headers = token(testapp)
    if as_json:
        answer = testapp.post_json(LOGIN, {"username": USER, "password": PASSWORD, "server": 1}, headers=headers)
    else:
        answer = enter(testapp, headers, USER)
    context, expected = answer.json["eventContext"], conn.getEventContext()
    assert (answer.status_int, answer.json["success"], answer.headers["X-OMERO-ApiVersion"]) == (200, True, "0.2")
    assert set(context) == {*TEXTS, *NUMBERS, "isAdmin", "memberOfGroups", "leaderOfGroups"}
    for key in ("userId", "userName", "groupId", "groupName", "isAdmin", "eventType"):
        assert context[key] == getattr(expected, key), key
    assert sorted(context["memberOfGroups"]) == sorted(expected.memberOfGroups)
    assert context["leaderOfGroups"] == list(expected.leaderOfGroups) == []
    assert [type(context[key]) for key in NUMBERS] == [int] * 4
    assert len(context["sessionUuid"]) == 36
    again = testapp.post(LOGIN, headers=headers).json
    assert again == answer.json
    assert testapp.get("/api/v0/m/projects/").json["meta"]["totalCount"] >= 1


def test_the_token_stays_and_the_session_is_new(testapp: WebApp, scene: Any) -> None:
    testapp.log_in(USER)
    headers, before = token(testapp), testapp.cookies["sessionid"]
    assert enter(testapp, headers, USER).status_int == 200
    assert testapp.cookies["sessionid"] != before
    assert testapp.cookies["csrftoken"] == headers["X-CSRFToken"]
    old = WebApp(testapp.app, testapp.server)
    old.set_cookie("sessionid", before)
    old.get("/api/v0/m/projects/", status=403)
    made = {"@type": "http://www.openmicroscopy.org/Schemas/OME/2016-06#Project", "Name": "by the first token"}
    testapp.post_json(f"/api/v0/m/save/?group={scene.group}", made, headers=headers, status=201)


def test_what_is_refused(testapp: WebApp, scene: Any) -> None:
    headers = token(testapp)
    wrong = enter(testapp, headers, USER, "not it")
    assert (wrong.status_int, wrong.json["code"]) == (403, "login_refused")
    assert enter(testapp, headers, USER, "").status_int == 403
    assert testapp.post(LOGIN, headers=headers, status=403).json["code"] == "login_refused"
    none = testapp.post(LOGIN, {"username": USER, "password": PASSWORD}, status=403)
    assert none.json["message"] == "CSRF Failed: the token is missing or wrong."
    for number in ("0", "2", "x", "-1"):
        form = {"username": USER, "password": PASSWORD, "server": number}
        assert testapp.post(LOGIN, form, headers=headers, status=400).json["code"] == "invalid_input"
    for body in (b"{", b"[]", b'{"username": 1, "password": 2}', b'{"username": "\\ud800", "password": "x"}'):
        testapp.post(LOGIN, body, headers={**headers, "Content-Type": "application/json"}, status=400)
    told = testapp.get(LOGIN, status=405)
    assert (told.json["message"], told.headers["Allow"]) == ("This address does not answer that method.", "POST")
    assert "sessionid" not in testapp.cookies


def test_guessing_is_slowed_down(site: Callable[..., WebApp], omero_data: OmeroData) -> None:
    app = site()
    omero_data.add_user("api-guessed")
    headers = token(app)
    statuses = [enter(app, headers, "api-guessed", f"guess {number}").status_int for number in range(12)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    last = enter(app, headers, "api-guessed")
    assert (last.status_int, last.json["code"]) == (429, "too_many_logins")
    assert int(last.headers["Retry-After"]) > 0


def test_programs_join_their_session_again(testapp: WebApp, scene: Any) -> None:
    headers = token(testapp)
    session = enter(testapp, headers, USER).json["eventContext"]["sessionUuid"]
    same = enter(testapp, headers, session, session).json["eventContext"]
    assert same["sessionUuid"] == session
    other = WebApp(testapp.app, testapp.server)
    others = token(other)
    joined = enter(other, others, session, session)
    assert (joined.status_int, joined.json["eventContext"]["sessionUuid"]) == (200, session)
    assert other.get(f"/api/v0/m/projects/{scene.project}/").json["data"]["@id"] == scene.project
    nobody = WebApp(testapp.app, testapp.server)
    none = "12345678-1234-1234-1234-123456789abc"
    refused = enter(nobody, token(nobody), none, none)
    assert (refused.status_int, refused.json["code"]) == (403, "login_refused")
    assert enter(nobody, token(nobody), session, "not the session").status_int == 403


def test_a_site_may_keep_the_session_to_itself(site: Callable[..., WebApp], scene: Any, testapp: WebApp) -> None:
    app = site(omero__web__api__session_uuid="false")
    context = enter(app, token(app), USER).json["eventContext"]
    assert set(context) == {*TEXTS, *NUMBERS, "isAdmin", "memberOfGroups", "leaderOfGroups"} - {"sessionUuid"}
    session = enter(testapp, token(testapp), USER).json["eventContext"]["sessionUuid"]
    other = site(omero__web__api__session_uuid="false")
    assert enter(other, token(other), session, session).status_int == 403


def test_the_password_is_in_no_log(testapp: WebApp, omero_data: OmeroData, caplog: pytest.LogCaptureFixture) -> None:
    """T2, W3: not even of a body that cannot be read."""
    secret = "S3cr3t-api-7c1f"
    omero_data.add_user("api-secret", password=secret)
    caplog.set_level("DEBUG")
    headers = token(testapp)
    broken = f'{{"username": "api-secret", "password": "{secret}"'.encode()
    testapp.post(LOGIN, broken, headers={**headers, "Content-Type": "application/json"}, status=400)
    session = enter(testapp, headers, "api-secret", secret).json["eventContext"]["sessionUuid"]
    enter(testapp, headers, session, session)
    enter(testapp, headers, "api-secret", f"{secret}-not", status=403)
    logged = [str(vars(record)) for record in caplog.records]
    assert logged
    assert not [line for line in logged if secret in line or session in line]


def test_links_under_a_prefix_a_proxy_or_an_own_name(site: Callable[..., WebApp], scene: Any) -> None:
    prefixed = site(omero__web__prefix="/omero")
    assert prefixed.get("/omero/api/").json["data"][0]["url:base"] == "http://localhost/omero/api/v0/"
    proxied = site(
        omeropyr__trusted_proxies="127.0.0.1", omero__web__allowed_hosts='["omero.example.org", "localhost"]'
    )
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "omero.example.org", "X-Forwarded-For": "10.1.1.1"}
    near, far = {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": "10.9.9.9"}
    seen = proxied.get("/api/", headers=forwarded, extra_environ=near).json["data"][0]["url:base"]
    assert seen == "https://omero.example.org/api/v0/"
    stranger = proxied.get("/api/", headers=forwarded, extra_environ=far).json["data"][0]["url:base"]
    assert stranger == "http://localhost/api/v0/"
    named = site(omero__web__api__absolute_url="https://data.example.org/", omero__web__prefix="/omero")
    assert named.get("/omero/api/").json["data"][0]["url:base"] == "https://data.example.org/omero/api/v0/"
    headers = {"X-CSRFToken": named.get("/omero/api/v0/token/").json["data"]}
    named.post(f"/omero{LOGIN}", {"username": USER, "password": PASSWORD}, headers=headers)
    one = named.get(f"/omero/api/v0/m/projects/{scene.project}").json["data"]
    assert one["url:datasets"] == f"https://data.example.org/omero/api/v0/m/projects/{scene.project}/datasets/"


def test_a_visitor_of_a_public_site_is_not_logged_in(
    site: Callable[..., WebApp], scene: Any, omero_data: OmeroData, tmp_path: Any
) -> None:
    omero_data.add_user("api-public", scene.group)
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    app = site(
        omeropyr__addons="gateway client viewer api public_user",
        omero__web__public__enabled="true",
        omero__web__public__user="api-public",
        omero__web__public__password=f"file:{password}",
        omero__web__public__url_filter="^/api/",
    )
    assert app.get(f"/api/v0/m/projects/{scene.project}/").json["data"]["@id"] == scene.project
    headers = token(app)
    assert app.post(LOGIN, headers=headers, status=403).json["code"] == "login_refused"
    app.delete(f"/api/v0/m/projects/{scene.project}/", headers=headers, status=403)
    assert enter(app, headers, USER).json["eventContext"]["userName"] == USER
    assert app.post(LOGIN, headers=headers).json["eventContext"]["userName"] == USER
