"""A new password by e-mail. OMERO makes and sends it; the web asks as OMERO's guest and never says what came of it.

The answer is the same, and as quick, whether or not there is such an account: OMERO is asked after it was given.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import omero
import omero.callbacks
from pyramid.request import Request

from omeropyr.connection.gateway import FAILURES
from omeropyr.connection.pool import POOL
from omeropyr.connection.servers import Servers
from omeropyr.errors import InvalidInput, TooManyLogins, Unavailable
from omeropyr.security.throttle import Throttle

log = logging.getLogger(__name__)

LOST = "omeropyr.security.lost_passwords"
GUEST = "guest"
MOST_WAITING = 50
LONGEST = 255
ANSWER_LOOPS, LOOP_MILLISECONDS = 60, 500


class LostPasswords:
    """Asks OMERO in threads of its own; one for each application. At the end of the process what waits is dropped."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="lost-password")
        self._free = threading.BoundedSemaphore(MOST_WAITING)

    def ask(self, request: Request, server_id: int, username: str, email: str) -> None:
        """Have a new password sent. InvalidInput, TooManyLogins and Unavailable say nothing about the account."""
        if not all(0 < len(text) <= LONGEST and text.isprintable() for text in (username, email)) or "@" not in email:
            raise InvalidInput("Enter your user name and your e-mail address.")
        address = request.remote_addr or ""
        attempt = self._throttle.begin(username, address)
        if attempt.wait:
            raise TooManyLogins(retry_after=attempt.wait)
        self._throttle.failed(attempt)  # right or wrong: each counts
        if not self._free.acquire(blocking=False):
            raise Unavailable
        servers: Servers = request.registry[POOL].servers
        self._threads.submit(self._reset, servers, server_id, username, email, address)

    def _reset(self, servers: Servers, server_id: int, username: str, email: str, address: str) -> None:
        try:
            answer = reset(servers, server_id, username, email, address)
        except FAILURES as error:
            log.warning("a lost password could not be asked for", extra={"cause": type(error).__name__})
        except Exception:
            log.exception("a lost password could not be asked for")
        else:
            # "not-match" is everyday; anything else is for the administrator: OMERO may have no mail set up.
            outcome = getattr(answer, "name", None) or type(answer).__name__
            log.log(logging.INFO if outcome in QUIET else logging.WARNING, "lost password", extra={"outcome": outcome})
        finally:
            self._free.release()


QUIET = ("not-match", "ResetPasswordResponse")


def reset(servers: Servers, server_id: int, username: str, email: str, address: str) -> omero.cmd.Response | None:
    """OMERO's answer to a ResetPasswordRequest of its guest, None where it takes too long."""
    conn = servers.create(server_id, GUEST, GUEST, address)
    try:
        client: Any = conn.c
        handle = client.sf.submit(omero.cmd.ResetPasswordRequest(username, email))
        callback = omero.callbacks.CmdCallbackI(client, handle)
        try:
            return callback.loop(ANSWER_LOOPS, LOOP_MILLISECONDS) and callback.getResponse()
        except omero.LockTimeout:
            return None
        finally:
            callback.close(True)
    finally:
        conn.disconnect(end_session=True)
