"""An OMERO session brought along in a header (OMERO.web's bsession): only where the site says so, only there."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.web import close_web_app, web_app, web_settings

HEADER = "X-OMERO-Session"
USER = "header-hans"
JSON = {"X-Requested-With": "XMLHttpRequest"}
UNKNOWN = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture(scope="module")
def willing(embedded: Any, omero_data: OmeroData, tmp_path_factory: pytest.TempPathFactory) -> Any:
    omero_data.add_user(USER, omero_data.add_group("header-lab"))
    folder = tmp_path_factory.mktemp("header")
    folder.chmod(0o700)
    app = web_app(web_settings(embedded, folder, omeropyr__session__header="true"))
    yield app
    close_web_app(app)


@pytest.fixture
def program(willing: Any, embedded: Any) -> WebApp:
    return WebApp(willing, embedded)


@pytest.fixture
def session(gateway_of: Any, willing: Any) -> str:
    return str(gateway_of(USER).c.getSessionId())


def test_a_site_takes_none_unless_it_says_so(testapp: WebApp, session: str) -> None:
    answer = testapp.get("/webclient/api/groups/", headers={HEADER: session, **JSON}, status=403)
    assert answer.json["code"] == "not_logged_in"


def test_it_counts_for_the_request_and_no_longer(program: WebApp, session: str, gateway_of: Any) -> None:
    found = program.get("/webclient/api/groups/", headers={HEADER: session}).json["groups"]
    assert "header-lab" in [group["name"] for group in found]
    assert program.cookies.get("sessionid") is None
    program.get("/webclient/api/groups/", headers=JSON, status=403)
    program.get("/webclient/api/groups/", headers={HEADER: session})
    assert program.ice_calls <= 1  # who it is, is known


def test_what_changes_something_needs_no_token_beside_it(program: WebApp, session: str, gateway_of: Any) -> None:
    made = program.post(
        "/webclient/action/addnewcontainer/", {"folder_type": "dataset", "name": "by header"}, headers={HEADER: session}
    ).json
    dataset = gateway_of(USER).getObject("Dataset", made["id"])
    assert (dataset.getName(), dataset.getOwnerOmeName()) == ("by header", USER)


def test_another_site_cannot_make_a_browser_send_it(program: WebApp, session: str) -> None:
    headers = {HEADER: session, "Origin": "https://evil.example", **JSON}
    program.post(
        "/webclient/action/addnewcontainer/", {"folder_type": "dataset", "name": "x"}, headers=headers, status=403
    )


def test_logging_out_does_not_end_it(program: WebApp, session: str, gateway_of: Any) -> None:
    program.post("/webclient/logout/", headers={HEADER: session}, expect_errors=True)
    assert gateway_of(USER) is not None
    assert program.get("/webclient/api/groups/", headers={HEADER: session}).status_int == 200


def test_it_becomes_no_web_session(program: WebApp, session: str, gateway_of: Any) -> None:
    group = gateway_of(USER).getEventContext().groupId
    answer = program.post(
        "/webclient/active_group/", {"active_group": str(group)}, headers={HEADER: session, **JSON}, status=400
    )
    assert answer.json["code"] == "invalid_input"
    assert "sessionid" not in program.cookies
    program.get("/webclient/api/groups/", headers=JSON, status=403)


@pytest.mark.parametrize("value", [UNKNOWN, "x", "", "1; DROP TABLE", UNKNOWN.replace("-", "")])
def test_a_wrong_one_is_nobody(program: WebApp, value: str) -> None:
    answer = program.get("/webclient/api/groups/", headers={HEADER: value, **JSON}, status=403)
    assert (answer.json["code"], answer.json["message"]) == (
        "not_logged_in", "This OMERO session is over, or there never was one.",
    )  # fmt: skip
    assert program.get("/health/live", headers={HEADER: value}).status_int == 200
    page = program.get("/webclient/", headers={HEADER: value, "Accept": "text/html"}, status=302)
    assert "/webclient/login/" in page.location


def test_one_that_ends_is_nobody_at_once(program: WebApp, gateway_of: Any, embedded: Any) -> None:
    uuid = str(gateway_of(USER).c.getSessionId())
    program.get("/webclient/api/groups/", headers={HEADER: uuid})
    embedded.sessions.close(uuid)
    program.get("/webclient/api/groups/", headers={HEADER: uuid, **JSON}, status=403)
    program.get("/webclient/api/groups/", headers={HEADER: uuid, **JSON}, status=403)


def test_it_is_in_no_log_and_no_answer(program: WebApp, session: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pages = [program.get(path, headers={HEADER: session}).text for path in ("/webclient/", "/webclient/api/groups/")]
    program.get("/webclient/api/groups/", headers={HEADER: UNKNOWN, **JSON}, status=403)
    said = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for secret in (session, UNKNOWN):
        assert secret not in said
        assert all(secret not in page for page in pages)


def test_guessing_is_slowed_down(willing: Any, embedded: Any) -> None:
    program = WebApp(willing, embedded)
    program.extra_environ["REMOTE_ADDR"] = "192.0.2.77"
    statuses = [
        program.get(
            "/webclient/api/groups/", headers={HEADER: UNKNOWN[:-2] + f"{number:02d}", **JSON}, expect_errors=True
        ).status_int
        for number in range(42)
    ]
    assert statuses[:40] == [403] * 40
    assert statuses[-1] == 429
