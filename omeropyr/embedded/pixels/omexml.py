"""What OME-XML says about its images, read with care: no document types, no entities, no files that were not given."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from xml.etree import ElementTree  # parse() refuses document types: nothing is left to expand

from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError

MAX_BYTES = 2**28
_MICROMETRES = {"m": 1e6, "dm": 1e5, "cm": 1e4, "mm": 1e3, "µm": 1.0, "nm": 1e-3, "Å": 1e-4, "pm": 1e-6, "in": 25400.0}
_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class OmeImage:
    """One ``Image`` element: what :class:`omeropyr.embedded.pixels.reader.Series` takes from it.

    Micrometres and seconds.
    """

    name: str | None
    description: str | None
    acquisition_date: datetime | None
    dimension_order: str
    significant_bits: int | None
    physical_size: tuple[float | None, float | None, float | None]
    time_increment: float | None
    channels: tuple[ChannelInfo, ...]


_NO_FILE = "x" * 300
"""A name that no file system has."""


def local(xml: str | None, own_name: str, names: set[str]) -> str | None:
    """The document with references to files not among *names* made void, or ``None`` if there are none.

    A file of a set that was renamed still finds itself. Raises :class:`ReaderError` for document types and bad XML.
    """
    root = parse(xml)
    references = list(_all(root, "UUID"))
    alone = root.get("UUID") is None and len({(one.text or "").strip() for one in references}) == 1
    changed = False
    for one in references:
        name = one.get("FileName") or ""
        if root.get("UUID") is not None and one.text == root.get("UUID"):
            continue
        if alone and name != own_name:
            one.set("FileName", own_name)
        elif name in names and "/" not in name and "\\" not in name:
            continue
        elif not alone:
            one.set("FileName", _NO_FILE)
        changed = True
    return ElementTree.tostring(root, encoding="unicode") if changed else None


def images(xml: str | None) -> list[OmeImage]:
    """The images of the document, in order. Raises :class:`ReaderError` when it is not well formed."""
    return [_image(element) for element in _all(parse(xml), "Image")]


def elements(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The ``Image`` elements of a parsed document, in order: one for each series."""
    return list(_all(root, "Image"))


def parse(xml: str | None) -> ElementTree.Element:
    """The root of a document. Raises :class:`ReaderError` for document types, and where it is not well formed."""
    text = xml or ""
    if len(text) > MAX_BYTES:
        raise ReaderError("the OME-XML is too long")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ReaderError("OME-XML with a document type declaration is refused")
    try:
        return ElementTree.fromstring(text.encode())  # noqa: S314 # nothing to expand, nothing external
    except ElementTree.ParseError as error:
        raise ReaderError(f"the OME-XML is not well formed: {error}") from error


def _all(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Elements of that name in any version of the OME name space."""
    return (element for element in root.iter() if element.tag.rpartition("}")[2] == name)


def _child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((child for child in element if child.tag.rpartition("}")[2] == name), None)


def _image(element: ElementTree.Element) -> OmeImage:
    pixels = _child(element, "Pixels")
    if pixels is None:
        raise ReaderError("the OME-XML has an image without pixels")
    description, date = _child(element, "Description"), _child(element, "AcquisitionDate")
    bits = pixels.get("SignificantBits")
    return OmeImage(
        name=element.get("Name") or None,
        description=description.text if description is not None else None,
        acquisition_date=_date(date.text if date is not None else None),
        dimension_order=pixels.get("DimensionOrder") or "XYZCT",
        significant_bits=int(bits) if bits and bits.isdigit() else None,
        physical_size=(
            _quantity(pixels, "PhysicalSizeX", _MICROMETRES, "µm"),
            _quantity(pixels, "PhysicalSizeY", _MICROMETRES, "µm"),
            _quantity(pixels, "PhysicalSizeZ", _MICROMETRES, "µm"),
        ),
        time_increment=_quantity(pixels, "TimeIncrement", _SECONDS, "s"),
        channels=tuple(_channel(channel) for channel in _all(pixels, "Channel")),
    )


def _channel(element: ElementTree.Element) -> ChannelInfo:
    color = element.get("Color")
    rgba = None
    if color:
        try:
            rgba = tuple((int(color) & 0xFFFFFFFF).to_bytes(4, "big"))
        except ValueError:
            rgba = None
    return ChannelInfo(
        name=element.get("Name") or None,
        color=(rgba[0], rgba[1], rgba[2], rgba[3]) if rgba else None,
        emission=_quantity(element, "EmissionWavelength", {"nm": 1.0, "µm": 1e3}, "nm"),
        excitation=_quantity(element, "ExcitationWavelength", {"nm": 1.0, "µm": 1e3}, "nm"),
    )


def _quantity(element: ElementTree.Element, name: str, units: dict[str, float], default: str) -> float | None:
    """A positive value in the default unit; ``None`` for what is missing, not a number, or in pixels."""
    factor = units.get(element.get(f"{name}Unit") or default)
    try:
        value = float(element.get(name) or "nan")
    except ValueError:
        return None
    return value * factor if factor is not None and math.isfinite(value) and value > 0 else None


def _date(text: str | None) -> datetime | None:
    try:
        date = datetime.fromisoformat((text or "").strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
