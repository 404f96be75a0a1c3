"""``IScript``: official scripts, scripts of users, lookup tables. Nothing runs them: there is no processor.

Official scripts are for administrators with the privilege WriteScriptRepo to add and change, and DeleteScriptRepo to
delete; everybody reads them. A user's own scripts are OriginalFiles like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import omero
from omero.rtypes import robject, unwrap

from omeropyr.embedded import scripts
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import ALL_GROUPS, Actor

_NO_PROCESSOR = "There is no processor on this server: scripts cannot be run."


class ScriptService(Service):
    """Official scripts are seen in whatever group the call is."""

    slice_type = omero.api.IScript

    # --- reading ---

    def getScripts(self, call: Call) -> list[omero.model.OriginalFile]:
        """The official scripts; lookup tables are not among them."""
        return [one for one in _official(call) if unwrap(one.mimetype) != scripts.LUT_TYPE]

    def getScriptsByMimetype(self, call: Call, mimetype: str) -> list[omero.model.OriginalFile]:
        """Official files of a media type: ``text/x-lut`` gives the lookup tables."""
        return [one for one in _official(call) if unwrap(one.mimetype) == mimetype]

    def getUserScripts(
        self, call: Call, acceptsList: Sequence[omero.model.IObject] | None
    ) -> list[omero.model.OriginalFile]:
        """Scripts of the users and groups named, of the group of the call when none is."""
        accepted, values = _accepted(acceptsList)
        types = [one for one in scripts.MIMETYPES.values() if one != scripts.LUT_TYPE]
        if not accepted and call.actor.group_id != ALL_GROUPS:
            accepted, values = ["o.details.group.id in (:groups)"], {"groups": [call.actor.group_id]}
        where = " and ".join(["o.mimetype in (:types)", *([f"({' or '.join(accepted)})"] if accepted else [])])
        with call.server.store.read(call.actor) as tx:
            known = scripts.official(tx)
            found = tx.find(f"select o from OriginalFile o where {where} order by o.id", {**values, "types": types})  # noqa: S608 - fixed texts
        return [one for one in found if one.id.val not in known]

    def getScriptID(self, call: Call, path: str) -> int:
        """The id of the official script at a path, -1 when there is none."""
        wanted = scripts.normal_path(path)
        return next((one.id.val for one in _official(call) if _path(one) == wanted), -1)

    def getScriptText(self, call: Call, scriptID: int) -> str:
        """The text of a script; empty when the caller sees none of this id."""
        found = _seen(call, scriptID)
        return "" if found is None else _text(call, found)

    def getScriptWithDetails(self, call: Call, scriptID: int) -> dict[str, omero.RType]:
        """The OriginalFile of a script by its text; empty when the caller sees none of this id."""
        found = _seen(call, scriptID)
        return {} if found is None else {_text(call, found): robject(found)}

    def getParams(self, call: Call, scriptID: int) -> omero.grid.JobParams | None:
        """What a script takes is known by running it: ResourceError; null when the caller sees none of this id."""
        if _seen(call, scriptID) is None:
            return None
        raise omero.ResourceError(None, None, _NO_PROCESSOR)

    # --- changing ---

    def uploadScript(self, call: Call, path: str, scriptText: str) -> int:
        """A new script of the caller's, which nobody runs; its id."""
        wanted, content = scripts.normal_path(path), _content(scriptText)
        with call.server.store.write(call.actor) as tx:
            file_id = int(tx.save(scripts.described(wanted, content)).id.val)
            _own(call, file_id).write_bytes(content)
        return file_id

    def uploadOfficialScript(self, call: Call, path: str, scriptText: str) -> int:
        """A new official script; its id. SecurityViolation for who may not, ApiUsageException when it is there."""
        _require(call.actor, "WriteScriptRepo")
        return scripts.add(call.server.store, call.server.data, scripts.normal_path(path), _content(scriptText))

    def editScript(self, call: Call, fileObject: omero.model.OriginalFile | None, scriptText: str) -> None:
        """Replace the text of a script."""
        if fileObject is None or fileObject.id is None:
            raise omero.ApiUsageException(None, None, "An OriginalFile with an id is expected.")
        found, content = _needed(call, fileObject.id.val), _content(scriptText)
        if _is_official(call, found.id.val):
            _require(call.actor, "WriteScriptRepo")
            scripts.change(call.server.store, call.server.data, found.id.val, content)
            return
        with call.server.store.write(replace(call.actor, group_id=ALL_GROUPS)) as tx:
            imported = tx.values("select e.id from FilesetEntry e where e.originalFile.id = :id", {"id": found.id.val})
            stored = tx.get("OriginalFile", found.id.val)
            if imported or not stored.details.permissions.canEdit():
                raise omero.SecurityViolation(None, None, f"You may not change the script {found.id.val}.")
            tx.save(scripts.described(_path(stored), content, stored))
            _own(call, found.id.val).write_bytes(content)

    def deleteScript(self, call: Call, scriptID: int) -> None:
        """Delete a script and its bytes."""
        found = _needed(call, scriptID)
        if _is_official(call, scriptID):
            _require(call.actor, "DeleteScriptRepo")
            scripts.remove(call.server.store, call.server.data, scriptID)
            return
        if unwrap(found.mimetype) not in scripts.MIMETYPES.values():
            raise omero.ApiUsageException(None, None, f"OriginalFile {scriptID} is no script.")
        with call.server.store.write(replace(call.actor, group_id=ALL_GROUPS)) as tx:
            tx.delete("OriginalFile", scriptID)
        _own(call, scriptID).unlink(missing_ok=True)

    # --- running ---

    def runScript(
        self, call: Call, scriptID: int, inputs: Mapping[str, omero.RType] | None, waitSecs: omero.RInt | None
    ) -> omero.grid.ScriptProcessPrx:
        """ResourceError: there is no processor."""
        _needed(call, scriptID)
        raise omero.ResourceError(None, None, _NO_PROCESSOR)

    def canRunScript(self, call: Call, scriptID: int) -> bool:
        """False: there is no processor."""
        return False

    def validateScript(
        self, call: Call, j: omero.model.Job | None, acceptsList: Sequence[omero.model.IObject] | None
    ) -> omero.model.OriginalFile | None:
        """The one script of a job: an official one when nothing is accepted, else one of the users or groups named."""
        if j is None or j.id is None:
            raise omero.ApiUsageException(None, None, "A stored job is expected.")
        accepted, values = _accepted(acceptsList)
        more = f"and ({' or '.join(accepted)})" if accepted else ""
        query = (
            "select o from OriginalFile o where o.id in "  # noqa: S608 - fixed texts
            f"(select l.child.id from JobOriginalFileLink l where l.parent.id = :job) {more}"
        )
        with call.server.store.read(call.actor) as tx:
            found = tx.find(query, {**values, "job": j.id.val})
        if len(found) != 1:
            raise omero.ValidationException(None, None, f"The job has {len(found)} scripts, not one.")
        script: omero.model.OriginalFile = found[0]
        return script if accepted or _is_official(call, script.id.val) else None


