"""Screens, plates, wells, fields and runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import omero.model
import pytest
from omero.rtypes import rint, rstring, rtime

START, END = 1_700_000_000_000, 1_700_000_600_000


@dataclass
class Plate:
    conn: Any
    screen: int
    plate: int
    run: int
    well: int
    image: int


@pytest.fixture(scope="module")
def plate(walk: Any, omero_data: Any) -> Plate:
    """Two by three wells, all but the first two empty; two fields in A1, one in A2, of one run."""
    images = [omero_data.add_image(np.zeros((8, 8), dtype=np.uint8), f"field {n}", user="walk-ann") for n in range(3)]
    made = omero.model.PlateI()
    made.name, made.rowNamingConvention, made.columnNamingConvention = (rstring(n) for n in ("p", "letter", "number"))
    run = omero.model.PlateAcquisitionI()
    run.name, run.startTime, run.endTime = rstring("run"), rtime(START), rtime(END)
    made.addPlateAcquisition(run)
    for row, column, fields in ((0, 0, images[:2]), (0, 1, images[2:]), (1, 2, [])):
        well = omero.model.WellI()
        well.row, well.column = rint(row), rint(column)
        for image in fields:
            sample = omero.model.WellSampleI()
            sample.image = omero.model.ImageI(image, False)
            sample.plateAcquisition = run
            well.addWellSample(sample)
        made.addWell(well)
    screen = omero.model.ScreenI()
    screen.name = rstring("s")
    screen.linkPlate(made)
    conn = walk.conn
    screen_id = conn.getUpdateService().saveAndReturnObject(screen).id.val
    (found,) = conn.getObject("Screen", screen_id).listChildren()
    well_id = next(one.getId() for one in found.listChildren() if (one.row, one.column) == (0, 0))
    (run_id,) = [one.getId() for one in found.listPlateAcquisitions()]
    return Plate(conn, screen_id, found.getId(), run_id, well_id, images[0])


@pytest.mark.walks(
    "PlateWrapper",
    "countChildren countPlateAcquisitions listPlateAcquisitions getColumnLabels getRowLabels getGridSize getWellGrid "
    "getNumberOfFields setGridSizeConstraints",
)
def test_a_plate(plate: Plate) -> None:
    found = plate.conn.getObject("Plate", plate.plate)
    assert (found.countChildren(), found.countPlateAcquisitions()) == (3, 1)
    assert [one.getId() for one in found.listPlateAcquisitions()] == [plate.run]
    assert found.getGridSize() == {"rows": 2, "columns": 3}
    assert (found.getRowLabels(), found.getColumnLabels()) == (["A", "B"], [1, 2, 3])
    grid = found.getWellGrid()
    assert [[one is not None for one in row] for row in grid] == [[True, True, False], [False, False, True]]
    assert grid[0][0].getId() == plate.well
    assert (found.getNumberOfFields(), found.getNumberOfFields(plate.run)) == ((0, 1), (0, 1))
    found.setGridSizeConstraints(8, 12)
    assert found.getGridSize() == {"rows": 8, "columns": 12}


@pytest.mark.walks("PlateAcquisitionWrapper", "getStartTime getEndTime getName listParents")
def test_a_run(plate: Plate) -> None:
    run = plate.conn.getObject("PlateAcquisition", plate.run)
    moments = [value if isinstance(value, datetime) else datetime.fromtimestamp(value / 1000) for value in (
        run.getStartTime(), run.getEndTime())]  # fmt: skip
    assert moments == [datetime.fromtimestamp(START / 1000), datetime.fromtimestamp(END / 1000)]
    assert run.getName() == "run"
    assert [one.getId() for one in run.listParents()] == [plate.plate]


@pytest.mark.walks(
    "WellWrapper",
    "countWellSample getImage getScreens getWellPos getWellSample isWellSample listParents selectedWellSample "
    "simpleMarshal",
)
def test_a_well(plate: Plate) -> None:
    well = plate.conn.getObject("Well", plate.well)
    assert well.getImage().getId() == plate.image
    assert well.getImage(1).getName() == "field 1"
    assert (well.countWellSample(), well.isWellSample()) == (2, True)
    assert well.getWellPos() == "A1"
    assert well.getWellSample(0).getImage().getId() == plate.image
    assert well.getWellSample(9) is None
    assert well.selectedWellSample().getImage().getId() == plate.image
    assert [one.getId() for one in well.listParents()] == [plate.plate]
    assert [one.getId() for one in well.getScreens()] == [plate.screen]
    assert well.simpleMarshal()["id"] == plate.image


@pytest.mark.walks("WellSampleWrapper", "getImage image getPlateAcquisition listParents LINK_PARENT")
@pytest.mark.walks("ImageWrapper", "getPlate")
def test_a_field(plate: Plate) -> None:
    image = plate.conn.getObject("Image", plate.image)
    assert image.getPlate().getId() == plate.plate
    (field,) = image.listParents()
    sample = (
        field
        if type(field).__name__ == "_WellSampleWrapper"
        else plate.conn.getObject("Well", plate.well).getWellSample()
    )
    assert (sample.getImage().getId(), sample.image().getId()) == (plate.image, plate.image)
    assert sample.getPlateAcquisition().getId() == plate.run
    assert [one.getId() for one in sample.listParents()] == [plate.well]
