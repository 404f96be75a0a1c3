"""Commands (``omero.cmd``): a request is submitted, a handle tells how it goes, a callback says when it is done."""

from __future__ import annotations

from typing import Any

import omero

from omeropyr.embedded.commands.handle import Handle, Job
from omeropyr.embedded.dispatch import Call

__all__ = ["Handle", "Job", "start", "submit"]

JOBS: dict[type, type[Job]] = {}
"""Which job does which request."""


def submit(call: Call, request: omero.cmd.Request) -> Any:
    """Start the job for *request*; return the proxy of its handle. InternalException for an unknown request."""
    job = JOBS.get(type(request)) or next((JOBS[kind] for kind in type(request).__mro__ if kind in JOBS), None)
    if job is None:
        raise omero.InternalException(None, None, f"{type(request).__name__} is not there in the embedded server.")
    return start(call, request, job(call, request))


def start(call: Call, request: omero.cmd.Request | None, job: Job) -> Any:
    """Run *job* in the background; return the proxy of the handle that tells how it goes."""
    handle = Handle(request, job)
    proxy = omero.cmd.HandlePrx.uncheckedCast(call.connection.add_stateful(handle, "Handle"))
    call.server.run(handle.work)
    return proxy
