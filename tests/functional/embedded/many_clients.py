"""Many clients at once, as a program of its own: ``many_clients.py PORT SESSIONS CALLS`` prints what came of it.

Each session does CALLS calls of nine kinds in turn, beginning with another kind than its neighbour: questions, saves,
services with state, joins of the same session, signs of life.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any

import omero
import omero.all
from omero.rtypes import rstring


class Session:
    """One client and what it saved."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.name = f"many-{uuid.uuid4()}"
        self.saved: list[int] = []
        self.client = omero.client("127.0.0.1", port)
        self.factory = self.client.createSession("root", "omero")
        self.uuid = self.client.getSessionId()

    def context(self) -> None:
        """Who am I."""
        assert self.factory.getAdminService().getEventContext().sessionUuid == self.uuid

    def save(self) -> None:
        """A dataset."""
        dataset = omero.model.DatasetI()
        dataset.name = rstring(self.name)
        self.saved.append(self.factory.getUpdateService().saveAndReturnObject(dataset).id.val)

    def query(self) -> None:
        """The datasets that this session saved."""
        params = omero.sys.ParametersI().addString("name", self.name)
        hql = "select d from Dataset d join fetch d.details.owner where d.name = :name order by d.id"
        found = self.factory.getQueryService().findAllByQuery(hql, params)
        assert [one.id.val for one in found] == self.saved

    def project(self) -> None:
        """How many there are."""
        params = omero.sys.ParametersI().addString("name", self.name)
        hql = "select count(d.id) from Dataset d where d.name = :name"
        assert self.factory.getQueryService().projection(hql, params)[0][0].val == len(self.saved)

    def state(self) -> None:
        """A service with state, closed as it should be."""
        store = self.factory.createRawFileStore()
        assert self.factory.keepAlive(store)
        store.close()

    def forgotten(self) -> None:
        """A service with state that nobody closes."""
        assert self.factory.keepAllAlive([self.factory.createRawFileStore()]) == 0

    def join(self) -> None:
        """Another connection to the same session."""
        other = omero.client("127.0.0.1", self.port)
        try:
            assert other.joinSession(self.uuid).getAdminService().getEventContext().sessionUuid == self.uuid
        finally:
            other.closeSession()

    def types(self) -> None:
        """An enumeration."""
        assert self.factory.getTypesService().getEnumeration("PixelsType", "uint8").bitSize.val == 8

    def alive(self) -> None:
        """Signs of life, and a value that is kept with the session."""
        service = self.factory.getSessionService()
        service.setInput(self.uuid, "name", rstring(self.name))
        assert service.getInput(self.uuid, "name").val == self.name
        assert service.getReferenceCount(self.uuid) == 1

    def calls(self) -> list[Callable[[], None]]:
        """All kinds."""
        return [
            self.context,
            self.save,
            self.query,
            self.project,
            self.state,
            self.forgotten,
            self.join,
            self.types,
            self.alive,
        ]


def work(port: int, number: int, count: int, start: threading.Barrier, results: list[Any]) -> None:
    """One session from log-in to log-out; every other one hangs up instead."""
    done = 0
    try:
        session = Session(port)
        start.wait(120)
        kinds = session.calls()
        for place in range(count):
            kinds[(number + place) % len(kinds)]()
            done += 1
        if number % 2:
            session.client.closeSession()
        else:
            session.client.getCommunicator().destroy()
        results.append({"done": done, "saved": len(session.saved)})
    except Exception:  # noqa: BLE001 - printed for the test that asked
        start.abort()
        results.append({"done": done, "error": traceback.format_exc()})


def main() -> None:
    """Run them all and print a list with one entry for each."""
    port, sessions, count = (int(text) for text in sys.argv[1:4])
    start = threading.Barrier(sessions)
    results: list[Any] = []
    threads = [
        threading.Thread(target=work, args=(port, number, count, start, results), daemon=True)
        for number in range(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    print(json.dumps(results), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