def _official(call: Call) -> list[Any]:
    with call.server.store.read(replace(call.actor, group_id=ALL_GROUPS, only_user=None)) as tx:
        ids = list(scripts.official(tx))
        return tx.find("select o from OriginalFile o where o.id in (:ids) order by o.path, o.name", {"ids": ids})


def _is_official(call: Call, script_id: int) -> bool:
    return scripts.location(call.server.store, call.server.data, script_id) is not None


def _seen(call: Call, script_id: int) -> Any | None:
    with call.server.store.read(replace(call.actor, group_id=ALL_GROUPS, only_user=None)) as tx:
        found = tx.find("select o from OriginalFile o where o.id = :id", {"id": script_id})
    return found[0] if found else None


def _needed(call: Call, script_id: int) -> Any:
    found = _seen(call, script_id)
    if found is None:
        raise omero.ApiUsageException(None, None, f"There is no script {script_id} on this server.")
    return found


def _require(actor: Actor, privilege: str) -> None:
    if not actor.may(privilege):
        raise omero.SecurityViolation(
            None, None, f"Official scripts are for administrators with {privilege} to change."
        )


def _path(file: Any) -> str:
    return f"{(unwrap(file.path) or '/').rstrip('/')}/{unwrap(file.name)}"


def _content(text: str | None) -> bytes:
    content = (text or "").encode()
    if len(content) > scripts.LARGEST:
        raise omero.ApiUsageException(None, None, f"A script has at most {scripts.LARGEST} bytes.")
    return content


def _text(call: Call, file: Any) -> str:
    path = scripts.location(call.server.store, call.server.data, file.id.val) or _own(call, file.id.val)
    if not path.is_file():
        raise omero.ResourceError(None, None, f"Script {file.id.val} has no text on this server.")
    if path.stat().st_size > scripts.LARGEST:
        raise omero.ValidationException(None, None, f"OriginalFile {file.id.val} is too long for a script.")
    return path.read_bytes().decode("utf-8", "replace")


def _own(call: Call, file_id: int) -> Path:
    return call.server.data / "Files" / str(file_id)


def _accepted(accepts: Sequence[omero.model.IObject] | None) -> tuple[list[str], dict[str, Any]]:
    users = [one.id.val for one in accepts or () if isinstance(one, omero.model.Experimenter)]
    groups = [one.id.val for one in accepts or () if isinstance(one, omero.model.ExperimenterGroup)]
    if len(users) + len(groups) != len(accepts or ()):
        raise omero.ApiUsageException(None, None, "Users and groups are expected.")
    where = [
        *(["o.details.owner.id in (:users)"] if users else []),
        *(["o.details.group.id in (:groups)"] if groups else []),
    ]
    return where, {"users": users, "groups": groups}
