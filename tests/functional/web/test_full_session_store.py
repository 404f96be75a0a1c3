"""R9: the store of sessions is full. Who is logged in reads on; a log-in gets 503 and why; nothing is half written."""

from __future__ import annotations

import html
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheServerError
from pyramid.interfaces import ISecurityPolicy

from omeropyr.sessions import STORE
from omeropyr.sessions.records import parse
from omeropyr.testing import WebApp

GROUPS = "/webclient/api/groups/"
NAMESPACE = "OMEROPYR_TEST_IN_NAMESPACE"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A file system of 400 KB in memory; None when the test ran well in a namespace, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=400k,mode=0700", "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, text=True)
    if done.returncode:
        if NAMESPACE in os.environ:
            pytest.fail(f"A small file system is needed, and this user may not mount one: {done.stderr.strip()}")
        run_in_namespace()
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def run_in_namespace() -> None:
    """Run this file once more where the user counts as root."""
    inside = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m", "pytest", "-q", __file__]
    done = subprocess.run(inside, env={**os.environ, NAMESPACE: "1"}, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"In a namespace of its own: {done.stdout[-3000:]}{done.stderr[-1000:]}")


def assert_reads_on(site: WebApp) -> None:
    """As in another process, which does not remember the cookie."""
    site.app.registry.getUtility(ISecurityPolicy).cache._known.clear()
    site.get(GROUPS, xhr=True, status=200)


def assert_no_log_in(site: WebApp, words: str) -> WebApp:
    before = len(site.server.sessions.all())
    second = WebApp(site.app, site.server)
    answer = second.log_in_form("root", "omero")
    assert answer.status_int == 503
    assert words in html.unescape(answer.text)
    assert int(answer.headers["Retry-After"]) > 0
    assert "sessionid" not in second.cookies
    assert len(site.server.sessions.all()) == before
    return second


def fill(path: Path) -> None:
    """Take all that is left of the disk."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return


def test_files(browser: Callable[..., WebApp], small_disk: Path | None) -> None:
    if small_disk is None:
        return
    site = browser()
    sessions = site.state / "sessions"
    sessions.symlink_to(small_disk)
    site.log_in()
    fill(small_disk / "filler")
    assert_reads_on(site)
    second = assert_no_log_in(site, "The disk of the web server's sessions is full")
    assert site.get("/health/ready", status=503).json["checks"]["sessions"] == "failing"
    records = [path for path in small_disk.iterdir() if path.name not in ("filler", ".lock")]
    assert len(records) == 1
    assert parse(records[0].read_bytes()) is not None
    (small_disk / "filler").unlink()
    second.log_in()
    assert_reads_on(second)
    assert_reads_on(site)


def test_a_table(browser: Callable[..., WebApp], small_disk: Path | None) -> None:
    if small_disk is None:
        return
    url = f"sqlite:///{small_disk / 'sessions.db'}"
    site = browser(**{"omero.web.session_engine": "database", "omeropyr.session.url": url})
    site.log_in()
    fill(small_disk / "filler")
    assert_reads_on(site)
    second = assert_no_log_in(site, "The disk of the web server's database is full")
    (small_disk / "filler").unlink()
    second.log_in()
    assert_reads_on(second)
    assert_reads_on(site)


def test_memcached(browser: Callable[..., WebApp], memcached: Any) -> None:
    """One that was told (``-M``) to refuse rather than to forget."""
    settings = {"omero.web.session_engine": "memcached", "omeropyr.session.url": memcached.location}
    site = browser(**settings)
    site.log_in()
    client = Client(memcached.location)
    kept = []
    for size in (100_000, 10_000, *range(2000, 100, -50)):
        try:
            for number in range(100_000):
                client.set(f"filler-{size}-{number}", b"x" * size, noreply=False)
                kept.append(f"filler-{size}-{number}")
        except MemcacheServerError:
            continue
    assert_reads_on(site)
    second = assert_no_log_in(site, "cannot reach its sessions")
    for key in kept:
        client.delete(key, noreply=False)
    client.close()
    second.log_in()
    assert_reads_on(site)
    assert site.app.registry[STORE].name == "memcached"
