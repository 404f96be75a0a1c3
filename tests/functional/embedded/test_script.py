"""IScript, the repository of scripts and JobHandle over Ice."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rstring, unwrap

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.rendering import lut
from omeropyr.testing import OmeroData
from omeropyr.testing.data import PASSWORD

TEXT = "import omero.scripts\nprint('é')\n"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def ann(omero_data: OmeroData, gateway_of: Any) -> Any:
    """An ordinary user's gateway."""
    omero_data.add_user("script-ann", omero_data.add_group("script-lab", "rwra--"))
    return gateway_of("script-ann")


@pytest.fixture
def official(gateway: Any) -> Iterator[Callable[[], tuple[int, str]]]:
    """A function that adds an official script and gives its id and path; all are deleted afterwards."""
    service, made = gateway.getScriptService(), []

    def add() -> tuple[int, str]:
        path = f"/omero/test_scripts/Script_{next(_numbers)}.py"
        made.append(service.uploadOfficialScript(path, TEXT))
        return made[-1], path

    yield add
    for one in made:
        if service.getScriptText(one):
            service.deleteScript(one)


class TestLookupTables:
    def test_listed_for_everybody(self, ann: Any) -> None:
        found = ann.getScriptService().getScriptsByMimetype("text/x-lut")
        assert sorted(one.name.val for one in found) == list(lut.names())
        assert {one.path.val for one in found} == {"/luts/"}
        assert {one.size.val for one in found} == {768}
        assert {one.details.permissions.canEdit() for one in found} == {False}
        assert "text/x-lut" not in {one.mimetype.val for one in ann.getScriptService().getScripts()}

    def test_read_in_any_group(self, ann: Any) -> None:
        """Clients load the OriginalFile in the group they work in; what is in the group ``user`` is everybody's."""
        found = ann.getScriptService().getScriptsByMimetype("text/x-lut")[0]
        group = {"omero.group": str(ann.getEventContext().groupId)}
        stored = ann.c.sf.getQueryService().get("OriginalFile", found.id.val, group)
        assert (stored.name.val, stored.details.group.id.val) == (found.name.val, 1)
        with pytest.raises(omero.SecurityViolation):
            ann.c.sf.getUpdateService().deleteObject(stored, group)

    def test_bytes(self, ann: Any) -> None:
        """256 red, 256 green, 256 blue, through the repository as OMERO.web reads them."""
        (found,) = [
            one for one in ann.getScriptService().getScriptsByMimetype("text/x-lut") if one.name.val == "spectrum.lut"
        ]
        repository = ann.c.sf.sharedResources().getScriptRepository()
        store = repository.fileById(found.id.val)
        try:
            data = store.read(0, 1000)
        finally:
            store.close()
        table = lut.lookup_table("spectrum.lut")
        assert table is not None
        assert np.array_equal(np.frombuffer(data, np.uint8).reshape(3, 256).T, table)
        assert hashlib.sha1(data, usedforsecurity=False).hexdigest() == found.hash.val


