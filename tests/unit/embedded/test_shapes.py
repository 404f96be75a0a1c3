"""Which pixels shapes cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rdouble, rstring

from omeropyr.embedded.pixels.shapes import Bitmap, covered

SIZE = (10, 8)


def _shape(kind: str, **values: Any) -> Any:
    made = getattr(omero.model, f"{kind}I")()
    for name, value in values.items():
        given = value
        if isinstance(value, str):
            given = rstring(value)
        elif isinstance(value, int | float):
            given = rdouble(value)
        setattr(made, name, given)
    return made


def _moved(**values: float) -> Any:
    made = omero.model.AffineTransformI()
    for name in ("a00", "a01", "a02", "a10", "a11", "a12"):
        setattr(made, name, rdouble(values.get(name, 1.0 if name in ("a00", "a11") else 0.0)))
    return made


def _pixels(shape: Any) -> set[tuple[int, int]]:
    left, top, mask = covered(shape, SIZE)
    rows, columns = np.nonzero(mask)
    return {(int(x) + left, int(y) + top) for x, y in zip(columns, rows, strict=True)}


def _box(x: range, y: range) -> set[tuple[int, int]]:
    return {(one, other) for one in x for other in y}


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        (_shape("Rectangle", x=1, y=2, width=3, height=2), _box(range(1, 4), range(2, 4))),
        (_shape("Rectangle", x=-5, y=6, width=7, height=100), _box(range(2), range(6, 8))),
        (_shape("Rectangle", x=50, y=50, width=5, height=5), set()),
        (_shape("Rectangle", x=0, y=0, width=2, height=2, transform=_moved(a02=3, a12=1)), _box(range(3, 5), range(1, 3))),  # noqa: E501
        (_shape("Point", x=4.4, y=3.6), {(4, 4)}),
        (_shape("Line", x1=1, y1=1, x2=4, y2=4), {(1, 1), (2, 2), (3, 3), (4, 4)}),
        (_shape("Polyline", points="0,0 2,0 2,2"), {(0, 0), (1, 0), (2, 0), (2, 1), (2, 2)}),
        (_shape("Polygon", points="1,1 4,1 4,3 1,3"), _box(range(1, 5), range(1, 4))),
        (_shape("Polygon", points="0,0 3,0 0,3"), {(x, y) for x in range(4) for y in range(4) if x + y <= 3}),
        (_shape("Ellipse", x=4, y=4, radiusX=1, radiusY=1), {(4, 4), (3, 4), (5, 4), (4, 3), (4, 5)}),
        (_shape("Mask", x=2, y=1, width=4, height=2, bytes=bytes([0b10010110])), {(2, 1), (5, 1), (3, 2), (4, 2)}),
        (_shape("Mask", x=2, y=1, width=4, height=2, bytes=b""), set()),
    ],
    ids=[
        "rectangle", "clipped", "outside", "moved", "point", "line", "polyline", "polygon", "triangle", "ellipse",
        "mask", "no-bytes",
    ],
)  # fmt: skip
def test_pixels(shape: Any, wanted: set[tuple[int, int]]) -> None:
    assert _pixels(shape) == wanted


def test_a_turned_rectangle_keeps_its_area() -> None:
    """By 90 degrees about the origin and back into the image."""
    turned = _moved(a00=0, a01=-1, a02=7, a10=1, a11=0)
    assert _pixels(_shape("Rectangle", x=1, y=1, width=2, height=4, transform=turned)) == _box(range(3, 7), range(1, 3))


@pytest.mark.parametrize(
    "shape",
    [
        _shape("Label", x=1, y=1, textValue="here"),
        _shape("Rectangle", x=1, y=1),
        _shape("Polygon", points="1,1"),
        _shape("Polygon", points="nothing"),
        _shape("Line", x1=0, y1=0, x2=1e300, y2=0),
        _shape("Rectangle", x=float("nan"), y=0, width=1, height=1),
        _shape("Mask", x=0, y=0, width=10_000_000, height=10_000_000, bytes=b"x"),
    ],
    ids=["label", "half", "one-point", "no-number", "far", "nan", "huge-mask"],
)
def test_what_has_no_pixels(shape: Any) -> None:
    with pytest.raises(omero.ApiUsageException):
        covered(shape, SIZE)


def test_bitmap() -> None:
    assert Bitmap.length(3, 3) == 2
    read = Bitmap.read(bytes([0b10101010, 0b10000000]), 3, 3)
    assert read.tolist() == [[True, False, True], [False, True, False], [True, False, True]]
