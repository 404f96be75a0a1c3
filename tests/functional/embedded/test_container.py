"""IContainer over Ice: images, trees, counts, links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rlong, rstring, rtime, unwrap
from omero.sys import ParametersI

from omeropyr.testing import OmeroData


@dataclass
class World:
    """As in OMERO's own example: i1 in d1, i2 in d1 and d2, i3 in d2, both in p1; i4 in d3; i5 in nothing."""

    conn: Any
    service: Any
    user: int
    group: int
    images: list[int]
    d1: int
    d2: int
    d3: int
    p1: int


@pytest.fixture(scope="module")
def world(omero_data: OmeroData, gateway_of: Any) -> World:
    group = omero_data.add_group("container-lab", "rwra--")
    user = omero_data.add_user("cont-ann", group)
    omero_data.add_user("cont-bob", group)
    p1 = omero_data.add_project("p1", user="cont-ann")
    d1, d2 = (omero_data.add_dataset(name, project=p1, user="cont-ann") for name in ("d1", "d2"))
    d3 = omero_data.add_dataset("d3", user="cont-ann")
    images = [
        omero_data.add_image(np.full((8, 8), n, np.uint8), f"i{n}", dataset=home, user="cont-ann")
        for n, home in ((1, d1), (2, d1), (3, d2), (4, d3), (5, None))
    ]
    conn = gateway_of("cont-ann")
    link = omero.model.DatasetImageLinkI()
    link.parent, link.child = omero.model.DatasetI(d2, False), omero.model.ImageI(images[1], False)
    conn.getUpdateService().saveObject(link)
    return World(conn, conn.getContainerService(), user, group, images, d1, d2, d3, p1)


def _ids(found: Any) -> list[int]:
    return [one.id.val for one in found]


def _below(one: Any, field: str) -> list[str]:
    copy = f"copy{field[0].upper()}{field[1:]}Links"
    return sorted(link.child.name.val for link in getattr(one, copy)())


class TestImages:
    @pytest.mark.parametrize(
        ("kind", "of", "wanted"),
        [
            ("Project", "p1", [0, 1, 2]),
            ("Dataset", "d2", [1, 2]),
            ("omero.model.Dataset", "d3", [3]),
        ],
        ids=["project", "dataset", "full-name"],
    )
    def test_of_containers(self, world: World, kind: str, of: str, wanted: list[int]) -> None:
        found = world.service.getImages(kind, [getattr(world, of)], None)
        assert _ids(found) == [world.images[one] for one in wanted]
        assert found[0].getPrimaryPixels().pixelsType.value.val == "uint8"
        assert found[0].details.owner.omeName.val == "cont-ann"

    def test_pages(self, world: World) -> None:
        found = world.service.getImages("Project", [world.p1], ParametersI().page(1, 1))
        assert _ids(found) == [world.images[1]]

    def test_acquisition(self, world: World) -> None:
        label = omero.model.StageLabelI()
        label.name = rstring("left")
        image = world.conn.getQueryService().get("Image", world.images[4])
        image.stageLabel = label
        world.conn.getUpdateService().saveObject(image)
        found = world.service.getImages("Image", [world.images[4]], ParametersI().acquisitionData())
        assert found[0].stageLabel.name.val == "left"
        plain = world.service.getImages("Image", [world.images[4]], None)
        assert plain[0].stageLabel.isLoaded() is False

    def test_of_a_user(self, world: World, gateway_of: Any) -> None:
        assert _ids(world.service.getUserImages(None)) == world.images
        bob = gateway_of("cont-bob").getContainerService()
        assert bob.getUserImages(None) == []
        assert _ids(bob.getUserImages(ParametersI().exp(rlong(world.user)))) == world.images
        assert _ids(bob.getUserImages(ParametersI().grp(rlong(world.group)))) == world.images

    def test_by_options(self, world: World) -> None:
        times = [image.details.creationEvent.time.val for image in world.service.getImages("Image", world.images, None)]
        first = sorted(times)[0]
        later = ParametersI().startTime(rtime(first + 1))
        assert _ids(world.service.getImagesByOptions(later)) == [
            image for image, time in zip(world.images, times, strict=True) if time > first
        ]
        until = ParametersI().exp(rlong(world.user)).endTime(rtime(first - 1))
        assert world.service.getImagesByOptions(until) == []
        with pytest.raises(omero.ApiUsageException, match="startTime"):
            world.service.getImagesByOptions(None)

    def test_split_filesets(self, world: World) -> None:
        update, query = world.conn.getUpdateService(), world.conn.getQueryService()
        fileset = omero.model.FilesetI()
        fileset.templatePrefix = rstring("split/")
        made = []
        for name in ("a", "b", "c"):
            image = omero.model.ImageI()
            image.name = rstring(name)
            made.append(update.saveAndReturnObject(image).id.val)
        fileset_id = update.saveAndReturnObject(fileset).id.val
        for image_id in made:
            image = query.get("Image", image_id)
            image.fileset = omero.model.FilesetI(fileset_id, False)
            update.saveObject(image)
        found = world.service.getImagesBySplitFilesets({"Image": made[:1]}, None)
        assert found == {fileset_id: {True: made[:1], False: made[1:]}}
        assert world.service.getImagesBySplitFilesets({"Image": made}, None) == {}
        assert world.service.getImagesBySplitFilesets({"Fileset": [fileset_id], "Project": [world.p1]}, None) == {}

    def test_of_a_class_without_images(self, world: World) -> None:
        with pytest.raises(omero.ApiUsageException, match="Tag"):
            world.service.getImages("TagAnnotation", [1], None)


