"""The whole application over each of the four stores of sessions: whose cookie lives, and what a fault does."""

from __future__ import annotations

import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request
from redis import Redis

from omeropyr.connection.pool import POOL
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.security import Identity, change_identity, identify
from omeropyr.sessions import COOKIE, STORE
from omeropyr.testing import OmeroData, WebApp

BACKENDS = ("file", "database", "memcached", "redis")
GROUPS = "/webclient/api/groups/"
TASKS = 20

RequestOf = Callable[[WebApp], Request]
WhoIs = Callable[[WebApp], Identity | None]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(request: pytest.FixtureRequest, backend: str, browser: Callable[..., WebApp]) -> WebApp:
    """A browser of a site that keeps its sessions in *backend*."""
    settings = {"omero.web.session_engine": backend}
    if backend in ("memcached", "redis"):
        server = request.getfixturevalue("memcached" if backend == "memcached" else "redis_server")
        settings["omeropyr.session.url"] = server.location
    return browser(**settings)


def session_id(site: WebApp, cookie: str | None = None) -> str:
    found = site.app.registry[COOKIE].read(cookie or site.cookies["sessionid"])
    assert found is not None
    return str(found)


def forget(site: WebApp, cookie: str | None = None) -> None:
    """As in another process: who came with the cookie is not remembered."""
    policy = site.app.registry.getUtility(ISecurityPolicy)
    policy.cache._known.pop(cookie or site.cookies["sessionid"], None)


def other_tab(site: WebApp, cookie: str | None = None) -> WebApp:
    made = WebApp(site.app, site.server)
    made.set_cookie("sessionid", cookie or site.cookies["sessionid"])
    return made


def is_dead(site: WebApp, cookie: str) -> bool:
    forget(site, cookie)
    answer = other_tab(site, cookie).get(GROUPS, xhr=True, status=403).json
    return answer["code"] == "not_logged_in" and site.app.registry[STORE]._fetch(session_id(site, cookie)) is None


def test_old_cookies_are_dead(site: WebApp) -> None:
    site.log_in()
    first = site.cookies["sessionid"]
    forget(site)
    site.get(GROUPS, xhr=True, status=200)
    site.post("/webclient/login/", {"username": "root", "password": "omero"}, headers=site.csrf(), status=303)
    second = site.cookies["sessionid"]
    assert session_id(site, first) != session_id(site, second)
    assert is_dead(site, first)
    site.get(GROUPS, xhr=True, status=200)
    site.log_out()
    assert is_dead(site, second)


def test_the_old_cookie_is_dead_when_somebody_becomes_another(
    site: WebApp, omero_data: OmeroData, backend: str, request_of: RequestOf, who_is: WhoIs, embedded: EmbeddedServer
) -> None:
    """As sudo and the public user do it."""
    bob = omero_data.add_user(f"stores-bob-{backend}")
    site.log_in()
    root, old = who_is(site), site.cookies["sessionid"]
    request = request_of(site)
    conn = request.registry[POOL].servers.create(1, f"stores-bob-{backend}", "omero", "")
    change_identity(request, identify(conn, 1), conn)
    request._process_response_callbacks(request.response)
    cookies = dict(one.strip().partition(";")[0].split("=", 1) for one in request.response.headers.getall("Set-Cookie"))
    assert is_dead(site, old)
    assert root is not None
    assert root.session_uuid not in {session.uuid for session in embedded.sessions.all()}
    site.reset()
    site.set_cookie("sessionid", cookies["sessionid"])
    who = who_is(site)
    assert who is not None
    assert (who.user_id, who.csrf_token) == (bob, cookies["csrftoken"])
    assert site.get(GROUPS, xhr=True).status_int == 200


def test_a_planted_pickle_logs_out_and_does_not_run(site: WebApp) -> None:
    site.log_in()
    ran = site.state / "ran"
    cookie = site.cookies["sessionid"]
    site.app.registry[STORE]._put(session_id(site), b"cposix\nmkdir\n(V" + str(ran).encode() + b"\ntR.")
    assert is_dead(site, cookie)
    site.app.registry[STORE]._put(session_id(site, cookie), pickle.dumps({"session": {"omero": {}}}))
    assert is_dead(site, cookie)
    site.reset()
    site.log_in()
    assert not ran.exists()


def test_a_slow_reader_does_not_undo_a_log_out(site: WebApp, request_of: RequestOf) -> None:
    site.log_in()
    cookie = site.cookies["sessionid"]
    slow = request_of(site)
    assert slow.session["omero"]["user_name"] == "root"
    site.log_out()
    slow.session["seen"] = "hint"
    slow.session.persist()
    slow._process_response_callbacks(slow.response)
    assert is_dead(site, cookie)


