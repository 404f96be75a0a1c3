"""R12 and R22, short, over real sockets: what arrives is what OMERO has, and who leaves holds nothing."""

from __future__ import annotations

import hashlib
import io
import re
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import tifffile

from omeropyr.connection.held import PAUSES
from omeropyr.connection.pool import POOL
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.live import LiveServer
from tests.functional.data.test_patience import lent, until

USER = "integrity-ivan"
FILES = 24


@pytest.fixture(scope="module")
def manifest(omero_data: OmeroData, tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[str, bytes]]:
    """Name and SHA-256 of each image's file; one is of 8 MB."""
    omero_data.add_user(USER)
    folder, made = tmp_path_factory.mktemp("files"), {}
    for number in range(FILES):
        path = folder / f"file-{number}.ome.tiff"
        side = 2000 if number == 0 else 10 + 7 * number
        noise = np.random.default_rng(number).integers(0, 65535, (side, side), np.uint16)
        tifffile.imwrite(path, noise, ome=True, photometric="minisblack")
        image = omero_data.import_file(path, f"image {number}", user=USER)
        made[image] = (path.name, hashlib.sha256(path.read_bytes()).digest())
    return made


class Client:
    """A browser's session over bare sockets."""

    def __init__(self, site: WebApp, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.cookie = f"sessionid={site.cookies['sessionid']}"

    def begin(self, path: str, **headers: str) -> socket.socket:
        host, port = self.host.split(":")
        made = socket.socket()
        made.settimeout(20)
        # So that the system's buffers hold no whole file.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        made.connect((host, int(port)))
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        text = f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {self.cookie}\r\nConnection: close\r\n{more}\r\n"
        made.sendall(text.encode())
        return made

    def read(self, path: str, **headers: str) -> tuple[dict[str, str], bytes]:
        with self.begin(path, **headers) as stream:
            return parsed(b"".join(iter(lambda: stream.recv(65536), b"")))


def parsed(answer: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {
        "status": status.split()[1],
        **{line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines},
    }
    if headers.get("transfer-encoding") == "chunked":
        assert body.endswith(b"0\r\n\r\n"), "the answer was cut"
        body = unchunked(body)
    return headers, body


def unchunked(body: bytes) -> bytes:
    stream, found = io.BytesIO(body), []
    while size := int(stream.readline(), 16):
        found.append(stream.read(size))
        stream.readline()
    return b"".join(found)


@pytest.fixture
def site(browser: Callable[..., WebApp], manifest: Any) -> WebApp:
    made = browser(**{"omero.web.chunk_size": "262144"})
    made.app.registry[PAUSES].patience = 0.3
    made.log_in(USER)
    return made


@pytest.fixture
def client(site: WebApp) -> Iterator[Client]:
    server = LiveServer.create(site.app, host="127.0.0.1", outbuf_high_watermark=65536)
    yield Client(site, server.application_url)
    server.shutdown()


def test_an_archive_arrives_whole(client: Client, manifest: dict[int, tuple[str, bytes]], tmp_path: Path) -> None:
    temporary = sorted(Path("/tmp").glob("*.zip"))
    query = "&".join(f"image={image}" for image in manifest)
    headers, body = client.read(f"/webgateway/archived_files/download/?{query}")
    assert (headers["status"], headers["content-type"]) == ("200", "application/zip")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        found = {name: hashlib.sha256(archive.read(name)).digest() for name in archive.namelist()}
    assert found == dict(manifest.values())
    assert sorted(Path("/tmp").glob("*.zip")) == temporary


def test_a_download_that_is_cut_goes_on(client: Client, manifest: dict[int, tuple[str, bytes]]) -> None:
    image, (_, digest) = next(iter(manifest.items()))
    path = f"/webgateway/archived_files/download/{image}/"
    with client.begin(path) as stream:
        got = b""
        while len(got) < 1_000_000:
            piece = stream.recv(65536)
            assert piece, got[:300]
            got += piece
    headers, start = parsed(got)
    whole = int(headers["content-length"])
    assert len(start) < whole
    while len(start) < whole:
        last = min(len(start) + 3_000_000, whole) - 1
        told, part = client.read(path, Range=f"bytes={len(start)}-{last}", If_Range=headers["etag"])
        assert told["status"] == "206"
        assert re.fullmatch(rf"bytes {len(start)}-{last}/{whole}", told["content-range"])
        start += part
    assert hashlib.sha256(start).digest() == digest


def test_who_leaves_holds_nothing(client: Client, site: WebApp, manifest: dict[int, tuple[str, bytes]]) -> None:
    pool = site.app.registry[POOL]
    image = next(iter(manifest))
    generator = np.random.default_rng(7)
    for _ in range(20):
        with client.begin(f"/webgateway/archived_files/download/{image}/") as stream:
            wanted, got = int(generator.integers(1, 3_000_000)), b""
            while len(got) < wanted:
                piece = stream.recv(65536)
                assert piece, got[:300]
                got += piece
    assert until(lambda: lent(pool) == 0)
    assert client.read("/webclient/api/groups/")[0]["status"] == "200"


def test_a_slow_reader_holds_nothing_and_gets_all(
    client: Client,
    site: WebApp,
    manifest: dict[int, tuple[str, bytes]],
    embedded: EmbeddedServer,
    who_is: Callable[[WebApp], Any],
) -> None:
    pool, session = site.app.registry[POOL], who_is(site).session_uuid
    image, (_, digest) = next(iter(manifest.items()))
    with client.begin(f"/webgateway/archived_files/download/{image}/") as stream:
        got = stream.recv(4096)
        # It stops reading; the web server's buffers are full, and soon its connection to OMERO is free.
        assert until(lambda: lent(pool) == 0)
        got += b"".join(iter(lambda: stream.recv(65536), b""))
    headers, body = parsed(got)
    assert len(body) == int(headers["content-length"])
    assert hashlib.sha256(body).digest() == digest
    assert until(lambda: lent(pool) == 0)
    calls = embedded.counter.calls(session)
    assert calls["RawFileStore.setFileId"] == calls["RawFileStore.close"] >= 2
