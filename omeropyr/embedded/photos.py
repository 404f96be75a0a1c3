"""Avatars: a file annotation on the user, in the group of all users so that everyone sees it; as OMERO keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import omero
from omero.rtypes import rlong, rstring

from omeropyr.embedded.permissions import USER_GROUP, Actor
from omeropyr.embedded.store import Store, Transaction

_HQL = (
    "select f from Experimenter e join e.annotationLinks l join l.child a join a.file f "
    # Everybody may annotate everybody: what others put on a user is no photo of theirs.
    "where e.id = :id and a.ns = :ns and a.details.owner.id = :id and f.details.owner.id = :id order by f.id"
)
NAMESPACE = omero.constants.namespaces.NSEXPERIMENTERPHOTO


@dataclass(frozen=True)
class Photo:
    """A picture as the client sends it."""

    name: str
    mimetype: str
    data: bytes


def of(store: Store, actor: Actor) -> list[omero.model.OriginalFile]:
    """The avatars of a user: none or one."""
    with store.read(actor.in_group(-1)) as tx:
        return tx.find(_HQL, {"id": actor.user_id, "ns": NAMESPACE})


def put(store: Store, folder: Path, actor: Actor, photo: Photo) -> int:
    """Replace a user's avatar; the id of its OriginalFile, whose bytes are in ``Files/`` below *folder*."""
    data = bytes(photo.data or b"")
    if not data or not photo.name:
        raise omero.ApiUsageException(None, None, "A photo has a file name and bytes.")
    with store.write(actor.in_group(USER_GROUP)) as tx:
        known = tx.find(_HQL, {"id": actor.user_id, "ns": NAMESPACE})
        file = known[0] if known else omero.model.OriginalFileI()
        file.name = file.path = rstring(photo.name)
        file.mimetype, file.size = rstring(photo.mimetype), rlong(len(data))
        file.hash = rstring(hashlib.sha1(data, usedforsecurity=False).hexdigest())
        file.hasher = _checksum(tx)
        file_id = int((tx.save(file) if known else _new(tx, actor, file)).id.val)
        path = folder / "Files" / str(file_id)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return file_id


def _new(tx: Transaction, actor: Actor, file: Any) -> Any:
    annotation = omero.model.FileAnnotationI()
    annotation.ns, annotation.file = rstring(NAMESPACE), file
    link = omero.model.ExperimenterAnnotationLinkI()
    link.parent, link.child = omero.model.ExperimenterI(actor.user_id, False), annotation
    tx.save(link)
    return file


def _checksum(tx: Transaction) -> Any:
    return tx.find("select a from ChecksumAlgorithm a where a.value = 'SHA1-160'")[0]
