"""``RenderingEngine.setOverlays``: masks of a table over planes, regions, levels and projections."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import omero
import omero.grid
import pytest
from omero.constants.projection import ProjectionType
from omero.rtypes import rlong
from PIL import Image

SHAPE = (30, 50)
PIXELS = np.full((1, 1, 2, *SHAPE), 128, np.uint8)  # T, C, Z, Y, X
RED, BLUE = 0xFF0000, 0x0000FF


def mask(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = SHAPE) -> np.ndarray:
    made = np.zeros(shape, bool)
    for x, y, w, h in boxes:
        made[y : y + h, x : x + w] = True
    return made


WHOLE = mask((5, 3, 10, 4), (49, 29, 1, 1))
SMALL = mask((0, 0, 2, 2), (7, 5, 1, 1), shape=(6, 8))


def add_table(conn: Any, column: Any) -> int:
    table = conn.c.sf.sharedResources().newTable(1, "/masks.h5")
    try:
        table.initialize(
            [column.__class__(column.name, "", *[None] * (8 if column.__class__.__name__[0] == "M" else 1))]
        )
        table.addData([column])
        file = table.getOriginalFile()
    finally:
        table.close()
    annotation = omero.model.FileAnnotationI()
    annotation.file = omero.model.OriginalFileI(file.id.val, False)
    return int(conn.getUpdateService().saveAndReturnObject(annotation).id.val)


@pytest.fixture(scope="module")
def table_id(gateway: Any) -> int:
    packed = [np.packbits(one).tobytes() for one in (WHOLE, SMALL, np.zeros(8, bool))]
    column = omero.grid.MaskColumn(
        "masks", "", [1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 20, 0], [0, 10, 0], [0, 8, 50], [0, 6, 30], packed
    )
    return add_table(gateway, column)


@pytest.fixture
def engine(gateway: Any, omero_data: Any) -> Iterator[Any]:
    pixels_id = int(gateway.getObject("Image", omero_data.add_image(PIXELS, "overlaid.ome.tiff")).getPixelsId())
    made = gateway.c.sf.createRenderingEngine()
    made.lookupPixels(pixels_id)
    made.resetDefaultSettings(True)
    made.lookupRenderingDef(pixels_id)
    made.load()
    yield made
    made.close()


def shown(engine: Any, region: Any = None) -> np.ndarray:
    buffer = engine.render(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 1, 0, region, -1))
    bands = [np.frombuffer(one, np.uint8).reshape(buffer.sizeX2, buffer.sizeX1) for one in buffer.bands]
    return np.stack(bands, axis=-1)


def test_masks_lie_over_the_plane_in_their_colours_until_they_are_taken_away(engine: Any, table_id: int) -> None:
    before = shown(engine)
    engine.setOverlays(rlong(table_id), rlong(0), {0: RED, 1: BLUE})
    expected = before.copy()
    expected[WHOLE] = (255, 0, 0)
    expected[10:16, 20:28][SMALL] = (0, 0, 255)
    assert np.array_equal(shown(engine), expected)
    packed = np.array(engine.renderAsPackedInt(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 1, 0, None, -1)), np.int64)
    assert hex(packed.reshape(SHAPE)[4, 6] & 0xFFFFFFFF) == "0xffff0000"
    region = omero.romio.RegionDef(4, 2, 20, 12)
    assert np.array_equal(shown(engine, region), expected[2:14, 4:24])
    engine.setOverlays(None, None, {})
    assert np.array_equal(shown(engine), before)


def test_a_projection_has_them_too(engine: Any, table_id: int) -> None:
    jpeg = {}
    for rows in ({}, {0: BLUE}):
        engine.setOverlays(rlong(table_id), None, rows)
        data = engine.renderProjectedCompressed(ProjectionType.MAXIMUMINTENSITY, 0, 1, 0, 1)
        jpeg[len(rows)] = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    changed = np.abs(jpeg[1] - jpeg[0]).max(axis=2) > 60
    assert changed[4:6, 7:13].all()  # inside of the mask, whatever JPEG does at its edge
    assert not changed[:, 20:45].any()
    red, _, blue = jpeg[1][5, 9]
    assert blue - red > 150


def test_what_cannot_be_painted_is_refused(gateway: Any, engine: Any, table_id: int) -> None:
    before = shown(engine)
    other = add_table(gateway, omero.grid.LongColumn("n", "", [1]))
    for annotation, rows, error, words in (
        (rlong(10**9), {0: RED}, omero.ApiUsageException, "there is no table of masks"),
        (rlong(other), {0: RED}, omero.ApiUsageException, "has no column of masks"),
        (None, {0: RED}, omero.ApiUsageException, "say which table"),
        (rlong(table_id), {2: RED}, omero.ValidationException, "the mask of row 2 has fewer bits than 50 x 30 pixels"),
    ):
        with pytest.raises(error) as caught:
            engine.setOverlays(annotation, None, rows)
        assert words in caught.value.message
    assert np.array_equal(shown(engine), before)
