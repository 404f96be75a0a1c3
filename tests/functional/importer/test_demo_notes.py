"""What the demo's users wrote, over a small stand-in for their images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from omeropyr.embedded.demo import notes, screen


@pytest.fixture(scope="module")
def images(omero_data: Any) -> dict[str, int]:
    group = omero_data.add_group("notes", "rwra--")
    omero_data.add_user("notes-anna", group)
    omero_data.add_user("notes-bruno", group)
    plane = np.zeros((20, 20), np.uint8)
    made = {name: omero_data.add_image(plane, name, user="notes-anna", group=group) for name in notes.OWN}
    for user, write in (("notes-anna", notes.of_images), ("notes-bruno", notes.by_colleague)):
        with omero_data.server.store.write(omero_data.actor(user, group)) as transaction:
            write(transaction, made)
    return made


def test_annotations_of_every_kind_by_two_people(gateway_of: Any, images: dict[str, int]) -> None:
    image = gateway_of("notes-bruno").getObject("Image", images[notes.OWN[0]])
    by_kind: dict[str, list[Any]] = {}
    for one in image.listAnnotations():
        by_kind.setdefault(one.OMERO_TYPE.__name__, []).append(one)
    assert {kind: len(found) for kind, found in by_kind.items()} == {
        "TagAnnotationI": 4,
        "MapAnnotationI": 1,
        "LongAnnotationI": 1,
        "CommentAnnotationI": 2,
    }
    assert dict(by_kind["MapAnnotationI"][0].getValue())["Cell line"] == "U2OS"
    assert by_kind["LongAnnotationI"][0].getNs() == "openmicroscopy.org/omero/insight/rating"
    owners = {one.getDetails().getOwner().getOmeName() for one in by_kind["CommentAnnotationI"]}
    assert owners == {"notes-anna", "notes-bruno"}


def test_regions_with_their_shapes(gateway_of: Any, images: dict[str, int]) -> None:
    service = gateway_of("notes-bruno").getRoiService()
    shapes = {}
    for name in notes.OWN:
        for roi in service.findByImage(images[name], None).rois:
            shapes[roi.name.val] = [type(shape).__name__ for shape in roi.copyShapes()]
    assert shapes == {
        "dividing cell": ["EllipseI"] * 6,
        "background": ["RectangleI"],
        "wound": ["RectangleI"],
        "crypts": ["PolygonI"],
        "follicle": ["LineI"],
    }


def test_every_well_says_what_is_in_it(gateway: Any, omero_data: Any, tmp_path: Any) -> None:
    file = tmp_path / f"small&plateRows={screen.ROWS}&plateCols={screen.COLUMNS}&sizeX=8&sizeY=8.fake"
    file.touch()
    image_id = omero_data.import_file(file)
    query = gateway.getQueryService()
    plate_id = query.projection(f"select s.well.plate.id from WellSample s where s.image.id = {image_id}", None)[0][0]
    with omero_data.server.store.write(omero_data.actor("root")) as transaction:
        notes.of_wells(transaction, plate_id.val)
    wells = list(gateway.getObject("Plate", plate_id.val).listChildren())
    assert len(wells) == 96
    said = {(well.row, well.column): dict(next(iter(well.listAnnotations())).getValue()) for well in wells}
    assert said[0, 0] == {"Compound": "DMSO", "Concentration (µM)": "0"}
    assert said[0, 1] == {"Compound": "Chloroquine", "Concentration (µM)": "30"}
    assert said[7, 11] == {"Compound": "Bafilomycin A1", "Concentration (µM)": "0.1"}
