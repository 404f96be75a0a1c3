"""A command under way: its status for those who ask, and a word to those who wait."""

from __future__ import annotations

import logging
import threading
from typing import Any

import Ice
import omero

from omeropyr.embedded.dispatch import Call, StatefulService, failure

log = logging.getLogger(__name__)


class Job:
    """What a command does. ``run`` answers its Response; an OMERO exception becomes an ``omero.cmd.ERR``."""

    steps = 1

    def __init__(self, call: Call, request: Any) -> None:
        self.call = call
        self.request = request

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Do the work; call ``handle.step(n)`` after each step and stop when ``handle.cancelled``."""
        raise NotImplementedError


class Handle(StatefulService):
    """``omero.cmd.Handle``: response and status of one job."""

    slice_type = omero.cmd.Handle

    def __init__(self, request: omero.cmd.Request | None, job: Job) -> None:
        self._request = request
        self._job = job
        self._lock = threading.Lock()
        self._response: omero.cmd.Response | None = None
        self._callbacks: list[Any] = []
        self._status = omero.cmd.Status()
        self._status.steps, self._status.flags = job.steps, []
        self.cancelled = False

    def work(self) -> None:
        """Run the job to its end, in whatever thread this is called."""
        try:
            response = self._job.run(self)
        except Exception as error:  # noqa: BLE001 - failure() logs it; the client gets an ERR
            response = self._error(failure(error, type(self._job).__name__))
        with self._lock:
            self._response = response
            self._status.currentStep = self._status.steps
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._finish(callback)

    def step(self, number: int) -> None:
        """Say how far the job is."""
        with self._lock:
            self._status.currentStep = number

    def _error(self, error: Exception) -> omero.cmd.ERR:
        with self._lock:
            self._status.flags = [omero.cmd.State.CANCELLED if self.cancelled else omero.cmd.State.FAILURE]
        words = getattr(error, "message", "") or type(error).__name__
        kind = type(self._request).__name__ if self._request is not None else type(self._job).__name__
        return omero.cmd.ERR(kind, type(error).__name__, {"message": words})

    def _finish(self, callback: Any) -> None:
        try:
            callback.finished(self._response, self._status)
        except Ice.LocalException:
            log.info("a client was gone before its command ended")

    # --- what clients ask ---

    def addCallback(self, call: Call, callback: Any) -> None:
        """Tell *callback* when the job is done, over the client's own connection; at once when it is."""
        own = omero.cmd.CmdCallbackPrx.uncheckedCast(call.current.con.createProxy(callback.ice_getIdentity()))
        with self._lock:
            if self._response is None:
                self._callbacks.append(own)
                return
        call.server.run(lambda: self._finish(own))

    def removeCallback(self, call: Call, callback: Any) -> None:
        """Do not tell *callback*."""
        with self._lock:
            self._callbacks = [
                known for known in self._callbacks if known.ice_getIdentity() != callback.ice_getIdentity()
            ]

    def getRequest(self, call: Call) -> omero.cmd.Request | None:
        """What was asked."""
        return self._request

    def getResponse(self, call: Call) -> omero.cmd.Response | None:
        """What came of it; null while the job runs."""
        return self._response

    def getStatus(self, call: Call) -> omero.cmd.Status:
        """How far the job is."""
        with self._lock:
            return self._status

    def cancel(self, call: Call) -> bool:
        """Ask the job to stop; False when it is done already."""
        with self._lock:
            self.cancelled = self._response is None
            return self.cancelled
