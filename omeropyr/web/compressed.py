"""Static files sent compressed: each is compressed once, kept in memory, and never mixed with what users own.

Pages and JSON are not compressed here: an answer that holds a secret and words of the request tells the secret by its
length (BREACH, CVE-2013-3587). Static files are the same for everybody.
"""

from __future__ import annotations

import gzip
import threading

from pyramid.request import Request
from pyramid.response import Response

TYPES = frozenset(
    ("text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml", "text/plain")
)
LEAST = 1024
"""Bytes from which a file becomes smaller by more than the headers that say so."""
SUFFIX = ".gz"


def pack(data: bytes) -> bytes:
    """The same bytes for the same file, whenever it is packed."""
    return gzip.compress(data, 9, mtime=0)


class Compressed:
    """The packed files of one folder of static files, by their place in it; safe for threads."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def apply(self, request: Request, response: Response, place: str) -> None:
        """Make *response*, a whole file, a packed one where the browser takes that."""
        if response.status_int != 200 or response.content_type not in TYPES:
            return
        response.vary = ["Accept-Encoding"]
        # Without the header a browser says nothing of what it can unpack.
        told = "Accept-Encoding" in request.headers and request.accept_encoding.acceptable_offers(["gzip"])
        if not told or request.method == "HEAD" or (response.content_length or 0) < LEAST:
            return
        with self._lock:
            packed = self._packed.get(place)
        if packed is None:
            packed = pack(response.body)  # closes the file
            with self._lock:
                self._packed[place] = packed
        else:
            response.app_iter.close()
        response.app_iter = [packed]
        response.content_encoding = "gzip"
        response.content_length = len(packed)
