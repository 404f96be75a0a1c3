"""Users, groups, containers and images for tests, put into an embedded server without a client."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.all
import tifffile
from omero.rtypes import rstring

from omeropyr.embedded import accounts, memberships
from omeropyr.embedded.importer.run import Target, import_files
from omeropyr.embedded.permissions import SYSTEM_GROUP, USER_GROUP, Actor
from omeropyr.embedded.server import EmbeddedServer

PASSWORD = "omero"  # noqa: S105 - of every account in a test


class OmeroData:
    """Makes what a test needs and returns its id; ``user`` is the owner's log-in name, root unless said otherwise."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self._numbers = itertools.count(1)

    def add_group(self, name: str | None = None, permissions: str = "rw----") -> int:
        """A group of a permission level: ``rw----``, ``rwr---``, ``rwra--`` or ``rwrw--``."""
        group = omero.model.ExperimenterGroupI()
        group.name = rstring(name or self._name("group"))
        group.details.permissions = omero.model.PermissionsI(permissions)
        return memberships.create_group(self.server.store, group)

    def add_user(
        self,
        name: str | None = None,
        *groups: int,
        password: str = PASSWORD,
        admin: bool = False,
        owner: bool = False,
        first_name: str = "Test",
        last_name: str = "User",
    ) -> int:
        """A user who can log in, member or *owner* of *groups*; the first is the default, none means a new one."""
        user = omero.model.ExperimenterI()
        user.omeName = rstring(name or self._name("user"))
        user.firstName, user.lastName = rstring(first_name), rstring(last_name)
        own = [*(groups or (self.add_group(),)), USER_GROUP, *((SYSTEM_GROUP,) if admin else ())]
        user_id = memberships.create_user(self.server.store, user, own)
        accounts.set_password(self.server.store, user_id, password)
        for group_id in groups if owner else ():
            memberships.set_owner(self.server.store, user_id, group_id, True)
        return user_id

    def add_project(self, name: str | None = None, *, user: str = "root", group: int | None = None) -> int:
        """A project."""
        return self._add(omero.model.ProjectI(), name or self._name("project"), self.actor(user, group))

    def add_dataset(
        self, name: str | None = None, *, project: int | None = None, user: str = "root", group: int | None = None
    ) -> int:
        """A dataset, in a project or in none."""
        actor = self.actor(user, group)
        dataset_id = self._add(omero.model.DatasetI(), name or self._name("dataset"), actor)
        if project is not None:
            link = omero.model.ProjectDatasetLinkI()
            link.parent, link.child = omero.model.ProjectI(project, False), omero.model.DatasetI(dataset_id, False)
            with self.server.store.write(actor) as tx:
                tx.save(link)
        return dataset_id

    def add_screen(self, name: str | None = None, *, user: str = "root", group: int | None = None) -> int:
        """A screen."""
        return self._add(omero.model.ScreenI(), name or self._name("screen"), self.actor(user, group))

    def add_image(
        self,
        planes: np.ndarray,
        name: str | None = None,
        *,
        dataset: int | None = None,
        user: str = "root",
        group: int | None = None,
        **metadata: Any,
    ) -> int:
        """An image of an array (T, C, Z, Y, X), or of its last axes, any numpy type that OME-TIFF knows.

        *metadata* is what tifffile takes for OME-TIFF: ``PhysicalSizeX=0.5, Channel={"Name": ["DAPI"]}``.
        """
        named = name or self._name("image.ome.tiff")
        axes = "TCZYX"[-planes.ndim :]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "array.ome.tiff"
            tifffile.imwrite(path, planes, ome=True, photometric="minisblack", metadata={"axes": axes, **metadata})
            return self.import_file(path, named, dataset=dataset, user=user, group=group)

    def import_file(
        self,
        path: Path,
        name: str | None = None,
        *,
        dataset: int | None = None,
        user: str = "root",
        group: int | None = None,
    ) -> int:
        """Import a file as a client would; the id of its (first) image. ValueError says why it can't be read."""
        done, bad = import_files(self.server, self.actor(user, group), [path], Target(dataset, name))
        if bad:
            raise ValueError(bad[0].reason)
        for image in done:
            self.server.pixels.pyramids.wait(image.pixels_id)
        return done[0].image_id

    def actor(self, user: str, group: int | None = None) -> Actor:
        """The user in a group, the default one unless said otherwise. KeyError for an unknown user."""
        user_id = accounts.user_id(self.server.store, user)
        if user_id is None:
            raise KeyError(user)
        actor = accounts.actor(self.server.store, user_id)
        return actor if group is None else actor.in_group(group)

    def _add(self, obj: Any, name: str, actor: Actor) -> int:
        obj.name = rstring(name)
        with self.server.store.write(actor) as tx:
            return int(tx.save(obj).id.val)

    def _name(self, kind: str) -> str:
        return f"{next(self._numbers)}-{kind}"
