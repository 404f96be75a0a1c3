"""Regions drawn, changed and removed in OMERO.iviewer: ids and annotations stay, others' shapes do not change."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero
import omero.model
import pytest
from omero.rtypes import rstring

from omeropyr.testing import WebApp

ROI = "http://www.openmicroscopy.org/Schemas/OME/2016-06#"
# As the real bundle sends a rectangle that was drawn.
DRAWN: dict[str, Any] = {
    "@type": f"{ROI}Rectangle", "oldId": "-2:-70", "X": 5, "Y": 6.5, "Width": 20, "Height": 10, "FillColor": -256,
    "StrokeColor": -65281, "StrokeWidth": {"@type": "TBD#LengthI", "Unit": "PIXEL", "Symbol": "px", "Value": 1},
    "TheZ": 0, "TheT": 0, "Area": 200, "Length": -1,
}  # fmt: skip


@pytest.fixture
def persist(app: WebApp, scene: Any) -> Any:
    def send(image: int = scene.image, status: int = 200, **rois: Any) -> Any:
        body = {"imageId": image, "rois": {"count": 1, **rois}}
        return app.post_json("/iviewer/persist_rois/?_=1", body, headers=app.csrf(), status=status).json

    return send


def stored(conn: Any, pair: str) -> Any:
    query = (
        f"select s from Shape s join fetch s.roi left outer join fetch s.transform where s.id = {pair.split(':')[1]}"
    )
    return conn.getQueryService().findByQuery(query, None)


def test_drawn_changed_and_removed(persist: Any, gateway_of: Any, scene: Any) -> None:
    conn = gateway_of("iviewer-ida")
    second = {**DRAWN, "@type": f"{ROI}Polygon", "oldId": "-3:-1", "Points": "1,1 5,1 5,5"}
    answer = persist(new=[DRAWN, second])
    assert sorted(answer) == ["ids"]
    box, polygon = answer["ids"]["-2:-70"], answer["ids"]["-3:-1"]
    shape = stored(conn, box)
    assert (shape.x.val, shape.y.val, shape.width.val, shape.theZ.val) == (5.0, 6.5, 20.0, 0)
    assert (shape.strokeColor.val, shape.strokeWidth.getValue(), shape.roi.image.id.val) == (-65281, 1.0, scene.image)
    assert stored(conn, polygon).points.val == "1,1 5,1 5,5"
    assert box.split(":")[0] != polygon.split(":")[0]

    link = omero.model.ShapeAnnotationLinkI()
    link.parent = omero.model.RectangleI(int(box.split(":")[1]), False)
    link.child = omero.model.CommentAnnotationI()
    link.child.textValue = rstring("kept")
    gateway_of("iviewer-ida").getUpdateService().saveAndReturnObject(link)
    moved = {**DRAWN, "oldId": box, "@id": int(box.split(":")[1]), "X": 50, "Text": "here"}
    assert persist(modified=[moved]) == {"ids": {box: box}}
    shape = stored(conn, box)
    assert (shape.x.val, shape.textValue.val, shape.roi.id.val) == (50.0, "here", int(box.split(":")[0]))
    kept = conn.getQueryService().projection(
        f"select a.textValue from ShapeAnnotationLink l join l.child a where l.parent.id = {shape.id.val}", None
    )
    assert [row[0].val for row in kept] == ["kept"]

    roi = polygon.split(":")[0]
    assert persist(empty_rois={roi: [polygon]}) == {"ids": {polygon: polygon}}
    assert stored(conn, polygon) is None
    assert conn.getQueryService().find("Roi", int(roi)) is None
    assert persist(deleted={box.split(":")[0]: [box]}) == {"ids": {box: box}}
    assert stored(conn, box) is None
    region = int(box.split(":")[0])
    assert conn.getQueryService().find("Roi", region) is not None  # OMERO.iviewer names it in empty_rois to remove it
    assert "errors" not in persist(empty_rois={str(region): []})
    assert conn.getQueryService().find("Roi", region) is None


def test_one_shape_of_a_region_goes_and_the_other_stays(persist: Any, gateway_of: Any, scene: Any) -> None:
    roi, (first, second) = next(iter(scene.rois.items()))
    extra = persist(new=[DRAWN])["ids"]["-2:-70"]
    assert persist(empty_rois={extra.split(":")[0]: [extra]})["ids"] == {extra: extra}
    assert stored(gateway_of("iviewer-ida"), f"{roi}:{first}") is not None
    assert stored(gateway_of("iviewer-ida"), f"{roi}:{second}") is not None


def test_what_cannot_be_saved_is_told_beside_what_was(persist: Any, gateway_of: Any, scene: Any) -> None:
    gone = {**DRAWN, "oldId": "999998:999999"}
    strange = {**DRAWN, "@type": f"{ROI}Star"}
    answer = persist(new=[DRAWN, strange, {**DRAWN, "oldId": "-1:-1", "X": "wide"}], modified=[gone])
    assert sorted(answer["ids"]) == ["-2:-70"]
    assert len(answer["errors"]) == 3
    assert all(line.startswith("Error: ") for line in answer["errors"])
    persist(empty_rois={answer["ids"]["-2:-70"].split(":")[0]: []})


def test_shapes_of_another_image_are_not_touched(persist: Any, omero_data: Any, gateway_of: Any, scene: Any) -> None:
    other = omero_data.add_image(np.zeros((1, 1, 1, 20, 20), np.uint8), "other", user="iviewer-ida")
    roi, (first, _) = next(iter(scene.rois.items()))
    answer = persist(
        image=other, modified=[{**DRAWN, "oldId": f"{roi}:{first}"}], deleted={str(roi): [f"{roi}:{first}"]}
    )
    assert (answer["ids"], len(answer["errors"])) == ({}, 2)
    assert stored(gateway_of("iviewer-ida"), f"{roi}:{first}").x.val in (1.0, 20.0)


def test_another_user_of_a_read_only_group_is_refused(
    iviewer_application: Any, embedded: Any, omero_data: Any, gateway_of: Any
) -> None:
    group = omero_data.add_group("iviewer-read", "rwr---")
    omero_data.add_user("iviewer-owner", group)
    omero_data.add_user("iviewer-reader", group)
    image = omero_data.add_image(np.zeros((1, 1, 1, 20, 20), np.uint8), "theirs", user="iviewer-owner")
    reader = WebApp(iviewer_application, embedded)
    reader.log_in("iviewer-reader")
    body = {"imageId": image, "rois": {"count": 1, "new": [DRAWN]}}
    answer = reader.post_json("/iviewer/persist_rois/", body, headers=reader.csrf()).json
    assert answer["ids"] == {}
    assert answer["errors"][0].startswith("Error: ")
    rows = (
        gateway_of("iviewer-owner")
        .getQueryService()
        .projection(f"select count(r) from Roi r where r.image.id = {image}", None)
    )
    assert rows[0][0].val == 0


BAD = {
    "no JSON": b"{",
    "no rois": b'{"imageId": 1}',
    "rois of numbers": b'{"imageId": %d, "rois": {"new": [1]}}',
    "ids of letters": b'{"imageId": %d, "rois": {"deleted": {"1": ["a:b"]}}}',
    "an image of letters": b'{"imageId": "x", "rois": {}}',
}


@pytest.mark.parametrize("case", BAD)
def test_a_body_of_something_else_is_refused(app: WebApp, scene: Any, case: str) -> None:
    body = BAD[case].replace(b"%d", str(scene.image).encode())
    answer = app.post("/iviewer/persist_rois/", body, headers=app.csrf(), status=400)
    assert answer.json["code"] == "invalid_input"


def test_without_a_token_nothing_is_saved(app: WebApp, scene: Any) -> None:
    app.post_json("/iviewer/persist_rois/", {"imageId": scene.image, "rois": {"new": [DRAWN]}}, status=403)
