"""An OMERO that does not answer the public user's log-in holds few requests, and the site recovers by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omeropyr.embedded.faults import Fault
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.security.identity import VISITORS
from omeropyr.testing import WebApp
from tests.functional.public.conftest import Scene

ASKED = "/webclient/api/containers/"


@pytest.fixture
def hanging(embedded: EmbeddedServer) -> Iterator[Callable[[], None]]:
    """A function that lets log-ins go on, which hang until then."""
    embedded.faults.add(Fault("Router.createSession", "hang"))
    yield embedded.faults.clear
    embedded.faults.clear()


def test_others_are_told_to_come_again(
    site: Callable[..., Any], scene: Scene, embedded: EmbeddedServer, hanging: Callable[[], None]
) -> None:
    app = site(omero__web__wsgi_threads="3")  # one place to wait at
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(WebApp(app, embedded).get(ASKED, expect_errors=True).status_int)
    )
    first.start()
    visitors = app.registry[VISITORS]
    while not visitors._lock.locked():
        threading.Event().wait(0.01)
    for _ in range(3):
        answer = WebApp(app, embedded).get(ASKED, status=503)
        assert answer.json["code"] == "omero_unavailable"
        assert answer.headers["Retry-After"] == "2"
    assert WebApp(app, embedded).get("/health/live").status_int == 200
    assert WebApp(app, embedded).get("/webclient/login/").status_int == 200
    hanging()
    first.join(20)
    assert answers == [200]
    assert WebApp(app, embedded).get(ASKED).json["datasets"][0]["name"] == "shown to all"


def test_a_session_whose_time_is_over_is_replaced_and_not_torn_away(
    site: Callable[..., Any], scene: Scene, embedded: EmbeddedServer
) -> None:
    app = site(omero__web__public__cache__timeout="1")
    browser = WebApp(app, embedded)
    browser.get(ASKED)
    who = app.registry[VISITORS]
    old, since = who._made
    browser.get(ASKED)
    assert who._made[0].session_uuid == old.session_uuid
    who._made = (old, since - 2)
    browser.get(ASKED)
    assert who._made[0].session_uuid != old.session_uuid
    assert old.session_uuid in [one.uuid for one in embedded.sessions.all()]
