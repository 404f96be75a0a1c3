"""What OME-XML says beside sizes and channels' names: planes, instrument, objective, how channels were acquired.

A value that is missing, not a number or of an unknown unit is left out: metadata never keep an image from being
imported. Source: the OME schema 2016-06 (openmicroscopy.org/Schemas/OME/2016-06); older ones name most things alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import omero
import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.rtypes import rdouble, rint, rstring

from omeropyr.embedded.importer.objects import Enumeration

MAX_PLANES = 200_000
"""As many planes get a PlaneInfo; what says more is left out as a whole."""

_OBJECTIVE = ("Manufacturer", "Model", "SerialNumber", "LotNumber")


def name_of(element: Element) -> str:
    """The tag without its name space, whatever version that is of."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """Direct children of a name."""
    return (child for child in element if name_of(child) == name)


def by_id(root: Element, *names: str) -> dict[str, Element]:
    """Everything of these names in the document that has an ID, by it."""
    found = (one for one in root.iter() if name_of(one) in names)
    return {one.get("ID", ""): one for one in found if one.get("ID")}


def number(element: Element, name: str) -> float | None:
    """A finite number, or ``None``."""
    try:
        value = float(element.get(name) or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole(element: Element, name: str) -> int | None:
    """A number of 32 bits, or ``None``."""
    value = number(element, name)
    return int(value) if value is not None and abs(value) < 2**31 else None


def quantity(element: Element, name: str, kind: type, default: str) -> Any:
    """A value with its unit, as OMERO's *kind* (``LengthI``, ``TimeI`` ...), or ``None``."""
    value = number(element, name)
    symbol = element.get(f"{name}Unit") or default
    units = {sign: unit for unit, sign in kind.SYMBOLS.items()}  # type: ignore[attr-defined]
    unit = units.get(symbol)
    return kind(value, unit) if value is not None and unit is not None else None


def known(enumeration: Enumeration, kind: str, value: str | None) -> Any:
    """The enumeration's object of a value, ``None`` for one that OMERO does not know."""
    if not value:
        return None
    try:
        return enumeration(kind, value)
    except omero.ApiUsageException:
        return None


def fill(image: Any, element: Element, root: Element, enumeration: Enumeration) -> None:
    """Put what the ``Image`` *element* says onto an unsaved image and its pixels."""
    pixels = image.getPrimaryPixels()
    described = next(children(element, "Pixels"), None)
    if described is not None:
        planes = list(children(described, "Plane"))
        for plane in planes if len(planes) <= MAX_PLANES else ():
            made = _plane(plane, pixels)
            if made is not None:
                pixels.addPlaneInfo(made)
        for channel, said in zip(pixels.copyChannels(), children(described, "Channel"), strict=False):
            _channel(channel.logicalChannel, said, enumeration)
    _instrument(image, element, root, enumeration)


def _plane(plane: Element, pixels: Any) -> Any:
    place = [whole(plane, name) for name in ("TheZ", "TheC", "TheT")]
    sizes = pixels.sizeZ.val, pixels.sizeC.val, pixels.sizeT.val
    if any(at is None or not 0 <= at < size for at, size in zip(place, sizes, strict=True)):
        return None
    said = {
        "deltaT": quantity(plane, "DeltaT", omero.model.TimeI, "s"),
        "exposureTime": quantity(plane, "ExposureTime", omero.model.TimeI, "s"),
        **{
            f"position{axis}": quantity(plane, f"Position{axis}", omero.model.LengthI, "reference frame")
            for axis in "XYZ"
        },
    }
    if not any(value is not None for value in said.values()):
        return None
    made = omero.model.PlaneInfoI()
    made.theZ, made.theC, made.theT = (rint(at) for at in place)
    for field, value in said.items():
        setattr(made, field, value)
    return made


def _channel(logical: Any, said: Element, enumeration: Enumeration) -> None:
    for field in ("Fluor",):
        if said.get(field):
            setattr(logical, field.lower(), rstring(str(said.get(field))[:255]))
    logical.ndFilter = _double(number(said, "NDFilter"))
    logical.pinHoleSize = quantity(said, "PinholeSize", omero.model.LengthI, "µm")
    logical.pockelCellSetting = _int(whole(said, "PockelCellSetting"))
    for field, kind, attribute in (
        ("mode", "AcquisitionMode", "AcquisitionMode"),
        ("contrastMethod", "ContrastMethod", "ContrastMethod"),
        ("illumination", "Illumination", "IlluminationType"),
    ):
        setattr(logical, field, known(enumeration, kind, said.get(attribute)))


def _instrument(image: Any, element: Element, root: Element, enumeration: Enumeration) -> None:
    instruments = by_id(root, "Instrument")
    reference = next(children(element, "InstrumentRef"), None)
    said = instruments.get(reference.get("ID", "")) if reference is not None else None
    settings = next((one for one in element if name_of(one) in ("ObjectiveSettings", "ObjectiveRef")), None)
    if said is None:
        return
    instrument = omero.model.InstrumentI()
    microscope = next(children(said, "Microscope"), None)
    if microscope is not None:
        instrument.microscope = _microscope(microscope, enumeration)
    objectives = {one.get("ID", ""): _objective(one, enumeration) for one in children(said, "Objective")}
    for objective in objectives.values():
        instrument.addObjective(objective)
    image.instrument = instrument
    used = objectives.get(settings.get("ID", "")) if settings is not None else None
    if used is not None and settings is not None:
        made = omero.model.ObjectiveSettingsI()
        made.objective = used
        made.refractiveIndex = _double(number(settings, "RefractiveIndex"))
        made.correctionCollar = _double(number(settings, "CorrectionCollar"))
        made.medium = known(enumeration, "Medium", settings.get("Medium"))
        image.objectiveSettings = made


def _microscope(said: Element, enumeration: Enumeration) -> Any:
    made = omero.model.MicroscopeI()
    _texts(made, said, _OBJECTIVE)
    made.type = known(enumeration, "MicroscopeType", said.get("Type")) or enumeration("MicroscopeType", "Unknown")
    return made


def _objective(said: Element, enumeration: Enumeration) -> Any:
    made = omero.model.ObjectiveI()
    _texts(made, said, _OBJECTIVE)
    made.nominalMagnification = _double(number(said, "NominalMagnification"))
    made.calibratedMagnification = _double(number(said, "CalibratedMagnification"))
    made.lensNA = _double(number(said, "LensNA"))
    made.workingDistance = quantity(said, "WorkingDistance", omero.model.LengthI, "µm")
    made.immersion = known(enumeration, "Immersion", said.get("Immersion")) or enumeration("Immersion", "Unknown")
    made.correction = known(enumeration, "Correction", said.get("Correction")) or enumeration("Correction", "Unknown")
    return made


def _texts(made: Any, said: Element, names: tuple[str, ...]) -> None:
    for name in names:
        if said.get(name):
            setattr(made, name[0].lower() + name[1:], rstring(str(said.get(name))[:255]))


def _double(value: float | None) -> Any:
    return None if value is None else rdouble(value)


def _int(value: int | None) -> Any:
    return None if value is None else rint(value)