class TestOfficial:
    def test_life(self, gateway: Any, ann: Any, embedded: EmbeddedServer) -> None:
        service = gateway.getScriptService()
        path = "/omero/life/Count.py"
        script = service.uploadOfficialScript(path, TEXT)
        file = embedded.data / "Scripts" / "omero" / "life" / "Count.py"
        assert file.read_text() == TEXT
        users = ann.getScriptService()
        assert users.getScriptID("omero/life/Count.py") == script
        assert users.getScriptText(script) == TEXT
        (listed,) = [one for one in users.getScripts() if one.id.val == script]
        facts = (listed.path.val, listed.name.val, listed.mimetype.val, listed.size.val)
        assert facts == ("/omero/life/", "Count.py", "text/x-python", len(TEXT.encode()))
        ((text, stored),) = users.getScriptWithDetails(script).items()
        assert (text, stored.val.id.val) == (TEXT, script)
        with pytest.raises(omero.ApiUsageException, match="editScript"):
            service.uploadOfficialScript(path, "other")
        service.editScript(omero.model.OriginalFileI(script, False), "changed")
        assert users.getScriptText(script) == file.read_text() == "changed"
        service.deleteScript(script)
        assert not file.exists()
        assert users.getScriptID(path) == -1
        assert users.getScriptText(script) == ""
        assert users.getScriptWithDetails(script) == {}
        assert users.getParams(script) is None

    def test_not_for_ordinary_users(
        self, ann: Any, official: Callable[[], tuple[int, str]], embedded: EmbeddedServer
    ) -> None:
        """T17: an upload, a replacement and a deletion are refused, and nothing changes."""
        script, path = official()
        service = ann.getScriptService()
        before = [(one.id.val, unwrap(one.hash)) for one in service.getScripts()]
        with pytest.raises(omero.SecurityViolation):
            service.uploadOfficialScript("/omero/test_scripts/mine.py", "mine")
        with pytest.raises(omero.SecurityViolation):
            service.editScript(omero.model.OriginalFileI(script, False), "mine")
        with pytest.raises(omero.SecurityViolation):
            service.deleteScript(script)
        store = ann.c.sf.createRawFileStore()
        store.setFileId(script, {"omero.group": "-1"})
        with pytest.raises(omero.SecurityViolation):
            store.write(b"mine", 0, 4)
        store.close()
        assert [(one.id.val, unwrap(one.hash)) for one in service.getScripts()] == before
        assert service.getScriptText(script) == TEXT
        assert (embedded.data / "Scripts" / path.lstrip("/")).read_text() == TEXT

    def test_looking_like_one(self, gateway: Any, ann: Any, official: Callable[[], tuple[int, str]]) -> None:
        """An OriginalFile with the path of an official script is none."""
        script, path = official()
        stored = gateway.c.sf.getQueryService().get("OriginalFile", script, {"omero.group": "-1"})
        made = omero.model.OriginalFileI()
        made.name, made.path = stored.name, stored.path
        made.mimetype = stored.mimetype
        fake = ann.getUpdateService().saveAndReturnObject(made).id.val
        service = ann.getScriptService()
        assert service.getScriptID(path) == script
        assert fake not in {one.id.val for one in service.getScripts()}
        service.editScript(omero.model.OriginalFileI(fake, False), "mine")
        assert (service.getScriptText(fake), service.getScriptText(script)) == ("mine", TEXT)

    @pytest.mark.parametrize(
        ("privileges", "write", "delete"),
        [([], False, False), (["WriteScriptRepo"], True, False), (["DeleteScriptRepo"], False, True)],
        ids=["none", "write", "delete"],
    )
    def test_restricted_administrators(
        self,
        gateway: Any,
        gateway_of: Any,
        official: Callable[[], tuple[int, str]],
        privileges: list[str],
        write: bool,
        delete: bool,
    ) -> None:
        admin = gateway.c.sf.getAdminService()
        user = omero.model.ExperimenterI()
        name = f"script-admin-{'-'.join(privileges) or 'none'}"
        user.omeName, user.firstName, user.lastName = rstring(name), rstring("Re"), rstring("Stricted")
        values = [omero.model.AdminPrivilegeI() for _ in privileges]
        for value, privilege in zip(values, privileges, strict=True):
            value.value = rstring(privilege)
        admin.createRestrictedSystemUserWithPassword(user, values, rstring(PASSWORD))
        service = gateway_of(name).getScriptService()
        script, _ = official()
        edit = (omero.model.OriginalFileI(script, False), "changed")
        if write:
            service.editScript(*edit)
        else:
            with pytest.raises(omero.SecurityViolation, match="WriteScriptRepo"):
                service.editScript(*edit)
        assert service.getScriptText(script) == ("changed" if write else TEXT)
        if delete:
            service.deleteScript(script)
        else:
            with pytest.raises(omero.SecurityViolation, match="DeleteScriptRepo"):
                service.deleteScript(script)
        assert bool(service.getScriptText(script)) is not delete

    @pytest.mark.parametrize("path", ["", "/", "../x.py", "/a/../../x.py", "a\0.py", "x" * 300 + ".py", "a\n.py"])
    def test_paths(self, gateway: Any, path: str) -> None:
        with pytest.raises(omero.ApiUsageException, match="no path"):
            gateway.getScriptService().uploadOfficialScript(path, TEXT)


