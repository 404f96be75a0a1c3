"""A path that somebody writes into an object of their own must not lead to another user's pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero.all
import omero.model
import pytest
from omero.rtypes import rint, rlong, rstring


def image_on_file(gateway: Any, path: str, name: str) -> Any:
    """An Image whose Fileset claims the repository's file *path* / *name*; saved by the user of *gateway*."""
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
