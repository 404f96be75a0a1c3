"""omero-py's own gateway against the embedded server: the queries it writes, and what they have to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
import pytest
from omero.gateway import (
    CommentAnnotationWrapper,
    LongAnnotationWrapper,
    MapAnnotationWrapper,
    TagAnnotationWrapper,
)
from omero.rtypes import rdouble, rint, rlong, rstring


@dataclass
class World:
    conn: Any  # ann's gateway
    group: int
    user: int
    project: int
    dataset: int
    empty: int
    image: int
    orphan: int


@pytest.fixture(scope="module")
def world(omero_data: Any, gateway_of: Any) -> World:
    group = omero_data.add_group("blitz", "rwra--")
    user = omero_data.add_user("blitz-ann", group, first_name="Ann", last_name="Blitz")
    omero_data.add_user("blitz-bob", group, first_name="Bob", last_name="Blitz")
    project = omero_data.add_project("P", user="blitz-ann")
    dataset = omero_data.add_dataset("D", project=project, user="blitz-ann")
    empty = omero_data.add_dataset("E", project=project, user="blitz-ann")
    planes = np.arange(2 * 3 * 30 * 40, dtype=np.uint16).reshape(2, 3, 30, 40)
    names = {"Name": ["DAPI", "GFP"], "EmissionWavelength": [460, 509]}
    named = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "Channel": names}
    image = omero_data.add_image(planes, "I.ome.tiff", dataset=dataset, user="blitz-ann", **named)
    orphan = omero_data.add_image(planes[:1, 0], "orphan.ome.tiff", user="blitz-ann")
    conn = gateway_of("blitz-ann")
    return World(conn, group, user, project, dataset, empty, image, orphan)


def names(found: Any) -> list[str]:
    return [one.getName() for one in found]


def test_projects_datasets_images_down_and_up(world: World) -> None:
    conn = world.conn
    assert names(conn.listProjects(world.user)) == ["P"]  # what is in the group "user" is everybody's, too
    project = conn.getObject("Project", world.project)
    assert (project.getName(), project.countChildren()) == ("P", 2)
    assert names(project.listChildren()) == ["D", "E"]
    dataset = conn.getObject("Dataset", world.dataset)
    assert names(dataset.listChildren()) == ["I.ome.tiff"]
    assert conn.getObject("Dataset", world.empty).countChildren() == 0
    image = conn.getObject("Image", world.image)
    assert [(one.OMERO_CLASS, one.id) for one in image.getAncestry()] == [
        ("Dataset", world.dataset),
        ("Project", world.project),
    ]
    assert image.getParent().id == world.dataset
    assert image.getProject().id == world.project
    assert names(image.listParents()) == ["D"]


def test_filters_orders_and_pages_of_get_objects(world: World) -> None:
    conn = world.conn
    assert names(conn.getObjects("Dataset", opts={"project": world.project, "order_by": "lower(obj.name)"})) == [
        "D",
        "E",
    ]
    assert names(conn.getObjects("Image", opts={"dataset": world.dataset})) == ["I.ome.tiff"]
    assert names(conn.getObjects("Image", opts={"orphaned": True})) == ["orphan.ome.tiff"]
    assert names(conn.getObjects("Dataset", opts={"orphaned": True})) == []
    assert names(conn.getObjects("Image", opts={"limit": 1, "offset": 1, "order_by": "obj.id"})) == ["orphan.ome.tiff"]
    page = {"limit": 1, "order_by": "obj.id", "load_pixels": True, "load_channels": True}
    assert names(conn.getObjects("Image", opts=page)) == ["I.ome.tiff"]
    assert names(conn.getObjects("Dataset", attributes={"name": "E"})) == ["E"]
    assert names(conn.getObjects("Dataset", [world.empty, world.dataset], opts={"order_by": "obj.id"})) == ["D", "E"]
    assert names(conn.getObjects("Project", opts={"owner": world.user, "group": world.group})) == ["P"]
    assert names(conn.getObjects("Project", opts={"owner": 0})) == []
    assert conn.getObject("Dataset", 10**9) is None


def test_an_image_with_its_pixels_and_channels(world: World) -> None:
    image = world.conn.getObject("Image", world.image)
    assert (image.getSizeX(), image.getSizeY(), image.getSizeZ(), image.getSizeC(), image.getSizeT()) == (
        40,
        30,
        3,
        2,
        1,
    )
    assert image.getPixelsType() == "uint16"
    assert (image.getPixelSizeX(), image.getPixelSizeX(units=True).getSymbol()) == (0.5, "µm")
    assert image.getChannelLabels() == ["DAPI", "GFP"]
    assert [one.getLabel() for one in image.getChannels(noRE=True)] == ["DAPI", "GFP"]
    assert [one.getEmissionWave() for one in image.getChannels(noRE=True)] == [460, 509]
    loaded = next(iter(world.conn.getObjects("Image", [world.image], opts={"load_channels": True})))
    assert loaded._obj.pixelsLoaded
    assert [one.logicalChannel.name.val for one in loaded._obj.getPrimaryPixels().copyChannels()] == ["DAPI", "GFP"]
    assert image.getOwnerOmeName() == "blitz-ann"
    assert image.getDetails().getGroup().getName() == "blitz"
    assert image.canAnnotate()
    assert image.getFileset() is not None
    assert image.countImportedImageFiles() == 1
    assert [one.getName() for one in image.getImportedImageFiles()] == ["array.ome.tiff"]
    assert image.getROICount() == 0


def test_users_and_groups(world: World) -> None:
    conn = world.conn
    user = conn.getUser()
    assert (user.getName(), user.getFullName(), user.id) == ("blitz-ann", "Ann Blitz", world.user)
    assert conn.getObject("Experimenter", attributes={"omeName": "blitz-bob"}).getFirstName() == "Bob"
    assert names(conn.getObjects("Experimenter", opts={"experimentergroup": world.group, "order_by": "obj.id"})) == [
        "blitz-ann",
        "blitz-bob",
    ]
    group = conn.getObject("ExperimenterGroup", world.group)
    assert (group.getName(), str(group.getDetails().getPermissions())) == ("blitz", "rwra--")
    assert "blitz" in names(conn.getObjects("ExperimenterGroup", opts={"experimenter": world.user}))
    assert "blitz" in names(conn.getGroupsMemberOf())
    leaders, colleagues = group.groupSummary()
    assert (names(leaders), sorted(names(colleagues))) == ([], ["blitz-ann", "blitz-bob"])
    assert [one.getName() for one in conn.listColleagues()] == ["blitz-bob"]
    assert conn.isAdmin() is False
    assert conn.getDefaultGroup(world.user).getName() == "blitz"
    assert conn.getMaxPlaneSize() == (3192, 3192)


def test_annotations(world: World) -> None:
    conn = world.conn
    dataset = conn.getObject("Dataset", world.dataset)
    made = []
    for wrapper, value in (
        (TagAnnotationWrapper, "tag"),
        (CommentAnnotationWrapper, "words"),
        (LongAnnotationWrapper, 5),
    ):
        one = wrapper(conn)
        one.setNs("blitz.test")
        one.setValue(value)
        made.append(dataset.linkAnnotation(one))
    pairs = [["gene", "TP53"], ["dose", "2"]]
    keyed = MapAnnotationWrapper(conn)
    keyed.setNs("blitz.map")
    keyed.setValue(pairs)
    dataset.linkAnnotation(keyed)
    assert [one.getValue() for one in dataset.listAnnotations(ns="blitz.test")] == ["tag", "words", 5]
    assert dataset.getAnnotation("blitz.map").getValue() == [tuple(pair) for pair in pairs]
    assert dataset.getAnnotationCounts()["TagAnnotation"] == 1
    assert conn.getObject("TagAnnotation", made[0].id).getTextValue() == "tag"
    assert [one.id for one in conn.getObjects("Annotation", [made[1].id])] == [made[1].id]
    assert names(conn.getObjectsByAnnotations("Dataset", [made[0].id])) == ["D"]
    assert [
        one.getValue()
        for one in conn.listOrphanedAnnotations("Dataset", [world.empty], ns=["blitz.map"], anntype="Tag")
    ] == ["tag"]
    assert names(conn.getObjectsByMapAnnotations("Dataset", key="gene", value="TP53")) == ["D"]
    assert names(conn.getObjectsByMapAnnotations("Dataset", key="gene", value="MYC")) == []
    links = list(conn.getAnnotationLinks("Dataset", parent_ids=[world.dataset], ann_ids=[made[0].id]))
    assert [(one.parent.id.val, one.child.id.val) for one in links] == [(world.dataset, made[0].id)]
    assert conn.countAnnotations("Dataset", [world.dataset])["TagAnnotation"] == 1
    tag_page = conn.getObjects("TagAnnotation", opts={"load_experimenters": True})
    assert [one.getValue() for one in tag_page] == ["tag"]
    assert list(conn.getObjects("FileAnnotation", opts={"owner": world.user})) == []


def test_rois(world: World) -> None:
    conn = world.conn
    roi = omero.model.RoiI()
    roi.setImage(omero.model.ImageI(world.image, False))
    shape = omero.model.RectangleI()
    shape.x, shape.y, shape.width, shape.height = (rdouble(one) for one in (1, 2, 3, 4))
    shape.theZ, shape.textValue = rint(1), rstring("nucleus")
    roi.addShape(shape)
    saved = conn.getUpdateService().saveAndReturnObject(roi, conn.SERVICE_OPTS)
    assert saved.id.val > 0
    assert conn.getObject("Image", world.image).getROICount() == 1
    found = list(conn.getObjects("Roi", opts={"image": world.image, "load_shapes": True}))
    assert [one.id for one in found] == [saved.id.val]
    box = found[0]._obj.copyShapes()[0]
    assert (box.x.val, box.y.val, box.width.val, box.height.val) == (1.0, 2.0, 3.0, 4.0)
    assert box.textValue.val == "nucleus"


def test_screens_plates_wells(world: World) -> None:
    conn = world.conn
    screen, plate = omero.model.ScreenI(), omero.model.PlateI()
    screen.name, plate.name = rstring("S"), rstring("Pl")
    run = omero.model.PlateAcquisitionI()
    run.name = rstring("run 1")
    plate.addPlateAcquisition(run)
    for row, column in ((0, 0), (1, 2)):
        well = omero.model.WellI()
        well.row, well.column = rint(row), rint(column)
        for _ in range(2):
            sample = omero.model.WellSampleI()
            sample.image = omero.model.ImageI(world.orphan, False)
            sample.plateAcquisition = run
            well.addWellSample(sample)
        plate.addWell(well)
    screen.linkPlate(plate)
    screen_id = conn.getUpdateService().saveAndReturnObject(screen, conn.SERVICE_OPTS).id.val
    found = conn.getObject("Screen", screen_id)
    assert names(found.listChildren()) == ["Pl"]
    plate_id = next(iter(found.listChildren())).id
    wrapped = next(iter(conn.getObjects("Plate", opts={"screen": screen_id})))
    assert wrapped.id == plate_id
    assert wrapped.getGridSize() == {"rows": 2, "columns": 3}
    assert wrapped.getNumberOfFields() == (0, 1)
    assert [one.getName() for one in wrapped.listPlateAcquisitions()] == ["run 1"]
    assert wrapped.countPlateAcquisitions() == 1
    assert sorted(one.getWellPos() for one in wrapped.listChildren()) == ["A1", "B3"]
    wells = list(conn.getObjects("Well", opts={"plate": plate_id, "load_images": True, "order_by": "obj.id"}))
    assert [len(one._obj.copyWellSamples()) for one in wells] == [2, 2]
    assert wells[0].getImage(1).id == world.orphan
    assert [one.OMERO_CLASS for one in wells[0].getAncestry()] == ["Plate", "Screen"]
    assert conn.getObject("Image", world.orphan).getPlate().id == plate_id


def test_a_colleague_sees_and_annotates_but_does_not_edit(world: World, gateway_of: Any) -> None:
    bob = gateway_of("blitz-bob")
    dataset = bob.getObject("Dataset", world.dataset)
    assert (dataset.canAnnotate(), dataset.canEdit(), dataset.canLink(), dataset.canDelete()) == (
        True,
        False,
        False,
        False,
    )
    dataset.setName("taken")
    with pytest.raises(omero.SecurityViolation):
        dataset.save()
    assert world.conn.getObject("Dataset", world.dataset).getName() == "D"


def test_saving_renaming_and_moving(world: World) -> None:
    conn = world.conn
    made = omero.gateway.DatasetWrapper(conn, omero.model.DatasetI())
    made.setName("made")
    made.save()
    made.setName("renamed")
    made.setDescription("by the gateway")
    made.save()
    again = conn.getObject("Dataset", made.id)
    assert (again.getName(), again.getDescription(), again._obj.version.val) == ("renamed", "by the gateway", 1)
    link = omero.model.ProjectDatasetLinkI()
    link.parent, link.child = omero.model.ProjectI(world.project, False), omero.model.DatasetI(made.id, False)
    link_id = conn.getUpdateService().saveAndReturnObject(link, conn.SERVICE_OPTS).id.val
    assert again.getParent().id == world.project
    update = conn.getUpdateService()
    update.deleteObject(omero.model.ProjectDatasetLinkI(link_id, False), conn.SERVICE_OPTS)
    assert conn.getObject("Dataset", made.id).getParent() is None


def test_the_services_under_it(world: World) -> None:
    conn, ctx = world.conn, world.conn.SERVICE_OPTS
    query = conn.getQueryService()
    assert query.get("Dataset", world.dataset, ctx).name.val == "D"
    assert query.find("Dataset", 10**9, ctx) is None
    assert query.findByString("Dataset", "name", "D", ctx).id.val == world.dataset
    assert [one.name.val for one in query.findAllByString("Dataset", "name", "d", False, None, ctx)] == ["D"]
    assert query.findAllByString("Dataset", "name", "d", True, None, ctx) == []
    for bad in ("select d from", "select p.hash from Password p", "select d.nothing from Dataset d"):
        with pytest.raises(omero.QueryException):
            query.findAllByQuery(bad, None, ctx)
    loaded = conn.getContainerService().loadContainerHierarchy("Project", [world.project], None, ctx)
    assert [one.child.name.val for one in loaded[0].copyDatasetLinks()] == ["D", "E"]
    counts = conn.getContainerService().getCollectionCount(
        "Dataset", "imageLinks", [world.dataset, world.empty], None, ctx
    )
    assert counts == {world.dataset: 1, world.empty: 0}
    params = omero.sys.ParametersI().addIds([rlong(world.dataset)])
    row = query.projection("select d.name, size(d.imageLinks) from Dataset d where d.id in (:ids)", params, ctx)[0]
    assert [one.val for one in row] == ["D", 1]
