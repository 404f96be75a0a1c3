"""Jobs of OMERO that the pages of administration wait for: permissions of groups, e-mails, deleting a picture."""

from __future__ import annotations

from typing import Any

import omero
import omero.callbacks

from omeropyr.errors import OmeroUnavailable

LOOPS, LOOP_MILLISECONDS = 100, 500


class JobFailed(omero.ApiUsageException):  # type: ignore[misc]
    """OMERO's answer to a job was an ERR; what OMERO raises for a call that it does not accept."""


class JobRefused(omero.SecurityViolation):  # type: ignore[misc]
    """OMERO answered a job that the user may not do this."""


def wait_for(conn: Any, command: Any) -> Any:
    """Submit a command and wait up to 50 seconds for its answer.

    JobRefused or JobFailed where it is an ERR; OmeroUnavailable where there is none in this time.
    """
    client = conn.c
    handle = client.sf.submit(command)
    callback = omero.callbacks.CmdCallbackI(client, handle)
    try:
        answer = callback.loop(LOOPS, LOOP_MILLISECONDS) and callback.getResponse()
    except omero.LockTimeout as error:
        raise OmeroUnavailable("OMERO is still working on this. Look again in a few minutes.") from error
    finally:
        callback.close(True)
    if isinstance(answer, omero.cmd.ERR):
        said = " ".join([answer.name or "", *(answer.parameters or {}).values()])
        kind = JobRefused if _is_refusal(said) else JobFailed
        raise kind(None, None, said[:500])
    return answer


def change_level(conn: Any, group_id: int, text: str, *, dry_run: bool = False) -> dict[str, int]:
    """Give a group another permission level; how many objects are deleted with it, by class.

    With *dry_run* nothing is changed.
    """
    chmod = omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [group_id]}, permissions=text, dryRun=dry_run)
    answer = wait_for(conn, chmod)
    gone = getattr(answer, "deletedObjects", None) or {}
    return {name.rpartition(".")[2]: len(ids) for name, ids in gone.items() if ids}


def _is_refusal(said: str) -> bool:
    words = said.lower()
    return "not an owner" in words or "security" in words or "permission" in words
