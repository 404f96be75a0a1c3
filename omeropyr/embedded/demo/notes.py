"""What the demo's users wrote about their images: tags, key-values, comments, ratings, regions of interest, a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.constants.metadata import NSCLIENTMAPANNOTATION, NSINSIGHTRATING
from omero.rtypes import rdouble, rint, rlong, rstring

from omeropyr.embedded.demo import screen
from omeropyr.embedded.importer.objects import unloaded

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

Pairs = Sequence[tuple[str, str]]

OWN = (
    "U2OS_4ch_mitosis_ctrl_01.ome.tif",
    "MDCK_H2B-GFP_scratch_10min.ome.tif",
    "colon_HE_case07_40x.ome.tif",
)
"""The images of the live cells' owner that are written about."""


def link(parent: str, parent_id: int, annotation: Any) -> Any:
    """What hangs an annotation, new or stored, on an object."""
    made = getattr(omero.model, f"{parent}AnnotationLinkI")()
    made.parent, made.child = unloaded(parent, parent_id), annotation
    return made


def tag(transaction: Transaction, text: str, description: str = "") -> Any:
    """A new tag, saved."""
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(text)
    made.description = rstring(description) if description else None
    return transaction.save(made)


def key_values(pairs: Pairs) -> Any:
    """Key-value pairs as OMERO's clients write them, not yet saved."""
    made = omero.model.MapAnnotationI()
    made.ns = rstring(NSCLIENTMAPANNOTATION)
    made.setMapValue([omero.model.NamedValue(key, value) for key, value in pairs])
    return made


def comment(text: str) -> Any:
    """A comment, not yet saved."""
    made = omero.model.CommentAnnotationI()
    made.textValue = rstring(text)
    return made


def rating(stars: int) -> Any:
    """A rating of 1 to 5 stars, not yet saved."""
    made = omero.model.LongAnnotationI()
    made.ns, made.longValue = rstring(NSINSIGHTRATING), rlong(stars)
    return made


def roi(image_id: int, name: str, *shapes: Any) -> Any:
    """A region of interest of an image, not yet saved."""
    made = omero.model.RoiI()
    made.image, made.name = unloaded("Image", image_id), rstring(name)
    for shape in shapes:
        made.addShape(shape)
    return made


def ellipse(x: float, y: float, rx: float, ry: float, text: str, color: str, place: tuple[int, int]) -> Any:
    """An ellipse on a plane (z, t); *color* is RRGGBB."""
    made = omero.model.EllipseI()
    made.x, made.y, made.radiusX, made.radiusY = rdouble(x), rdouble(y), rdouble(rx), rdouble(ry)
    return _drawn(made, text, color, place)


def rectangle(x: float, y: float, width: float, height: float, text: str, color: str) -> Any:
    """A rectangle on every plane."""
    made = omero.model.RectangleI()
    made.x, made.y, made.width, made.height = rdouble(x), rdouble(y), rdouble(width), rdouble(height)
    return _drawn(made, text, color, None)


def polygon(points: Sequence[tuple[float, float]], text: str, color: str) -> Any:
    """A closed outline on every plane."""
    made = omero.model.PolygonI()
    made.points = rstring(" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    return _drawn(made, text, color, None)


def arrow(x1: float, y1: float, x2: float, y2: float, text: str, color: str) -> Any:
    """A line with a head at its second end, on every plane."""
    made = omero.model.LineI()
    made.x1, made.y1, made.x2, made.y2 = rdouble(x1), rdouble(y1), rdouble(x2), rdouble(y2)
    made.markerEnd = rstring("Arrow")
    return _drawn(made, text, color, None)


def _drawn(shape: Any, text: str, color: str, place: tuple[int, int] | None) -> Any:
    rgba = int(color, 16) << 8 | 0xFF
    shape.textValue = rstring(text)
    shape.strokeColor = rint(rgba - 2**32 if rgba >= 2**31 else rgba)
    shape.strokeWidth = omero.model.LengthI(2, omero.model.enums.UnitsLength.PIXEL)
    if place is not None:
        shape.theZ, shape.theT = rint(place[0]), rint(place[1])
    return shape


def around(x: float, y: float, radius: float, corners: int = 24) -> list[tuple[float, float]]:
    """The corners of an uneven outline around a point, always the same."""
    turns = [2 * math.pi * corner / corners for corner in range(corners)]
    reach = [radius * (1 + 0.16 * math.sin(3 * turn + 1) + 0.09 * math.sin(7 * turn)) for turn in turns]
    return [(x + far * math.cos(turn), y + far * math.sin(turn)) for far, turn in zip(reach, turns, strict=True)]


def of_wells(transaction: Transaction, plate_id: int) -> None:
    """Compound and concentration of every well of the demo's plate."""
    wells = transaction.values("select w.id, w.row, w.column from Well w where w.plate.id = :id", {"id": plate_id})
    links = []
    for well_id, row, column in wells:
        added = screen.treatment(row, column)
        pairs = (("Compound", added.compound), ("Concentration (µM)", f"{added.micromolar:g}"))
        links.append(link("Well", well_id, key_values(pairs)))
    transaction.save_all(links)


def of_images(transaction: Transaction, images: dict[str, int]) -> None:
    """What the owner of the live cells wrote; *images* are ids by file name."""
    live, scratch, slide = (images[name] for name in OWN)
    dividing = tag(transaction, "mitosis", "a cell divides in it")
    figure = tag(transaction, "Figure 2", "candidates for the paper")
    control = tag(transaction, "control", "not treated")
    facts: Pairs = (("Cell line", "U2OS"), ("Passage", "14"), ("Medium", "DMEM, 10 % FBS"), ("Objective", "63x / 1.4"))
    made = [link("Image", live, one) for one in (dividing, figure, control)]
    made += [link("Image", scratch, control), link("Image", slide, figure)]
    made += [link("Image", live, key_values(facts)), link("Image", live, rating(5)), link("Image", scratch, rating(4))]
    made += [link("Image", scratch, key_values((("Cell line", "MDCK II"), ("Interval", "10 min"))))]
    made += [link("Image", live, comment("Metaphase plate of the cell in the middle is in focus from z 5 on."))]
    transaction.save_all(made)
    cell = [ellipse(250, 236, 44, 38, "dividing", "FFD60A", (5, t)) for t in range(6)]
    regions = [
        roi(live, "dividing cell", *cell),
        roi(live, "background", rectangle(12, 430, 70, 60, "background", "FF3B30")),
        roi(scratch, "wound", rectangle(150, 10, 212, 492, "wound at the start", "30D158")),
        roi(slide, "crypts", polygon(around(15600, 12800, 900), "crypts", "0A84FF")),
        roi(slide, "follicle", arrow(19500, 16100, 18150, 15050, "lymphoid follicle", "FF9F0A")),
    ]
    transaction.save_all(regions)


def by_colleague(transaction: Transaction, images: dict[str, int]) -> None:
    """What a colleague wrote on images that are not theirs."""
    live, scratch = images[OWN[0]], images[OWN[1]]
    transaction.save_all(
        [
            link("Image", live, comment("Lovely! May I use time point 3 for the poster?")),
            link("Image", scratch, comment("Stage drifts after frame 12, see the left edge.")),
            link("Image", live, tag(transaction, "poster 2026")),
        ]
    )
