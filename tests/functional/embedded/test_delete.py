"""``Delete2``: what goes, what stays, what is refused, and what is left on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero.all
import omero.cmd
import omero.cmd.graphs
import omero.model
import pytest
from omero.rtypes import rint, rstring
from sqlalchemy import func, insert, select

from omeropyr.embedded.model import model
from omeropyr.embedded.schema import schema
from tests.functional.embedded.graphs import (
    PLANE,
    count,
    fileset_of_two,
    ids_of,
    link,
    names,
    person,
    plate,
    refused,
    save,
    submit,
    tag,
)


def delete(gateway: Any, *, options: Any = None, dry_run: bool = False, **targets: Any) -> dict[str, list[int]]:
    """Delete objects; the ids that the response lists, by short class name."""
    request = omero.cmd.Delete2(targetObjects=targets, childOptions=options or [], dryRun=dry_run)
    response = submit(gateway, request)
    assert isinstance(response, omero.cmd.Delete2Response), response
    return names(response.deletedObjects)


def refusal(gateway: Any, **targets: Any) -> str:
    return refused(gateway, omero.cmd.Delete2(targetObjects=targets))


@pytest.fixture
def team(omero_data: Any) -> int:
    return omero_data.add_group(permissions="rwra--")


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any, team: int) -> Any:
    return person(omero_data, gateway_of, team)


@pytest.fixture
def bob(omero_data: Any, gateway_of: Any, team: int) -> Any:
    return person(omero_data, gateway_of, team)


def test_a_project_with_everything_in_it(omero_data: Any, embedded: Any, gateway: Any, ann: Any) -> None:
    project = omero_data.add_project(user=ann.name)
    dataset = omero_data.add_dataset(project=project, user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    wrapper = ann.getObject("Image", image)
    wrapper.getThumbnail()
    pixels = wrapper.getPixelsId()
    file = next(iter(wrapper.getImportedImageFiles()))
    path = Path(embedded.data) / "ManagedRepository" / file.getPath() / file.getName()
    file_id = file.id
    assert path.is_file()

    planned = delete(ann, Project=[project], dry_run=True)
    assert path.is_file()
    assert count(gateway, "Image", image) == 1
    gone = delete(ann, Project=[project])

    assert gone == planned
    assert gone["Project"] == [project]
    assert gone["Dataset"] == [dataset]
    assert gone["Image"] == [image]
    assert gone["Pixels"] == [pixels]
    assert gone["OriginalFile"] == [file_id]
    assert set(gone) == {
        *("Project", "ProjectDatasetLink", "Dataset", "DatasetImageLink", "Image", "Pixels", "Channel"),
        *("LogicalChannel", "StatsInfo", "RenderingDef", "QuantumDef", "ChannelBinding"),
        *("Fileset", "FilesetEntry", "OriginalFile"),
    }
    for kind, ids in gone.items():
        assert count(gateway, kind, *ids) == 0, kind
    assert not path.exists()
    assert not path.parent.exists()


def test_what_another_container_holds_stays(omero_data: Any, gateway: Any, ann: Any) -> None:
    project, other = omero_data.add_project(user=ann.name), omero_data.add_project(user=ann.name)
    shared, alone = (omero_data.add_dataset(project=project, user=ann.name) for _ in range(2))
    link(ann, "ProjectDatasetLink", omero.model.ProjectI(other, False), omero.model.DatasetI(shared, False))
    kept = omero_data.add_image(PLANE, dataset=alone, user=ann.name)
    lost = omero_data.add_image(PLANE, dataset=alone, user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(shared, False), omero.model.ImageI(kept, False))

    gone = delete(ann, Project=[project])
    assert (gone["Project"], gone["Dataset"], gone["Image"]) == ([project], [alone], [lost])
    assert count(gateway, "Image", kept, lost) == 1
    assert ids_of(gateway, "select l.parent.id from DatasetImageLink l where l.child.id = :id", kept) == [shared]
    assert ids_of(gateway, "select l.parent.id from ProjectDatasetLink l where l.child.id = :id", shared) == [other]


OPTION = omero.cmd.graphs.ChildOption


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        pytest.param(OPTION(excludeType=["Image"]), {"Dataset"}, id="exclude"),
        pytest.param(OPTION(excludeType=["ome.model.annotations.TagAnnotation"]), {"Dataset", "Image"}, id="other"),
        pytest.param(OPTION(includeType=["Image"]), {"Dataset", "Image", "shared"}, id="include"),
    ],
)
def test_child_options(omero_data: Any, gateway: Any, ann: Any, option: Any, expected: set[str]) -> None:
    first, second = (omero_data.add_dataset(user=ann.name) for _ in range(2))
    image = omero_data.add_image(PLANE, dataset=first, user=ann.name)
    shared = omero_data.add_image(PLANE, dataset=first, user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(second, False), omero.model.ImageI(shared, False))
    delete(ann, Dataset=[first], options=[option])
    assert count(gateway, "Dataset", first, second) == 1
    assert count(gateway, "Image", image) == (0 if "Image" in expected else 1)
    assert count(gateway, "Image", shared) == (0 if "shared" in expected else 1)


def test_annotations(omero_data: Any, gateway: Any, ann: Any, bob: Any) -> None:
    image, other = (omero_data.add_image(PLANE, user=ann.name) for _ in range(2))
    on = omero.model.ImageI(image, False)
    own, comment = tag(ann, "own", on), tag(ann, "seen", on, "CommentAnnotation")
    shared = tag(ann, "shared", on)
    link(ann, "ImageAnnotationLink", omero.model.ImageI(other, False), omero.model.TagAnnotationI(shared, False))
    foreign = tag(bob, "bob's", on)
    remark = tag(bob, "nice", on, "CommentAnnotation")

    gone = delete(ann, Image=[image])
    assert gone["TagAnnotation"] == [own]
    assert sorted(gone["CommentAnnotation"]) == sorted([comment, remark])
    assert len(gone["ImageAnnotationLink"]) == 5
    assert count(gateway, "Annotation", own, comment, remark) == 0
    assert count(gateway, "Annotation", shared, foreign) == 2


def test_the_gateway_keeps_tags_unless_told(omero_data: Any, gateway: Any, ann: Any) -> None:
    for told in (False, True):
        image = omero_data.add_image(PLANE, user=ann.name)
        name = tag(ann, "mine", omero.model.ImageI(image, False))
        ann.deleteObjects("Image", [image], deleteAnns=told, wait=True)
        assert count(gateway, "Image", image) == 0
        assert count(gateway, "TagAnnotation", name) == (0 if told else 1)


def test_namespaces_of_options(omero_data: Any, gateway: Any, ann: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    made = {}
    for namespace in ("keep", "drop"):
        note = omero.model.TagAnnotationI()
        note.ns, note.textValue = rstring(namespace), rstring("x")
        made[namespace] = save(ann, note).id.val
        on = omero.model.TagAnnotationI(made[namespace], False)
        link(ann, "ImageAnnotationLink", omero.model.ImageI(image, False), on)
    delete(ann, Image=[image], options=[OPTION(excludeType=["TagAnnotation"], includeNs=["keep"])])
    assert [count(gateway, "Annotation", made[name]) for name in ("keep", "drop")] == [1, 0]


def test_a_tag_comes_off_what_it_is_on(omero_data: Any, gateway: Any, ann: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    name = tag(ann, "gone", omero.model.ImageI(image, False))
    gone = delete(ann, TagAnnotation=[name])
    assert (gone["TagAnnotation"], len(gone["ImageAnnotationLink"])) == ([name], 1)
    assert count(gateway, "Image", image) == 1


def test_unlinking_deletes_a_remark_but_no_tag(omero_data: Any, gateway: Any, ann: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    on = omero.model.ImageI(image, False)
    remark, name = tag(ann, "nice", on, "CommentAnnotation"), tag(ann, "mine", on)
    links = ids_of(gateway, "select l.id from ImageAnnotationLink l where l.parent.id = :id", image)
    gone = delete(ann, ImageAnnotationLink=links)
    assert gone == {"CommentAnnotation": [remark], "ImageAnnotationLink": links}
    assert [count(gateway, "Annotation", one) for one in (remark, name)] == [0, 1]


def test_attached_files_and_their_bytes(omero_data: Any, embedded: Any, gateway: Any, ann: Any, tmp_path: Any) -> None:
    (tmp_path / "table.csv").write_text("a,b\n")
    image = omero_data.add_image(PLANE, user=ann.name)
    note = ann.createFileAnnfromLocalFile(str(tmp_path / "table.csv"), mimetype="text/csv")
    ann.getObject("Image", image).linkAnnotation(note)
    file_id = note.getFile().id
    path = Path(embedded.data) / "Files" / str(file_id)
    assert path.read_text() == "a,b\n"
    gone = delete(ann, Image=[image])
    assert gone["FileAnnotation"] == [note.id]
    assert file_id in gone["OriginalFile"]
    assert not path.exists()


def test_rois_and_shapes(omero_data: Any, gateway: Any, ann: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    rois = []
    for _ in range(2):
        roi = omero.model.RoiI()
        roi.image = omero.model.ImageI(image, False)
        shape = omero.model.RectangleI()
        shape.theZ = rint(0)
        roi.addShape(shape)
        roi.addShape(omero.model.PointI())
        rois.append(save(ann, roi).id.val)
    gone = delete(ann, Roi=[rois[0]])
    assert (gone["Roi"], len(gone["Rectangle"]), len(gone["Point"])) == ([rois[0]], 1, 1)
    gone = delete(ann, Image=[image])
    assert (gone["Roi"], len(gone["Rectangle"])) == ([rois[1]], 1)


def test_a_screen_with_its_plates(omero_data: Any, gateway: Any, ann: Any) -> None:
    made = plate(ann, omero_data, ann.name)
    gone = delete(ann, Screen=[made["Screen"]])
    for kind, object_id in made.items():
        assert gone[kind] == [object_id]
        assert count(gateway, kind, object_id) == 0


def test_an_image_of_a_well_stays_with_it(omero_data: Any, gateway: Any, ann: Any) -> None:
    made = plate(ann, omero_data, ann.name)
    error = refusal(ann, Image=[made["Image"]])
    assert error == f"may not delete Image[{made['Image']}] while WellSample[{made['WellSample']}] remains"
    gone = delete(ann, PlateAcquisition=[made["PlateAcquisition"]])
    assert (gone["WellSample"], gone["Image"]) == ([made["WellSample"]], [made["Image"]])
    assert count(gateway, "Well", made["Well"]) == 1


def test_a_fileset_is_one(omero_data: Any, gateway: Any, ann: Any) -> None:
    fileset, images = fileset_of_two(ann, omero_data, ann.name)
    error = refusal(ann, Image=images[:1])
    assert error == (f"within Fileset[{fileset}] may not delete Image[{images[0]}] while Image[{images[1]}] remains")
    assert count(gateway, "Image", *images) == 2
    dataset = omero_data.add_dataset(user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(dataset, False), omero.model.ImageI(images[0], False))
    assert "Image" not in delete(ann, Dataset=[dataset])
    gone = delete(ann, Fileset=[fileset])
    assert gone["Image"] == images


def test_not_allowed(omero_data: Any, gateway: Any, ann: Any, bob: Any) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    error = refusal(bob, Dataset=[dataset])
    assert error == f"not permitted to delete Dataset[{dataset}]"
    assert not bob.getObject("Image", image).canDelete()
    with pytest.raises(omero.CmdError, match="graph-fail"):
        bob.deleteObjects("Image", [image], wait=True)
    assert (count(gateway, "Dataset", dataset), count(gateway, "Image", image)) == (1, 1)
    own = tag(bob, "bob's", omero.model.ImageI(image, False))
    assert refusal(bob, Annotation=[own]) == f"may not delete TagAnnotation[{own}] while Image[{image}] remains"


def test_what_cannot_be_seen_is_not_there(omero_data: Any, gateway_of: Any, ann: Any) -> None:
    omero_data.add_user("stranger to all")
    dataset = omero_data.add_dataset(user=ann.name)
    hidden = refusal(gateway_of("stranger to all"), Dataset=[dataset])
    missing = refusal(gateway_of("stranger to all"), Dataset=[10**6])
    assert hidden == f"there is no Dataset[{dataset}]"
    assert missing == f"there is no Dataset[{10**6}]"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("Pixels", "Pixels is not a class that Delete2 can be pointed at", id="part"),
        pytest.param("Experimenter", "Experimenter is not a class that Delete2 can be pointed at", id="account"),
        pytest.param(
            "GroupExperimenterMap",
            "GroupExperimenterMap is not a class that Delete2 can be pointed at",
            id="membership",
        ),
        pytest.param("Nothing", "there is no class Nothing", id="unknown"),
    ],
)
def test_classes_that_cannot_be_deleted(ann: Any, name: str, words: str) -> None:
    assert refusal(ann, **{name: [1]}) == words


@pytest.mark.parametrize("name", ["Image", "/Image", "ome.model.core.Image", "omero.model.ImageI"])
def test_names_of_classes(omero_data: Any, gateway: Any, ann: Any, name: str) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    response = submit(ann, omero.cmd.Delete2(targetObjects={name: [image]}))
    assert list(response.deletedObjects["ome.model.core.Image"]) == [image]


def test_files_imported_in_place_are_not_touched(omero_data: Any, embedded: Any, ann: Any, tmp_path: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    file = next(iter(ann.getObject("Image", image).getImportedImageFiles()))
    path = Path(embedded.data) / "ManagedRepository" / file.getPath() / file.getName()
    outside = tmp_path / "outside.ome.tiff"
    path.rename(outside)
    path.symlink_to(outside)
    delete(ann, Image=[image])
    assert not path.is_symlink()
    assert outside.is_file()


def test_a_path_of_ones_own_deletes_no_foreign_file(omero_data: Any, embedded: Any, ann: Any, bob: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    file = next(iter(ann.getObject("Image", image).getImportedImageFiles()))
    path = Path(embedded.data) / "ManagedRepository" / file.getPath() / file.getName()
    fileset, entry, claim = omero.model.FilesetI(), omero.model.FilesetEntryI(), omero.model.OriginalFileI()
    claim.path, claim.name = rstring(file.getPath()), rstring(file.getName())
    entry.originalFile, entry.clientPath = claim, rstring("x")
    fileset.templatePrefix = rstring("x")
    fileset.addFilesetEntry(entry)
    gone = delete(bob, Fileset=[save(bob, fileset).id.val])
    assert len(gone["OriginalFile"]) == 1
    assert path.is_file()


def insert_many(tx: Any, kind: str, number: int, **values: Any) -> list[int]:
    """Rows of a class, past all that saving one by one takes; a list gives each row its own value."""
    table = schema().of(model()[kind])
    first = int(tx.connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
    details = {"owner__id": tx.actor.user_id, "group__id": tx.actor.group_id, "version": 0}
    rows = [
        {"id": first + n, **details, **{k: v[n] if isinstance(v, list) else v for k, v in values.items()}}
        for n in range(number)
    ]
    tx.connection.execute(insert(table), rows)
    return [row["id"] for row in rows]


def test_a_thousand_images(omero_data: Any, embedded: Any, gateway: Any, ann: Any) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    kinds = ann.getTypesService()
    order, pixel_type = kinds.getEnumeration("DimensionOrder", "XYZCT"), kinds.getEnumeration("PixelsType", "uint8")
    with embedded.store.write(omero_data.actor(ann.name)) as tx:
        images = insert_many(tx, "Image", 1000, name="x")
        insert_many(tx, "DatasetImageLink", 1000, parent=dataset, child=images)
        sizes = {f"size{axis}": 1 for axis in "XYZCT"}
        kinds_of = {"dimensionOrder": order.id.val, "pixelsType": pixel_type.id.val}
        pixels = insert_many(tx, "Pixels", 1000, image=images, sha1="x", **sizes, **kinds_of)
        logical = insert_many(tx, "LogicalChannel", 3000)
        insert_many(tx, "Channel", 3000, pixels=[one for one in pixels for _ in range(3)], logicalChannel=logical)
    gone = delete(ann, Dataset=[dataset])
    assert {name: len(ids) for name, ids in gone.items()} == {
        "Channel": 3000,
        "Dataset": 1,
        "DatasetImageLink": 1000,
        "Image": 1000,
        "LogicalChannel": 3000,
        "Pixels": 1000,
    }
    assert gone["Image"] == images
    for kind, ids in gone.items():
        assert count(gateway, kind, *ids[:900]) == 0
