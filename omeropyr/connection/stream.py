"""Bodies that are made while they are sent, by a connection that stays leased until the last byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.lease import Lease, lease_of


class OwnedBody:
    """An ``app_iter`` that gives the lease back when the server closes it, whether or not the client read it all."""

    def __init__(self, chunks: Iterable[bytes], lease: Lease | None) -> None:
        self._chunks = iter(chunks)
        self._lease = lease
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            raise
        except BaseException as error:
            self._error = error
            raise

    def close(self) -> None:
        """End the loan."""
        close = getattr(self._chunks, "close", None)
        try:
            if close is not None:
                close()
        finally:
            if self._lease is not None:
                self._lease.give_back(self._error)


def stream(request: Request, chunks: Iterable[bytes], *, content_type: str = "application/octet-stream") -> Response:
    """A response whose body is *chunks*; ``request.conn`` stays the caller's until it is sent."""
    lease = lease_of(request)
    if lease is not None:
        # Pyramid's finished callbacks run before the body is sent.
        lease.streamed = True
    return Response(app_iter=OwnedBody(chunks, lease), content_type=content_type)
