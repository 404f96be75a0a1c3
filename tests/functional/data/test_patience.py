"""R12 and R22, short: clients that leave, wait or read slowly hold neither a connection nor an open file for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import Ice
import numpy as np
import omero
import pytest
from pyramid.request import Request

from omeropyr.connection import held as holding
from omeropyr.connection.files import file_chunks, find_file, open_file
from omeropyr.connection.held import PAUSES, Held, HeldBody
from omeropyr.connection.pool import MOST_PER_SESSION, POOL, ConnectionPool
from omeropyr.connection.query import rows
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.errors import SessionExpired
from omeropyr.testing import OmeroData, WebApp

USER = "patience-paul"
CHUNK = 65_536


@pytest.fixture(scope="module")
def image(omero_data: OmeroData) -> int:
    omero_data.add_user(USER)
    noise = np.random.default_rng(5).integers(0, 65535, (1024, 1024), np.uint16)
    return omero_data.add_image(noise, user=USER)


@pytest.fixture
def site(browser: Callable[..., WebApp], image: int, monkeypatch: pytest.MonkeyPatch) -> WebApp:
    """A site that reads small chunks and loses patience soon."""
    monkeypatch.setattr(holding, "LOOK_SECONDS", 0.02)
    made = browser(**{"omero.web.chunk_size": str(CHUNK)})
    made.app.registry[PAUSES].patience = 0.1
    made.log_in(USER)
    return made


@pytest.fixture
def pool(site: WebApp) -> ConnectionPool:
    found: ConnectionPool = site.app.registry[POOL]
    return found


def begin(site: WebApp, address: str) -> tuple[Any, Iterator[bytes], list[bytes]]:
    """An answer whose body a client has read the first piece of: what the web server closes, and what it reads."""
    request = Request.blank(address, headers={"Cookie": f"sessionid={site.cookies['sessionid']}"})
    app_iter = request.call_application(site.app)[2]
    pieces = iter(app_iter)
    return app_iter, pieces, [next(pieces)]


def lent(pool: ConnectionPool) -> int:
    return sum(pool._lent.values())


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def opened(embedded: EmbeddedServer, site: WebApp, who_is: Callable[[WebApp], Any]) -> Callable[[], int]:
    """A function to how many files of the user the server holds open."""
    session = who_is(site).session_uuid

    def count() -> int:
        calls = embedded.counter.calls(session)
        return int(calls.get("ServiceFactory.createRawFileStore", 0) - calls.get("RawFileStore.close", 0))

    return count


def test_a_client_that_leaves(site: WebApp, pool: ConnectionPool, image: int, opened: Callable[[], int]) -> None:
    for _ in range(50):
        body, _, _ = begin(site, f"/webgateway/archived_files/download/{image}/")
        assert (lent(pool), opened()) == (1, 1)
        body.close()
        body.close()
        assert (lent(pool), opened()) == (0, 0)
    assert pool.size() == 1


def test_a_client_that_waits_and_goes_on(
    site: WebApp, pool: ConnectionPool, image: int, opened: Callable[[], int]
) -> None:
    whole = site.get(f"/webgateway/archived_files/download/{image}/").body
    body, pieces, read = begin(site, f"/webgateway/archived_files/download/{image}/")
    for _ in range(3):
        assert until(lambda: lent(pool) == 0)
        assert opened() == 0
        read.append(next(pieces))
        assert (lent(pool), opened()) == (1, 1)
    read += pieces
    body.close()
    assert b"".join(read) == whole
    assert (lent(pool), opened()) == (0, 0)


def test_a_client_that_never_comes_back(
    site: WebApp, pool: ConnectionPool, image: int, opened: Callable[[], int]
) -> None:
    pauses = site.app.registry[PAUSES]
    pauses.patience = 60.0
    most = min(MOST_PER_SESSION, pool._most)
    bodies = [begin(site, f"/webgateway/archived_files/download/{image}/")[0] for _ in range(most)]
    # All that one user may have; yet another request is served as soon as patience is at its end.
    assert lent(pool) == most
    pauses.patience = 0.1
    assert site.get("/webclient/api/groups/", xhr=True).status_int == 200
    assert until(lambda: lent(pool) == 0)
    assert opened() == 0
    assert until(lambda: pauses._thread is None)
    for body in bodies:
        body.close()
    assert lent(pool) == 0


def test_a_session_that_ends_ends_the_download(site: WebApp, pool: ConnectionPool, image: int) -> None:
    body, pieces, _ = begin(site, f"/webgateway/archived_files/download/{image}/")
    site.log_out()
    # What OMERO does not send any more is missing: the length that was told does not come.
    with pytest.raises((omero.SessionException, Ice.ObjectNotExistException, SessionExpired)):
        list(pieces)
    body.close()
    assert lent(pool) == 0


def test_a_file_that_is_shorter_than_said_is_no_whole_file(
    site: WebApp, pool: ConnectionPool, image: int, request_of: Callable[[WebApp], Any]
) -> None:
    request = request_of(site)
    query = "select e.originalFile.id from FilesetEntry e join e.fileset s join s.images i where i.id = :id"
    facts = find_file(request.conn, rows(request.conn, query, id=image)[0][0])
    held = Held(request, open_file)
    body = HeldBody(held, file_chunks(held, facts, facts.size - 10, facts.size + 10, CHUNK), site.app.registry[PAUSES])
    assert len(next(body)) == 10
    with pytest.raises(EOFError, match=f"file {facts.id} ends at"):
        next(body)
    body.close()
    assert lent(pool) == 0
