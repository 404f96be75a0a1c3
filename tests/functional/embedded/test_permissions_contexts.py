"""Files and scripts, exceptions, and the group and user contexts of a call."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import omero
import omero.all
import omero.cmd
import pytest
from omero.rtypes import rlong, rstring

from omeropyr.embedded.permissions import SYSTEM
from tests.functional.embedded.rights import ALL, World, annotate, command, edit, make_world, restricted_admin

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def world(omero_data: Any, gateway: Any, gateway_of: Any) -> World:
    return make_world(omero_data, gateway, gateway_of, "context")


# --- files: their privileges are others ---


@pytest.mark.parametrize(
    ("privilege", "repository", "may"),
    [
        ("WriteFile", None, "edit annotate link"),
        ("DeleteFile", None, "delete"),
        ("WriteManagedRepo", "a-repository", "edit annotate link"),
        ("DeleteManagedRepo", "a-repository", "delete"),
        ("WriteScriptRepo", "ScriptRepo", "edit annotate link"),
        ("DeleteScriptRepo", "ScriptRepo", "delete"),
        ("WriteOwned", None, ""),
        ("DeleteOwned", "ScriptRepo", ""),
        ("WriteFile", "ScriptRepo", ""),
        ("WriteManagedRepo", "ScriptRepo", ""),
    ],
)
def test_files_have_privileges_of_their_own(
    world: World, gateway_of: Any, embedded: Any, privilege: str, repository: str | None, may: str
) -> None:
    name = f"context-file-{next(_NUMBERS)}"
    restricted_admin(world.root, name, privilege)
    gateway = gateway_of(name)
    file_id = original_file(world, embedded, repository)
    query, update = gateway.getQueryService(), gateway.getUpdateService()
    file = query.get("OriginalFile", file_id, ALL)
    told = file.details.permissions
    if repository is None:
        hql = "select new map(f as f_details_permissions) from OriginalFile f where f.id = :id"
        found = (
            query.projection(hql, omero.sys.ParametersI().addId(file_id), ALL)[0][0].val["f_details_permissions"].val
        )
        assert (found["canEdit"].val, found["canDelete"].val) == (told.canEdit(), told.canDelete())
    things = ("annotate", "edit", "link", "delete")
    assert {thing for thing in things if getattr(told, f"can{thing.title()}")()} == set(may.split())
    file.name = rstring("after")
    if "edit" in may:
        assert update.saveAndReturnObject(file, ALL).name.val == "after"
    else:
        with pytest.raises(omero.SecurityViolation):
            update.saveAndReturnObject(file, ALL)
    if "delete" in may:
        update.deleteObject(file, ALL)
        assert query.find("OriginalFile", file_id, ALL) is None
    else:
        with pytest.raises(omero.SecurityViolation):
            update.deleteObject(file, ALL)


def original_file(world: World, embedded: Any, repository: str | None) -> int:
    """A file of the owner's in the read-only group, in a repository if one is named."""
    actor = world.data.actor("context-owner", world.groups["rwr---"])
    file = omero.model.OriginalFileI()
    file.name, file.path, file.repo = rstring("before"), rstring("/"), repository and rstring(repository)
    file.size = rlong(0)
    with embedded.store.write(replace(actor, unrestricted=True)) as tx:
        return int(tx.save(file).id.val)


