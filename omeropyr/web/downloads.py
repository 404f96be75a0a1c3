"""The one policy for bytes that users brought: attachments, text tables, archives of original files.

Whatever its type says, such a file may hold a script. So it is saved and not shown, unless its type is on a short list
of harmless ones; it is never sniffed, and a sandbox without an origin holds whatever a browser shows of it.
Names follow RFC 6266 and RFC 8187, ranges RFC 9110.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.filenames import safe_name
from omeropyr.connection.files import FileFacts, file_chunks, open_file
from omeropyr.connection.held import PAUSES, Held, HeldBody

SANDBOX = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
BINARY = "application/octet-stream"
# What a browser may show, and as what: pictures without scripts in them, and text as nothing but text.
SHOWN = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
    "text/plain": "text/plain",
    "text/csv": "text/plain",
    "text/x-python": "text/plain",
    "text/x-ipython": "text/plain",
    "application/x-python": "text/plain",
    "application/json": "application/json",
}
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_RANGE = re.compile(r"bytes=\s*([0-9]{0,20})-([0-9]{0,20})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class UserFile:
    """A file to be sent: its own name, bytes, media type as its owner gave it, and what changes with its bytes."""

    name: str
    size: int
    mimetype: str
    version: str


def disposition(name: str, *, inline: bool = False) -> str:
    """``Content-Disposition`` for a file of this name: in plain letters, and in full where that is not the same."""
    cleaned = safe_name(name)
    ascii_name = unicodedata.normalize("NFKD", cleaned).encode("ascii", "ignore").decode()
    ascii_name = ascii_name.replace("%", "_").replace(";", "_").strip(" .") or "file"
    value = f'{"inline" if inline else "attachment"}; filename="{ascii_name}"'
    return value if ascii_name == cleaned else f"{value}; filename*=UTF-8''{quote(cleaned, safe='')}"


def media_type(mimetype: str, *, inline: bool) -> str:
    """The type that is sent: one from the list where the file is shown, else its own if it is well-formed."""
    plain = mimetype.partition(";")[0].strip().lower()
    if inline:
        return SHOWN.get(plain, BINARY)
    return plain if _TYPE.fullmatch(plain) else BINARY


def may_be_shown(mimetype: str) -> bool:
    """Whether a browser may show a file of this type instead of saving it."""
    return mimetype.partition(";")[0].strip().lower() in SHOWN


def set_user_headers(response: Response, name: str, *, inline: bool = False) -> None:
    """The headers of bytes that users brought: name, no sniffing, sandbox, nobody keeps it."""
    response.headers["Content-Disposition"] = disposition(name, inline=inline)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.vary = ["Cookie"]


def send_file(
    request: Request,
    file: UserFile,
    held: Held,
    chunks: Callable[[int, int], Iterable[bytes]],
    *,
    show: bool = False,
) -> Response:
    """Answer a file of known size, or the one range of it that was asked for; ``chunks(start, stop)`` makes its bytes.

    *show* lets a browser show it where its type is on the list. 416 where the range lies behind the end.
    """
    inline = show and may_be_shown(file.mimetype)
    tag = _etag(request, file)
    if tag.strip('"') in request.if_none_match:
        held.release()
        response = Response(status=304)
        response.content_type = None
        response.headers["ETag"] = tag
        set_user_headers(response, file.name, inline=inline)
        return response
    wanted = _asked(request, tag)
    start, stop = (0, file.size) if wanted is None else _span(wanted, file.size)
    if wanted is not None and start >= stop:
        held.release()
        response = Response(status=416, content_type="text/plain", charset="utf-8", body=b"")
        response.headers["Content-Range"] = f"bytes */{file.size}"
    else:
        response = Response(status=200 if wanted is None else 206, app_iter=_body(request, held, chunks(start, stop)))
        response.content_type = media_type(file.mimetype, inline=inline)
        response.charset = "utf-8" if inline and response.content_type == "text/plain" else None
        response.content_length = stop - start
        if wanted is not None:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = tag
    set_user_headers(response, file.name, inline=inline)
    return response


def send_original(request: Request, file: FileFacts, *, show: bool = False) -> Response:
    """Answer an original file of OMERO, by the connection that the request has."""
    held = Held(request, open_file)
    size = request.settings.web.chunk_size
    sent = UserFile(file.name, file.size, file.mimetype, f"{file.id}-{file.version}")
    return send_file(request, sent, held, lambda start, stop: file_chunks(held, file, start, stop, size), show=show)


def send_stream(
    request: Request, name: str, held: Held, chunks: Iterable[bytes], *, content_type: str, charset: str | None = None
) -> Response:
    """Answer what is made while it is sent, of a length that is not known before: an archive, a table as text."""
    response = Response(content_type=content_type, charset=charset, app_iter=_body(request, held, chunks))
    response.headers["Accept-Ranges"] = "none"
    set_user_headers(response, name)
    return response


def send_bytes(name: str, body: bytes, *, content_type: str, charset: str | None = None) -> Response:
    """Answer something short as a file to be saved."""
    response = Response(body=body, content_type=content_type, charset=charset)
    set_user_headers(response, name)
    return response


def _body(request: Request, held: Held, chunks: Iterable[bytes]) -> HeldBody:
    body = HeldBody(held, chunks, request.registry[PAUSES])
    if request.method != "HEAD":
        body.begin()
    return body


def _etag(request: Request, file: UserFile) -> str:
    """A strong validator: the same as long as every byte is."""
    what = repr((request.omero.server_id, file.name, file.size, file.version))
    return f'"{hashlib.sha256(what.encode()).hexdigest()[:32]}"'


def _asked(request: Request, tag: str) -> tuple[int | None, int | None] | None:
    """First and last byte of the range that was asked for, of which one may be missing.

    None where no range counts: there is none, there are several, it makes no sense, or it is of another version.
    """
    condition = request.headers.get("If-Range")
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or (condition is not None and condition.strip() != tag):
        return None
    first, last = (int(text) if text else None for text in asked.groups())
    backwards = first is not None and last is not None and last < first
    return None if backwards or (first is None and last is None) else (first, last)


def _span(asked: tuple[int | None, int | None], size: int) -> tuple[int, int]:
    """First byte of a range and the one behind its last; not in that order where the file has none of it."""
    first, last = asked
    if first is None:
        return max(0, size - (last or 0)), size
    return first, size if last is None else min(size, last + 1)
