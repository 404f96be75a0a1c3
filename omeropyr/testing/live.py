"""The application on a port of its own, for what WebTest cannot show: browsers, sockets, many clients at once."""

from __future__ import annotations

from webtest.http import StopableWSGIServer


class LiveServer(StopableWSGIServer):  # type: ignore[misc]
    """WebTest's waitress in a thread; ``LiveServer.create(app, host="127.0.0.1")`` starts it, ``shutdown()`` ends it.

    WebTest's own waits by select(), which fails in a process that has more than 1,024 files open.
    """

    def run(self) -> None:
        """Serve until it is shut down."""
        try:
            self.asyncore.loop(0.5, use_poll=True, map=self._map)
        except OSError:
            if not self.was_shutdown:
                raise
