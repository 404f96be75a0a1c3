"""``JobHandle``: looks at jobs that are stored. New ones are refused: there is no processor to run them."""

from __future__ import annotations

from typing import Any

import omero
from omero.rtypes import rstring, unwrap

from omeropyr.embedded.dispatch import Call, StatefulService

_JOB = "select j from Job j left outer join fetch j.status where j.id = :id"


class JobHandle(StatefulService):
    """One job, named by ``attach``."""

    slice_type = omero.api.JobHandle

    def __init__(self) -> None:
        self._job_id: int | None = None

    def submit(self, call: Call, job: omero.model.Job | None) -> int:
        """ResourceError: nobody would run the job."""
        raise omero.ResourceError(None, None, "There is no processor on this server: jobs cannot be run.")

    def attach(self, call: Call, jobId: int) -> omero.model.JobStatus:
        """Choose a stored job; its status. ApiUsageException when the caller sees none of this id."""
        with call.server.store.read(call.actor) as tx:
            found = tx.find(_JOB, {"id": jobId})
        if not found:
            raise omero.ApiUsageException(None, None, f"There is no job {jobId}.")
        self._job_id = jobId
        status: omero.model.JobStatus = found[0].status
        return status

    def getJob(self, call: Call) -> omero.model.Job:
        """The job."""
        if self._job_id is None:
            raise omero.ApiUsageException(None, None, "Call attach first.")
        with call.server.store.read(call.actor) as tx:
            found = tx.find(_JOB, {"id": self._job_id})
        if not found:
            raise omero.ValidationException(None, None, f"The job {self._job_id} is gone.")
        job: omero.model.Job = found[0]
        return job

    def jobStatus(self, call: Call) -> omero.model.JobStatus:
        """Its status as it is now."""
        return self.getJob(call).status

    def jobFinished(self, call: Call) -> omero.RTime | None:
        """When it finished; null before that."""
        return self.getJob(call).finished

    def jobMessage(self, call: Call) -> str:
        """What it says."""
        return unwrap(self.getJob(call).message) or ""

    def jobRunning(self, call: Call) -> bool:
        """Whether its status is ``Running``."""
        return bool(unwrap(self.jobStatus(call).value) == "Running")

    def jobError(self, call: Call) -> bool:
        """Whether its status is ``Error``."""
        return bool(unwrap(self.jobStatus(call).value) == "Error")

    def cancelJob(self, call: Call) -> None:
        """Set the status ``Cancelled``."""
        self._change(call, "Cancelled", None)

    def setStatus(self, call: Call, status: str) -> str:
        """Set the status; the one until now."""
        return self._change(call, status, None)[0]

    def setMessage(self, call: Call, message: str) -> str:
        """Set the message; the one until now."""
        return self._change(call, None, message)[1]

    def setStatusAndMessage(self, call: Call, status: str, message: omero.RString | None) -> str:
        """Set both; the status until now."""
        return self._change(call, status, unwrap(message))[0]

    def _change(self, call: Call, status: str | None, message: str | None) -> tuple[str, str]:
        before = self.getJob(call)
        known = str(unwrap(before.status.value)), str(unwrap(before.message) or "")
        with call.server.store.write(call.actor) as tx:
            job: Any = tx.get("Job", before.id.val)
            if status is not None:
                found = tx.find("select s from JobStatus s where s.value = :value", {"value": status})
                if not found:
                    raise omero.ApiUsageException(None, None, f"There is no status {status!r}.")
                job.status = found[0]
            if message is not None:
                job.message = rstring(message)
            tx.save(job)
        return known
