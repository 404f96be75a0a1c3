"""Plate, Wells and WellSamples around images that were just imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.rtypes import rint, rstring, rtime

from omeropyr.embedded.importer.objects import unloaded
from omeropyr.embedded.importer.wells import Position, Run

if TYPE_CHECKING:
    from omeropyr.embedded.importer.run import Imported
    from omeropyr.embedded.store import Transaction


def save(
    transaction: Transaction,
    name: str,
    screen_id: int | None,
    positions: Sequence[Position],
    images: Sequence[Imported],
    runs: Sequence[Run | None] = (),
) -> int:
    """Save a Plate whose wells hold *images* at *positions*, in a Screen or in none; return its id.

    *runs* are those of the images, if the files tell them.
    """
    plate = omero.model.PlateI()
    plate.name = rstring(name[:255])
    plate.rows = rint(max(one.row for one in positions) + 1)
    plate.columns = rint(max(one.column for one in positions) + 1)
    plate.rowNamingConvention, plate.columnNamingConvention = rstring("letter"), rstring("number")
    wells: dict[tuple[int, int], Any] = {}
    made = {run: _run(run) for run in sorted((one for one in set(runs) if one is not None), key=lambda r: r.number)}
    for one in made.values():
        plate.addPlateAcquisition(one)
    taken = zip(positions, images, runs or [None] * len(images), strict=True)
    for position, image, run in sorted(taken, key=lambda one: one[0]):
        well = wells.get((position.row, position.column))
        if well is None:
            well = wells[position.row, position.column] = omero.model.WellI()
            well.row, well.column = rint(position.row), rint(position.column)
            plate.addWell(well)
        sample = omero.model.WellSampleI()
        sample.image = unloaded("Image", image.image_id)
        sample.plateAcquisition = made[run] if run is not None else None
        well.addWellSample(sample)
    saved = transaction.save(plate)
    if screen_id is not None:
        link = omero.model.ScreenPlateLinkI()
        link.parent, link.child = unloaded("Screen", screen_id), unloaded("Plate", saved.id.val)
        transaction.save(link)
    return int(saved.id.val)


def _run(run: Run) -> Any:
    made = omero.model.PlateAcquisitionI()
    made.name = rstring(run.name[:255]) if run.name else None
    made.description = rstring(run.description) if run.description else None
    made.startTime = rtime(run.start) if run.start is not None else None
    made.endTime = rtime(run.end) if run.end is not None else None
    made.maximumFieldCount = rint(run.most_fields) if run.most_fields is not None else None
    return made
