"""Annotations and regions of interest that OME-XML carries, as OMERO's objects."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree  # the document is parsed already
from xml.etree.ElementTree import Element

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.rtypes import rbool, rdouble, rint, rlong, rstring, rtime

from omeropyr.embedded.importer.objects import unloaded
from omeropyr.embedded.importer.ome_metadata import by_id, children, name_of, number, quantity, whole

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

MAX_ANNOTATIONS = 10_000
MAX_SHAPES = 100_000
MAX_MASK = 2**26
"""The largest mask in bytes, unpacked."""

Made = Any
_TYPES = (
    "TagAnnotation", "CommentAnnotation", "MapAnnotation", "LongAnnotation", "DoubleAnnotation", "BooleanAnnotation",
    "TimestampAnnotation", "TermAnnotation", "XMLAnnotation",
)  # fmt: skip


class Library:
    """The annotations of one document, saved when first used: two images share what they share in the file."""

    def __init__(self, root: Element) -> None:
        self._said = by_id(root, *_TYPES)
        self._rois = by_id(root, "ROI")
        self._saved: dict[str, int] = {}
        self._shapes = 0

    def save(self, transaction: Transaction, element: Element, image_id: int) -> None:
        """Save what the ``Image`` *element* refers to, and put it on the stored image."""
        self.link(transaction, element, "Image", image_id)
        rois = [self._roi(one, image_id) for one in children(element, "ROIRef")]
        transaction.save_all([made for made in rois if made is not None])

    def link(self, transaction: Transaction, element: Element, kind: str, object_id: int) -> None:
        """Put the annotations that *element* refers to on a stored object (``Image``, ``Plate``, ``Well`` ...)."""
        links = [self._link(transaction, one, kind, object_id) for one in children(element, "AnnotationRef")]
        transaction.save_all([made for made in links if made is not None])

    def _link(self, transaction: Transaction, reference: Element, kind: str, object_id: int) -> Made:
        key = reference.get("ID", "")
        if key not in self._saved:
            said = self._said.get(key)
            made = annotation(said) if said is not None and len(self._saved) < MAX_ANNOTATIONS else None
            if made is None:
                return None
            self._saved[key] = int(transaction.save(made).id.val)
        link = getattr(omero.model, f"{kind}AnnotationLinkI")()
        link.parent = unloaded(kind, object_id)
        link.child = unloaded(_kind(self._said[key]), self._saved[key])
        return link

    def _roi(self, reference: Element, image_id: int) -> Made:
        said = self._rois.get(reference.get("ID", ""))
        if said is None:
            return None
        made = omero.model.RoiI()
        made.image = unloaded("Image", image_id)
        made.name = _string(said.get("Name"))
        made.description = _string(_text(said, "Description"))
        for one in _shapes(said):
            shape_made = shape(one) if self._shapes < MAX_SHAPES else None
            if shape_made is not None:
                made.addShape(shape_made)
                self._shapes += 1
        return made if made.sizeOfShapes() else None


def _kind(said: Element) -> str:
    return "XmlAnnotation" if name_of(said) == "XMLAnnotation" else name_of(said)


# --- annotations ---


def annotation(said: Element) -> Made:
    """An unsaved annotation; ``None`` for a value that is none."""
    made = getattr(omero.model, f"{_kind(said)}I")()
    made.ns = _string(said.get("Namespace"))
    made.description = _string(_text(said, "Description"))
    try:
        _VALUES[name_of(said)](made, said)
    except (ValueError, OverflowError):
        return None
    return made


def _map(made: Made, said: Element) -> None:
    pairs = [one for value in children(said, "Value") for one in children(value, "M")]
    made.setMapValue([omero.model.NamedValue(one.get("K", ""), one.text or "") for one in pairs])


def _xml(made: Made, said: Element) -> None:
    inner = [one for value in children(said, "Value") for one in value]
    made.textValue = rstring("".join(ElementTree.tostring(one, encoding="unicode") for one in inner))


def _timestamp(made: Made, said: Element) -> None:
    time = datetime.fromisoformat(_value(said).replace("Z", "+00:00"))
    made.timeValue = rtime(int((time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp() * 1000))


def _long(made: Made, said: Element) -> None:
    value = int(_value(said))
    if abs(value) >= 2**63:
        raise ValueError(value)
    made.longValue = rlong(value)


def _text_value(made: Made, said: Element) -> None:
    made.textValue = rstring(_value(said))


_VALUES: dict[str, Callable[[Made, Element], None]] = {
    "TagAnnotation": _text_value,
    "CommentAnnotation": _text_value,
    "TermAnnotation": lambda made, said: setattr(made, "termValue", rstring(_value(said))),
    "MapAnnotation": _map,
    "LongAnnotation": _long,
    "DoubleAnnotation": lambda made, said: setattr(made, "doubleValue", rdouble(float(_value(said)))),
    "BooleanAnnotation": lambda made, said: setattr(made, "boolValue", rbool(_value(said) in ("true", "1"))),
    "TimestampAnnotation": _timestamp,
    "XMLAnnotation": _xml,
}


def _value(said: Element) -> str:
    return _text(said, "Value") or ""


def _text(said: Element, name: str) -> str | None:
    child = next(children(said, name), None)
    return (child.text or "").strip() if child is not None else None


def _string(text: str | None) -> Any:
    return rstring(text) if text else None


# --- shapes ---

_NUMBERS = {
    "Rectangle": ("X", "Y", "Width", "Height"),
    "Ellipse": ("X", "Y", "RadiusX", "RadiusY"),
    "Line": ("X1", "Y1", "X2", "Y2"),
    "Point": ("X", "Y"),
    "Label": ("X", "Y"),
    "Mask": ("X", "Y", "Width", "Height"),
    "Polygon": (),
    "Polyline": (),
}


def _shapes(said: Element) -> Iterator[Element]:
    for union in children(said, "Union"):
        for one in union:
            if name_of(one) in _NUMBERS:
                yield one


def shape(said: Element) -> Made:
    """An unsaved shape; ``None`` for one without its numbers."""
    kind = name_of(said)
    made = getattr(omero.model, f"{kind}I")()
    for name in _NUMBERS[kind]:
        value = number(said, name)
        if value is None:
            return None
        setattr(made, name[0].lower() + name[1:], rdouble(value))
    if kind in ("Polygon", "Polyline"):
        if not said.get("Points"):
            return None
        made.points = rstring(str(said.get("Points")))
    if kind in ("Line", "Polyline"):
        made.markerStart, made.markerEnd = _string(said.get("MarkerStart")), _string(said.get("MarkerEnd"))
    if kind == "Mask":
        made.setBytes(_mask(said))
    _look(made, said)
    return made


def _look(made: Made, said: Element) -> None:
    for name in ("TheZ", "TheC", "TheT"):
        place = whole(said, name)
        if place is not None and place >= 0:
            setattr(made, name[0].lower() + name[1:], rint(place))
    for name in ("FillColor", "StrokeColor"):
        color = number(said, name)
        if color is not None and -(2**31) <= color < 2**32:
            setattr(made, name[0].lower() + name[1:], rint(int(color) - 2**32 if color >= 2**31 else int(color)))
    made.textValue = _string(said.get("Text"))
    made.strokeWidth = quantity(said, "StrokeWidth", omero.model.LengthI, "pixel")
    made.fontSize = quantity(said, "FontSize", omero.model.LengthI, "pt")
    if said.get("Locked") is not None:
        made.locked = rbool(said.get("Locked") in ("true", "1"))
    turned = next(children(said, "Transform"), None)
    if turned is not None:
        made.transform = _transform(turned)


def _transform(said: Element) -> Made:
    made = omero.model.AffineTransformI()
    for name in ("A00", "A10", "A01", "A11", "A02", "A12"):
        value = number(said, name)
        if value is None:
            return None
        setattr(made, name.lower(), rdouble(value))
    return made


def _mask(said: Element) -> bytes:
    """The bits of a mask; empty for what cannot be unpacked."""
    data = next(children(said, "BinData"), None)
    if data is None:
        return b""
    try:
        packed = base64.b64decode("".join((data.text or "").split()), validate=True)
        if data.get("Compression") == "zlib":
            return zlib.decompressobj().decompress(packed, MAX_MASK)
    except (binascii.Error, zlib.error):
        return b""
    return packed if data.get("Compression", "none") == "none" else b""
