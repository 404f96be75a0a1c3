"""What tests of permissions share: groups and people, what one may do with a dataset, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import omero
import omero.all
import omero.callbacks
import omero.cmd
import pytest
from omero.rtypes import rstring

LEVELS = ("rw----", "rwr---", "rwra--", "rwrw--")
THINGS = ("read", "annotate", "edit", "link", "delete", "chgrp", "chown")
WHO = ("owner", "member", "leader", "admin", "restricted", "outsider")
ALL = {"omero.group": "-1"}
REFUSALS = (omero.SecurityViolation, omero.ValidationException)


@dataclass
class World:
    """A group of each level, another one to move to, a gateway for each person, and who data are given to."""

    data: Any
    root: Any
    prefix: str
    groups: dict[str, int]
    elsewhere: int
    people: dict[str, Any]
    receiver: int

    def dataset(self, level: str) -> int:
        return int(self.data.add_dataset("before", user=f"{self.prefix}-owner", group=self.groups[level]))

    def facts(self, dataset_id: int) -> tuple[Any, ...]:
        """What there is of a dataset, as root sees it: name, group, owner, annotations, projects."""
        hql = (
            "select d.name, d.details.group.id, d.details.owner.id, "
            "(select count(a) from DatasetAnnotationLink a where a.parent.id = d.id), "
            "(select count(l) from ProjectDatasetLink l where l.child.id = d.id) from Dataset d where d.id = :id"
        )
        params = omero.sys.ParametersI().addId(dataset_id)
        found = self.root.getQueryService().projection(hql, params, ALL)
        return tuple(omero.rtypes.unwrap(found[0])) if found else ()


def make_world(omero_data: Any, gateway: Any, gateway_of: Any, prefix: str) -> World:
    """The groups and people, with names that begin with *prefix*."""
    groups = {level: omero_data.add_group(f"{prefix} {level}", level) for level in LEVELS}
    elsewhere = omero_data.add_group(f"{prefix} elsewhere", "rwrw--")
    for name in ("owner", "member"):
        omero_data.add_user(f"{prefix}-{name}", *groups.values(), elsewhere)
    omero_data.add_user(f"{prefix}-leader", *groups.values(), owner=True)
    omero_data.add_user(f"{prefix}-admin", admin=True)
    omero_data.add_user(f"{prefix}-outsider", elsewhere)
    receiver = omero_data.add_user(f"{prefix}-receiver", *groups.values())
    restricted_admin(gateway, f"{prefix}-restricted")
    people = {who: gateway_of(f"{prefix}-{who}") for who in WHO}
    return World(omero_data, gateway, prefix, groups, elsewhere, people, receiver)


def restricted_admin(gateway: Any, name: str, *privileges: str) -> int:
    """A new administrator with these privileges and no other group; the id."""
    user = omero.model.ExperimenterI()
    user.omeName, user.firstName, user.lastName = rstring(name), rstring("Restricted"), rstring("Admin")
    values = []
    for value in privileges:
        values.append(omero.model.AdminPrivilegeI())
        values[-1].value = rstring(value)
    admin = gateway.getAdminService()
    return int(admin.createRestrictedSystemUserWithPassword(user, values, rstring("omero")))


# --- each thing, tried ---


def read(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    found = gateway.getQueryService().get("Dataset", dataset_id, ALL)
    assert found.name.val == "before"
    assert found.details.group.id.val == world.groups[level]


def annotate(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    link = omero.model.DatasetAnnotationLinkI()
    link.parent, link.child = omero.model.DatasetI(dataset_id, False), omero.model.TagAnnotationI()
    link.child.textValue = rstring("matrix")
    for obj in (link, link.child):
        obj.details.group = omero.model.ExperimenterGroupI(world.groups[level], False)
    gateway.getUpdateService().saveAndReturnObject(link, ALL)


def edit(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    dataset = world.root.getQueryService().get("Dataset", dataset_id, ALL)
    dataset.name = rstring("after")
    gateway.getUpdateService().saveObject(dataset, ALL)


def link(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    made = omero.model.ProjectDatasetLinkI()
    made.parent, made.child = omero.model.ProjectI(), omero.model.DatasetI(dataset_id, False)
    made.parent.name = rstring("matrix")
    for obj in (made, made.parent):
        obj.details.group = omero.model.ExperimenterGroupI(world.groups[level], False)
    gateway.getUpdateService().saveAndReturnObject(made, ALL)


def delete(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    command(gateway, omero.cmd.Delete2(targetObjects={"Dataset": [dataset_id]}, dryRun=True))
    gateway.getUpdateService().deleteObject(omero.model.DatasetI(dataset_id, False), ALL)


def delete_by_command(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    command(gateway, omero.cmd.Delete2(targetObjects={"Dataset": [dataset_id]}))


def chgrp(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    command(gateway, omero.cmd.Chgrp2(targetObjects={"Dataset": [dataset_id]}, groupId=world.elsewhere))


def chown(world: World, gateway: Any, level: str, dataset_id: int) -> None:
    command(gateway, omero.cmd.Chown2(targetObjects={"Dataset": [dataset_id]}, userId=world.receiver))


def command(gateway: Any, request: Any) -> None:
    """Run a command; SecurityViolation when the response is that it may not be done."""
    handle = gateway.c.sf.submit(request, ALL)
    callback = omero.callbacks.CmdCallbackI(gateway.c, handle)
    try:
        callback.loop(200, 100)
        response = callback.getResponse()
    finally:
        callback.close(True)
    if isinstance(response, omero.cmd.ERR):
        assert "InternalException" not in response.name
        raise omero.SecurityViolation(None, None, str(response.parameters))
    assert isinstance(response, omero.cmd.OK)


DO: dict[str, Callable[..., None]] = {
    "read": read, "annotate": annotate, "edit": edit, "link": link, "delete": delete, "chgrp": chgrp, "chown": chown,
}  # fmt: skip


def expected(world: World, level: str, thing: str) -> tuple[Any, ...]:
    """The facts of a dataset with which this was done."""
    owner = world.people["owner"].getUserId()
    name, group, annotations, projects = "before", world.groups[level], 0, 0
    if thing == "delete":
        return ()
    if thing == "edit":
        name = "after"
    if thing == "annotate":
        annotations = 1
    if thing == "link":
        projects = 1
    if thing == "chgrp":
        group = world.elsewhere
    if thing == "chown":
        owner = world.receiver
    return (name, group, owner, annotations, projects)


def flags(gateway: Any, dataset_id: int) -> dict[str, bool]:
    """What the caller is told: by the details of the object, and the same by a projection."""
    query, params = gateway.getQueryService(), omero.sys.ParametersI().addId(dataset_id)
    found = query.findByQuery("select d from Dataset d where d.id = :id", params, ALL)
    if found is None:
        return dict.fromkeys(THINGS, False)
    told = found.details.permissions
    asked = {thing: bool(getattr(told, f"can{thing.title()}")()) for thing in THINGS if thing != "read"}
    hql = "select new map(d as d_details_permissions) from Dataset d where d.id = :id"
    projected = omero.rtypes.unwrap(query.projection(hql, params, ALL))[0][0]["d_details_permissions"]
    assert {thing: projected[f"can{thing.title()}"] for thing in asked} == asked
    return {"read": True, **asked}


def attempt(world: World, gateway: Any, cell: tuple[str, str, bool], do: Callable[..., None]) -> None:
    """Try one thing and look at what came of it."""
    level, thing, allowed = cell
    dataset_id = world.dataset(level)
    before = world.facts(dataset_id)
    assert before == expected(world, level, "read")
    if allowed:
        do(world, gateway, level, dataset_id)
        assert world.facts(dataset_id) == expected(world, level, thing)
    else:
        with pytest.raises(REFUSALS):
            do(world, gateway, level, dataset_id)
        assert world.facts(dataset_id) == before
