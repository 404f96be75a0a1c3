"""A store in a file, with one group of each permission level and one user of each relation to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rint, rlong, rstring

from omeropyr.embedded import accounts, memberships
from omeropyr.embedded.permissions import ALL_GROUPS, SYSTEM_GROUP, USER_GROUP, Actor
from omeropyr.embedded.store import Store


def dataset(name: str) -> Any:
    made = omero.model.DatasetI()
    made.name = rstring(name)
    return made


def project(name: str) -> Any:
    made = omero.model.ProjectI()
    made.name = rstring(name)
    return made


def image(name: str) -> Any:
    made = omero.model.ImageI()
    made.name = rstring(name)
    return made


def tag(text: str) -> Any:
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(text)
    return made


def pixels_of(store: Store, actor: Actor, of: Any, *channels: str) -> Any:
    """Pixels 4 x 3 with named channels, not saved yet."""
    made = omero.model.PixelsI()
    made.image = of
    for field in ("sizeX", "sizeY", "sizeZ", "sizeC", "sizeT"):
        setattr(made, field, rint({"sizeX": 4, "sizeY": 3, "sizeC": len(channels)}.get(field, 1)))
    made.sha1 = rstring("")
    with store.read(actor) as tx:
        made.pixelsType = tx.find("from PixelsType t where t.value = 'uint16'")[0]
        made.dimensionOrder = tx.find("from DimensionOrder o where o.value = 'XYZCT'")[0]
    for name in channels:
        channel = omero.model.ChannelI()
        channel.logicalChannel = omero.model.LogicalChannelI()
        channel.logicalChannel.name = rstring(name)
        made.addChannel(channel)
    return made


def link(kind: str, parent: tuple[str, int], child: tuple[str, int]) -> Any:
    """``link("ProjectDatasetLink", ("Project", 1), ("Dataset", 2))``."""
    made = getattr(omero.model, f"{kind}I")()
    made.parent = getattr(omero.model, f"{parent[0]}I")(rlong(parent[1]), False)
    made.child = getattr(omero.model, f"{child[0]}I")(rlong(child[1]), False)
    return made


@dataclass
class Small:
    """The store, and who is in it."""

    store: Store
    path: Path

    def group(self, level: str) -> int:
        group = omero.model.ExperimenterGroupI()
        group.name = rstring(f"group {level}")
        group.details.permissions = omero.model.PermissionsI(level)
        return memberships.create_group(self.store, group)

    def user(self, name: str, *groups: int, owner: bool = False, admin: bool = False) -> int:
        user = omero.model.ExperimenterI()
        user.omeName, user.firstName, user.lastName = rstring(name), rstring(name.title()), rstring("Test")
        user_id = memberships.create_user(self.store, user, [*groups, USER_GROUP, *((SYSTEM_GROUP,) if admin else ())])
        for group in groups if owner else ():
            memberships.set_owner(self.store, user_id, group, True)
        return user_id

    def actor(self, name: str, group: int = ALL_GROUPS) -> Actor:
        user_id = accounts.user_id(self.store, name)
        assert user_id is not None
        return accounts.actor(self.store, user_id).in_group(group)

    def save(self, actor: Actor, obj: Any) -> int:
        with self.store.write(actor) as tx:
            return int(tx.save(obj).id.val)

    def values(self, actor: Actor, hql: str, **params: Any) -> list[tuple[Any, ...]]:
        with self.store.read(actor) as tx:
            return tx.values(hql, params)


@pytest.fixture
def small(tmp_path: Path) -> Any:
    store = Store(tmp_path / "omero.sqlite")
    yield Small(store, tmp_path / "omero.sqlite")
    store.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """ann and bob share a read-only group, eve has a private one. ann's project 'P' has datasets 'a' and 'B_1', 'a' has
    two images, the first with pixels and a tag; eve has a dataset 'secret'."""
    path = tmp_path_factory.mktemp("filled") / "omero.sqlite"
    made = Small(Store(path), path)
    shared, private = made.group("rwr---"), made.group("rw----")
    made.user("ann", shared)
    made.user("bob", shared)
    made.user("eve", private)
    ann, eve = made.actor("ann", shared), made.actor("eve", private)
    top = made.save(ann, project("P"))
    sets = [made.save(ann, dataset(name)) for name in ("a", "B_1")]
    for one in sets:
        made.save(ann, link("ProjectDatasetLink", ("Project", top), ("Dataset", one)))
    first = image("one.tif")
    made.save(ann, pixels_of(made.store, ann, first, "DAPI", "GFP"))
    second = made.save(ann, image("two.tif"))
    for one in (first.id.val, second):
        made.save(ann, link("DatasetImageLink", ("Dataset", sets[0]), ("Image", one)))
    annotation = made.save(ann, tag("mitosis"))
    made.save(ann, link("ImageAnnotationLink", ("Image", first.id.val), ("TagAnnotation", annotation)))
    made.save(eve, dataset("secret"))
    yield made
    made.store.close()
