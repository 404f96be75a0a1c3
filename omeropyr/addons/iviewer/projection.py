"""A projection along Z saved as a new image."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import omero
import omero.model
from omero.constants.projection import ProjectionType
from omero.rtypes import rstring

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context, rows
from omeropyr.errors import InvalidInput, TooLarge

KINDS = {
    "intmax": ProjectionType.MAXIMUMINTENSITY,
    "intmean": ProjectionType.MEANINTENSITY,
    "intsum": ProjectionType.SUMINTENSITY,
}
_BYTES = {"bit": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float": 4, "double": 8}


def save(
    conn: Any, image: ImageFacts, kind: str, span: tuple[int, int], dataset_id: int | None, *, most_bytes: int
) -> int:
    """Project planes *span* (first, last) of every channel and time point; give the new image's id.

    It has the name with `_proj`, the description and the rendering settings of the other, and is in the dataset.
    Raises InvalidInput, and TooLarge where a channel's stack has more than *most_bytes*.
    """
    first, last = span
    if kind not in KINDS:
        raise InvalidInput(f"projection must be one of {', '.join(KINDS)}")
    if not 0 <= first <= last < image.size_z:
        raise InvalidInput(f"start and end must be from 0 to {image.size_z - 1}")
    stack = image.size_x * image.size_y * image.size_z * _BYTES.get(image.pixels_type, 8)
    if stack > most_bytes:
        raise TooLarge("The stack is larger than this site projects at once.")
    options = context(conn, image.group_id)
    name, description = rows(conn, "select i.name, i.description from Image i where i.id = :id", id=image.id)[0]
    path = PurePosixPath(name or "image")
    made = conn.c.sf.getProjectionService().projectPixels(
        image.pixels_id, None, KINDS[kind], 0, image.size_t - 1, list(range(image.size_c)), 1, first, last,
        f"{path.stem}_proj{path.suffix}", options,
    )  # fmt: skip
    image_id = int(made)
    conn.c.sf.getRenderingSettingsService().applySettingsToImage(image.pixels_id, image_id, options)
    _describe(conn, image_id, description, dataset_id, options)
    return image_id


def _describe(conn: Any, image_id: int, description: str | None, dataset_id: int | None, options: Any) -> None:
    update = conn.getUpdateService()
    if description:
        stored = conn.getQueryService().get("Image", image_id, options)
        stored.setDescription(rstring(description))
        update.saveObject(stored, options)
    if dataset_id is not None:
        link = omero.model.DatasetImageLinkI()
        link.setParent(omero.model.DatasetI(dataset_id, False))
        link.setChild(omero.model.ImageI(image_id, False))
        update.saveObject(link, options)