@pytest.mark.parametrize(
    ("privilege", "may"),
    [
        ("WriteManagedRepo", "edit"),
        ("DeleteManagedRepo", "delete"),
        ("WriteFile", ""),
        ("DeleteFile", ""),
    ],
)
def test_imported_files_are_in_the_managed_repository(
    world: World, gateway_of: Any, embedded: Any, privilege: str, may: str
) -> None:
    image_id = world.data.add_image(np.zeros((4, 4), np.uint8), "context.ome.tif", user="context-owner")
    name = f"context-imported-{next(_NUMBERS)}"
    restricted_admin(world.root, name, privilege)
    query = (
        "select f from OriginalFile f where f.id in (select e.originalFile.id from FilesetEntry e, Image i "
        "where i.fileset.id = e.fileset.id and i.id = :id)"
    )
    (file,) = gateway_of(name).getQueryService().findAllByQuery(query, omero.sys.ParametersI().addId(image_id), ALL)
    assert file.repo.val == embedded.store.uuid
    (root,) = world.root.c.sf.sharedResources().repositories().descriptions
    assert root.hash.val == file.repo.val
    told = file.details.permissions
    things = ("edit", "delete")
    assert {thing for thing in things if getattr(told, f"can{thing.title()}")()} == set(may.split())


def test_nobody_puts_a_file_into_a_repository(world: World) -> None:
    """A file of that kind is an official script or an imported file."""
    for gateway in (world.people["owner"], world.root):
        file = omero.model.OriginalFileI()
        file.name, file.path, file.repo = rstring("mine.py"), rstring("/"), rstring("ScriptRepo")
        with pytest.raises(omero.SecurityViolation, match="repository"):
            gateway.getUpdateService().saveAndReturnObject(file)
        file.repo = None
        saved = gateway.getUpdateService().saveAndReturnObject(file)
        saved.repo = rstring("ScriptRepo")
        with pytest.raises(omero.SecurityViolation, match="repository"):
            gateway.getUpdateService().saveObject(saved)
        assert gateway.getQueryService().get("OriginalFile", saved.id.val).repo is None


def test_an_official_script_stays_what_it_is(world: World, embedded: Any) -> None:
    """Security T17: root's file in the group of all users, which everyone reads and only a privilege changes."""
    script = omero.model.OriginalFileI()
    script.name, script.path, script.repo = rstring("official.py"), rstring("/omero/"), rstring("ScriptRepo")
    with embedded.store.write(SYSTEM) as tx:
        script_id = int(tx.save(script).id.val)
    before = world.root.getQueryService().get("OriginalFile", script_id, ALL)
    assert (before.details.owner.id.val, before.details.group.id.val) == (0, 1)
    for who in ("owner", "leader", "restricted", "outsider"):
        gateway = world.people[who]
        known = gateway.getQueryService().get("OriginalFile", script_id, ALL)
        assert known.name.val == "official.py"
        assert not known.details.permissions.canEdit()
        assert not known.details.permissions.canDelete()
        known.hash = rstring("forged")
        with pytest.raises(omero.SecurityViolation):
            gateway.getUpdateService().saveObject(known, ALL)
        with pytest.raises(omero.SecurityViolation):
            gateway.getUpdateService().deleteObject(known, ALL)
        with pytest.raises(omero.SecurityViolation):
            command(gateway, omero.cmd.Delete2(targetObjects={"OriginalFile": [script_id]}))
        store = gateway.c.sf.createRawFileStore()
        try:
            store.setFileId(script_id, ALL)
            with pytest.raises(omero.SecurityViolation):
                store.write(b"print('mine')", 0, 13)
        finally:
            store.close()
    after = world.root.getQueryService().get("OriginalFile", script_id, ALL)
    assert (after.version.val if after.version else 0, after.hash) == (
        before.version.val if before.version else 0,
        None,
    )


# --- what a private group allows when all is one user's ---


def test_an_administrator_annotates_in_the_name_of_the_owner(world: World) -> None:
    """OMERO's ticket 8979: whoever writes for others may join two private objects of the same user."""
    dataset_id = world.dataset("rw----")
    owner = omero.model.ExperimenterI(world.people["owner"].getUserId(), False)
    made = omero.model.DatasetAnnotationLinkI()
    made.parent, made.child = omero.model.DatasetI(dataset_id, False), omero.model.TagAnnotationI()
    made.child.textValue = rstring("matrix")
    for obj in (made, made.child):
        obj.details.owner = owner
        obj.details.group = omero.model.ExperimenterGroupI(world.groups["rw----"], False)
    world.people["admin"].getUpdateService().saveObject(made, ALL)
    assert world.facts(dataset_id)[3] == 1


