"""OMERO stops, hangs, ends sessions, comes late, under twenty users: R4, R5, R6, R7 and R15 in short form."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.embedded.faults import Fault
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from tests.functional.web.crowd import Answer, Crowd, ask, served, statuses

USERS = 20
GROUPS = "/webclient/api/groups/"
# Answers by ordinary, slow, shared machines: what is waited for takes a tenth of it.
SOON, LIVE = 5.0, 1.0


class Town:
    """A server of its own, twenty users of one group, an image that all of them see, and a site."""

    def __init__(self, folder: Path, browser: Callable[..., WebApp]) -> None:
        self.folder = folder
        self.server = self.start()
        data = OmeroData(self.server)
        group = data.add_group("town", "rwr---")
        self.names = [f"citizen-{number}" for number in range(USERS)]
        for name in self.names:
            data.add_user(name, group)
        image = data.add_image(np.zeros((2, 64, 64), np.uint8), "square", user=self.names[0])
        self.paths = [
            GROUPS,
            f"/webgateway/render_image_region/{image}/0/0/?tile=0,0,0",
            "/webclient/",
            f"/webgateway/imgData/{image}/",
            f"/webgateway/render_thumbnail/{image}/",
        ]
        self.site = browser(self.server, **{"omero.web.public.enabled": "false"})
        self.browsers = [WebApp(self.site.app, self.server) for _ in self.names]
        self.log_in()

    def start(self, port: int = 0, ssl_port: int = 0) -> EmbeddedServer:
        server = EmbeddedServer(self.folder, port=port, ssl_port=ssl_port, instrument=True)
        server.start()
        return server

    def restart(self) -> None:
        self.server = self.start(self.server.port, self.server.ssl_port)

    def log_in(self) -> None:
        for name, one in zip(self.names, self.browsers, strict=True):
            one.reset()
            one.log_in(name)

    @property
    def cookies(self) -> list[str]:
        return [one.cookies["sessionid"] for one in self.browsers]

    @property
    def pool(self) -> ConnectionPool:
        found: ConnectionPool = self.site.app.registry[POOL]
        return found


@pytest.fixture
def town(tmp_path: Path, browser: Callable[..., WebApp]) -> Iterator[Town]:
    made = Town(tmp_path / "omero", browser)
    yield made
    made.server.faults.clear()
    made.server.stop()


@pytest.fixture
def port(town: Town) -> Iterator[int]:
    with served(town.site.app) as number:
        yield number


def good(answer: Answer) -> bool:
    return answer.status == 200 and answer.path != "/webclient/"


def told_to_wait(answers: list[Answer]) -> bool:
    return all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status == 503)


def calm(town: Town) -> bool:
    """Nothing is lent, and the server knows of no more connections than the pool."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not town.pool._lent and len(town.server.router.sessions()) <= town.pool.size():
            return True
        time.sleep(0.05)
    return False


def threads_named(*names: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(names)]


def test_omero_is_restarted(town: Town, port: int) -> None:
    """R4: 503 and when to try again while it is away, log-in or data when it is back, no 500 and no waiting."""
    with Crowd(port, town.cookies, town.paths) as crowd:
        crowd.wait_for(good, 0)
        town.server.stop()
        down = time.monotonic()
        crowd.wait_for(lambda answer: answer.status == 503, down)
        time.sleep(1)
        quick = ask(port, "/health/live")
        away = crowd.since(down)
        town.restart()
        back = time.monotonic()
        # The embedded server's sessions do not outlive it: who had one is sent to the log-in.
        first = crowd.wait_for(lambda answer: answer.status in (302, 403), back)
    assert first.ended - back < SOON
    assert (quick.status, quick.seconds < LIVE) == (200, True)
    # /webclient/ itself asks OMERO for nothing.
    assert set(statuses(away)) <= {200, 503}
    assert not [answer for answer in away if good(answer) and answer.began > down + 2]
    everything = crowd.answers
    assert set(statuses(everything)) <= {200, 302, 403, 503}
    assert told_to_wait(everything)
    assert max(answer.seconds for answer in everything) < SOON
    again = time.monotonic()
    town.log_in()
    with Crowd(port, town.cookies, town.paths) as crowd:
        crowd.wait_for(good, again)
        time.sleep(0.5)
    assert statuses(crowd.answers).keys() == {200}
    assert calm(town)


def test_connections_are_lost_and_sessions_live_on(town: Town, port: int) -> None:
    """A router or firewall drops every connection: nobody notices, nobody is logged out."""
    with Crowd(port, town.cookies, town.paths) as crowd:
        crowd.wait_for(good, 0)
        for _ in range(3):
            # Not those of log-ins half done: their sessions would end with them.
            for session in (one for one in town.server.router.sessions() if not one.close_on_destroy):
                session.ice_connection.close(True)
            cut = time.monotonic()
            crowd.wait_for(good, cut)
    assert set(statuses(crowd.answers)) <= {200, 503}
    assert statuses(crowd.answers)[503] < statuses(crowd.answers)[200] / 2
    assert calm(town)


