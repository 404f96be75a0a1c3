"""IRepositoryInfo over Ice."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import omero
import omero.all
import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData


def test_space(gateway: Any, embedded: EmbeddedServer) -> None:
    """Free and used space are the file system's, within what others write meanwhile."""
    service = gateway.getRepositoryInfoService()
    usage = shutil.disk_usage(embedded.data)
    slack = 500 * 1024
    assert abs(service.getFreeSpaceInKilobytes() - usage.free // 1024) < slack
    assert abs(service.getUsedSpaceInKilobytes() - usage.used // 1024) < slack
    assert service.getUsageFraction() == pytest.approx(usage.used / usage.total, abs=0.05)
    assert abs(gateway.getFreeSpace() - usage.free) < slack * 1024


def test_unused_files(gateway: Any, gateway_of: Any, embedded: EmbeddedServer, omero_data: OmeroData) -> None:
    omero_data.add_user("tidy-user")
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), "kept", user="tidy-user")
    conn = gateway_of("tidy-user")
    made = omero.model.OriginalFileI()
    made.name, made.path = omero.rtypes.rstring("kept.txt"), omero.rtypes.rstring("/")
    kept_id = conn.getUpdateService().saveAndReturnObject(made).id.val
    store = conn.c.sf.createRawFileStore()
    store.setFileId(kept_id)
    store.write(b"kept", 0, 4)
    store.close()
    kept = embedded.data / "Files" / str(kept_id)
    gone = embedded.data / "Files" / "999999999"
    named = embedded.data / "Files" / "not-a-number"
    pictures = embedded.data / "Thumbnails" / "999999999"
    pictures.mkdir()
    for path in (gone, named, pictures / "1.jpg"):
        path.write_bytes(b"x")
    with pytest.raises(omero.SecurityViolation):
        conn.getRepositoryInfoService().removeUnusedFiles()
    assert gone.exists()
    gateway.getRepositoryInfoService().removeUnusedFiles()
    assert not gone.exists()
    assert not pictures.exists()
    assert named.exists()
    assert kept.read_bytes() == b"kept"
    assert conn.getObject("Image", image).getThumbnail()
