"""Names and types of user bytes in headers, T26: whatever a file is called, the header stays one line and one name."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from omeropyr.connection.filenames import LONGEST_NAME, safe_name
from omeropyr.web.downloads import disposition, may_be_shown, media_type

NAMES = {
    "plain": ("image.tif", "image.tif"),
    "space": ("my image.tif", "my image.tif"),
    "comma": ("a,b.tif", "a,b.tif"),
    "semicolon": ("a;b.tif", "a;b.tif"),
    "quote": ('a"b.tif', "a_b.tif"),
    "percent": ("100%.tif", "100%.tif"),
    "new header": ("a\r\nSet-Cookie: x=1", "aSet-Cookie_ x=1"),
    "NUL": ("a\0b", "ab"),
    "climbing": ("../../etc/passwd", "passwd"),
    "absolute": ("/etc/passwd", "passwd"),
    "Windows": ("C:\\Users\\x.txt", "x.txt"),
    "drive": ("C:x.txt", "C_x.txt"),
    "right to left": ("exe.\u202efdp.tif", "exe.fdp.tif"),
    "zero width": ("a\u200bb.tif", "ab.tif"),
    "emoji": ("\U0001f52c.tif", "\U0001f52c.tif"),
    "accent": ("Gr\u00fc\u00dfe.tif", "Gr\u00fc\u00dfe.tif"),
    "decomposed": ("u\u0308.tif", "\u00fc.tif"),
    "surrogate": ("a\ud800b.tif", "ab.tif"),
    "hidden": (".bashrc", "bashrc"),
    "dots": ("..", "file"),
    "empty": ("", "file"),
    "folder": ("folder/", "folder"),
    "long": ("x" * 300 + ".ome.tiff", "x" * (LONGEST_NAME - 5) + ".tiff"),
    "long without ending": ("x" * 300, "x" * LONGEST_NAME),
}


@pytest.mark.parametrize(("name", "cleaned"), NAMES.values(), ids=NAMES)
def test_a_name_in_a_header(name: str, cleaned: str) -> None:
    assert safe_name(name) == cleaned
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    found = re.fullmatch(r"attachment; filename=\"([^\"\\/;%]+)\"(?:; filename\*=UTF-8''([\w.%~-]+))?", header)
    assert found is not None
    assert (unquote(found[2]) if found[2] else found[1]) == cleaned


def test_both_forms_of_a_name() -> None:
    told = "attachment; filename=\"Grue 1.tif\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.tif"
    assert disposition("Gr\u00fc\u00dfe 1.tif") == told
    assert disposition("a.png", inline=True) == 'inline; filename="a.png"'
    assert disposition("\U0001f52c") == "attachment; filename=\"file\"; filename*=UTF-8''%F0%9F%94%AC"


TYPES = {
    "image/png": (True, "image/png"),
    "text/plain; charset=latin-1": (True, "text/plain"),
    "text/csv": (True, "text/plain"),
    "text/x-python": (True, "text/plain"),
    "text/html": (False, "application/octet-stream"),
    "application/xhtml+xml": (False, "application/octet-stream"),
    "image/svg+xml": (False, "application/octet-stream"),
    "application/javascript": (False, "application/octet-stream"),
    "text/javascript": (False, "application/octet-stream"),
    "application/pdf": (False, "application/octet-stream"),
    "": (False, "application/octet-stream"),
    "bogus": (False, "application/octet-stream"),
    "multipart/x-mixed-replace; boundary=x": (False, "application/octet-stream"),
}


@pytest.mark.parametrize("mimetype", TYPES, ids=lambda text: text or "none")
def test_what_a_browser_may_show(mimetype: str) -> None:
    shown, as_what = TYPES[mimetype]
    assert may_be_shown(mimetype) is shown
    assert media_type(mimetype, inline=True) == as_what


@pytest.mark.parametrize(
    ("mimetype", "sent"),
    [
        ("image/svg+xml", "image/svg+xml"),
        ("Text/HTML; charset=utf-8", "text/html"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("OMERO.tables", "application/octet-stream"),
        ("x" * 100 + "/y", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
    ids=["svg", "parameters", "new header", "no type", "long", "none"],
)
def test_the_type_of_what_is_saved(mimetype: str, sent: str) -> None:
    assert media_type(mimetype, inline=False) == sent
