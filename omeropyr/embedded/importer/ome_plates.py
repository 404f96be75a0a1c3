"""Plates that OME-XML carries: screens, plates, runs, wells, fields with their positions, reagents.

A value that is missing or no number is left out. Source: the OME schema 2016-06 (SPW elements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.rtypes import rint, rstring, rtime

from omeropyr.embedded.importer.objects import unloaded
from omeropyr.embedded.importer.ome_annotations import Library
from omeropyr.embedded.importer.ome_metadata import by_id, children, name_of, quantity, whole

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

MAX_SAMPLES = 200_000
"""As many fields are looked at in one document."""

_SAMPLE = re.compile(r"<(?:\w+:)?WellSample\b")


@dataclass(frozen=True)
class Given:
    """What whoever imports said: the name of the plate, the Screen it goes to."""

    name: str | None = None
    screen_id: int | None = None


def has_plates(xml: str | None) -> bool:
    """Whether the document has fields of wells, without parsing it."""
    return _SAMPLE.search(xml or "") is not None


def count_wells(root: Element) -> int:
    """How many wells have a field."""
    return sum(any(True for _ in children(well, "WellSample")) for well in root.iter() if name_of(well) == "Well")


class Plates:
    """The plates of one document, to be saved around images that are stored."""

    def __init__(self, transaction: Transaction, root: Element, library: Library) -> None:
        self._transaction = transaction
        self._root = root
        self._library = library
        self._samples = 0
        self._wells: list[tuple[int, Element]] = []

    def save(self, images: Mapping[str, int], given: Given, fallback: str) -> list[int]:
        """Save every plate that has a field among *images* (their ids in the document to those in the store).

        A plate goes into the given Screen, else into the Screens of the document. Its name is the given one where the
        document has one plate, its own, or *fallback*. Returns the ids of the plates.
        """
        plates = [one for one in self._root if name_of(one) == "Plate" and self._shows(one, images)]
        saved = {}
        for said in plates:
            plate, wells = self._plate(said, images)
            own = given.name if given.name and len(plates) == 1 else said.get("Name")
            plate.name = rstring((own or fallback)[:255])
            stored = self._transaction.save(plate)
            plate_id = int(stored.id.val)
            saved[said.get("ID", "")] = plate_id
            self._library.link(self._transaction, said, "Plate", plate_id)
            self._after(said, stored, wells)
        self._screens(saved, given.screen_id)
        return list(saved.values())

    @staticmethod
    def _shows(plate: Element, images: Mapping[str, int]) -> bool:
        return any(name_of(one) == "ImageRef" and one.get("ID") in images for one in plate.iter())

    # --- a plate ---

    def _plate(self, said: Element, images: Mapping[str, int]) -> tuple[Any, list[Element]]:
        plate = omero.model.PlateI()
        _texts(plate, said, ("Status", "ExternalIdentifier", "RowNamingConvention", "ColumnNamingConvention"))
        plate.rowNamingConvention = plate.rowNamingConvention or rstring("letter")
        plate.columnNamingConvention = plate.columnNamingConvention or rstring("number")
        plate.description = _child_text(said, "Description")
        plate.wellOriginX = quantity(said, "WellOriginX", omero.model.LengthI, "reference frame")
        plate.wellOriginY = quantity(said, "WellOriginY", omero.model.LengthI, "reference frame")
        runs = self._runs(said, plate)
        wells = [one for one in children(said, "Well") if _place(one) is not None]
        for one in wells:
            plate.addWell(self._well(one, runs, images))
        places = [place for one in wells if (place := _place(one)) is not None]
        rows, columns = (whole(said, name) or 0 for name in ("Rows", "Columns"))
        plate.rows = rint(max([rows, *(row + 1 for row, _ in places)]))
        plate.columns = rint(max([columns, *(column + 1 for _, column in places)]))
        return plate, wells

    @staticmethod
    def _runs(said: Element, plate: Any) -> dict[str, Any]:
        """The PlateAcquisition of each field that is in one, by the field's id."""
        of_sample = {}
        for one in children(said, "PlateAcquisition"):
            run = omero.model.PlateAcquisitionI()
            _texts(run, one, ("Name",))
            run.description = _child_text(one, "Description")
            run.startTime, run.endTime = _time(one.get("StartTime")), _time(one.get("EndTime"))
            most = whole(one, "MaximumFieldCount")
            run.maximumFieldCount = rint(most) if most is not None else None
            plate.addPlateAcquisition(run)
            of_sample.update({reference.get("ID", ""): run for reference in children(one, "WellSampleRef")})
        return of_sample

    def _well(self, said: Element, runs: Mapping[str, Any], images: Mapping[str, int]) -> Any:
        well = omero.model.WellI()
        row, column = _place(said) or (0, 0)
        well.row, well.column = rint(row), rint(column)
        _texts(well, said, ("ExternalDescription", "ExternalIdentifier", "Type"))
        color = whole(said, "Color") if said.get("Color") else None
        if color is not None:
            parts = (color & 0xFFFFFFFF).to_bytes(4, "big")
            well.red, well.green, well.blue, well.alpha = (rint(part) for part in parts)
        for one in sorted(children(said, "WellSample"), key=lambda one: whole(one, "Index") or 0):
            image = next((images.get(ref.get("ID", "")) for ref in children(one, "ImageRef")), None)
            self._samples += 1
            if image is None or self._samples > MAX_SAMPLES:
                continue
            sample = omero.model.WellSampleI()
            sample.image = unloaded("Image", image)
            sample.posX = quantity(one, "PositionX", omero.model.LengthI, "reference frame")
            sample.posY = quantity(one, "PositionY", omero.model.LengthI, "reference frame")
            sample.timepoint = _time(one.get("Timepoint"))
            sample.plateAcquisition = runs.get(one.get("ID", ""))
            well.addWellSample(sample)
        return well

    def _after(self, said: Element, stored: Any, wells: list[Element]) -> None:
        """Put annotations on wells and runs, which have ids now."""
        places = {(well.row.val, well.column.val): int(well.id.val) for well in stored.copyWells()}
        for one in wells:
            place = _place(one)
            if place is not None and place in places:
                self._library.link(self._transaction, one, "Well", places[place])
                self._wells.append((places[place], one))
        ids = sorted(int(run.id.val) for run in stored.copyPlateAcquisitions())
        for run_id, one in zip(ids, children(said, "PlateAcquisition"), strict=True):
            self._library.link(self._transaction, one, "PlateAcquisition", run_id)

    # --- screens ---

    def _screens(self, plates: Mapping[str, int], given: int | None) -> None:
        said = [one for one in self._root if name_of(one) == "Screen"]
        for one in said:
            inside = [plates[ref.get("ID", "")] for ref in children(one, "PlateRef") if ref.get("ID") in plates]
            if not inside:
                continue
            screen_id = given
            if screen_id is None:
                screen_id = int(self._transaction.save(_screen(one)).id.val)
                self._library.link(self._transaction, one, "Screen", screen_id)
                self._transaction.save_all([_in_screen(screen_id, plate_id) for plate_id in inside])
            self._reagents(one, screen_id)
        if given is not None:
            self._transaction.save_all([_in_screen(given, plate_id) for plate_id in plates.values()])

    def _reagents(self, said: Element, screen_id: int) -> None:
        saved = {}
        for one in children(said, "Reagent"):
            reagent = omero.model.ReagentI()
            _texts(reagent, one, ("Name", "ReagentIdentifier"))
            reagent.description = _child_text(one, "Description")
            reagent.screen = unloaded("Screen", screen_id)
            saved[one.get("ID", "")] = int(self._transaction.save(reagent).id.val)
        links = []
        for well_id, well in self._wells:
            for reference in children(well, "ReagentRef"):
                if reference.get("ID") in saved:
                    link = omero.model.WellReagentLinkI()
                    link.parent = unloaded("Well", well_id)
                    link.child = unloaded("Reagent", saved[reference.get("ID", "")])
                    links.append(link)
        self._transaction.save_all(links)


