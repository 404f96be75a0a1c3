"""Regions as JSON and as pictures, against what omero-py has of the same objects."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import omero
import pytest
from omero.model.enums import UnitsLength
from omero.rtypes import rdouble, rint, rstring
from PIL import Image

from omeropyr.testing import OmeroData, WebApp

USER = "gateway-greta"


def rgba(red: int, green: int, blue: int, alpha: int) -> Any:
    value = int.from_bytes(bytes((red, green, blue, alpha)), "big", signed=True)
    return rint(value)


def shape(kind: str, plane: tuple[int | None, int | None] = (None, None), **values: Any) -> Any:
    made = getattr(omero.model, f"{kind}I")()
    for name, value in values.items():
        setattr(made, name, rdouble(value) if isinstance(value, float) else value)
    for name, place in zip(("theZ", "theT"), plane, strict=True):
        setattr(made, name, None if place is None else rint(place))
    return made


def affine(*values: float) -> Any:
    made = omero.model.AffineTransformI()
    for name, value in zip(("a00", "a10", "a01", "a11", "a02", "a12"), values, strict=True):
        setattr(made, name, rdouble(value))
    return made


MASK_BITS = np.zeros((20, 30), bool)
MASK_BITS[5:15, 3:21] = True


def shapes() -> dict[str, Any]:
    point = UnitsLength.POINT
    pixel = UnitsLength.PIXEL
    return {
        "rectangle": shape(
            "Rectangle",
            (1, 0),
            x=40.0,
            y=30.0,
            width=50.0,
            height=20.5,
            textValue=rstring("a nucleus"),
            fontSize=omero.model.LengthI(12, point),
            fontFamily=rstring("sans-serif"),
            fontStyle=rstring("Bold"),
            fillColor=rgba(255, 0, 128, 51),
            strokeColor=rgba(0, 255, 0, 255),
            strokeWidth=omero.model.LengthI(2.5, pixel),
        ),
        "ellipse": shape("Ellipse", (0, 1), x=80.0, y=60.0, radiusX=20.0, radiusY=10.0),
        "line": shape(
            "Line", (0, 0), x1=5.0, y1=6.0, x2=70.0, y2=80.0, markerStart=rstring("Arrow"), markerEnd=rstring("None")
        ),
        "point": shape("Point", (2, 1), x=12.0, y=13.0),
        "label": shape("Label", x=3.0, y=4.0, textValue=rstring("here")),
        "polyline": shape("Polyline", (1, 1), points=rstring("1,2 30.5,40 50,6")),
        "polygon": shape("Polygon", (2, 0), points=rstring("points[10,20, 30,40, 50,10] points1[1,2] mask[0,0]")),
        "moved": shape("Rectangle", x=10.0, y=10.0, width=20.0, height=20.0, transform=affine(1, 0, 0, 1, 60, 50)),
        "mask": shape(
            "Mask",
            x=5.0,
            y=6.0,
            width=30.0,
            height=20.0,
            bytes=np.packbits(MASK_BITS).tobytes(),
            fillColor=rgba(0, 0, 255, 200),
        ),
    }


@pytest.fixture(scope="module")
def regions(scene: Any, gateway_of: Callable[..., Any]) -> dict[str, tuple[int, int]]:
    """ROI and shape ids by name; each shape in a ROI of its own."""
    conn = gateway_of(USER)
    found = {}
    for name, one in shapes().items():
        roi = omero.model.RoiI()
        roi.setImage(omero.model.ImageI(scene.image, False))
        roi.addShape(one)
        saved = conn.getUpdateService().saveAndReturnObject(roi)
        found[name] = (saved.id.val, saved.copyShapes()[0].id.val)
    several = omero.model.RoiI()
    several.setImage(omero.model.ImageI(scene.image, False))
    for plane in ((2, 0), (0, 1), (0, 0)):
        several.addShape(shape("Point", plane, x=100.0, y=100.0))
    saved = conn.getUpdateService().saveAndReturnObject(several)
    found["several"] = (saved.id.val, 0)
    return found


EXPECTED = {
    "rectangle": {
        "type": "Rectangle",
        "theZ": 1,
        "theT": 0,
        "x": 40.0,
        "y": 30.0,
        "width": 50.0,
        "height": 20.5,
        "textValue": "a nucleus",
        "fontSize": 12.0,
        "fontStyle": "Bold",
        "fontFamily": "sans-serif",
        "fillColor": "#ff0080",
        "fillAlpha": 0.2,
        "strokeColor": "#00ff00",
        "strokeAlpha": 1.0,
        "strokeWidth": 2.5,
    },
    "ellipse": {"type": "Ellipse", "theZ": 0, "theT": 1, "x": 80.0, "y": 60.0, "radiusX": 20.0, "radiusY": 10.0},
    "line": {
        "type": "Line",
        "theZ": 0,
        "theT": 0,
        "x1": 5.0,
        "y1": 6.0,
        "x2": 70.0,
        "y2": 80.0,
        "markerStart": "Arrow",
        "markerEnd": "None",
    },
    "point": {"type": "Point", "theZ": 2, "theT": 1, "x": 12.0, "y": 13.0},
    "label": {"type": "Label", "x": 3.0, "y": 4.0, "textValue": "here"},
    "polyline": {"type": "PolyLine", "theZ": 1, "theT": 1, "points": "M 1 2 L 30.5 40 L 50 6"},
    "polygon": {"type": "Polygon", "theZ": 2, "theT": 0, "points": "M 10 20 L 30 40 L 50 10 z"},
    "moved": {
        "type": "Rectangle",
        "x": 10.0,
        "y": 10.0,
        "width": 20.0,
        "height": 20.0,
        "transform": "matrix(1.0 0.0 0.0 1.0 60.0 50.0)",
    },
    "mask": {
        "type": "Mask",
        "x": 5.0,
        "y": 6.0,
        "width": 30.0,
        "height": 20.0,
        "fillColor": "#0000ff",
        "fillAlpha": 200 / 255,
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_one_shape(app: WebApp, regions: Any, name: str) -> None:
    roi, shape_id = regions[name]
    found = app.get(f"/webgateway/get_shape_json/{roi}/{shape_id}/").json
    assert found == {"id": shape_id} | EXPECTED[name]


def test_all_regions_of_an_image(app: WebApp, scene: Any, regions: Any, gateway_of: Callable[..., Any]) -> None:
    found = app.get(f"/webgateway/get_rois_json/{scene.image}/").json
    assert app.get(f"/webgateway/get_rois_json/{scene.image}/").json == found
    assert app.ice_calls <= 2
    result = gateway_of(USER).getRoiService().findByImage(scene.image, None)
    assert [roi["id"] for roi in found] == sorted(roi.id.val for roi in result.rois)
    by_id = {roi["id"]: roi["shapes"] for roi in found}
    for roi in result.rois:
        assert {one["id"] for one in by_id[roi.id.val]} == {one.id.val for one in roi.copyShapes()}
    for name, expected in EXPECTED.items():
        roi, shape_id = regions[name]
        assert by_id[roi] == [{"id": shape_id} | expected]
    planes = [(one["theZ"], one["theT"]) for one in by_id[regions["several"][0]]]
    assert planes == [(0, 0), (0, 1), (2, 0)]


def test_a_mask_in_its_colour(app: WebApp, regions: Any) -> None:
    answer = app.get(f"/webgateway/render_shape_mask/{regions['mask'][1]}/")
    assert answer.content_type == "image/png"
    picture = np.asarray(Image.open(io.BytesIO(answer.body)))
    assert picture.shape == (20, 30, 4)
    np.testing.assert_array_equal(picture[MASK_BITS], np.tile((0, 0, 255, 200), (180, 1)))
    assert not picture[~MASK_BITS].any()
    again = app.get(f"/webgateway/render_shape_mask/{regions['mask'][1]}/", headers={"If-None-Match": answer.etag})
    assert again.status_int == 304


# Where the outline of the shape crosses, in pixels of the picture of 250 x 166: 1 pixel of the image is one of it.
CROSSED = {
    "rectangle": [(100, 83), (150, 83), (125, 73), (125, 93)],
    "ellipse": [(105, 83), (145, 83), (125, 73), (125, 93)],
    "moved": [(115, 83), (135, 83), (125, 73), (125, 93)],
    "mask": [(110, 83), (140, 83), (125, 73), (125, 93)],
    "line": [(125, 83)],
    "point": [(125, 83)],
}


@pytest.mark.parametrize("name", CROSSED)
def test_a_small_picture_shows_the_outline(app: WebApp, regions: Any, decoded: Any, name: str) -> None:
    roi, shape_id = regions[name]
    off = "c=-1,-2&m=c&color=0f0&q=1"
    picture = decoded(app.get(f"/webgateway/render_shape_thumbnail/{shape_id}/?{off}"))
    assert picture.shape == (166, 250, 3)
    green = (picture[..., 1] > 150) & (picture[..., 0] < 120)
    for x, y in CROSSED[name]:
        assert green[y - 2 : y + 3, x - 2 : x + 3].any(), (x, y)
    assert green.sum() < 1000
    np.testing.assert_array_equal(decoded(app.get(f"/webgateway/render_roi_thumbnail/{roi}/?{off}")), picture)


def test_a_small_picture_shows_the_image_around(app: WebApp, scene: Any, regions: Any, decoded: Any) -> None:
    """The rectangle's middle is at (65, 40.25), on z 1 and t 0; left of the image it is grey."""
    query = "c=1|0:4000$FFFFFF,-2&m=c&q=1&color=000"
    picture = decoded(app.get(f"/webgateway/render_shape_thumbnail/{regions['rectangle'][1]}/?{query}"))
    assert np.abs(picture[:, :55] - 221).max() <= 6
    plane = scene.planes[0, 0, 1] * (255 / 4000)
    inside = picture[90:160, 70:210, 0]
    assert np.abs(inside - plane[47:117, 10:150]).mean() < 8
    other = decoded(
        app.get(f"/webgateway/render_shape_thumbnail/{regions['rectangle'][1]}/?{query.replace('4000', '9000')}")
    )
    assert np.abs(picture - other).mean() > 10


