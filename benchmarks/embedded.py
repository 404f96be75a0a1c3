"""The embedded server over real Ice, in one run: what a call costs, and what it costs with many rows.

    python benchmarks/embedded.py [--repeats N] [--images N] [--shapes N]

A server in a process of its own, its rows made by SQL. Prints medians and ratios; other work on the machine moves all
times, so that only ratios of one run mean anything. A gate comes first: the answers have the values that were made.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import Ice
import omero
import omero.all
from omero.rtypes import rint, rlong, rstring
from omero.sys import Filter, ParametersI
from sqlalchemy import text

from omeropyr.embedded import accounts, memberships
from omeropyr.embedded.permissions import USER_GROUP
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.embedded.store import Store
from omeropyr.embedded.warm import warm_up

PASSWORD = "omero"
PAGE = 200
IMAGES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO m_image (id, version, name, owner__id, group__id, creation__event, update__event)
SELECT i, 0, 'image ' || i || '.tif', :user, :group, :event, :event FROM n
"""
SHAPES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO m_shape (id, version, class__, roi, roi__index, x, y, width, height, theZ, theT, textValue, strokeColor,
fillColor, owner__id, group__id, creation__event, update__event)
SELECT i, 0, CASE i % 2 WHEN 0 THEN 'Rectangle' ELSE 'Point' END, (i + 9) / 10, (i + 9) % 10, i * 0.5, i * 0.25,
CASE i % 2 WHEN 0 THEN i % 97 + 0.5 END, CASE i % 2 WHEN 0 THEN i % 89 + 0.5 END, i % 40, i % 7, 'cell ' || i,
-16776961, 1073741824, :user, :group, :event, :event FROM n
"""
ROIS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count / 10)
INSERT INTO m_roi (id, version, image, owner__id, group__id, creation__event, update__event)
SELECT i, 0, 1, :user, :group, :event, :event FROM n
"""
DETAILS = (
    "select i from Image i join fetch i.details.owner as owner join fetch i.details.group "
    "join fetch i.details.creationEvent left outer join fetch i.details.externalInfo "
)
PROJECTION = (
    "select s.id, s.roi.id, s.class, s.x, s.y, s.width, s.height, s.theZ, s.theT, s.textValue, s.strokeColor, "
    "s.fillColor from Shape s where s.roi.image.id = :id order by s.id"
)


class Nothing(omero.api.IAdmin):  # type: ignore[misc]
    """A servant without work behind it: what Ice for Python costs by itself."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def synchronizeLoginCache_async(self, cb: Any, _current: Any = None) -> None:
        """Neither work nor answer."""
        cb.ice_response()

    def getEventContext_async(self, cb: Any, _current: Any = None) -> None:
        """No work, and the answer at hand."""
        cb.ice_response(self.answer)


def fill(folder: Path, images: int, shapes: int) -> None:
    """A store with one user in one read-only group, images without pixels, and shapes on the first of them."""
    folder.mkdir(mode=0o700)
    store = Store(folder / "omero.sqlite")
    group = omero.model.ExperimenterGroupI()
    group.name = rstring("bench")
    group.details.permissions = omero.model.PermissionsI("rwr---")
    group_id = memberships.create_group(store, group)
    user = omero.model.ExperimenterI()
    user.omeName, user.firstName, user.lastName = rstring("bench"), rstring("Ben"), rstring("Bench")
    user_id = memberships.create_user(store, user, [group_id, USER_GROUP])
    accounts.set_password(store, user_id, PASSWORD)
    actor = accounts.actor(store, user_id)
    with store.write(actor) as tx:
        values = {"user": user_id, "group": group_id, "event": tx.event()}
        tx.connection.execute(text(IMAGES), {**values, "count": images})
        if shapes:
            tx.connection.execute(text(ROIS), {**values, "count": shapes})
            tx.connection.execute(text(SHAPES), {**values, "count": shapes})
    store.close()


def serve(folder: Path) -> None:
    """The server's process: tells the seconds until clients may come, its port, and the port of the empty servant."""
    began = time.perf_counter()
    with EmbeddedServer(folder, port=0, ssl_port=0, root_password=PASSWORD) as server:
        seconds = time.perf_counter() - began
        warm_up()  # as the command does beside the first requests
        communicator = Ice.initialize()
        adapter = communicator.createObjectAdapterWithEndpoints("empty", "tcp -h 127.0.0.1 -p 0")
        adapter.add(Nothing(_context(server)), communicator.stringToIdentity("empty"))
        adapter.activate()
        print(seconds, server.ssl_port, adapter.getEndpoints()[0].getInfo().port, flush=True)
        signal.pause()


def _context(server: EmbeddedServer) -> Any:
    """An event context such as the benchmark's user gets."""
    user_id = accounts.user_id(server.store, "bench")
    assert user_id is not None
    actor = accounts.actor(server.store, user_id)
    context = omero.sys.EventContext()
    context.shareId, context.sessionId, context.sessionUuid = -1, 1, "0" * 36
    context.userId, context.userName, context.groupId = user_id, "bench", actor.group_id
    context.groupName, context.groupPermissions = accounts.group_facts(server.store, actor.group_id)
    context.memberOfGroups, context.eventType = sorted(actor.member_of), "User"
    return context