class TestOwn:
    def test_life(self, ann: Any) -> None:
        service = ann.getScriptService()
        script = service.uploadScript("/mine/Try.py", TEXT)
        assert [one.id.val for one in service.getUserScripts([]) if one.name.val == "Try.py"] == [script]
        assert script not in {one.id.val for one in service.getScripts()}
        assert service.getScriptID("/mine/Try.py") == -1
        assert service.getScriptText(script) == TEXT
        service.editScript(omero.model.OriginalFileI(script, False), "changed")
        assert service.getScriptText(script) == "changed"
        assert ann.getQueryService().get("OriginalFile", script).size.val == len("changed")
        mine = [omero.model.ExperimenterI(ann.getUserId(), False)]
        assert script in {one.id.val for one in service.getUserScripts(mine)}
        assert service.getUserScripts([omero.model.ExperimenterI(0, False)]) == []
        service.deleteScript(script)
        assert service.getScriptText(script) == ""

    @pytest.mark.parametrize("way", ["Delete2", "deleteObject"])
    def test_deleted_as_files(self, gateway: Any, embedded: EmbeddedServer, way: str) -> None:
        service, path = gateway.getScriptService(), f"/omero/{way}/Gone.py"
        script = service.uploadOfficialScript(path, TEXT)
        file = embedded.data / "Scripts" / path.lstrip("/")
        assert file.read_text() == TEXT
        if way == "Delete2":
            request = omero.cmd.Delete2(targetObjects={"OriginalFile": [script]})
            gateway.c.submit(request, loops=40, ms=250)
        else:
            gateway.getUpdateService().deleteObject(omero.model.OriginalFileI(script, False))
        assert not file.exists()
        again = service.uploadOfficialScript(path, "another")
        assert (again > script, service.getScriptText(again)) == (True, "another")
        assert gateway.getQueryService().get("OriginalFile", again).repo.val == "ScriptRepo"
        service.deleteScript(again)

    def test_of_others(self, ann: Any, omero_data: OmeroData, gateway_of: Any) -> None:
        script = ann.getScriptService().uploadScript("/mine/Shared.py", TEXT)
        omero_data.add_user("script-bob", ann.getEventContext().groupId)
        service = gateway_of("script-bob").getScriptService()
        assert service.getScriptText(script) == TEXT
        with pytest.raises(omero.SecurityViolation):
            service.editScript(omero.model.OriginalFileI(script, False), "mine")
        with pytest.raises(omero.SecurityViolation):
            service.deleteScript(script)
        assert service.getScriptText(script) == TEXT

    def test_only_scripts_are_deleted(self, ann: Any) -> None:
        made = omero.model.OriginalFileI()
        made.name, made.path, made.mimetype = rstring("a.txt"), rstring("/"), rstring("text/plain")
        file_id = ann.getUpdateService().saveAndReturnObject(made).id.val
        with pytest.raises(omero.ApiUsageException, match="no script"):
            ann.getScriptService().deleteScript(file_id)


class TestNoProcessor:
    @pytest.mark.parametrize("operation", ["runScript", "getParams"])
    def test_scripts(self, ann: Any, official: Callable[[], tuple[int, str]], operation: str) -> None:
        script, _ = official()
        service = ann.getScriptService()
        more: tuple[Any, ...] = ({}, None) if operation == "runScript" else ()
        with pytest.raises(omero.ResourceError, match="no processor"):
            getattr(service, operation)(script, *more)
        assert service.canRunScript(script) is False

    def test_processors(self, ann: Any) -> None:
        with pytest.raises(omero.ResourceError, match="no processor"):
            ann.c.sf.sharedResources().acquireProcessor(omero.model.ScriptJobI(), 1)

    def test_unknown_script(self, ann: Any) -> None:
        with pytest.raises(omero.ApiUsageException, match="no script"):
            ann.getScriptService().runScript(10**9, {}, None)


