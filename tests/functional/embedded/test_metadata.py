"""IMetadata over Ice, through the service and through BlitzGateway's wrappers."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.constants.metadata import NSINSIGHTTAGSET
from omero.rtypes import rlong, rstring, unwrap
from omero.sys import ParametersI

from omeropyr.testing import OmeroData

NS_A, NS_B = "test.metadata/a", "test.metadata/b"


@pytest.fixture(scope="module")
def scene(omero_data: OmeroData, gateway_of: Any) -> dict[str, Any]:
    """Two users of an annotate group; Ann's project, dataset and image with tags, a comment and a file."""
    group = omero_data.add_group("metadata-lab", "rwra--")
    ann = omero_data.add_user("meta-ann", group)
    bob = omero_data.add_user("meta-bob", group)
    project = omero_data.add_project("meta-p", user="meta-ann")
    dataset = omero_data.add_dataset("meta-d", project=project, user="meta-ann")
    image = omero_data.add_image(np.zeros((2, 8, 8), np.uint8), dataset=dataset, user="meta-ann")
    other = omero_data.add_image(np.zeros((8, 8), np.uint8), user="meta-ann")
    conn = gateway_of("meta-ann")
    update = conn.getUpdateService()

    def save(obj: Any) -> Any:
        return update.saveAndReturnObject(obj)

    def tag(text: str, ns: str | None = None) -> int:
        made = omero.model.TagAnnotationI()
        made.textValue, made.ns = rstring(text), None if ns is None else rstring(ns)
        return int(save(made).id.val)

    def link(kind: str, parent: int, child: Any) -> None:
        made = getattr(omero.model, f"{kind}AnnotationLinkI")()
        made.parent, made.child = getattr(omero.model, f"{kind}I")(parent, False), child
        save(made)

    facts: dict[str, Any] = {"group": group, "ann": ann, "bob": bob}
    facts.update(project=project, dataset=dataset, image=image, other=other, conn=conn)
    facts["tag"], facts["lone"], facts["set"] = tag("red"), tag("alone", NS_B), tag("colours", NSINSIGHTTAGSET)
    link("Image", image, omero.model.TagAnnotationI(facts["tag"], False))
    link("Dataset", dataset, omero.model.TagAnnotationI(facts["tag"], False))
    link("Project", project, omero.model.TagAnnotationI(facts["tag"], False))
    inside = omero.model.AnnotationAnnotationLinkI()
    inside.parent = omero.model.TagAnnotationI(facts["set"], False)
    inside.child = omero.model.TagAnnotationI(facts["tag"], False)
    save(inside)
    comment = omero.model.CommentAnnotationI()
    comment.textValue, comment.ns = rstring("well done"), rstring(NS_A)
    facts["comment"] = save(comment).id.val
    link("Image", image, omero.model.CommentAnnotationI(facts["comment"], False))
    file = omero.model.OriginalFileI()
    file.name, file.path, file.mimetype = rstring("notes.txt"), rstring("/"), rstring("text/plain")
    holder = omero.model.FileAnnotationI()
    holder.file, holder.ns = file, rstring(NS_B)
    facts["file"] = save(holder).id.val
    link("Image", image, omero.model.FileAnnotationI(facts["file"], False))
    return facts


def _ids(found: Any) -> set[int]:
    return {one.id.val for one in found}