class TestDown:
    def test_without_leaves(self, world: World) -> None:
        (found,) = world.service.loadContainerHierarchy("Project", [world.p1], None)
        assert _below(found, "dataset") == ["d1", "d2"]
        assert found.details.owner.omeName.val == "cont-ann"
        assert found.copyDatasetLinks()[0].child.sizeOfImageLinks() < 0

    def test_with_leaves(self, world: World) -> None:
        (found,) = world.service.loadContainerHierarchy("Project", [world.p1], ParametersI().leaves())
        inside = {link.child.name.val: link.child for link in found.copyDatasetLinks()}
        assert {name: _below(one, "image") for name, one in inside.items()} == {"d1": ["i1", "i2"], "d2": ["i2", "i3"]}
        image = inside["d1"].copyImageLinks()[0].child
        assert image.getPrimaryPixels().pixelsType.value.val == "uint8"

    def test_of_an_owner(self, world: World) -> None:
        mine = ParametersI().exp(rlong(world.user))
        assert _ids(world.service.loadContainerHierarchy("Dataset", [], mine)) == [world.d1, world.d2, world.d3]
        assert _ids(world.service.loadContainerHierarchy("Dataset", [], mine.page(1, 1))) == [world.d2]
        assert world.service.loadContainerHierarchy("Dataset", [], ParametersI().exp(rlong(0))) == []
        assert _ids(world.service.loadContainerHierarchy("Project", None, ParametersI().grp(rlong(world.group)))) == [
            world.p1
        ]

    def test_with_orphans(self, world: World) -> None:
        wished = ParametersI().exp(rlong(world.user)).orphan()
        found = world.service.loadContainerHierarchy("Project", [], wished)
        assert [(type(one).__name__, one.id.val) for one in found] == [
            ("ProjectI", world.p1),
            ("DatasetI", world.d3),
        ]
        found = world.service.loadContainerHierarchy("Dataset", [world.d3], wished.leaves())
        loose = [one.id.val for one in found if isinstance(one, omero.model.Image)]
        assert world.images[4] in loose
        assert not set(loose) & set(world.images[:4])

    def test_screens(self, world: World) -> None:
        screen, plate = omero.model.ScreenI(), omero.model.PlateI()
        screen.name, plate.name = rstring("s1"), rstring("pl1")
        screen.linkPlate(plate)
        screen_id = world.conn.getUpdateService().saveAndReturnObject(screen).id.val
        (found,) = world.service.loadContainerHierarchy("Screen", [screen_id], None)
        assert _below(found, "plate") == ["pl1"]
        assert found.copyPlateLinks()[0].child.copyPlateAcquisitions() == []

    def test_all_images_of_the_server(self, world: World) -> None:
        with pytest.raises(omero.ApiUsageException, match="owner or a group"):
            world.service.loadContainerHierarchy("Dataset", [], ParametersI().leaves())


