"""Thumbnails of many images in one call are those that each image gives alone: whatever its settings, and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rint

LONGEST = 64
PLANES = np.random.default_rng(8).integers(0, 4000, (3, 2, 40, 60), np.uint16)  # C, Z, Y, X
Change = Callable[[Any], None]
CHANGES: dict[str, Change] = {
    "as they are": lambda engine: None,
    "window": lambda engine: engine.setChannelWindow(1, 100.5, 2000.25),
    "hidden": lambda engine: engine.setActive(0, False),
    "reversed": lambda engine: engine.addCodomainMapToChannel(omero.romio.ReverseIntensityMapContext(), 2),
    "colour": lambda engine: engine.setRGBA(0, 10, 200, 30, 128),
    "table": lambda engine: engine.setChannelLookupTable(0, "cyan.lut"),
    "plane": lambda engine: engine.setDefaultZ(0),
    "codomain": lambda engine: (engine.setCodomainInterval(20, 200), engine.setQuantumStrategy(15))[0],
    "greyscale": lambda engine: engine.setModel(
        next(one for one in engine.getAvailableModels() if one.value.val == "greyscale")
    ),
    "curve": lambda engine: engine.setQuantizationMap(
        0, next(one for one in engine.getAvailableFamilies() if one.value.val == "polynomial"), 1.7, False
    ),
}


def add(omero_data: Any, conn: Any, **more: Any) -> int:
    image = omero_data.add_image(PLANES, Channel={"Name": ["DAPI", "GFP", "Cy5"]}, **more)
    return int(conn.getObject("Image", image).getPixelsId())


def save(conn: Any, pixels: int, change: Change) -> None:
    engine = conn.c.sf.createRenderingEngine()
    try:
        engine.lookupPixels(pixels)
        engine.resetDefaultSettings(True)
        engine.lookupRenderingDef(pixels)
        engine.load()
        change(engine)
        engine.saveCurrentSettings()
    finally:
        engine.close()


@pytest.fixture
def store(gateway: Any) -> Iterator[Any]:
    made = gateway.c.sf.createThumbnailStore()
    yield made
    made.close()


def alone(store: Any, pixels: int) -> bytes:
    store.setPixelsId(pixels)
    found: bytes = store.getThumbnailByLongestSide(rint(LONGEST))
    return found


def test_every_kind_of_settings(gateway: Any, omero_data: Any, store: Any) -> None:
    pixels = {name: add(omero_data, gateway) for name in CHANGES}
    for name, change in CHANGES.items():
        save(gateway, pixels[name], change)
    found = store.getThumbnailByLongestSideSet(rint(LONGEST), list(pixels.values()))
    assert {name: found[one] == alone(store, one) for name, one in pixels.items()} == dict.fromkeys(CHANGES, True)
    assert len(set(found.values())) == len(CHANGES)  # each looks different


@pytest.mark.parametrize(
    ("planes", "metadata"),
    [
        (PLANES, {"Channel": {"Name": ["a", "b", "c"], "EmissionWavelength": [461, 509, 670]}}),
        (PLANES, {"Channel": {"Name": ["DAPI", "GFP", "brightfield"], "Color": [65535, 16711935, -1]}}),
        (PLANES[:1], {}),
        (PLANES[:, 0].astype(np.float32) / 7, {"axes": "CYX"}),
        (np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8), {"axes": "YXS"}),
    ],
    ids=["wavelengths", "colours", "one channel", "float", "rgb"],
)
def test_before_anybody_saved_settings(
    gateway: Any, omero_data: Any, store: Any, planes: np.ndarray, metadata: dict[str, Any], tmp_path: Any
) -> None:
    if metadata.get("axes") == "YXS":
        from PIL import Image

        Image.fromarray(planes).save(tmp_path / "rgb.png")
        image = omero_data.import_file(tmp_path / "rgb.png")
    else:
        image = omero_data.add_image(planes, **{key: value for key, value in metadata.items() if key != "axes"})
    pixels = int(gateway.getObject("Image", image).getPixelsId())
    found = store.getThumbnailByLongestSideSet(rint(LONGEST), [pixels])
    assert found == {pixels: alone(store, pixels)}
    assert len(found[pixels]) > 500


def test_own_settings_before_the_owners_and_nobody_elses(gateway_of: Any, omero_data: Any) -> None:
    group = omero_data.add_group("thumbnail sets", "rwra--")
    for name in ("tsowner", "tsuser", "tsother"):
        omero_data.add_user(name, group)
    owner, user, other = (gateway_of(name) for name in ("tsowner", "tsuser", "tsother"))
    image = omero_data.add_image(PLANES, user="tsowner", group=group)
    pixels = int(owner.getObject("Image", image).getPixelsId())
    save(owner, pixels, CHANGES["reversed"])
    save(other, pixels, CHANGES["greyscale"])
    found = {}
    for conn, change in ((owner, None), (user, None), (user, "hidden"), (other, None)):
        if change is not None:
            save(conn, pixels, CHANGES[change])
        store = conn.c.sf.createThumbnailStore()
        found[conn.getUser().getName(), change] = store.getThumbnailByLongestSideSet(rint(LONGEST), [pixels])[pixels]
        assert found[conn.getUser().getName(), change] == alone(store, pixels)
        store.close()
    assert found["tsuser", None] == found["tsowner", None]
    assert len(set(found.values())) == 3
