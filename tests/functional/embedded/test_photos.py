"""Avatars: a user's own, whatever others annotate to the user."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
from omero.rtypes import rlong, rstring

from omeropyr.embedded.photos import NAMESPACE


def test_what_another_annotates_is_no_avatar(omero_data: Any, gateway_of: Any, embedded: Any) -> None:
    ann = omero_data.add_user("photo-ann")
    omero_data.add_user("photo-bob")
    bob = gateway_of("photo-bob")
    file = omero.model.OriginalFileI()
    file.name, file.path, file.size = rstring("bob.png"), rstring("/"), rlong(0)
    file.details.group = omero.model.ExperimenterGroupI(1, False)
    link = omero.model.ExperimenterAnnotationLinkI()
    link.parent, link.child = omero.model.ExperimenterI(ann, False), omero.model.FileAnnotationI()
    link.child.ns, link.child.file = rstring(NAMESPACE), file
    link.child.details.group = omero.model.ExperimenterGroupI(1, False)
    bobs = bob.getUpdateService().saveAndReturnObject(link, {"omero.group": "1"}).child.file.id.val

    admin = gateway_of("photo-ann").c.sf.getAdminService()
    assert admin.getMyUserPhotos() == []
    mine = admin.uploadMyUserPhoto("ann.png", "image/png", b"\x89PNG ann")
    assert mine != bobs
    assert [one.id.val for one in admin.getMyUserPhotos()] == [mine]
    assert admin.uploadMyUserPhoto("ann2.png", "image/png", b"\x89PNG again") == mine
    assert (embedded.data / "Files" / str(mine)).read_bytes() == b"\x89PNG again"
    assert not (embedded.data / "Files" / str(bobs)).exists()