class TestRepository:
    def test_listings(self, ann: Any, official: Callable[[], tuple[int, str]]) -> None:
        script, path = official()
        repository = ann.c.sf.sharedResources().getScriptRepository()
        assert repository.root().mimetype.val == "Repository"
        assert {"/luts", "/omero"} <= set(repository.list("/"))
        assert path in repository.list("/omero/test_scripts")
        assert script in {unwrap(one.id) for one in repository.listFiles("/omero/test_scripts/")}
        assert [repository.fileExists(one) for one in (path, "/omero", "/nothing")] == [True, True, False]
        assert repository.mimetype(path) == "text/x-python"
        tree = unwrap(repository.treeList("/omero"))
        assert tree["/omero/test_scripts/"]["files"][path]["id"] == script
        store = repository.file(path, "r")
        assert store.read(0, 100) == TEXT.encode()
        store.close()

    def test_read_only(self, gateway: Any) -> None:
        repository = gateway.c.sf.sharedResources().getScriptRepository()
        with pytest.raises(omero.SecurityViolation):
            repository.file("/luts/red.lut", "rw")
        with pytest.raises(omero.SecurityViolation):
            repository.makeDir("/new", True)
        with pytest.raises(omero.ResourceError):
            repository.mimetype("/luts/none.lut")


class TestJobHandle:
    def test_stored_job(self, gateway: Any) -> None:
        job = omero.model.ScriptJobI()
        query = gateway.getQueryService()
        job.username = job.groupname = job.type = rstring("x")
        job.message, job.description = rstring("waiting"), rstring("")
        job.status = query.findByString("JobStatus", "value", "Waiting")
        job.submitted = job.scheduledFor = omero.rtypes.rtime(1000)
        job_id = gateway.getUpdateService().saveAndReturnObject(job).id.val
        handle = gateway.c.sf.createJobHandle()
        with pytest.raises(omero.ResourceError, match="no processor"):
            handle.submit(omero.model.ScriptJobI())
        with pytest.raises(omero.ApiUsageException, match="attach"):
            handle.getJob()
        assert handle.attach(job_id).value.val == "Waiting"
        assert (handle.jobMessage(), handle.jobRunning(), handle.jobError()) == ("waiting", False, False)
        assert handle.jobFinished() is None
        assert handle.setStatusAndMessage("Running", rstring("now")) == "Waiting"
        assert (handle.jobStatus().value.val, handle.jobMessage(), handle.jobRunning()) == ("Running", "now", True)
        assert handle.setMessage("later") == "now"
        handle.cancelJob()
        assert (handle.setStatus("Error"), handle.jobError()) == ("Cancelled", True)
        with pytest.raises(omero.ApiUsageException, match="status"):
            handle.setStatus("Happy")
        handle.close()

    def test_validate(self, gateway: Any, official: Callable[[], tuple[int, str]]) -> None:
        script, _ = official()
        job = omero.model.ScriptJobI()
        job.username = job.groupname = job.type = job.message = job.description = rstring("")
        job.status = gateway.getQueryService().findByString("JobStatus", "value", "Waiting")
        job.submitted = job.scheduledFor = omero.rtypes.rtime(1000)
        ctx = {"omero.group": "1"}
        saved = gateway.c.sf.getUpdateService().saveAndReturnObject(job, ctx)
        service = gateway.getScriptService()
        with pytest.raises(omero.ValidationException, match="0 scripts"):
            service.validateScript(saved, [])
        link = omero.model.JobOriginalFileLinkI()
        link.parent, link.child = omero.model.ScriptJobI(saved.id.val, False), omero.model.OriginalFileI(script, False)
        link = gateway.c.sf.getUpdateService().saveAndReturnObject(link, ctx)
        every = {"omero.group": "-1"}
        assert service.validateScript(saved, [], every).id.val == script
        gateway.c.sf.getUpdateService().deleteObject(link, ctx)