def image_ids(root: Element, elements: list[Element], stored: list[int]) -> dict[str, int]:
    """The ids of the document's images to those of the *stored* ones, which come in the same order."""
    known = by_id(root, "Image")
    pairs = zip(elements, stored, strict=False)
    return {one.get("ID", ""): image for one, image in pairs if one.get("ID") in known}


def _screen(said: Element) -> Any:
    screen = omero.model.ScreenI()
    screen.name = rstring((said.get("Name") or "Screen")[:255])
    screen.description = _child_text(said, "Description")
    names = ("ProtocolIdentifier", "ProtocolDescription", "ReagentSetIdentifier", "ReagentSetDescription", "Type")
    _texts(screen, said, names)
    return screen


def _in_screen(screen_id: int, plate_id: int) -> Any:
    link = omero.model.ScreenPlateLinkI()
    link.parent, link.child = unloaded("Screen", screen_id), unloaded("Plate", plate_id)
    return link


def _place(well: Element) -> tuple[int, int] | None:
    row, column = whole(well, "Row"), whole(well, "Column")
    return (row, column) if row is not None and column is not None and row >= 0 and column >= 0 else None


def _texts(made: Any, said: Element, names: tuple[str, ...]) -> None:
    for name in names:
        if said.get(name):
            setattr(made, name[0].lower() + name[1:], rstring(str(said.get(name))[:255]))


def _child_text(said: Element, name: str) -> Any:
    text = next(((one.text or "").strip() for one in children(said, name)), "")
    return rstring(text) if text else None


def _time(text: str | None) -> Any:
    try:
        time = datetime.fromisoformat((text or "").strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return rtime(int((time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp() * 1000))
