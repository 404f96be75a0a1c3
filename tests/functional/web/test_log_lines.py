"""The log of a real ``omeropyr serve`` in production: each line is JSON and says what it should, no secret."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData

PASSWORD = "S3cret-of-lena-77"
NAMES = {"event", "level", "logger", "request_id", "time"}
FACTS = {"method", "path", "route", "addon", "status", "ms", "user", "ice_calls", "ice_ms"}
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Host": "omero.example.org"}


class Site(NamedTuple):
    """A web process: its port, and the file that its log goes to."""

    port: int
    log: Path

    def ask(self, path: str, cookies: dict[str, str], body: dict[str, str] | None = None, **headers: str) -> Any:
        """One request as a browser's behind a web server with https; *cookies* are kept up to date."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {**PROXY, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), **headers}
        if body is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://omero.example.org"}
        connection.request("GET" if body is None else "POST", path, urlencode(body) if body else None, sent)
        answer = connection.getresponse()
        answer.text = answer.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        connection.close()
        return answer

    def lines(self) -> list[dict[str, Any]]:
        """The log so far."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


@pytest.fixture
def site(embedded: EmbeddedServer, tmp_path: Path) -> Iterator[Site]:
    """``omeropyr serve`` with the shipped production.ini and only what a site has to say itself."""
    servers = json.dumps([["127.0.0.1", embedded.ssl_port, "omero"]])
    own = {
        "omeropyr.state_dir": str(tmp_path / "state"),
        "omeropyr.trusted_proxies": "127.0.0.1",
        "omero.web.allowed_hosts": '["omero.example.org"]',
        "omero.web.server_list": servers,
    }
    text = (Path(__file__).parents[3] / "production.ini").read_text("utf-8")
    for name, value in own.items():
        text = re.sub(rf"^(# )?{re.escape(name)} =.*\n", "", text, flags=re.M)
        text = text.replace("[app:main]\n", f"[app:main]\n{name} = {value}\n", 1)
    ini = tmp_path / "production.ini"
    ini.write_text(text)
    ini.chmod(0o600)
    log = tmp_path / "log"
    words = [sys.executable, "-m", "omeropyr", "serve", "--ini", str(ini), "--port", "0"]
    with log.open("wb") as errors, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True) as web:
        try:
            ready = web.stdout.readline() if web.stdout is not None else ""
            assert ready.startswith("omeropyr is ready: "), log.read_text("utf-8")
            yield Site(int(ready.rpartition(":")[2].strip().strip("/")), log)
        finally:
            web.terminate()


def wait_for(site: Site, number: int) -> list[dict[str, Any]]:
    """The lines of requests, once there are *number* of them: each is written after its answer was sent."""
    deadline = time.monotonic() + 30
    while len(found := [line for line in site.lines() if line["event"] == "request"]) < number:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_every_line_is_json_and_none_tells_a_secret(
    site: Site, embedded: EmbeddedServer, omero_data: OmeroData
) -> None:
    user = omero_data.add_user("log-lena", password=PASSWORD)
    cookies: dict[str, str] = {}
    form = site.ask("/webclient/login/?url=/webclient/", cookies)
    token = re.search(r'name="csrfmiddlewaretoken"[^>]*value="([^"]+)"', form.text)
    assert token is not None
    fields = {"csrfmiddlewaretoken": token[1], "server": "1", "username": "log-lena", "url": "/webclient/"}
    headers = {"Referer": "https://omero.example.org/webclient/login/"}
    assert site.ask("/webclient/login/", cookies, {**fields, "password": f"{PASSWORD}-wrong"}, **headers).status == 403
    assert site.ask("/webclient/login/", cookies, {**fields, "password": PASSWORD}, **headers).status == 303
    assert site.ask("/webclient/", cookies).status == 200
    assert site.ask(f"/webclient/keepalive_ping/?password={PASSWORD}", cookies).text == "OK"
    own = {"X-Request-ID": "a-request-of-lena"}
    assert site.ask("/webgateway/imgData/999999999/", cookies, None, **own).status == 404
    assert site.ask("/nowhere/%0A%7B%22event%22%3A1%7D/", cookies).status == 404
    lines = wait_for(site, 7)

    assert all(set(line) >= NAMES for line in site.lines())
    assert all(set(line) >= NAMES | FACTS for line in lines)
    shown = [(one["method"], one["path"], one["route"], one["addon"], one["status"], one["user"]) for one in lines]
    assert shown == [
        ("GET", "/webclient/login/", "login", None, 200, None),
        ("POST", "/webclient/login/", "login", None, 403, None),
        ("POST", "/webclient/login/", "login", None, 303, user),
        ("GET", "/webclient/", "client.index", "client", 200, user),
        ("GET", "/webclient/keepalive_ping/", "keepalive", None, 200, user),
        ("GET", "/webgateway/imgData/999999999/", "gateway.image_data", "gateway", 404, user),
        ("GET", '/nowhere/\n{"event":1}/', None, None, 404, user),
    ]
    assert lines[4]["ice_calls"] == 1
    assert 0 < lines[4]["ice_ms"] <= lines[4]["ms"]
    assert lines[5]["request_id"] == "a-request-of-lena"
    assert len({one["request_id"] for one in lines}) == 7

    log = site.log.read_text("utf-8")
    uuids = [one.uuid for one in embedded.sessions.all()]
    secrets = [PASSWORD, "password=", *uuids, *cookies.values(), token[1]]
    assert [secret for secret in secrets if secret and secret in log] == []
    assert UUID.search(log) is None
