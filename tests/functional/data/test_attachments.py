"""Attachments and other files by their ids (T25, T26, T10), and what files say beyond OMERO's model."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rlong, rstring

from omeropyr.testing import OmeroData, WebApp

USER = "attach-anna"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def conn(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> Any:
    group = omero_data.add_group("attachments", "rwr---")
    omero_data.add_user(USER, group)
    omero_data.add_user("attach-bert", group)
    return gateway_of(USER)


@pytest.fixture
def anna(testapp: WebApp, conn: Any) -> WebApp:
    testapp.log_in(USER)
    return testapp


def attach(conn: Any, content: bytes, name: str = "a.bin", mimetype: str = "application/octet-stream") -> Any:
    """A file annotation of `content`, as omero-py makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"content-{next(_numbers)}"
        path.write_bytes(content)
        made = conn.createFileAnnfromLocalFile(str(path), origFilePathAndName=str(path), mimetype=mimetype, ns="t")
    file = made.getFile()._obj
    file.name = rstring(name)
    conn.getUpdateService().saveObject(file)
    return conn.getObject("FileAnnotation", made.getId())


def test_an_attachment(anna: WebApp, conn: Any) -> None:
    content = bytes(range(256)) * 5000
    annotation = attach(conn, content, "all bytes.dat")
    addresses = (f"annotation/{annotation.id}", f"download_original_file/{annotation.getFile().id}")
    for address in addresses:
        answer = anna.get(f"/webclient/{address}/")
        assert answer.body == content == b"".join(annotation.getFileInChunks())
        assert answer.content_length == annotation.getFileSize()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="all bytes.dat"'
        part = anna.get(f"/webclient/{address}/", headers={"Range": "bytes=-5"}, status=206)
        assert part.body == content[-5:]
        again = anna.get(f"/webclient/{address}/", headers={"Range": "bytes=7-", "If-Range": answer.headers["ETag"]})
        assert again.body == content[7:]
    assert anna.ice_calls <= 8


SCRIPT = b"<html><script>window.__pwned = 1</script></html>"
TYPES = {
    "text/html": ("attachment", "application/octet-stream"),
    "application/xhtml+xml": ("attachment", "application/octet-stream"),
    "image/svg+xml": ("attachment", "application/octet-stream"),
    "text/javascript": ("attachment", "application/octet-stream"),
    "application/pdf": ("attachment", "application/octet-stream"),
    "text/xml": ("attachment", "application/octet-stream"),
    "bogus": ("attachment", "application/octet-stream"),
    "": ("attachment", "application/octet-stream"),
    "image/png": ("inline", "image/png"),
    "text/plain": ("inline", "text/plain"),
    "text/csv": ("inline", "text/plain"),
    "text/x-python": ("inline", "text/plain"),
    "application/json": ("inline", "application/json"),
}


@pytest.mark.parametrize("mimetype", TYPES, ids=lambda text: text or "none")
def test_nothing_that_could_run_is_shown(anna: WebApp, conn: Any, mimetype: str) -> None:
    annotation = attach(conn, SCRIPT, "page.html", mimetype or "x/y")
    file = annotation.getFile()
    if not mimetype:
        file._obj.mimetype = None
        conn.getUpdateService().saveObject(file._obj)
    how, kind = TYPES[mimetype]
    for address in (
        f"get_original_file/{file.id}",
        f"download_original_file/{file.id}",
        f"annotation/{annotation.id}",
    ):
        answer = anna.get(f"/webclient/{address}/")
        assert answer.body == SCRIPT
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        shown = address.startswith("get")
        assert answer.headers["Content-Disposition"].split(";")[0] == (how if shown else "attachment")
        if shown and how == "inline":
            assert answer.content_type == kind
        else:
            assert answer.content_type in (mimetype, "application/octet-stream")


NAMES = ('a"b.txt', "a;b.txt", "a\r\nSet-Cookie: x=1", "../../x.txt", "\u202etxt.exe", "x" * 250, "\U0001f52c,1.txt")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names(anna: WebApp, conn: Any, name: str) -> None:
    annotation = attach(conn, b"1", name)
    for address in (f"get_original_file/{annotation.getFile().id}", f"annotation/{annotation.id}"):
        headers = anna.get(f"/webclient/{address}/").headers
        told = headers["Content-Disposition"]
        assert told.isascii()
        assert told.isprintable()
        assert told.count('"') == 2
        assert ".." not in told
        assert "Set-Cookie" not in headers


