"""A command under way: its status for those who ask, and a word to those who wait."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import Ice
import omero

from omeropyr.embedded.dispatch import Call, StatefulService, failure

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The client asked the command to stop, and it had not come too far for that."""


class CommandFailed(Exception):
    """The command ends with an ``omero.cmd.ERR``; nothing was changed.

    ``name`` and ``parameters`` are what OMERO's server writes into it, ``kind`` the class of the ERR.
    """

    def __init__(
        self, message: str, name: str = "", kind: type[Any] | None = None, parameters: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.kind = kind or omero.cmd.ERR
        self.parameters = parameters or {}
        self.category = ""
        """The request that failed, where it is one of several."""


class Job:
    """What a command does. ``run`` answers its Response; an OMERO exception becomes an ``omero.cmd.ERR``."""

    steps = 1

    def __init__(self, call: Call, request: Any) -> None:
        self.call = call
        self.request = request

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Do the work; call ``handle.step(n)`` after each step, and ``handle.commit()`` before the work is kept."""
        raise NotImplementedError


class Progress:
    """How far a job is, and whether it shall stop: what a job is given, alone or as one of several."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.cancelled = False
        self._certain = False

    def check(self) -> None:
        """Raise Cancelled when the client wants that."""
        if self.cancelled:
            raise Cancelled

    def step(self, number: int) -> None:
        """Say how far the job is; Cancelled when it shall stop."""
        self.check()

    def commit(self) -> None:
        """The work is about to be kept: from here it cannot be cancelled. Cancelled when it was before."""
        with self.lock:
            self.check()
            self._certain = True

    def stop(self) -> bool:
        """Ask the job to stop; False when it is too late."""
        with self.lock:
            if not self._certain:
                self.cancelled = True
            return not self._certain


class Handle(StatefulService, Progress):
    """``omero.cmd.Handle``: response and status of one job."""

    slice_type = omero.cmd.Handle

    def __init__(self, request: omero.cmd.Request | None, job: Job) -> None:
        Progress.__init__(self)
        self._request = request
        self._job = job
        self._response: omero.cmd.Response | None = None
        self._callbacks: list[Any] = []
        self._status = omero.cmd.Status(
            category=_category(request, job),
            name=type(request).__name__ if request is not None else "",
            flags=[],
            parameters={},
            steps=job.steps,
            startTime=_now(),
            stepStartTimes=[_now()],
            stepStopTimes=[],
        )

    def work(self) -> None:
        """Run the job to its end, in whatever thread this is called."""
        try:
            self.check()
            response = self._job.run(self)
        except Cancelled:
            response = self._error("cancelled", "The command was cancelled.", omero.cmd.State.CANCELLED)
        except CommandFailed as failed:
            response = self._failed(failed)
        except Exception as error:  # noqa: BLE001 - failure() logs it; the client gets an ERR
            told = failure(error, type(self._job).__name__)
            words = getattr(told, "message", "") or type(told).__name__
            response = self._error(type(told).__name__, words, omero.cmd.State.FAILURE)
        with self.lock:
            self._certain = True
            self._response = response
            self._status.currentStep = self._status.steps
            self._status.stopTime = _now()
            self._status.stepStopTimes = [*self._status.stepStopTimes, _now()]
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._finish(callback)

    def step(self, number: int) -> None:
        """Say how far the job is; Cancelled when it shall stop."""
        with self.lock:
            self._status.currentStep = number
            self._status.stepStopTimes = [*self._status.stepStopTimes, _now()]
            self._status.stepStartTimes = [*self._status.stepStartTimes, _now()]
        self.check()

    def _error(self, name: str, words: str, *flags: Any) -> omero.cmd.ERR:
        with self.lock:
            self._status.flags = list(flags)
        return omero.cmd.ERR(self._status.category, name, {"message": words})

    def _failed(self, failed: CommandFailed) -> omero.cmd.ERR:
        with self.lock:
            self._status.flags = [omero.cmd.State.FAILURE, omero.cmd.State.CANCELLED]
        error = failed.kind()
        error.category, error.name = failed.category or self._status.category, failed.name
        error.parameters = {**failed.parameters, "message": failed.message}
        if hasattr(error, "message"):
            error.message = failed.message
        return error

    def _finish(self, callback: Any) -> None:
        try:
            # Neither an answer nor the sending is waited for: a silent client must not hold the thread of a job.
            callback.begin_finished(self._response, self._status)
        except Ice.LocalException:
            log.info("a client was gone before its command ended")

    # --- what clients ask ---

    def addCallback(self, call: Call, callback: Any) -> None:
        """Tell *callback* when the job is done, over the client's own connection; at once when it is."""
        if callback is None:
            raise omero.ApiUsageException(None, None, "A callback is an object of the client, not null.")
        back = call.current.con.createProxy(callback.ice_getIdentity()).ice_oneway()
        own = omero.cmd.CmdCallbackPrx.uncheckedCast(back)
        with self.lock:
            if self._response is None:
                self._callbacks.append(own)
                return
        call.server.run(lambda: self._finish(own))

    def removeCallback(self, call: Call, callback: Any) -> None:
        """Do not tell *callback*."""
        if callback is None:
            return
        with self.lock:
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
        with self.lock:
            return self._status

    def cancel(self, call: Call) -> bool:
        """Ask the job to stop; False when it is done already, or about to keep what it did."""
        return self.stop()


def _category(request: omero.cmd.Request | None, job: Job) -> str:
    """What OMERO writes into an ERR: the Slice name of the request."""
    return str(request.ice_id()) if request is not None else type(job).__name__


def _now() -> int:
    return int(time.time() * 1000)


def request_name(request: omero.cmd.Request | None) -> str:
    """What a message calls a request: its class, or null."""
    return "null" if request is None else type(request).__name__
