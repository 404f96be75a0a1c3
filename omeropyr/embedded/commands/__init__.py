"""Commands (``omero.cmd``): a request is submitted, a handle tells how it goes, a callback says when it is done."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import Ice
import omero

from omeropyr.embedded.commands.handle import CommandFailed, Handle, Job, request_name
from omeropyr.embedded.dispatch import Call

__all__ = ["REQUESTS", "Handle", "Job", "job_for", "start", "submit"]

REQUESTS: dict[str, str] = {
    "Chgrp2": "transfer:Move",
    "Chmod2": "chmod:Chmod",
    "Chown2": "transfer:Give",
    "CurrentSessionsRequest": "sessions:CurrentSessions",
    "Delete2": "delete:Delete",
    "DiskUsage2": "usage:DiskUsage",
    "DoAll": "several:DoAll",
    "Duplicate": "duplicate:Duplicate",
    "FindChildren": "find:FindChildren",
    "FindParents": "find:FindParents",
    "LegalGraphTargets": "find:LegalTargets",
    "OriginalMetadataRequest": "original_metadata:OriginalMetadata",
    "ResetPasswordRequest": "mails:ResetPassword",
    "Save": "several:Save",
    "SendEmailRequest": "mails:SendEmail",
    "SkipHead": "several:SkipHead",
    "UpdateSessionTimeoutRequest": "sessions:UpdateTimeout",
}
"""Which job does a request: the name of its class in ``omero.cmd``, and ``module:Class`` in this package."""


class Unknown(Job):
    """Any request that no job does: in OMERO's Slice ``submit`` declares no exception, so the handle has to say it."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Refuse by name."""
        raise omero.InternalException(None, None, f"{request_name(self.request)} is not there in the embedded server.")


class Refused(Job):
    """A request that is refused before its work begins: the handle has to say that, too."""

    def __init__(self, call: Call, request: omero.cmd.Request, failed: Exception) -> None:
        super().__init__(call, request)
        self._failed = failed

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Say why."""
        raise self._failed


def job_for(call: Call, request: omero.cmd.Request | None) -> Job:
    """The job that does *request*; its module is imported at the first need."""
    where = REQUESTS.get(type(request).__name__)
    if where is None:
        return Unknown(call, request)
    module, _, name = where.partition(":")
    made = getattr(import_module(f"{__name__}.{module}"), name)
    return cast(Job, made(call, request))


def submit(call: Call, request: omero.cmd.Request) -> Any:
    """Start the job for *request*; return the proxy of its handle."""
    try:
        job = job_for(call, request)
    except (CommandFailed, Ice.UserException) as failed:
        job = Refused(call, request, failed)
    return start(call, request, job)


def start(call: Call, request: omero.cmd.Request | None, job: Job) -> Any:
    """Run *job* in the background; return the proxy of the handle that tells how it goes."""
    handle = Handle(request, job)
    proxy = omero.cmd.HandlePrx.uncheckedCast(call.connection.add_stateful(handle, "Handle"))
    call.server.run(handle.work)
    return proxy
