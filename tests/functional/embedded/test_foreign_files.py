"""A path that somebody writes into an object of their own must not lead to another user's pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero.all
import omero.model
import pytest
from omero.rtypes import rint, rlong, rstring


def image_on_file(gateway: Any, path: str, name: str, file: Any = None) -> Any:
    """An Image whose Fileset claims the repository's file *path* / *name*; saved by the user of *gateway*."""
    if file is None:
        file = omero.model.OriginalFileI()
        file.path, file.name, file.size = rstring(path), rstring(name), rlong(1)
    entry = omero.model.FilesetEntryI()
    entry.originalFile, entry.clientPath = file, rstring(name)
    fileset = omero.model.FilesetI()
    fileset.templatePrefix = rstring(path)
    fileset.addFilesetEntry(entry)
    kinds = gateway.getTypesService()
    pixels = omero.model.PixelsI()
    pixels.sizeX = pixels.sizeY = rint(16)
    pixels.sizeZ = pixels.sizeC = pixels.sizeT = rint(1)
    pixels.sha1 = rstring("unknown")
    pixels.pixelsType = kinds.getEnumeration("PixelsType", "uint8")
    pixels.dimensionOrder = kinds.getEnumeration("DimensionOrder", "XYZCT")
    image = omero.model.ImageI()
    image.name = rstring("mine?")
    image.fileset = fileset
    image.addPixels(pixels)
    return gateway.getUpdateService().saveAndReturnObject(image).getPrimaryPixels()


def read_plane(gateway: Any, pixels_id: int) -> bytes:
    store = gateway.c.sf.createRawPixelsStore()
    try:
        store.setPixelsId(pixels_id, False)
        return bytes(store.getPlane(0, 0, 0))
    finally:
        store.close()


def test_anothers_file_is_not_read(omero_data: Any, gateway_of: Any) -> None:
    omero_data.add_user("keeper")
    omero_data.add_user("thief")
    secret = omero_data.add_image(np.full((16, 16), 77, np.uint8), "secret.ome.tiff", user="keeper")
    keeper, thief = gateway_of("keeper"), gateway_of("thief")
    file = next(iter(keeper.getObject("Image", secret).getImportedImageFiles()))
    assert keeper.getObject("Image", secret).getPrimaryPixels().getPlane().max() == 77
    assert thief.getObject("Image", secret) is None

    claimed = image_on_file(thief, file.getPath(), file.getName())
    with pytest.raises(omero.ServerError):
        read_plane(thief, claimed.id.val)


def test_a_file_that_others_may_edit_leads_nowhere_else(omero_data: Any, gateway_of: Any) -> None:
    """In a read-write group the thief edits the keeper's objects: what the keeper has elsewhere stays theirs."""
    shared = omero_data.add_group("foreign-shared", "rwrw--")
    private = omero_data.add_group("foreign-private", "rw----")
    omero_data.add_user("keeper-2", shared, private)
    omero_data.add_user("thief-2", shared)
    keeper = gateway_of("keeper-2", group="foreign-private")
    secret = omero_data.add_image(np.full((16, 16), 77, np.uint8), "secret.ome.tiff", user="keeper-2", group=private)
    where = next(iter(keeper.getObject("Image", secret).getImportedImageFiles()))
    thief = gateway_of("thief-2")
    seen = omero_data.add_image(np.zeros((16, 16), np.uint8), "seen.ome.tiff", user="keeper-2", group=shared)
    imported = next(iter(thief.getObject("Image", seen).getImportedImageFiles()))._obj
    for field, value in (("path", where.getPath()), ("name", "other.tiff"), ("repo", None)):
        changed = thief.getQueryService().get("OriginalFile", imported.id.val)
        setattr(changed, field, None if value is None else rstring(value))
        with pytest.raises(omero.SecurityViolation, match="repository"):
            thief.getUpdateService().saveObject(changed)

    plain = omero.model.OriginalFileI()
    plain.path, plain.name, plain.size = rstring("/"), rstring("plain"), rlong(0)
    plain.details.group = omero.model.ExperimenterGroupI(shared, False)
    mine = gateway_of("keeper-2").getUpdateService().saveAndReturnObject(plain)
    changed = thief.getQueryService().get("OriginalFile", mine.id.val)
    changed.path, changed.name = rstring(where.getPath()), rstring(where.getName())
    changed = thief.getUpdateService().saveAndReturnObject(changed)
    claimed = image_on_file(thief, where.getPath(), where.getName(), changed)
    with pytest.raises(omero.ServerError):
        read_plane(thief, claimed.id.val)
    store = thief.c.sf.createRawFileStore()
    store.setFileId(changed.id.val)
    assert store.exists() is False
    store.close()
    assert keeper.getObject("Image", secret).getPrimaryPixels().getPlane().max() == 77