def test_a_picture_of_a_large_image(app: WebApp, scene: Any, gateway_of: Any, decoded: Any) -> None:
    roi = omero.model.RoiI()
    roi.setImage(omero.model.ImageI(scene.large, False))
    roi.addShape(shape("Rectangle", x=100.0, y=100.0, width=2900.0, height=2900.0))
    saved = gateway_of(USER).getUpdateService().saveAndReturnObject(roi)
    picture = decoded(app.get(f"/webgateway/render_roi_thumbnail/{saved.id.val}/?c=1|0:255$FFFFFF&m=c&q=1&color=f00"))
    assert picture.shape == (166, 250, 3)
    middle = picture[60:100, 110:140].mean()
    assert abs(middle - scene.large_planes[0, 1100:2000, 1100:2000].mean()) < 12


HOSTILE: dict[str, Any] = {
    "far away": shape("Rectangle", x=1e300, y=-1e300, width=1e300, height=5.0),
    "not a number": shape("Ellipse", x=float("nan"), y=1.0, radiusX=float("inf"), radiusY=1.0),
    "no points": shape("Polygon", points=rstring("<script>alert(1)</script>")),
    "endless mask": shape("Mask", x=0.0, y=0.0, width=1e9, height=1e9, bytes=b"\xff"),
    "mask without size": shape("Mask", x=0.0, y=0.0, width=-5.0, height=float("nan"), bytes=b"\xff"),
    "short mask": shape("Mask", x=0.0, y=0.0, width=100.0, height=100.0, bytes=b"\xff"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_shapes_that_make_no_sense(app: WebApp, scene: Any, gateway_of: Any, omero_data: OmeroData, name: str) -> None:
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), user=USER)
    roi = omero.model.RoiI()
    roi.setImage(omero.model.ImageI(image, False))
    roi.addShape(HOSTILE[name])
    saved = gateway_of(USER).getUpdateService().saveAndReturnObject(roi)
    roi_id, shape_id = saved.id.val, saved.copyShapes()[0].id.val
    listed = app.get(f"/webgateway/get_rois_json/{image}/")
    assert listed.json[0]["shapes"][0]["id"] == shape_id
    for address in (
        f"get_shape_json/{roi_id}/{shape_id}/",
        f"render_roi_thumbnail/{roi_id}/",
        f"render_shape_thumbnail/{shape_id}/",
        f"render_shape_mask/{shape_id}/",
    ):
        answer = app.get(f"/webgateway/{address}", expect_errors=True)
        assert answer.status_int in (200, 400, 404), (address, answer.status)
        assert b"NaN" not in answer.body
        assert b"<script" not in answer.body or answer.content_type == "application/json"


def test_what_is_not_there(app: WebApp, testapp: WebApp, regions: Any, omero_data: OmeroData) -> None:
    roi, shape_id = regions["rectangle"]
    paths = [
        f"get_shape_json/{roi}/{shape_id}/",
        f"render_roi_thumbnail/{roi}/",
        f"render_shape_thumbnail/{shape_id}/",
        f"render_shape_mask/{regions['mask'][1]}/",
    ]
    for path in (
        "get_shape_json/1/99999999/",
        f"get_shape_json/{roi + 1}/{shape_id}/",
        "render_roi_thumbnail/99999999/",
    ):
        assert app.get(f"/webgateway/{path}", status=404).json["code"] == "not_found"
    app.get(f"/webgateway/render_shape_mask/{shape_id}/", status=404)
    omero_data.add_user("rois-stranger")
    testapp.log_out()
    testapp.log_in("rois-stranger")
    for path in paths:
        testapp.get(f"/webgateway/{path}", status=404)