def bare_file(conn: Any, size: int) -> int:
    """An original file of which OMERO knows everything but the bytes."""
    file = omero.model.OriginalFileI()
    file.name, file.path, file.size = rstring("bare"), rstring("/"), rlong(size)
    return int(conn.getUpdateService().saveAndReturnObject(file).id.val)


def test_an_empty_file(anna: WebApp, conn: Any) -> None:
    address = f"/webclient/get_original_file/{bare_file(conn, 0)}/"
    answer = anna.get(address)
    assert (answer.body, answer.content_length) == (b"", 0)
    anna.get(address, headers={"Range": "bytes=0-"}, status=416)


def test_a_file_whose_bytes_are_gone(anna: WebApp, conn: Any) -> None:
    address = f"/webclient/get_original_file/{bare_file(conn, 10)}/"
    assert anna.get(address, status=503, xhr=True).json["code"] == "omero_unavailable"
    assert anna.get(f"/webclient/get_original_file/{bare_file(conn, 0)}/").body == b""


@pytest.mark.parametrize("address", ["annotation", "get_original_file", "download_original_file"])
def test_what_others_may_not_have(
    testapp: WebApp, conn: Any, omero_data: OmeroData, gateway: Any, address: str
) -> None:
    annotation = attach(conn, b"secret", "secret-name.txt")
    wanted = f"/webclient/{address}/{annotation.id if address == 'annotation' else annotation.getFile().id}/"
    omero_data.add_user(f"stranger-{address}")
    testapp.log_in(f"stranger-{address}")
    refused = testapp.get(wanted, status=404, xhr=True)
    assert "secret" not in refused.text
    testapp.log_out()
    testapp.log_in("attach-bert")
    assert testapp.get(wanted).body == b"secret"
    config = gateway.getConfigService()
    config.setConfigValue("omero.policy.binary_access", "-read,+write,+image")
    try:
        testapp.get(wanted, status=403)
    finally:
        config.setConfigValue("omero.policy.binary_access", "")
    testapp.get(f"/webclient/{address}/999999999/", status=404)
    testapp.get(f"/webclient/{address}/{'9' * 20}/", status=400)


def test_a_comment_is_no_file(anna: WebApp, conn: Any) -> None:
    comment = omero.model.CommentAnnotationI()
    comment.textValue = rstring("words")
    saved = conn.getUpdateService().saveAndReturnObject(comment)
    anna.get(f"/webclient/annotation/{saved.id.val}/", status=404)


@pytest.fixture(scope="module")
def image(conn: Any, omero_data: OmeroData) -> Any:
    image_id = omero_data.add_image(np.zeros((2, 16, 16), np.uint8), "notes", user=USER, Description="<b>bold</b>")
    return conn.getObject("Image", image_id)


def test_original_metadata(anna: WebApp, image: Any) -> None:
    _, everywhere, series = image.loadOriginalMetadata()
    assert everywhere or series
    lines = ["[Global Metadata]", *(f"{k}={v}" for k, v in everywhere)]
    lines += ["[Series Metadata]", *(f"{k}={v}" for k, v in series)]
    answer = anna.get(f"/webclient/download_orig_metadata/{image.id}/")
    assert answer.text == "\n".join(lines)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Original_Metadata.txt"'
    assert (answer.content_type, answer.content_length) == ("text/plain", len("\n".join(lines).encode()))
    page = anna.get(f"/webclient/load_original_metadata/{image.id}/").html
    cells = [(row.th.text, row.td.text) for row in page.find_all("tr")]
    assert cells == [(name, str(value)) for name, value in [*everywhere, *series]]
    data = anna.get(f"/webclient/load_original_metadata/{image.id}/", headers={"Accept": "application/json"}).json
    assert data == {"global": [list(pair) for pair in everywhere], "series": [list(pair) for pair in series]}
    for address in ("download_orig_metadata", "load_original_metadata"):
        anna.get(f"/webclient/{address}/999999999/", status=404)
