"""Plate, Wells and WellSamples around images that were just imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.rtypes import rint, rstring

from omeropyr.embedded.importer.objects import unloaded
from omeropyr.embedded.importer.wells import Position

if TYPE_CHECKING:
    from omeropyr.embedded.importer.run import Imported
    from omeropyr.embedded.store import Transaction


def save(
    transaction: Transaction,
    name: str,
    screen_id: int | None,
    positions: Sequence[Position],
    images: Sequence[Imported],
) -> int:
    """Save a Plate whose wells hold *images* at *positions*, in a Screen or in none; return its id."""
    plate = omero.model.PlateI()
    plate.name = rstring(name[:255])
    plate.rows = rint(max(one.row for one in positions) + 1)
    plate.columns = rint(max(one.column for one in positions) + 1)
    plate.rowNamingConvention, plate.columnNamingConvention = rstring("letter"), rstring("number")
    wells: dict[tuple[int, int], Any] = {}
    for position, image in sorted(zip(positions, images, strict=True), key=lambda pair: pair[0]):
        well = wells.get((position.row, position.column))
        if well is None:
            well = wells[position.row, position.column] = omero.model.WellI()
            well.row, well.column = rint(position.row), rint(position.column)
            plate.addWell(well)
        sample = omero.model.WellSampleI()
        sample.image = unloaded("Image", image.image_id)
        well.addWellSample(sample)
    saved = transaction.save(plate)
    if screen_id is not None:
        link = omero.model.ScreenPlateLinkI()
        link.parent, link.child = unloaded("Screen", screen_id), unloaded("Plate", saved.id.val)
        transaction.save(link)
    return int(saved.id.val)