@dataclass
class Served:
    """A running server and a client of it."""

    seconds: float
    empty: Any
    session: Any
    admin: Any
    query: Any
    process: int

    def processor(self) -> float:
        """Seconds of processor time that the server took until now."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A server on *folder*, and the user in it."""
    command = [sys.executable, __file__, "--serve", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        seconds, port, empty = process.stdout.readline().split()
        secure = omero.client(host="127.0.0.1", port=int(port), args=["--Ice.MessageSizeMax=250000"])
        secure.createSession("bench", PASSWORD)
        client = secure.createClient(False)  # as clients do after they logged in
        session = client.getSession()
        proxy = client.ic.stringToProxy(f"empty:tcp -h 127.0.0.1 -p {empty}").ice_router(None)
        nothing = omero.api.IAdminPrx.uncheckedCast(proxy)
        yield Served(
            float(seconds), nothing, session, session.getAdminService(), session.getQueryService(), process.pid
        )
        client.closeSession()
        secure.closeSession()
    finally:
        process.kill()
        process.wait()


def median(work: Callable[[], object], repeats: int) -> float:
    """The median time of one call in milliseconds, after one that warms up."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def page(offset: int = 0) -> ParametersI:
    """One page."""
    params = ParametersI()
    params.theFilter = Filter()
    params.theFilter.offset, params.theFilter.limit = rint(offset), rint(PAGE)
    return params


def pages(server: Served, repeats: int) -> list[float]:
    """Milliseconds of a page of images with details: by id, by name, and a count."""
    query = server.query
    found = query.findAllByQuery(DETAILS + "order by i.id", page())
    assert [one.id.val for one in found] == list(range(1, PAGE + 1))
    assert found[0].name.val == "image 1.tif"
    assert found[0].details.owner.omeName.val == "bench"
    assert found[0].details.creationEvent.time is not None
    assert found[0].details.permissions.canEdit()
    return [
        median(lambda: query.findAllByQuery(DETAILS + "order by i.id", page()), repeats),
        median(lambda: query.findAllByQuery(DETAILS + "order by i.name, i.id", page()), repeats),
        median(lambda: query.findAllByQuery(DETAILS + "order by lower(i.name), i.id", page()), repeats),
    ]


@dataclass
class Took:
    """Seconds of an answer: on the clock, and of the processor in the server and in the client."""

    clock: float
    server: float
    client: float

    def __str__(self) -> str:
        return f"{self.clock:8.2f} s  (processor: server {self.server:.2f} s, client {self.client:.2f} s)"


def took(server: Served, work: Callable[[], Any]) -> tuple[Any, Took]:
    """What *work* answers, and how long that takes."""
    began, busy, own = time.perf_counter(), server.processor(), time.process_time()
    answer = work()
    return answer, Took(time.perf_counter() - began, server.processor() - busy, time.process_time() - own)


def shapes(server: Served, count: int) -> tuple[Took, Took]:
    """All shapes as rows of 12 columns, and as objects."""
    params = ParametersI()
    params.add("id", rlong(1))
    hql = "select s from Shape s where s.roi.image.id = :id order by s.id"
    rows, as_rows = took(server, lambda: server.query.projection(PROJECTION, params))
    objects, as_objects = took(server, lambda: server.query.findAllByQuery(hql, params))
    assert len(rows) == len(objects) == count
    assert [cell.val for cell in rows[1][:5]] == [2, 1, "Rectangle", 1.0, 0.5]
    assert type(objects[1]).__name__ == "RectangleI"
    assert (objects[1].x.val, objects[1].textValue.val, objects[1].roi.id.val) == (1.0, "cell 2", 1)
    return as_rows, as_objects


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--shapes", type=int, default=100_000)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """All cases."""
    for name, images, count in (("small", 1000, 0), ("large", 100_000, options.shapes), ("huge", options.images, 0)):
        fill(folder / name, images, count)
    with served(folder / "small") as small, served(folder / "large") as large:
        works = (small.empty.synchronizeLoginCache, small.empty.getEventContext, small.admin.getEventContext)
        rounds = []
        for _ in range(5):  # interleaved, so that a busy moment of the machine meets all
            rounds.append([median(work, options.repeats * 10) for work in works])
        nothing, ready, real = (statistics.median(times) for times in zip(*rounds, strict=True))
        print(f"empty servant, no answer                 {nothing:8.3f} ms")
        print(f"empty servant, getEventContext           {ready:8.3f} ms")
        print(f"getEventContext                          {real:8.3f} ms  {real / ready:5.2f}x (goal 2)")
        few, many = pages(small, options.repeats), pages(large, options.repeats)
        for name, one, other in zip(("id", "name", "lower(name)"), few, many, strict=True):
            print(
                f"{PAGE} images by {name:11} of 1,000/100,000 {one:8.1f} {other:8.1f} ms  {other / one:5.2f}x (goal 2)"
            )
        rows, objects = shapes(large, options.shapes)
        print(f"{options.shapes} shapes as rows                    {rows}")
        print(f"{options.shapes} shapes as objects                 {objects}")
    with served(folder / "huge") as huge:
        print(f"start with {options.images} images             {huge.seconds:8.2f} s  (goal 5)")
        began = time.perf_counter()
        count = huge.query.projection("select count(i) from Image i", None)
        assert count[0][0].val == options.images
        print(f"their count, by a member of the group    {(time.perf_counter() - began) * 1000:8.1f} ms")


if __name__ == "__main__":
    main()
