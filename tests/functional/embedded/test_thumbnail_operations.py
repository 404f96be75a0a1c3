"""ThumbnailStore call by call: sizes and looks, what is kept and under which settings, many at once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rint
from PIL import Image

SHAPE = (2, 1, 3, 60, 120)
LEVELS = np.array([[20, 60, 100], [140, 180, 220]])
"""The grey of each plane (T, Z)."""


@dataclass
class Thumbs:
    conn: Any
    store: Any
    pixels: int
    grey: int
    """The settings that show values as they are."""


@pytest.fixture(scope="module")
def image(omero_data: Any, gateway: Any) -> Any:
    planes = np.broadcast_to(LEVELS[:, None, :, None, None], SHAPE).astype(np.uint8)
    return gateway.getObject("Image", omero_data.add_image(np.ascontiguousarray(planes), "thumbs.ome.tiff"))


@pytest.fixture
def thumbs(gateway: Any, image: Any) -> Iterator[Thumbs]:
    pixels = int(image.getPixelsId())
    window(gateway, pixels, 0, 255)
    store = gateway.c.sf.createThumbnailStore()
    assert store.setPixelsId(pixels) is True
    yield Thumbs(gateway, store, pixels, store.getRenderingDefId())
    store.close()


def window(conn: Any, pixels: int, start: float, end: float) -> None:
    """Save settings of this window."""
    engine = conn.c.sf.createRenderingEngine()
    try:
        engine.lookupPixels(pixels)
        if not engine.lookupRenderingDef(pixels):
            engine.resetDefaultSettings(True)
            engine.lookupRenderingDef(pixels)
        engine.setChannelWindow(0, start, end)
        engine.setDefaultZ(1)
        engine.saveCurrentSettings()
    finally:
        engine.close()


def looks(data: bytes) -> tuple[tuple[int, int], int]:
    """Width and height, and the grey."""
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return picture.size, round(float(np.asarray(picture.convert("L")).mean()))


@pytest.mark.parametrize("operation", ["getThumbnail", "getThumbnailDirect", "getThumbnailWithoutDefault"])
def test_exact_sizes(thumbs: Thumbs, operation: str) -> None:
    call = getattr(thumbs.store, operation)
    assert looks(call(rint(50), rint(40))) == ((50, 40), 60)
    assert looks(call(None, None)) == ((48, 48), 60)
    for size in (0, -1, 5000):
        with pytest.raises(omero.ApiUsageException):
            call(rint(size), rint(20))


@pytest.mark.parametrize("operation", ["getThumbnailByLongestSide", "getThumbnailByLongestSideDirect"])
def test_by_the_longer_side(thumbs: Thumbs, operation: str) -> None:
    call = getattr(thumbs.store, operation)
    assert looks(call(rint(80))) == ((80, 40), 60)
    assert looks(call(None)) == ((48, 24), 60)
    assert looks(call(rint(240))) == ((240, 120), 60)


@pytest.mark.parametrize(("z", "t"), list(np.ndindex(3, 2)))
def test_a_plane_of_choice(thumbs: Thumbs, z: int, t: int) -> None:
    store = thumbs.store
    assert looks(store.getThumbnailForSectionDirect(z, t, rint(30), rint(30))) == ((30, 30), LEVELS[t, z])
    assert looks(store.getThumbnailForSectionByLongestSideDirect(z, t, rint(60))) == ((60, 30), LEVELS[t, z])


def test_a_plane_that_is_not_there(thumbs: Thumbs) -> None:
    with pytest.raises(omero.ApiUsageException):
        thumbs.store.getThumbnailForSectionDirect(3, 0, rint(30), rint(30))


def test_what_is_kept_is_kept_for_its_settings(thumbs: Thumbs) -> None:
    store, size = thumbs.store, (rint(31), rint(17))
    window(thumbs.conn, thumbs.pixels, 0, 200)
    store.setPixelsId(thumbs.pixels)
    assert store.thumbnailExists(*size) is False
    store.createThumbnail(*size)
    assert store.thumbnailExists(*size) is True
    first = store.getThumbnail(*size)
    assert looks(first) == ((31, 17), 77)
    window(thumbs.conn, thumbs.pixels, 0, 100)
    store.setPixelsId(thumbs.pixels)
    assert store.thumbnailExists(*size) is False
    assert looks(store.getThumbnail(*size)) == ((31, 17), 153)
    window(thumbs.conn, thumbs.pixels, 0, 200)
    store.setPixelsId(thumbs.pixels)
    assert store.thumbnailExists(*size) is True
    assert store.getThumbnail(*size) == first


def test_the_usual_one(thumbs: Thumbs) -> None:
    window(thumbs.conn, thumbs.pixels, 0, 251)
    thumbs.store.setPixelsId(thumbs.pixels)
    assert thumbs.store.thumbnailExists(rint(96), rint(48)) is False
    thumbs.store.createThumbnails()
    assert thumbs.store.thumbnailExists(rint(96), rint(48)) is True


def test_settings_by_their_id(thumbs: Thumbs, gateway_of: Any, omero_data: Any) -> None:
    store, conn = thumbs.store, thumbs.conn
    engine = conn.c.sf.createRenderingEngine()
    engine.lookupPixels(thumbs.pixels)
    engine.lookupRenderingDef(thumbs.pixels)
    engine.setChannelWindow(0, 0, 120)
    other = engine.saveAsNewSettings()
    engine.close()
    store.setRenderingDefId(other)
    assert (store.getRenderingDefId(), looks(store.getThumbnailByLongestSide(rint(40)))[1]) == (other, 128)
    store.setRenderingDefId(thumbs.grey)
    assert looks(store.getThumbnailByLongestSide(rint(40)))[1] == 60
    conn.deleteObjects("RenderingDef", [other], wait=True)
    with pytest.raises(omero.ValidationException):
        store.setRenderingDefId(other)


def test_settings_of_another_image_do_not_fit(thumbs: Thumbs, omero_data: Any) -> None:
    image = thumbs.conn.getObject("Image", omero_data.add_image(np.zeros((3, 1, 9, 9), np.uint8)))
    image.resetDefaults()
    thumbs.store.setRenderingDefId(image.getRenderingDefId())
    image._closeRE()
    with pytest.raises(omero.ApiUsageException):
        thumbs.store.getThumbnailForSectionDirect(0, 0, rint(10), rint(10))


def test_many_at_once(thumbs: Thumbs, omero_data: Any) -> None:
    store, conn = thumbs.store, thumbs.conn
    fresh = omero_data.add_image(np.full((40, 20), 7, np.uint8))  # nobody has looked at it yet
    fresh = conn.getObject("Image", fresh).getPixelsId()
    asked = [thumbs.pixels, fresh, 10**7]
    by_side = store.getThumbnailByLongestSideSet(rint(60), asked)
    assert {one: looks(data)[0] for one, data in by_side.items()} == {thumbs.pixels: (60, 30), fresh: (30, 60)}
    assert looks(by_side[thumbs.pixels])[1] == 60
    exact = store.getThumbnailSet(rint(20), rint(10), asked)
    assert {one: looks(data)[0] for one, data in exact.items()} == {thumbs.pixels: (20, 10), fresh: (20, 10)}
    assert store.getThumbnailSet(None, None, []) == {}
    window(conn, thumbs.pixels, 0, 249)
    store.setPixelsId(thumbs.pixels)
    assert store.thumbnailExists(rint(70), rint(35)) is False
    store.createThumbnailsByLongestSideSet(rint(70), asked)
    assert store.thumbnailExists(rint(70), rint(35)) is True


def test_before_and_without_settings(gateway: Any, omero_data: Any) -> None:
    pixels = gateway.getObject("Image", omero_data.add_image(np.full((8, 8), 7, np.uint8))).getPixelsId()
    store = gateway.c.sf.createThumbnailStore()
    try:
        with pytest.raises(omero.ApiUsageException, match="no pixels"):
            store.getThumbnail(rint(10), rint(10))
        assert store.setPixelsId(pixels) is False
        with pytest.raises(omero.ApiUsageException, match="no rendering settings"):
            store.getRenderingDefId()
        assert store.isInProgress() is False
        store.resetDefaults()
        made = store.getRenderingDefId()
        assert gateway.getPixelsService().retrieveRndSettings(pixels).id.val == made
        assert store.getCurrentEventContext().userId == gateway.getUserId()
        store.passivate()
        store.activate()
        assert store.getRenderingDefId() == made
    finally:
        store.close()