def test_writers_at_once_lose_nothing(site: WebApp, request_of: RequestOf, who_is: WhoIs) -> None:
    """R16: each task of a session notes its own; none of them is lost, and nobody is logged out."""
    site.log_in()
    ready = threading.Barrier(TASKS)

    def note(number: int) -> None:
        request = request_of(site)
        before = dict(request.session)
        ready.wait()
        request.session[f"job {number}"] = {"state": "done", "of": len(before)}
        request.session.persist()

    with ThreadPoolExecutor(TASKS) as pool:
        list(pool.map(note, range(TASKS)))
    forget(site)
    values = site.app.registry[STORE].values(session_id(site))
    assert {key for key in values if key.startswith("job ")} == {f"job {number}" for number in range(TASKS)}
    assert who_is(site) is not None


def test_a_session_ends_when_its_time_is_over(site: WebApp, who_is: WhoIs) -> None:
    site.app.registry[STORE].lifetime = 0.5
    site.log_in()
    deadline = time.monotonic() + 10
    forget(site)
    while site.app.registry[STORE].values(session_id(site)) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    forget(site)
    assert who_is(site) is None
    site.get(GROUPS, xhr=True, status=403)
    site.app.registry[STORE].lifetime = 60.0
    site.log_in()
    site.get(GROUPS, xhr=True, status=200)


@contextmanager
def out_of_order(request: pytest.FixtureRequest, backend: str, site: WebApp) -> Iterator[None]:
    """The store of *site* does not work for a while."""
    if backend == "file":
        folder = Path(site.state) / "sessions"
        folder.rename(folder.with_name("away"))
        folder.write_text("")
        yield
        folder.unlink()
        folder.with_name("away").rename(folder)
    elif backend == "database":
        engine = site.app.registry[STORE]._engine
        with engine.begin() as connection:
            connection.exec_driver_sql("alter table omeropyr_sessions rename to away")
        yield
        with engine.begin() as connection:
            connection.exec_driver_sql("alter table away rename to omeropyr_sessions")
    else:
        server = request.getfixturevalue("memcached" if backend == "memcached" else "redis_server")
        server.kill()
        yield
        server.start()


def assert_unavailable(site: WebApp) -> None:
    """Pages, JSON, log-in and log-out say so; nobody is told to log in, and no cookie changes."""
    before = dict(site.cookies)
    forget(site)
    answer = site.get(GROUPS, xhr=True, status=503)
    assert answer.json["code"] == "sessions_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    page = site.get("/webclient/", status=503)
    assert "You are not logged out" in page.text
    fields = {"username": "root", "password": "omero"}
    login = WebApp(site.app, site.server)
    token = login.get("/webclient/login/").forms[0]["csrfmiddlewaretoken"].value
    failed = login.post("/webclient/login/", {**fields, "csrfmiddlewaretoken": token}, status=503)
    assert "sessionid" not in login.cookies
    assert "cannot reach its sessions" in failed.text
    site.post("/webclient/logout/", headers=site.csrf(), status=503)
    for response in (answer, page, failed):
        assert "Traceback" not in response.text
    assert dict(site.cookies) == before
    assert site.get("/health/ready", status=503).json["checks"]["sessions"] == "failing"
    assert site.get("/health/live", status=200)


def test_a_store_out_of_order_is_said_and_logs_nobody_out(
    request: pytest.FixtureRequest, site: WebApp, backend: str, embedded: EmbeddedServer, who_is: WhoIs
) -> None:
    """R8: only well or 503; afterwards all sessions are there again, but for memcached, which forgets."""
    site.log_in()
    before = len(embedded.sessions.all())
    with out_of_order(request, backend, site):
        assert_unavailable(site)
    assert len(embedded.sessions.all()) == before
    forget(site)
    site.get("/health/ready", status=200)
    if backend == "memcached":
        assert site.get(GROUPS, xhr=True, status=403).json["code"] == "not_logged_in"
    else:
        assert site.get(GROUPS, xhr=True, status=200)
        assert who_is(site) is not None
    site.reset()
    site.log_in()


@pytest.mark.parametrize("backend", ["memcached", "redis"], indirect=True)
def test_a_store_that_hangs_is_given_up(request: pytest.FixtureRequest, site: WebApp, backend: str) -> None:
    site.log_in()
    forget(site)
    server = request.getfixturevalue("memcached" if backend == "memcached" else "redis_server")
    server.send(signal.SIGSTOP)
    try:
        assert site.get(GROUPS, xhr=True, status=503).json["code"] == "sessions_unavailable"
    finally:
        server.send(signal.SIGCONT)
    assert site.get(GROUPS, xhr=True, status=200)


@pytest.mark.parametrize("backend", ["redis"], indirect=True)
def test_a_redis_that_is_full_reads_on(site: WebApp, redis_server: Any, who_is: WhoIs) -> None:
    """R9; the others stand in test_full_session_store.py."""
    site.log_in()
    with Redis.from_url(redis_server.location) as client:
        client.config_set("maxmemory", 1)
        try:
            forget(site)
            site.get(GROUPS, xhr=True, status=200)
            second = WebApp(site.app, site.server)
            assert "cannot reach its sessions" in second.log_in_form("root", "omero").text
            assert "sessionid" not in second.cookies
            assert site.get("/health/ready", status=503).json["checks"]["sessions"] == "failing"
        finally:
            client.config_set("maxmemory", 0)
    second.log_in()
    forget(site)
    assert who_is(site) is not None
