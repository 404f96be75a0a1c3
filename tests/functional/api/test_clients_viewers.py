"""What omero-iviewer and omero-figure ask of the JSON API, and the fields that they read, by type and value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omeropyr.testing import WebApp
from tests.functional.api.conftest import USER

Api = Callable[..., Any]
SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06#"
READ = {
    "Ellipse": {"X": 1.5, "Y": 1.5, "RadiusX": 7.5, "RadiusY": 7.5},
    "Label": {"X": 2.5, "Y": 2.5},
    "Line": {"X1": 4.5, "Y1": 4.5, "X2": 4.5, "Y2": 4.5},
    "Mask": {"X": 4.5, "Y": 4.5, "Width": 8.5, "Height": 9.5},
    "Point": {"X": 6.5, "Y": 6.5},
    "Polygon": {"Points": "1,2 3,4 5.5,6"},
    "Polyline": {"Points": "1,2 3,4 5.5,6"},
    "Rectangle": {"X": 9.5, "Y": 9.5, "Width": 13.5, "Height": 14.5},
}
STYLE = {
    "FillColor": -256,
    "StrokeColor": 1_073_741_824,
    "FontFamily": "sans-serif",
    "FontStyle": "Normal",
}


def test_images_beside_the_open_one(api: Api, scene: Any) -> None:
    answer = api(f"datasets/{scene.dataset}/images/?offset=0&limit=10&_=1732500000000")
    assert [(one["@id"], one["Name"]) for one in answer["data"]] == [(scene.image, "api image")]
    assert answer["meta"]["totalCount"] == 1


def test_regions_as_the_viewer_draws_them(api: Api, scene: Any) -> None:
    answer = api(f"rois/?image={scene.image}&limit=500&offset=0&_=1732500000000")
    assert (answer["meta"]["totalCount"], answer["meta"]["limit"]) == (1, 500)
    (roi,) = answer["data"]
    assert (roi["@id"], roi["Name"]) == (scene.roi, "api roi")
    shapes = {one["@type"].removeprefix(SCHEMA): one for one in roi["shapes"]}
    assert shapes.keys() == {*READ, "Path"}
    for place, (name, shape) in enumerate(shapes.items()):
        assert {key: shape[key] for key in READ.get(name, {})} == READ.get(name, {})
        assert (type(shape["@id"]), shape["TheZ"], shape["TheT"], shape["Text"]) == (int, place % 3, 0, f"a {name}")
        # Without its details a shape is not drawn at all.
        permissions, owner = shape["omero:details"]["permissions"], shape["omero:details"]["owner"]
        assert [permissions[key] for key in ("canEdit", "canAnnotate", "canDelete")] == [True] * 3
        assert [owner[key] for key in ("FirstName", "LastName", "UserName")] == ["Anna", "Äpi", USER]
    box = shapes["Rectangle"]
    assert {key: box[key] for key in STYLE} == STYLE
    assert (box["StrokeWidth"]["Value"], box["StrokeWidth"]["Unit"]) == (2.5, "PIXEL")
    assert (box["FontSize"]["Value"], box["FontSize"]["Unit"]) == (12.0, "POINT")
    names = ("A00", "A10", "A01", "A11", "A02", "A12")
    assert [box["Transform"][name] for name in names] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_a_colleague_may_not_edit_what_they_see(testapp: WebApp, scene: Any) -> None:
    testapp.log_in("api-carl")
    (roi,) = testapp.get(f"/api/v0/m/rois/?image={scene.image}&limit=500").json["data"]
    for shape in roi["shapes"]:
        permissions = shape["omero:details"]["permissions"]
        assert [permissions[key] for key in ("canEdit", "canAnnotate", "canDelete")] == [False, True, False]


def test_figure_asks_for_the_groups_of_its_user(api: Api, scene: Any) -> None:
    groups = {one["@id"]: one["Name"] for one in api(f"experimenters/{scene.user}/experimentergroups/")["data"]}
    assert groups == {scene.group: "api-lab", 1: "user"}


def test_figure_reads_regions_page_by_page(api: Api, scene: Any) -> None:
    assert api(f"rois/?image={scene.image}&limit=1&offset=1")["data"] == []
    first = api(f"rois/?image={scene.image}&limit=1&offset=0")
    assert (len(first["data"]), first["meta"]["totalCount"]) == (1, 1)
