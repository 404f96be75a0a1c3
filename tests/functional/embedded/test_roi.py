"""IRoi over Ice, through the service and through BlitzGateway."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rdouble, rint, rlong, rstring, unwrap

from omeropyr.testing import OmeroData

PLANES = np.arange(2 * 3 * 20 * 30, dtype=np.uint16).reshape(2, 3, 20, 30)  # (C, Z, Y, X)


@pytest.fixture(scope="module")
def scene(omero_data: OmeroData, gateway_of: Any) -> dict[str, Any]:
    """An image of 2 channels and 3 planes with three regions of Ann's and one of Bob's."""
    group = omero_data.add_group("roi-lab", "rwra--")
    omero_data.add_user("roi-ann", group)
    bob = omero_data.add_user("roi-bob", group)
    image = omero_data.add_image(PLANES, "regions", user="roi-ann")
    conn = gateway_of("roi-ann")

    def roi(who: Any, *shapes: Any) -> Any:
        made = omero.model.RoiI()
        made.image = omero.model.ImageI(image, False)
        for shape in shapes:
            made.addShape(shape)
        return who.getUpdateService().saveAndReturnObject(made)

    box = omero.model.RectangleI()
    box.x, box.y, box.width, box.height = rdouble(2), rdouble(3), rdouble(4), rdouble(2)
    box.theZ, box.theT = rint(1), rint(0)
    point = omero.model.PointI()
    point.x, point.y, point.theZ, point.theT, point.theC = rdouble(5), rdouble(6), rint(2), rint(0), rint(1)
    free = omero.model.EllipseI()
    free.x, free.y, free.radiusX, free.radiusY = rdouble(10), rdouble(10), rdouble(1), rdouble(1)
    text = omero.model.LabelI()
    text.x, text.y, text.textValue, text.theZ = rdouble(1), rdouble(1), rstring("here"), rint(0)
    made = [roi(conn, box, point), roi(conn, free), roi(conn, text)]
    others = omero.model.PointI()
    others.x, others.y = rdouble(1), rdouble(1)
    made.append(roi(gateway_of("roi-bob"), others))
    shapes = {type(one).__name__.removesuffix("I"): one.id.val for each in made[:3] for one in each.copyShapes()}
    rois = [one.id.val for one in made]
    return {"conn": conn, "image": image, "rois": rois, "shapes": shapes, "bob": bob, "group": group}


def _ids(result: Any) -> list[int]:
    return [roi.id.val for roi in result.rois]


class TestFinding:
    def test_one(self, scene: dict[str, Any]) -> None:
        result = scene["conn"].getRoiService().findByRoi(scene["rois"][0], None)
        assert _ids(result) == scene["rois"][:1]
        (roi,) = result.rois
        assert sorted(type(shape).__name__ for shape in roi.copyShapes()) == ["PointI", "RectangleI"]
        assert roi.image.getPrimaryPixels().sizeX.val == 30
        assert {z: len(found) for z, found in result.byZ.items()} == {1: 1, 2: 1}

    def test_of_an_image(self, scene: dict[str, Any]) -> None:
        result = scene["conn"].getRoiService().findByImage(scene["image"], None)
        assert _ids(result) == scene["rois"]
        assert {z: len(found) for z, found in result.byZ.items()} == {-1: 2, 0: 1, 1: 1, 2: 1}
        assert {t: len(found) for t, found in result.byT.items()} == {-1: 3, 0: 2}

    @pytest.mark.parametrize(("z", "t", "wanted"), [(0, 0, [1, 2, 3]), (1, 0, [0, 1, 3]), (1, 1, [1, 3])])
    def test_of_a_plane(self, scene: dict[str, Any], z: int, t: int, wanted: list[int]) -> None:
        result = scene["conn"].getRoiService().findByPlane(scene["image"], z, t, None)
        assert _ids(result) == [scene["rois"][one] for one in wanted]

    @pytest.mark.parametrize(
        ("options", "wanted"),
        [
            ({"limit": rint(2)}, [0, 1]),
            ({"limit": rint(2), "offset": rint(1)}, [1, 2]),
            ({"shapes": ["Ellipse", "omero.model.Label"]}, [1, 2]),
            ({"userId": "bob"}, [3]),
            ({"groupId": rlong(0)}, []),
        ],
        ids=["limit", "page", "classes", "owner", "group"],
    )
    def test_options(self, scene: dict[str, Any], options: dict[str, Any], wanted: list[int]) -> None:
        given = {name: rlong(scene["bob"]) if value == "bob" else value for name, value in options.items()}
        result = scene["conn"].getRoiService().findByImage(scene["image"], omero.api.RoiOptions(**given))
        assert _ids(result) == [scene["rois"][one] for one in wanted]

    def test_what_is_not_there(self, scene: dict[str, Any], gateway_of: Any, omero_data: OmeroData) -> None:
        omero_data.add_user("roi-eve")
        service = gateway_of("roi-eve").getRoiService()
        assert service.findByImage(scene["image"], None).rois == []
        assert service.findByRoi(scene["rois"][0], None).rois == []
        with pytest.raises(omero.ValidationException):
            service.getShapeStats(scene["shapes"]["Rectangle"])

    def test_gateway(self, scene: dict[str, Any]) -> None:
        image = scene["conn"].getObject("Image", scene["image"])
        assert [roi.id for roi in image.getROIs()] == scene["rois"]
        assert [roi.id for roi in image.getROIs("Rectangle")] == scene["rois"][:1]
        assert [roi.id for roi in image.getROIs(filterByCurrentUser=True)] == scene["rois"][:3]
        assert image.getROICount() == 4
        assert image.getROICount("Ellipse") == 1


class TestMeasurements:
    def test_rois_of_a_file(self, scene: dict[str, Any]) -> None:
        conn = scene["conn"]
        update = conn.getUpdateService()
        file = omero.model.FileAnnotationI()
        file.ns = rstring("openmicroscopy.org/measurements")
        file.file = omero.model.OriginalFileI()
        file.file.name, file.file.path = rstring("cells.h5"), rstring("/")
        file = update.saveAndReturnObject(file)
        link = omero.model.RoiAnnotationLinkI()
        link.parent = omero.model.RoiI(scene["rois"][1], False)
        link.child = omero.model.FileAnnotationI(file.id.val, False)
        update.saveObject(link)
        service = conn.getRoiService()
        assert _ids(service.getMeasuredRois(scene["image"], file.id.val, None)) == [scene["rois"][1]]
        assert len(_ids(service.getMeasuredRois(scene["image"], -1, None))) == 4
        found = service.getMeasuredRoisMap(scene["image"], [file.id.val, 10**9], None)
        assert {key: _ids(value) for key, value in found.items()} == {file.id.val: [scene["rois"][1]], 10**9: []}
        assert service.getRoiMeasurements(scene["image"], None) == []
        plate = omero.model.PlateI()
        plate.name = rstring("measured")
        well, sample = omero.model.WellI(), omero.model.WellSampleI()
        sample.image = omero.model.ImageI(scene["image"], False)
        well.addWellSample(sample)
        plate.addWell(well)
        plate.linkAnnotation(omero.model.FileAnnotationI(file.id.val, False))
        update.saveObject(plate)
        (found_file,) = service.getRoiMeasurements(scene["image"], None)
        assert (found_file.id.val, found_file.file.name.val) == (file.id.val, "cells.h5")
        assert service.getTable(10**9) is None


class TestStatistics:
    def test_points(self, scene: dict[str, Any]) -> None:
        points = scene["conn"].getRoiService().getPoints(scene["shapes"]["Rectangle"])
        assert list(zip(points.x, points.y, strict=True)) == [(x, y) for y in (3, 4) for x in range(2, 6)]

    def test_rectangle(self, scene: dict[str, Any]) -> None:
        stats = scene["conn"].getRoiService().getShapeStats(scene["shapes"]["Rectangle"])
        values = PLANES[:, 1, 3:5, 2:6].reshape(2, -1).astype(float)
        assert stats.shapeId == scene["shapes"]["Rectangle"]
        assert list(stats.pointsCount) == [8, 8]
        assert list(stats.min) == values.min(axis=1).tolist()
        assert list(stats.max) == values.max(axis=1).tolist()
        assert list(stats.sum) == values.sum(axis=1).tolist()
        assert list(stats.mean) == pytest.approx(values.mean(axis=1))
        assert list(stats.stdDev) == pytest.approx(values.std(axis=1, ddof=1))
        query = f"select c from Channel c where c.pixels.image.id = {scene['image']}"
        channels = scene["conn"].getQueryService().findAllByQuery(query, None)
        assert list(stats.channelIds) == [one.logicalChannel.id.val for one in channels]

    def test_own_channel_and_given_plane(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getRoiService()
        point = service.getShapeStats(scene["shapes"]["Point"])
        assert (list(point.pointsCount), list(point.sum)) == ([1], [PLANES[1, 2, 6, 5]])
        with pytest.raises(omero.ApiUsageException, match="theZ"):
            service.getShapeStats(scene["shapes"]["Ellipse"])
        (stats,) = service.getShapeStatsRestricted([scene["shapes"]["Ellipse"]], 2, 0, [1])
        cross = [PLANES[1, 2, y, x] for x, y in ((10, 10), (9, 10), (11, 10), (10, 9), (10, 11))]
        assert (list(stats.pointsCount), list(stats.sum)) == ([5], [sum(map(int, cross))])

    def test_roi(self, scene: dict[str, Any]) -> None:
        stats = scene["conn"].getRoiService().getRoiStats(scene["rois"][0])
        assert (stats.roiId, stats.imageId, len(stats.perShape)) == (scene["rois"][0], scene["image"], 2)
        values = np.append(PLANES[1, 1, 3:5, 2:6].ravel(), PLANES[1, 2, 6, 5]).astype(float)
        assert list(stats.combined.pointsCount) == [8, 9]
        assert stats.combined.mean[1] == pytest.approx(values.mean())
        assert stats.combined.stdDev[1] == pytest.approx(values.std(ddof=1))

    @pytest.mark.parametrize("channel", [-1, 2, 10**6])
    def test_no_such_channel(self, scene: dict[str, Any], channel: int) -> None:
        with pytest.raises(omero.ApiUsageException, match="2 channels"):
            scene["conn"].getRoiService().getShapeStatsRestricted([scene["shapes"]["Rectangle"]], 0, 0, [channel])

    def test_label(self, scene: dict[str, Any]) -> None:
        with pytest.raises(omero.ApiUsageException, match="Label"):
            scene["conn"].getRoiService().getPoints(scene["shapes"]["Label"])


class TestMasks:
    def test_upload(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getRoiService()
        bits = np.zeros((20, 30), bool)
        bits[4, 5:9] = True
        service.uploadMask(scene["rois"][2], 1, 0, np.packbits(bits).tobytes())
        (roi,) = service.findByRoi(scene["rois"][2], omero.api.RoiOptions(shapes=["Mask"])).rois
        (mask,) = roi.copyShapes()
        assert (unwrap(mask.theZ), unwrap(mask.width), unwrap(mask.height)) == (1, 30.0, 20.0)
        stats = service.getShapeStats(mask.id.val)
        assert list(stats.sum) == [float(PLANES[c, 1, 4, 5:9].sum()) for c in (0, 1)]

    @pytest.mark.parametrize(("z", "data"), [(0, b"short"), (9, bytes(75))], ids=["bytes", "plane"])
    def test_what_does_not_fit(self, scene: dict[str, Any], z: int, data: bytes) -> None:
        with pytest.raises(omero.ApiUsageException):
            scene["conn"].getRoiService().uploadMask(scene["rois"][2], z, 0, data)
