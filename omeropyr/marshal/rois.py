"""Regions of interest as the JSON of OMERO.web's `get_rois_json` and `get_shape_json`. PUBLIC for add-ons.

A shape is a dict with `id`, `type` and, where they are known: `theZ`, `theT` (from 0), `textValue` with `fontSize`,
`fontStyle` and `fontFamily`, `transform` (`matrix(a00 a10 a01 a11 a02 a12)`), `fillColor` and `strokeColor`
(`#rrggbb`) with `fillAlpha` and `strokeAlpha` (0 to 1), `strokeWidth`, `markerStart`, `markerEnd`; and by its type:

* Rectangle, Mask: `x`, `y`, `width`, `height`
* Ellipse: `x`, `y` of its centre, `radiusX`, `radiusY`
* Line: `x1`, `y1`, `x2`, `y2`
* Point, Label: `x`, `y`
* PolyLine, Polygon: `points` as the path of an SVG, `M x y L x y`, for a Polygon with ` z` at its end

Lengths are in pixels of the image. A number that is none (not-a-number, infinite) is given as null.
"""

from __future__ import annotations

import math
import re
from typing import Any

import omero.model

from omeropyr.connection.query import objects, one
from omeropyr.marshal.objects import plain

_ROIS = """
    select r from Roi r left outer join fetch r.shapes s left outer join fetch s.transform
    where r.image.id = :id
"""
_SHAPE = """
    select s from Shape s left outer join fetch s.transform join fetch s.roi r join fetch r.image
    where s.id = :id
"""
_ROI = """
    select r from Roi r left outer join fetch r.shapes s left outer join fetch s.transform join fetch r.image
    where r.id = :id
"""

_TYPES = {
    omero.model.Rectangle: ("Rectangle", ("x", "y", "width", "height")),
    omero.model.Mask: ("Mask", ("x", "y", "width", "height")),
    omero.model.Ellipse: ("Ellipse", ("x", "y", "radiusX", "radiusY")),
    omero.model.Line: ("Line", ("x1", "y1", "x2", "y2")),
    omero.model.Point: ("Point", ("x", "y")),
    omero.model.Label: ("Label", ("x", "y")),
    omero.model.Polyline: ("PolyLine", ()),
    omero.model.Polygon: ("Polygon", ()),
}
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_PAIR = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})")
# Older programs wrote four lists, of which the first holds the points: points[1,2, 3,4] points1[...] ...
_LISTED = re.compile(r"points\[([^\]]*)\]")


def rois_data(conn: Any, image_id: int) -> list[dict[str, Any]]:
    """Give all ROIs of an image, `{"id", "shapes": [shape, ...]}`, by id; shapes by plane. One Ice call."""
    found = sorted(objects(conn, _ROIS, id=image_id), key=lambda roi: int(roi.getId().getValue()))
    return [roi_data(roi) for roi in found]


def roi_data(roi: Any) -> dict[str, Any]:
    """Give a ROI whose shapes are loaded."""
    shapes = [shape_data(shape) for shape in roi.copyShapes() if shape is not None]
    return {"id": roi.getId().getValue(), "shapes": sorted(shapes, key=plane_order)}


def plane_order(shape: dict[str, Any]) -> tuple[int, int, int]:
    """Give what shapes are sorted by: z, t, id; a shape that is on all planes comes first."""
    return shape.get("theZ", -1), shape.get("theT", -1), shape["id"]


def find_shape(conn: Any, shape_id: int) -> Any | None:
    """Load a shape with its transformation, its ROI and the id of the image; `None` where there is none."""
    return one(conn, _SHAPE, id=shape_id)


def find_roi(conn: Any, roi_id: int) -> Any | None:
    """Load a ROI with its shapes and the id of the image; `None` where there is none."""
    return one(conn, _ROI, id=roi_id)


def shape_data(shape: Any) -> dict[str, Any]:
    """Give a shape."""
    found: dict[str, Any] = {"id": shape.getId().getValue()}
    for name in ("theT", "theZ"):
        _put(found, name, plain(getattr(shape, name)))
    kind, numbers = next((known for cls, known in _TYPES.items() if isinstance(shape, cls)), ("Shape", ()))
    found["type"] = kind
    found |= {name: _finite(plain(getattr(shape, name))) for name in numbers}
    if kind in ("PolyLine", "Polygon"):
        found["points"] = svg_path(plain(shape.getPoints()) or "", closed=kind == "Polygon")
    for name in ("markerStart", "markerEnd"):
        _put(found, name, plain(getattr(shape, name, None)))
    return found | _text(shape) | _style(shape)


def points(text: str) -> list[tuple[str, str]]:
    """Give the numbers of OMERO's points, `x,y x,y` or `points[x,y, x,y] points1[...]`, as they are written."""
    listed = _LISTED.search(text)
    return _PAIR.findall(listed[1] if listed else text)


def svg_path(text: str, *, closed: bool) -> str:
    """Give OMERO's points as the path of an SVG."""
    path = " L ".join(f"{x} {y}" for x, y in points(text))
    return f"M {path} z" if closed else f"M {path}"


def colour_and_alpha(value: int) -> tuple[str, float]:
    """Give OMERO's signed RGBA number as `#rrggbb` and 0 to 1."""
    red, green, blue, alpha = (value & 0xFFFFFFFF).to_bytes(4, "big")
    return f"#{red:02x}{green:02x}{blue:02x}", alpha / 255


def _text(shape: Any) -> dict[str, Any]:
    text = plain(shape.getTextValue())
    if not text:
        return {}
    found: dict[str, Any] = {"textValue": text}
    size = shape.getFontSize()
    _put(found, "fontSize", _finite(size.getValue()) if size is not None else None)
    _put(found, "fontStyle", plain(shape.getFontStyle()))
    _put(found, "fontFamily", plain(shape.getFontFamily()))
    return found


def _style(shape: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in (("fill", plain(shape.getFillColor())), ("stroke", plain(shape.getStrokeColor()))):
        if value is not None:
            found[f"{name}Color"], found[f"{name}Alpha"] = colour_and_alpha(value)
    width = shape.getStrokeWidth()
    _put(found, "strokeWidth", _finite(width.getValue()) if width is not None else None)
    matrix = affine(shape)
    if matrix is not None:
        found["transform"] = f"matrix({' '.join(map(str, matrix))})"
    return found


def affine(shape: Any) -> tuple[float, ...] | None:
    """Give a shape's transformation, a00 a10 a01 a11 a02 a12; `None` where it has none."""
    transform = shape.getTransform()
    if transform is None or not transform.isLoaded():
        return None
    names = ("a00", "a10", "a01", "a11", "a02", "a12")
    values = tuple(_finite(plain(getattr(transform, name))) for name in names)
    return None if None in values else tuple(value for value in values if value is not None)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        found[name] = value
