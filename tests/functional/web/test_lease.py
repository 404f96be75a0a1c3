"""``request.conn``: whose it is, for how long, what it costs, and what happens when OMERO is gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import Ice
import omero
import pytest
from omero.gateway import BlitzGateway
from pyramid.request import Request

from omeropyr.connection import pool as pools
from omeropyr.connection.lease import lease_of
from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.connection.stream import stream
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.errors import NotLoggedIn, OmeroUnavailable
from omeropyr.security import Identity
from omeropyr.testing import WebApp

RequestOf = Callable[[WebApp], Request]
GROUPS = "/webclient/api/groups/"


@pytest.fixture
def root(testapp: WebApp, who_is: Callable[[WebApp], Identity]) -> Identity:
    testapp.log_in()
    return who_is(testapp)


@pytest.fixture
def pool(testapp: WebApp) -> ConnectionPool:
    found: ConnectionPool = testapp.app.registry[POOL]
    return found


def idle(pool: ConnectionPool, who: Identity) -> list[Any]:
    return list(pool._idle.get((who.server_id, who.session_uuid), []))


def test_a_warm_lease_costs_no_ice_call(
    testapp: WebApp, root: Identity, request_of: RequestOf, embedded: EmbeddedServer
) -> None:
    testapp.get(GROUPS, xhr=True)
    request = request_of(testapp)
    before = embedded.counter.total(root.session_uuid)
    conn = request.conn
    assert isinstance(conn, BlitzGateway)
    assert request.conn is conn
    request._process_finished_callbacks()
    again = request_of(testapp)
    assert again.conn is conn
    again._process_finished_callbacks()
    assert embedded.counter.total(root.session_uuid) == before


def test_facts_about_the_user_cost_no_ice_call(
    testapp: WebApp, root: Identity, request_of: RequestOf, embedded: EmbeddedServer
) -> None:
    before = embedded.counter.asked()
    facts = request_of(testapp).omero
    assert (facts.user_name, facts.is_admin, facts.server_id) == ("root", True, 1)
    assert embedded.counter.asked() == before


def test_options_do_not_outlive_the_loan(testapp: WebApp, root: Identity, request_of: RequestOf) -> None:
    request = request_of(testapp)
    conn = request.conn
    assert dict(conn.SERVICE_OPTS) == {"omero.group": "-1"} | {
        name: value for name, value in conn.SERVICE_OPTS.items() if name != "omero.group"
    }
    fresh = dict(conn.SERVICE_OPTS)
    conn.SERVICE_OPTS.setOmeroGroup(0)
    conn.SERVICE_OPTS.setOmeroUser(5)
    conn.SERVICE_OPTS["x"] = "y"
    conn.setDefaultOmeroGroup(3)
    request._process_finished_callbacks()
    again = request_of(testapp)
    assert again.conn is conn
    assert dict(again.conn.SERVICE_OPTS) == fresh
    assert conn.getDefaultOmeroGroup() is None
    again._process_finished_callbacks()


def test_two_requests_never_share_a_connection(
    testapp: WebApp, root: Identity, request_of: RequestOf, pool: ConnectionPool
) -> None:
    first, second = request_of(testapp), request_of(testapp)
    assert first.conn is not second.conn
    assert idle(pool, root) == []
    for one in (first, second):
        one._process_finished_callbacks()
        one._process_finished_callbacks()
    assert set(idle(pool, root)) == {first.conn, second.conn}


def test_a_user_waits_for_a_connection_and_not_for_ever(
    pool: ConnectionPool, root: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MOST_PER_SESSION", 1)
    monkeypatch.setattr(pools, "WAIT_SECONDS", 0.2)
    conn = pool.lend(root.server_id, root.session_uuid)
    with pytest.raises(OmeroUnavailable) as refused:
        pool.lend(root.server_id, root.session_uuid)
    assert refused.value.retry_after == 2
    monkeypatch.setattr(pools, "WAIT_SECONDS", 10.0)
    threading.Timer(0.1, pool.take_back, (root.server_id, root.session_uuid, conn)).start()
    assert pool.lend(root.server_id, root.session_uuid) is conn
    pool.take_back(root.server_id, root.session_uuid, conn)


def test_views_cannot_end_a_connection(testapp: WebApp, root: Identity, request_of: RequestOf) -> None:
    request = request_of(testapp)
    request.conn.close()
    request.conn.close(hard=True)
    assert request.conn.getUser().getName() == "root"
    request._process_finished_callbacks()


def test_a_stream_owns_the_loan(testapp: WebApp, root: Identity, request_of: RequestOf, pool: ConnectionPool) -> None:
    request = request_of(testapp)

    def chunks(conn: Any) -> Iterator[bytes]:
        for _ in range(2):
            yield str(conn.getAdminService().getEventContext().userId).encode()

    conn = request.conn
    response = stream(request, chunks(conn))
    request._process_finished_callbacks()
    assert conn not in idle(pool, root)
    body = iter(response.app_iter)
    assert next(body) == b"0"
    assert conn not in idle(pool, root)
    response.app_iter.close()
    response.app_iter.close()
    assert idle(pool, root).count(conn) == 1


def test_a_stream_that_fails_gives_a_broken_connection_up(
    testapp: WebApp, root: Identity, request_of: RequestOf, pool: ConnectionPool
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        raise Ice.ConnectionLostException

    request = request_of(testapp)
    conn = request.conn
    body = stream(request, chunks()).app_iter
    request._process_finished_callbacks()
    assert next(body) == b"a"
    with pytest.raises(Ice.ConnectionLostException):
        next(body)
    body.close()
    assert conn not in idle(pool, root)


def test_a_stream_that_is_not_sent_gives_back(
    testapp: WebApp, root: Identity, request_of: RequestOf, pool: ConnectionPool
) -> None:
    request = request_of(testapp)
    conn = request.conn
    stream(request, [b""])
    request.exception = ValueError("after the stream was made")
    request._process_finished_callbacks()
    assert conn in idle(pool, root)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (None, True),
        (ValueError(), True),
        (omero.SecurityViolation(), True),
        (omero.ValidationException(), True),
        (Ice.ConnectionLostException(), False),
        (Ice.TimeoutException(), False),
        (omero.RemovedSessionException(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_is_broken_is_given_up(
    testapp: WebApp, root: Identity, request_of: RequestOf, pool: ConnectionPool, error: Exception | None, kept: bool
) -> None:
    request = request_of(testapp)
    conn = request.conn
    closed: list[str] = []
    conn.engines["warm"] = type("Engine", (), {"close": lambda _self: closed.append("warm")})()
    request.exception = error
    request._process_finished_callbacks()
    assert (conn in idle(pool, root)) is kept
    until = time.monotonic() + 5
    while not kept and not closed and time.monotonic() < until:
        time.sleep(0.01)
    assert closed == ([] if kept else ["warm"])


def test_connections_nobody_used_are_closed(
    pool: ConnectionPool, root: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = [pool.lend(root.server_id, root.session_uuid) for _ in range(3)]
    for conn in lent:
        pool.take_back(root.server_id, root.session_uuid, conn)
    lent[0].last_used -= pools.IDLE_SECONDS + 1
    unused = pool._surplus()
    # The pool is full of other tests' connections: the oldest of those may be among them.
    assert (lent[0] in unused, lent[1] in unused, lent[2] in unused) == (True, False, False)
    monkeypatch.setattr(pools, "MOST_IDLE", 1)
    # Of all users' connections the one that was used last stays.
    unused += pool._surplus()
    assert lent[1] in unused
    assert idle(pool, root) == [lent[2]]
    for conn in unused:
        conn.disconnect()


def test_a_doubtful_connection_is_asked_first(pool: ConnectionPool, root: Identity, embedded: EmbeddedServer) -> None:
    conn = pool.lend(root.server_id, root.session_uuid)
    pool.take_back(root.server_id, root.session_uuid, conn)
    conn.last_used -= pools.DOUBT_SECONDS + 1
    before = embedded.counter.calls(root.session_uuid)
    assert pool.lend(root.server_id, root.session_uuid) is conn
    assert embedded.counter.calls(root.session_uuid) - before == {"ServiceFactory.keepAlive": 1}
    pool.take_back(root.server_id, root.session_uuid, conn)
    conn.last_used -= pools.DOUBT_SECONDS + 1
    before_close = len(embedded.router.sessions())
    conn.c.sf.ice_getConnection().close(True)
    until = time.monotonic() + 5
    while len(embedded.router.sessions()) == before_close and time.monotonic() < until:
        time.sleep(0.01)
    other = pool.lend(root.server_id, root.session_uuid)
    assert other is not conn
    assert other.getUser().getName() == "root"
    pool.take_back(root.server_id, root.session_uuid, other)


@pytest.mark.parametrize(("secure", "kind"), [("false", "tcp"), ("true", "ssl")])
def test_connections_are_encrypted_where_the_site_says_so(
    browser: Callable[..., WebApp], request_of: RequestOf, secure: str, kind: str
) -> None:
    site = browser(**{"omero.web.secure": secure})
    site.log_in()
    first, second = request_of(site), request_of(site)
    assert [one.conn.c.sf.ice_getConnection().type() for one in (first, second)] == [kind, kind]
    for one in (first, second):
        one._process_finished_callbacks()


def test_an_unencrypted_port_behind_a_firewall_is_no_obstacle(
    browser: Callable[..., WebApp], request_of: RequestOf
) -> None:
    site = browser()
    site.app.registry[POOL].servers._insecure[1] = "OMERO.Glacier2/router:tcp -p 1 -h 127.0.0.1"
    site.log_in()
    request = request_of(site)
    assert request.conn.c.sf.ice_getConnection().type() == "ssl"
    request._process_finished_callbacks()


def test_an_omero_session_that_is_over_ends_the_web_session(
    testapp: WebApp, root: Identity, embedded: EmbeddedServer
) -> None:
    testapp.get(GROUPS, xhr=True, status=200)
    embedded.sessions.close(root.session_uuid)
    answers = [testapp.get(GROUPS, xhr=True, expect_errors=True) for _ in range(2)]
    assert [answer.status_int for answer in answers] == [403, 403]
    assert answers[1].json["code"] == "not_logged_in"
    # Not back to where the browser came from, and round again.
    assert testapp.get("/webclient/login/", {"url": "/webclient/"}, status=200).forms
    testapp.log_in()
    testapp.get(GROUPS, xhr=True, status=200)


def test_nobody_has_no_connection(testapp: WebApp, request_of: RequestOf) -> None:
    testapp.set_cookie("sessionid", "x")
    request = request_of(testapp)
    with pytest.raises(NotLoggedIn):
        request.conn  # noqa: B018 - asking is what raises
    assert lease_of(request) is None


def test_omero_that_stops_is_503_and_comes_back_as_log_in(browser: Callable[..., WebApp], tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "omero", port=0, ssl_port=0, instrument=True)
    server.start()
    site = browser(server)
    try:
        site.log_in()
        site.get(GROUPS, xhr=True, status=200)
    finally:
        server.stop()
    started = time.monotonic()
    for _ in range(2):
        answer = site.get(GROUPS, xhr=True, status=503)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["code"] == "omero_unavailable"
    assert time.monotonic() - started < 5
    # The web session stands: OMERO may be back in a moment.
    assert "sessionid" in site.cookies
    token = {"X-CSRFToken": site.cookies["csrftoken"]}
    assert site.post("/webclient/logout/", headers=token, status=303)
    assert "sessionid" not in site.cookies


def test_every_request_is_one_line_in_the_log(
    testapp: WebApp, root: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    testapp.get(GROUPS, xhr=True)
    caplog.set_level(logging.INFO, "omeropyr.request")
    caplog.clear()
    response = testapp.get(f"{GROUPS}?secret=1", xhr=True, headers={"X-Request-ID": "from-nginx-0001"})
    (line,) = [record for record in caplog.records if record.name == "omeropyr.request"]
    facts = vars(line)
    assert response.headers["X-Request-ID"] == "from-nginx-0001"
    assert (facts["method"], facts["path"], facts["status"], facts["user"]) == ("GET", GROUPS, 200, 0)
    assert facts["addon"] == "client"
    assert facts["ice_calls"] == testapp.ice_calls > 0
    assert 0 < facts["ice_ms"] < facts["ms"]
    assert "secret" not in str(facts)


@pytest.mark.parametrize(
    "sent", ["", "short", "x" * 65, "with space in it", "line\tbreak-in-it", "<script>alert</script>"]
)
def test_a_clients_request_id_is_checked(testapp: WebApp, sent: str) -> None:
    given = testapp.get("/health/live", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 32
