"""Fill an embedded server with the demo: accounts, projects and datasets, and the imported pictures.

Everything is made only where it is missing, so an interrupted run is simply repeated; the marker is written last.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.rtypes import rstring

from omeropyr.embedded import accounts, memberships
from omeropyr.embedded.demo import notes
from omeropyr.embedded.demo.content import (
    GROUPS,
    PASSWORD,
    PICTURES,
    PLATES,
    USERS,
    Group,
    Picture,
    PlateFolder,
    User,
)
from omeropyr.embedded.demo.files import Progress, cache_folder, ensure_files
from omeropyr.embedded.importer import objects
from omeropyr.embedded.importer.run import Target, import_files
from omeropyr.embedded.permissions import SYSTEM, USER_GROUP

if TYPE_CHECKING:
    from omeropyr.embedded.permissions import Actor
    from omeropyr.embedded.server import EmbeddedServer
    from omeropyr.embedded.store import Store, Transaction

MARKER = "demo.json"
"""The file in a data folder that says its demo data are complete."""


def is_complete(data: Path) -> bool:
    """Whether this version of the demo is all there in the data folder *data*."""
    with suppress(OSError, ValueError):
        return bool(json.loads((data / MARKER).read_text("utf-8")).get("version") == cache_folder().name)
    return False


def build_demo(server: EmbeddedServer, progress: Progress = lambda _: None) -> None:
    """Put the demo into *server*, whose data folder is then marked complete.

    *progress* gets a line for each thing done. Raises ``RuntimeError`` when a picture cannot be imported.
    """
    folder = ensure_files(progress)
    groups = {group.name: _group(server.store, group) for group in GROUPS}
    users = {user.name: _user(server.store, user, groups) for user in USERS}
    for picture in PICTURES:
        actor = accounts.actor(server.store, users[picture.owner]).in_group(groups[picture.group])
        if _import(server, actor, folder / picture.file, picture):
            progress(f"imported {picture.file}")
    for plate in PLATES:
        actor = accounts.actor(server.store, users[plate.owner]).in_group(groups[plate.group])
        if _import_plate(server, actor, folder / plate.folder, plate):
            progress(f"imported {plate.folder}")
    group = groups["Cell Dynamics"]
    for name, write in (("anna", notes.of_images), ("bruno", notes.by_colleague)):
        _annotate(server.store, accounts.actor(server.store, users[name]).in_group(group), write)
    _mark(server.data)


def _mark(data: Path) -> None:
    made = data / f"{MARKER}.new"
    made.write_text(json.dumps({"version": cache_folder().name}), "utf-8")
    made.replace(data / MARKER)


def _group(store: Store, group: Group) -> int:
    with store.read(SYSTEM) as transaction:
        found = transaction.values("select g.id from ExperimenterGroup g where g.name = :name", {"name": group.name})
    if found:
        return int(found[0][0])
    made = omero.model.ExperimenterGroupI()
    made.name, made.description = rstring(group.name), rstring(group.description)
    made.details.permissions = omero.model.PermissionsI(group.permissions)
    return memberships.create_group(store, made)


def _user(store: Store, user: User, groups: dict[str, int]) -> int:
    """The user's id; a new user gets groups and password, one that is there stays as it is."""
    with store.read(SYSTEM) as transaction:
        found = transaction.values("select e.id from Experimenter e where e.omeName = :name", {"name": user.name})
    if found:
        return int(found[0][0])
    made = omero.model.ExperimenterI()
    made.omeName, made.firstName, made.lastName = rstring(user.name), rstring(user.first), rstring(user.last)
    user_id = memberships.create_user(store, made, [*(groups[name] for name in user.groups), USER_GROUP])
    for name in user.leads:
        memberships.set_owner(store, user_id, groups[name], True)
    accounts.set_password(store, user_id, PASSWORD)
    return user_id


def _import(server: EmbeddedServer, actor: Actor, file: Path, picture: Picture) -> bool:
    """Import one picture where its owner wants it; False if it is there."""
    own = replace(actor, only_user=actor.user_id)
    with server.store.write(own) as transaction:
        dataset_id = _dataset(transaction, picture)
        there = transaction.values(
            "select l.child.id from DatasetImageLink l where l.parent.id = :dataset and l.child.name = :name",
            {"dataset": dataset_id, "name": picture.file},
        )
    if there:
        return False
    target = Target(dataset_id, picture.file, picture.description)
    _, bad = import_files(server, actor, [file], target, link=True)
    if bad:
        raise RuntimeError(f"{picture.file}: {bad[0].reason}")
    return True


def _import_plate(server: EmbeddedServer, actor: Actor, folder: Path, plate: PlateFolder) -> bool:
    """Import a plate into its screen, with what is in each well; False if it is there."""
    own = replace(actor, only_user=actor.user_id)
    with server.store.write(own) as transaction:
        screen_id = _named(transaction, "Screen", plate.screen)
        query = "select p.id from Plate p where p.name = :name order by p.id"
        found = transaction.values(query, {"name": plate.folder})
    if not found:
        target = Target(None, plate.folder, plate.description, screen_id)
        _, bad = import_files(server, actor, [folder], target, link=True)
        if bad:
            raise RuntimeError(f"{plate.folder}: {bad[0].reason}")
    with server.store.write(own) as transaction:
        plate_id = transaction.values(query, {"name": plate.folder})[0][0]
        count = "select count(l.id) from WellAnnotationLink l where l.parent.plate.id = :id"
        if transaction.values(count, {"id": plate_id})[0][0] == 0:
            notes.of_wells(transaction, plate_id)
    return not found


def _annotate(store: Store, actor: Actor, write: Callable[[Transaction, dict[str, int]], None]) -> None:
    """Write a user's notes, unless they have written any."""
    with store.write(actor) as transaction:
        count = "select count(a.id) from Annotation a where a.details.owner.id = :user and a.details.group.id = :group"
        if transaction.values(count, {"user": actor.user_id, "group": actor.group_id})[0][0] == 0:
            rows = transaction.values(
                "select i.name, i.id from Image i where i.details.group.id = :group order by i.id",
                {"group": actor.group_id},
            )
            write(transaction, dict(rows))


def _dataset(transaction: Transaction, picture: Picture) -> int:
    """The id of the picture's dataset, made in its project if it is not there."""
    project_id = _named(transaction, "Project", picture.project)
    found = transaction.values(
        "select l.child.id from ProjectDatasetLink l where l.parent.id = :project and l.child.name = :name",
        {"project": project_id, "name": picture.dataset},
    )
    if found:
        return int(found[0][0])
    dataset = omero.model.DatasetI()
    dataset.name = rstring(picture.dataset)
    dataset_id = int(transaction.save(dataset).id.val)
    link = omero.model.ProjectDatasetLinkI()
    link.parent, link.child = objects.unloaded("Project", project_id), objects.unloaded("Dataset", dataset_id)
    transaction.save(link)
    return dataset_id


def _named(transaction: Transaction, kind: str, name: str) -> int:
    query = f"select o.id from {kind} o where o.name = :name order by o.id"  # noqa: S608 - kind is our own word
    found = transaction.values(query, {"name": name})
    if found:
        return int(found[0][0])
    made: Any = getattr(omero.model, f"{kind}I")()
    made.name = rstring(name)
    return int(transaction.save(made).id.val)
