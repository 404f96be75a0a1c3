"""Host headers as they come over a socket: twice, none, in the request line; nothing foreign comes back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from omeropyr.testing.live import LiveServer


@pytest.fixture(scope="module")
def port(web_application: Any) -> Iterator[int]:
    server = LiveServer.create(web_application, threads=2, clear_untrusted_proxy_headers=False)
    yield server.effective_port
    server.shutdown()


def ask(port: int, *lines: str) -> tuple[int, str]:
    """Status and whole answer to a request made of *lines*."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    return int(answer.split()[1]), answer


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET /webclient/ HTTP/1.1", "Host: localhost"), 302),
        (("GET /webclient/ HTTP/1.1", "Host: 127.0.0.1:4080"), 302),
        (("GET /webclient/ HTTP/1.1", "Host: evil.example"), 400),
        (("GET /webclient/ HTTP/1.1", "Host: localhost:80@evil.example"), 400),
        (("GET /webclient/ HTTP/1.1", "Host: localhost", "Host: evil.example"), 400),
        (("GET /webclient/ HTTP/1.1", "Host: evil.example", "Host: localhost"), 400),
        (("GET /webclient/ HTTP/1.0",), 400),
        (("GET http://evil.example/webclient/ HTTP/1.1", "Host: localhost"), 302),
        (("GET http://localhost/webclient/ HTTP/1.1", "Host: evil.example"), 400),
        (("GET /webclient/ HTTP/1.1", "Host: localhost", "X-Forwarded-Host: evil.example"), 302),
        (("GET /webclient/ HTTP/1.1", "Host: localhost", "Forwarded: host=evil.example"), 302),
    ],
    ids=lambda value: " | ".join(value) if isinstance(value, tuple) else str(value),
)
def test_no_answer_leads_to_a_foreign_host(port: int, lines: tuple[str, ...], status: int) -> None:
    found, answer = ask(port, *lines)
    assert found == status
    assert "evil.example" not in answer
