"""A browser's side without a browser: log-in by the form, then requests over connections that stay open.

Plain sockets, because what the standard library does around them takes longer than some of the answers.
"""

from __future__ import annotations

import re
import socket
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar

from httping.servers import PASSWORD


@dataclass(frozen=True)
class Asked:
    """A request, ready to be sent, and the status it has to have."""

    head: bytes
    status: int = 200


class Connection:
    """One connection that stays open until the server says that it closes it; then the next question opens another."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._closing = False

    def ask(self, asked: Asked) -> bytes:
        """Send it and give the body. AssertionError for another status than the one it has to have."""
        if self._closing:
            self._socket.close()
            self._open()
        self._socket.sendall(asked.head)
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, body = data[:end], data[end + 4 :]
        status = int(head[9:12])
        assert status == asked.status, (status, asked, head, body[:300])
        self._closing = re.search(rb"(?i)\r\nconnection: *close", head) is not None
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        length = int(found[1]) if found and status != 304 else 0
        parts = [body]
        missing = length - len(body)
        while missing > 0:
            part = self._more()
            parts.append(part)
            missing -= len(part)
        whole = b"".join(parts)
        self._rest = whole[length:]
        return whole[:length]

    def _more(self) -> bytes:
        part = self._socket.recv(262144)
        if not part:
            raise ConnectionError("the server hung up")
        return part

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def log_in(port: int) -> str:
    """Log root in by the form; the Cookie header of what comes after."""
    base = f"http://127.0.0.1:{port}"
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{base}/webclient/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"username": "root", "password": PASSWORD, "server": "1", "csrfmiddlewaretoken": token[1]}
    request = urllib.request.Request(
        f"{base}/webclient/login/", urllib.parse.urlencode(form).encode(), {"Referer": f"{base}/webclient/login/"}
    )
    opener.open(request).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def get(port: int, path: str, cookie: str, *, status: int = 200, **more: str) -> Asked:
    """A GET."""
    headers = {"Host": f"127.0.0.1:{port}", "Cookie": cookie, **{name.replace("_", "-"): v for name, v in more.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return Asked(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode(), status)


def rate(port: int, asked: Sequence[Asked], clients: int, seconds: float) -> tuple[float, float]:
    """Answers a second, and the median of milliseconds one took; each of the *clients* asks one after the other."""
    times: list[list[float]] = [[] for _ in range(clients)]
    start = threading.Barrier(clients + 1)

    def run(mine: list[float], place: int) -> None:
        connection = Connection(port)
        connection.ask(asked[place % len(asked)])
        start.wait()
        until = time.perf_counter() + seconds
        number = place
        while (began := time.perf_counter()) < until:
            connection.ask(asked[number % len(asked)])
            mine.append(time.perf_counter() - began)
            number += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(mine, place)) for place, mine in enumerate(times)]
    for one in threads:
        one.start()
    start.wait()
    began = time.perf_counter()
    for one in threads:
        one.join()
    took = time.perf_counter() - began
    every = sorted(time for mine in times for time in mine)
    return len(every) / took, 1000 * every[len(every) // 2]