class TestUp:
    def test_example(self, world: World) -> None:
        found = world.service.findContainerHierarchies("Project", world.images, None)
        assert [(type(one).__name__, one.id.val) for one in found] == [
            ("ProjectI", world.p1),
            ("DatasetI", world.d3),
            ("ImageI", world.images[4]),
        ]
        inside = {link.child.name.val: link.child for link in found[0].copyDatasetLinks()}
        assert {name: _below(one, "image") for name, one in inside.items()} == {"d1": ["i1", "i2"], "d2": ["i2", "i3"]}

    def test_only_what_leads_there(self, world: World) -> None:
        (found,) = world.service.findContainerHierarchies("Project", [world.images[0]], None)
        (link,) = found.copyDatasetLinks()
        assert (found.id.val, link.child.id.val, _below(link.child, "image")) == (world.p1, world.d1, ["i1"])

    def test_to_datasets(self, world: World) -> None:
        found = world.service.findContainerHierarchies("Dataset", world.images[:1] + world.images[4:], None)
        assert [(type(one).__name__, one.id.val) for one in found] == [
            ("DatasetI", world.d1),
            ("ImageI", world.images[4]),
        ]


class TestCollections:
    def test_counts(self, world: World) -> None:
        assert world.service.getCollectionCount("Dataset", "imageLinks", [world.d1, world.d3, 10**9], None) == {
            world.d1: 2,
            world.d3: 1,
            10**9: 0,
        }
        with pytest.raises(omero.ApiUsageException, match="no collection"):
            world.service.getCollectionCount("Dataset", "name", [world.d1], None)

    def test_members(self, world: World) -> None:
        found = world.service.retrieveCollection(omero.model.DatasetI(world.d2, False), "imageLinks", None)
        assert sorted(link.child.id.val for link in found) == [world.images[1], world.images[2]]
        with pytest.raises(omero.ValidationException):
            world.service.retrieveCollection(omero.model.DatasetI(10**9, False), "imageLinks", None)


class TestChanges:
    def test_create_update_link_unlink(self, world: World) -> None:
        project, dataset = omero.model.ProjectI(), omero.model.DatasetI()
        project.name, dataset.name = rstring("made"), rstring("made below")
        project = world.service.createDataObject(project, None)
        (dataset,) = world.service.createDataObjects([dataset], None)
        link = omero.model.ProjectDatasetLinkI()
        link.parent = omero.model.ProjectI(project.id.val, False)
        link.child = omero.model.DatasetI(dataset.id.val, False)
        (saved,) = world.service.link([link], None)
        assert saved.id.val > 0
        project = world.conn.getQueryService().get("Project", project.id.val)
        project.description = rstring("changed")
        assert world.service.updateDataObject(project, None).description.val == "changed"
        assert unwrap(world.service.updateDataObjects([project], None)[0].name) == "made"
        counts = ("Project", "datasetLinks", [project.id.val], None)
        assert world.service.getCollectionCount(*counts) == {project.id.val: 1}
        world.service.unlink([link], None)
        assert world.service.getCollectionCount(*counts) == {project.id.val: 0}
        with pytest.raises(omero.ValidationException):
            world.service.unlink([saved], None)
        assert world.conn.getObject("Dataset", dataset.id.val).getName() == "made below"

    def test_rights(self, world: World, gateway_of: Any) -> None:
        """In a read-annotate group a colleague neither links nor unlinks, and nothing changes."""
        bob = gateway_of("cont-bob").getContainerService()
        link = omero.model.ProjectDatasetLinkI()
        link.parent, link.child = omero.model.ProjectI(world.p1, False), omero.model.DatasetI(world.d1, False)
        with pytest.raises(omero.SecurityViolation):
            bob.unlink([link], None)
        link.child = omero.model.DatasetI(world.d3, False)
        with pytest.raises(omero.SecurityViolation):
            bob.link([link], None)
        assert world.service.getCollectionCount("Project", "datasetLinks", [world.p1], None) == {world.p1: 2}

    @pytest.mark.parametrize("what", [omero.model.DatasetI(1, False), None], ids=["no-link", "null"])
    def test_what_is_no_link(self, world: World, what: Any) -> None:
        with pytest.raises(omero.ApiUsageException, match="Links"):
            world.service.unlink([what], None)
