"""Commands (``omero.cmd``): a request is submitted, a handle tells how it goes, a callback says when it is done."""

from __future__ import annotations

from typing import Any

import omero

from omeropyr.embedded.commands.handle import Handle, Job
from omeropyr.embedded.dispatch import Call

__all__ = ["Handle", "Job", "start", "submit"]


class Unknown(Job):
    """Any request that no job does: in OMERO's Slice ``submit`` declares no exception, so the handle has to say it."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Refuse by name."""
        raise omero.InternalException(None, None, f"{type(self.request).__name__} is not there in the embedded server.")


def submit(call: Call, request: omero.cmd.Request) -> Any:
    """Start the job for *request*; return the proxy of its handle. No request has a job of its own yet."""
    return start(call, request, Unknown(call, request))


def start(call: Call, request: omero.cmd.Request | None, job: Job) -> Any:
    """Run *job* in the background; return the proxy of the handle that tells how it goes."""
    handle = Handle(request, job)
    proxy = omero.cmd.HandlePrx.uncheckedCast(call.connection.add_stateful(handle, "Handle"))
    call.server.run(handle.work)
    return proxy