class TestAnnotations:
    def test_of_objects(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getMetadataService()
        found = service.loadAnnotations("Image", [scene["image"], 10**9], None, None, None)
        assert set(found) == {scene["image"]}
        assert _ids(found[scene["image"]]) == {scene["tag"], scene["comment"], scene["file"]}
        by_class = {type(one).__name__: one for one in found[scene["image"]]}
        assert by_class["FileAnnotationI"].file.name.val == "notes.txt"
        assert by_class["CommentAnnotationI"].details.owner.omeName.val == "meta-ann"
        assert by_class["CommentAnnotationI"].details.creationEvent.time.val > 0

    @pytest.mark.parametrize(
        "name", ["TagAnnotation", "ome.model.annotations.TagAnnotation", "omero.model.TagAnnotationI"]
    )
    def test_of_one_class(self, scene: dict[str, Any], name: str) -> None:
        service = scene["conn"].getMetadataService()
        found = service.loadAnnotations("omero.model.Image", [scene["image"]], [name], None, None)
        assert _ids(found[scene["image"]]) == {scene["tag"]}

    def test_of_an_annotator(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getMetadataService()
        assert service.loadAnnotations("Image", [scene["image"]], None, [scene["bob"]], None) == {scene["image"]: []}
        found = service.loadAnnotations("Image", [scene["image"]], None, [scene["ann"]], None)
        assert len(found[scene["image"]]) == 3

    @pytest.mark.parametrize(
        ("include", "exclude", "wanted"),
        [
            ([], [], {"tag", "lone", "set"}),
            ([NS_B], [], {"lone"}),
            ([], [NS_B], {"tag", "set"}),
            ([NS_A], [], set()),
            ([NS_B, NSINSIGHTTAGSET], [NSINSIGHTTAGSET], {"lone"}),
        ],
        ids=["all", "with", "without", "none", "both"],
    )
    def test_specified(self, scene: dict[str, Any], include: list[str], exclude: list[str], wanted: set[str]) -> None:
        service = scene["conn"].getMetadataService()
        found = service.loadSpecifiedAnnotations("TagAnnotation", include, exclude, ParametersI())
        assert _ids(found) == {scene[one] for one in wanted}
        count = service.countSpecifiedAnnotations("TagAnnotation", include, exclude, ParametersI())
        assert count.val == len(wanted)

    def test_specified_of_an_owner(self, scene: dict[str, Any], gateway_of: Any) -> None:
        service = gateway_of("meta-bob").getMetadataService()
        mine = ParametersI().exp(rlong(scene["bob"]))
        assert service.loadSpecifiedAnnotations("TagAnnotation", [], [], mine) == []
        hers = ParametersI().exp(rlong(scene["ann"]))
        assert len(service.loadSpecifiedAnnotations("TagAnnotation", [], [], hers)) == 3

    def test_linked_to(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getMetadataService()
        found = service.loadSpecifiedAnnotationsLinkedTo("FileAnnotation", [NS_B], [], "Image", [scene["image"]], None)
        assert {key: _ids(values) for key, values in found.items()} == {scene["image"]: {scene["file"]}}
        assert found[scene["image"]][0].file.name.val == "notes.txt"
        assert (
            service.loadSpecifiedAnnotationsLinkedTo("FileAnnotation", [], [NS_B], "Image", [scene["image"]], None)
            == {}
        )

    def test_by_id(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getMetadataService()
        found = service.loadAnnotation([scene["comment"], scene["file"], 10**9])
        assert _ids(found) == {scene["comment"], scene["file"]}

    def test_borrowed(self, scene: dict[str, Any], gateway_of: Any) -> None:
        conn = gateway_of("meta-bob")
        made = omero.model.ImageAnnotationLinkI()
        made.parent = omero.model.ImageI(scene["other"], False)
        made.child = omero.model.TagAnnotationI(scene["lone"], False)
        conn.getUpdateService().saveObject(made)
        service = conn.getMetadataService()
        assert _ids(service.loadAnnotationsUsedNotOwned("TagAnnotation", scene["bob"])) == {scene["lone"]}
        assert service.countAnnotationsUsedNotOwned("TagAnnotation", scene["bob"]).val == 1
        assert service.countAnnotationsUsedNotOwned("TagAnnotation", scene["ann"]).val == 0

    def test_of_strangers(self, scene: dict[str, Any], omero_data: OmeroData, gateway_of: Any) -> None:
        omero_data.add_user("meta-eve")
        service = gateway_of("meta-eve").getMetadataService()
        assert service.loadAnnotations("Image", [scene["image"]], None, None, None) == {}
        assert service.loadAnnotation([scene["comment"]]) == []
        assert service.loadTagContent([scene["tag"]], None) == {scene["tag"]: []}
        assert service.getTaggedObjectsCount([scene["tag"]], None) == {scene["tag"]: 0}

    @pytest.mark.parametrize("kind", ["Pixels", "NoSuchThing", ""])
    def test_of_what_has_none(self, scene: dict[str, Any], kind: str) -> None:
        service = scene["conn"].getMetadataService()
        with pytest.raises(omero.ApiUsageException):
            service.loadAnnotations(kind, [1], None, None, None)


class TestTags:
    def test_content(self, scene: dict[str, Any]) -> None:
        found = scene["conn"].getMetadataService().loadTagContent([scene["tag"], scene["set"]], None)
        kinds = {type(one).__name__: one for one in found[scene["tag"]]}
        assert {name: one.id.val for name, one in kinds.items()} == {
            "ProjectI": scene["project"],
            "DatasetI": scene["dataset"],
            "ImageI": scene["image"],
        }
        assert kinds["ImageI"].getPrimaryPixels().pixelsType.value.val == "uint8"
        assert [link.child.name.val for link in kinds["ProjectI"].copyDatasetLinks()] == ["meta-d"]
        assert found[scene["set"]] == []

    def test_count(self, scene: dict[str, Any]) -> None:
        counts = scene["conn"].getMetadataService().getTaggedObjectsCount([scene["tag"], scene["set"]], None)
        assert counts == {scene["tag"]: 3, scene["set"]: 0}

    def test_sets(self, scene: dict[str, Any]) -> None:
        service = scene["conn"].getMetadataService()
        found = service.loadTagSets(ParametersI().exp(rlong(scene["ann"])))
        assert _ids(found) == {scene["set"]}
        assert [link.child.textValue.val for link in found[0].copyAnnotationLinks()] == ["red"]
        assert _ids(service.loadTagSets(ParametersI().exp(rlong(scene["ann"])).orphan())) == {
            scene["set"],
            scene["lone"],
        }


class TestAcquisition:
    def test_channel(self, scene: dict[str, Any], gateway_of: Any) -> None:
        conn = scene["conn"]
        channels = list(conn.getObject("Image", scene["image"]).getChannels())
        logical = channels[0].getLogicalChannel()
        path = omero.model.LightPathI()
        path.dichroic = omero.model.DichroicI()
        path.dichroic.model = rstring("D1")
        instrument = omero.model.InstrumentI()
        path.dichroic.instrument = instrument
        emission = omero.model.FilterI()
        emission.model, emission.instrument = rstring("F1"), instrument
        emission.transmittanceRange = omero.model.TransmittanceRangeI()
        emission.transmittanceRange.cutIn = omero.model.LengthI(500, omero.model.enums.UnitsLength.NANOMETER)
        path.linkEmissionFilter(emission)
        laser = omero.model.LaserI()
        laser.model, laser.instrument = rstring("L1"), instrument
        query = conn.getQueryService()
        laser.type = query.findByString("LaserType", "value", "Gas")
        laser.laserMedium = query.findByString("LaserMedium", "value", "Ar")
        settings = omero.model.LightSettingsI()
        settings.lightSource = laser
        stored = query.get("LogicalChannel", logical.getId())
        stored.lightPath, stored.lightSourceSettings = path, settings
        conn.getUpdateService().saveObject(stored)
        found = conn.getMetadataService().loadChannelAcquisitionData([logical.getId(), 10**9])
        assert [one.id.val for one in found] == [logical.getId()]
        light = found[0].lightPath
        assert light.dichroic.model.val == "D1"
        assert light.copyEmissionFilterLink()[0].child.transmittanceRange.cutIn.getValue() == 500
        assert found[0].lightSourceSettings.lightSource.laserMedium.value.val == "Ar"
        # The gateway's own wrappers load through the same service.
        fresh = next(iter(conn.getObject("Image", scene["image"]).getChannels())).getLogicalChannel()
        assert fresh.getLightPath().getDichroic().getModel() == "D1"
        assert fresh.getLightSourceSettings().getLightSource().getLightSourceType().getValue() == "Gas"

    def test_instrument(self, scene: dict[str, Any]) -> None:
        conn = scene["conn"]
        made = omero.model.InstrumentI()
        query = conn.getQueryService()
        made.microscope = omero.model.MicroscopeI()
        made.microscope.type = query.findByString("MicroscopeType", "value", "Upright")
        objective = omero.model.ObjectiveI()
        objective.model, objective.nominalMagnification = rstring("O1"), omero.rtypes.rdouble(63)
        objective.immersion = query.findByString("Immersion", "value", "Oil")
        objective.correction = query.findByString("Correction", "value", "PlanApo")
        made.addObjective(objective)
        arc = omero.model.ArcI()
        arc.type = query.findByString("ArcType", "value", "Hg")
        made.addLightSource(arc)
        saved = conn.getUpdateService().saveAndReturnObject(made)
        image = query.get("Image", scene["image"])
        image.instrument = omero.model.InstrumentI(saved.id.val, False)
        conn.getUpdateService().saveObject(image)
        found = conn.getObject("Image", scene["image"]).getInstrument()
        assert found.getMicroscope().getMicroscopeType().getValue() == "Upright"
        assert [one.getImmersion().getValue() for one in found.getObjectives()] == ["Oil"]
        assert [unwrap(one._obj.type.value) for one in found.getLightSources()] == ["Hg"]
        assert conn.getMetadataService().loadInstrument(10**9) is None


class TestGateway:
    def test_file_annotations(self, scene: dict[str, Any]) -> None:
        found = list(scene["conn"].listFileAnnotations(eid=scene["ann"], toInclude=[NS_B]))
        assert [one.getFileName() for one in found] == ["notes.txt"]

    def test_annotations_of_an_image(self, scene: dict[str, Any]) -> None:
        image = scene["conn"].getObject("Image", scene["image"])
        assert {one.id for one in image.listAnnotations()} == {scene["tag"], scene["comment"], scene["file"]}
        assert image.getAnnotation(NS_A).getValue() == "well done"


def test_logs_of_imports(scene: dict[str, Any]) -> None:
    """Images that were imported without a log have none; other classes are refused."""
    service = scene["conn"].getMetadataService()
    assert service.loadLogFiles("Image", [scene["image"]]) == {}
    with pytest.raises(omero.ApiUsageException, match="Fileset"):
        service.loadLogFiles("Dataset", [1])