def test_omero_hangs(town: Town, port: int) -> None:
    """R5: accepts and never answers; each request ends, what needs no OMERO goes on, then all is as before."""
    before = threads_named("watch-connections", "close-connections")
    with Crowd(port, town.cookies, town.paths) as crowd:
        crowd.wait_for(good, 0)
        town.server.faults.add(Fault("*", "hang"))
        hung = time.monotonic()
        lives: list[Answer] = []
        while time.monotonic() < hung + 7:
            lives.append(ask(port, "/health/live"))
            time.sleep(0.1)
        late = crowd.since(hung + 5)
        town.server.faults.clear()
        back = time.monotonic()
        first = crowd.wait_for(good, back)
        time.sleep(0.5)
    assert {answer.status for answer in lives} == {200}
    assert sorted(answer.seconds for answer in lives)[len(lives) * 9 // 10] < LIVE
    assert max(answer.seconds for answer in lives) < SOON
    assert set(statuses(crowd.answers)) <= {200, 503}
    assert max(answer.seconds for answer in crowd.answers) < 12
    assert told_to_wait(crowd.answers)
    # The breaker is open: hardly anybody waits any more.
    waits = sorted(answer.seconds for answer in late if answer.status == 503)
    assert len(waits) > USERS
    assert waits[len(waits) // 2] < LIVE
    assert first.ended - back < SOON
    assert calm(town)
    assert len(threads_named("watch-connections", "close-connections")) <= len(before) + 1


def test_sessions_expire(town: Town, port: int) -> None:
    """R6: pages go to the log-in, programs are told 403, nobody sees 500; after log-in all is well."""
    with Crowd(port, town.cookies, town.paths) as crowd:
        crowd.wait_for(good, 0)
        for session in town.server.sessions.all():
            if session.actor.user_name.startswith("citizen"):
                town.server.sessions.close(session.uuid)
        over = time.monotonic()
        crowd.wait_for(lambda answer: answer.status == 403 and answer.path == GROUPS, over)
        page = crowd.wait_for(lambda answer: answer.status == 302, over)
        time.sleep(1)
    assert page.headers["Location"].startswith(f"http://127.0.0.1:{port}/webclient/login/?url=%2F")
    assert set(statuses(crowd.answers)) <= {200, 302, 403, 503}
    assert statuses(crowd.answers)[503] < USERS
    assert max(answer.seconds for answer in crowd.answers) < SOON
    form = town.browsers[0].get("/webclient/login/", {"url": GROUPS}, status=200).forms[0]
    assert form["url"].value == GROUPS
    town.log_in()
    for one in town.browsers:
        one.get(GROUPS, xhr=True, status=200)
    assert calm(town)


def test_a_flood_of_log_ins(town: Town, port: int) -> None:
    """R7: the site refuses to ask; who works goes on working, who has the right password gets in."""
    town.server.faults.add(Fault("Router.createSession", "latency", seconds=0.2))
    before = town.server.counter.calls()["Router.createSession"]
    seen: list[Any] = []

    def flood(account: int) -> None:
        one = WebApp(town.site.app, town.server)
        one.extra_environ["REMOTE_ADDR"] = f"192.0.2.{account + 1}"
        for _ in range(12):
            seen.append(one.log_in_form(f"victim-{account}", "wrong"))

    with Crowd(port, town.cookies[:10], town.paths) as crowd:
        crowd.wait_for(good, 0)
        floods = [threading.Thread(target=flood, args=(account,), daemon=True) for account in range(10)]
        for thread in floods:
            thread.start()
        other = WebApp(town.site.app, town.server)
        other.extra_environ["REMOTE_ADDR"] = "192.0.2.200"
        other.log_in(town.names[-1])
        for thread in floods:
            thread.join(60)
    refused = [answer for answer in seen if answer.status_int == 429]
    assert {answer.status_int for answer in seen} == {403, 429}
    assert len(refused) >= 10 * (12 - 8)
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    asked = town.server.counter.calls()["Router.createSession"] - before
    assert asked <= 10 * 8 + USERS + 10
    assert set(statuses(crowd.answers)) == {200}


def test_the_site_starts_before_omero(tmp_path: Path, browser: Callable[..., WebApp]) -> None:
    """R15: it answers at once, says that it is not ready, and is when OMERO comes."""
    server = EmbeddedServer(tmp_path / "omero", port=0, ssl_port=0, instrument=True)
    server.start()
    ports = (server.port, server.ssl_port)
    server.stop()
    site = browser(server)
    with served(site.app) as port:
        assert ask(port, "/health/live").status == 200
        unready = ask(port, "/health/ready")
        assert (unready.status, b'"omero": "failing"' in unready.body) == (503, True)
        assert site.log_in_form("root", "omero").status_int == 503
        with EmbeddedServer(tmp_path / "omero", port=ports[0], ssl_port=ports[1], instrument=True):
            started = time.monotonic()
            while ask(port, "/health/ready").status != 200:
                assert time.monotonic() - started < SOON
                time.sleep(0.05)
            site.log_in()
            site.get(GROUPS, xhr=True, status=200)
