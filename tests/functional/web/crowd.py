"""Many users who ask for pages and tiles all the time, over HTTP, of an application under waitress."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from omeropyr.serve import make_server

PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """One answer: *began* and *seconds* by the monotonic clock; status 0 for none at all."""

    path: str
    began: float
    seconds: float
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def ended(self) -> float:
        """When it had come."""
        return self.began + self.seconds


def ask(port: int, path: str, headers: dict[str, str] | None = None) -> Answer:
    """GET *path*."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        return Answer(path, began, time.monotonic() - began, response.status, dict(response.getheaders()), body)
    except OSError as error:
        return Answer(path, began, time.monotonic() - began, 0, {}, repr(error).encode())
    finally:
        connection.close()


@contextmanager
def served(app: Any, threads: int = 16) -> Iterator[int]:
    """*app* under waitress; its port."""
    server = make_server(app, "127.0.0.1", 0, threads=threads)
    thread = threading.Thread(target=server.run, name="waitress", daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        # In waitress's own thread: it may be looking at the very sockets.
        server.trigger.pull_trigger(lambda: _close(server))
        thread.join(10)
        server.task_dispatcher.shutdown()


def _close(server: Any) -> None:
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()


class Crowd:
    """One thread a user; each asks for *paths* in turn, as soon as the last answer came."""

    def __init__(self, port: int, cookies: Sequence[str], paths: Sequence[str]) -> None:
        self.answers: list[Answer] = []
        self._port = port
        self._paths = paths
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._be, args=(number, cookie), daemon=True)
            for number, cookie in enumerate(cookies)
        ]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not [thread for thread in self._threads if thread.is_alive()]

    def _be(self, number: int, cookie: str) -> None:
        headers = {"Cookie": f"sessionid={cookie}", "Accept": "text/html"}
        while not self._stop.is_set():
            self.answers.append(ask(self._port, self._paths[number % len(self._paths)], headers))
            number += 1
            self._stop.wait(0.02)

    def since(self, when: float) -> list[Answer]:
        """The answers to what was asked after *when*."""
        return [answer for answer in list(self.answers) if answer.began >= when]

    def wait_for(self, what: Callable[[Answer], bool], since: float, seconds: float = 20.0) -> Answer:
        """The first such answer that was asked for after *since*."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = next((answer for answer in self.since(since) if what(answer)), None)
            if found is not None:
                return found
            time.sleep(0.02)
        raise AssertionError(f"only {statuses(self.since(since))}")


def statuses(answers: Iterable[Answer]) -> Counter[int]:
    """How often each status."""
    return Counter(answer.status for answer in answers)