def test_the_exceptions_are_those_of_omero(world: World) -> None:
    private, shared = world.dataset("rw----"), world.dataset("rwr---")
    with pytest.raises(omero.ReadOnlyGroupSecurityViolation):
        annotate(world, world.people["leader"], "rw----", private)
    with pytest.raises(omero.ReadOnlyGroupSecurityViolation):
        annotate(world, world.people["member"], "rwr---", shared)
    with pytest.raises(omero.SecurityViolation):
        edit(world, world.people["member"], "rwr---", shared)
    mixed = omero.model.ProjectDatasetLinkI()
    mixed.parent = omero.model.ProjectI(
        world.data.add_project(user="context-owner", group=world.groups["rwrw--"]), False
    )
    mixed.child = omero.model.DatasetI(shared, False)
    with pytest.raises(omero.GroupSecurityViolation):
        world.people["owner"].getUpdateService().saveObject(mixed, ALL)


# --- group and user contexts ---


@pytest.mark.parametrize("group", ["foreign", "-2", "999999999", "99999999999999999999", "1 or 1=1", ""])
def test_a_foreign_group_context_shows_nothing(world: World, group: str) -> None:
    """Security T19: the session's own group is as before, and the answer says what is wrong."""
    outsider = world.people["outsider"]
    dataset_id = world.dataset("rwrw--")
    before = outsider.getEventContext()
    context = {"omero.group": str(world.groups["rwrw--"]) if group == "foreign" else group}
    if group:
        with pytest.raises((omero.SecurityViolation, omero.ApiUsageException)):
            outsider.getQueryService().find("Dataset", dataset_id, context)
    else:
        assert outsider.getQueryService().find("Dataset", dataset_id, context) is None
    after = outsider.c.sf.getAdminService().getEventContext()
    assert (after.groupId, after.memberOfGroups) == (before.groupId, before.memberOfGroups)


@pytest.mark.parametrize("group", [-2, 999_999_999, 2**62])
def test_a_group_that_there_is_not_is_nobodys_context(world: World, group: int) -> None:
    for who in ("outsider", "admin"):
        gateway = world.people[who]
        before = gateway.c.sf.getAdminService().getEventContext().groupId
        with pytest.raises((omero.SecurityViolation, omero.ApiUsageException, omero.ValidationException)):
            gateway.c.sf.setSecurityContext(omero.model.ExperimenterGroupI(group, False))
        assert gateway.c.sf.getAdminService().getEventContext().groupId == before
        dataset = omero.model.DatasetI()
        dataset.name = rstring("nowhere")
        with pytest.raises((omero.SecurityViolation, omero.ApiUsageException)):
            gateway.getUpdateService().saveObject(dataset, {"omero.group": str(group)})
        with pytest.raises((omero.SecurityViolation, omero.ApiUsageException)):
            gateway.getQueryService().findAll("Dataset", None, {"omero.group": str(group)})


def test_one_users_objects(world: World) -> None:
    """``omero.user`` limits what is found to one owner, and gives nobody a right."""
    mine = world.data.add_dataset("only", user="context-member", group=world.groups["rwr---"])
    theirs = world.data.add_dataset("only", user="context-owner", group=world.groups["rwr---"])
    query = world.people["member"].getQueryService()
    hql = "select d.id from Dataset d where d.name = 'only' order by d.id"
    owner = str(world.people["owner"].getUserId())

    def ids(**context: str) -> list[int]:
        named = {f"omero.{name}": value for name, value in context.items()}
        return [row[0].val for row in query.projection(hql, None, named)]

    assert ids(group="-1") == sorted([mine, theirs])
    assert ids(group="-1", user=owner) == [theirs]
    assert ids(group=str(world.groups["rwra--"])) == []
    with pytest.raises(omero.ApiUsageException):
        ids(user="or 1=1")
