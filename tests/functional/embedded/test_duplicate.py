"""``Duplicate``: copies of graphs, with planes and files, and what they point at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero.all
import omero.cmd
import omero.model
import pytest
from omero.rtypes import rdouble, rint, rstring

from tests.functional.embedded.graphs import (
    PLANE,
    count,
    ids_of,
    link,
    names,
    owner_of,
    person,
    plate,
    refused,
    save,
    submit,
    tag,
)


def duplicate(
    gateway: Any, *, leave: Any = (), refer: Any = (), copy: Any = (), dry_run: bool = False, **targets: Any
) -> dict[str, list[int]]:
    """Copy objects; the ids of the copies by short class name."""
    request = omero.cmd.Duplicate(
        targetObjects=targets,
        typesToIgnore=list(leave),
        typesToReference=list(refer),
        typesToDuplicate=list(copy),
        dryRun=dry_run,
    )
    response = submit(gateway, request)
    assert isinstance(response, omero.cmd.DuplicateResponse), response
    return names(response.duplicates)


@pytest.fixture
def team(omero_data: Any) -> int:
    return omero_data.add_group(permissions="rwr---")


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any, team: int) -> Any:
    return person(omero_data, gateway_of, team)


def test_a_project_with_its_files(omero_data: Any, embedded: Any, gateway: Any, ann: Any) -> None:
    project = omero_data.add_project("orig", user=ann.name)
    dataset = omero_data.add_dataset(project=project, user=ann.name)
    image = omero_data.add_image(PLANE, "copied.ome.tiff", dataset=dataset, user=ann.name)
    label = tag(ann, "label", omero.model.ImageI(image, False))
    roi, shape = omero.model.RoiI(), omero.model.RectangleI()
    shape.x, shape.theZ = rdouble(3), rint(0)
    roi.image = omero.model.ImageI(image, False)
    roi.addShape(shape)
    save(ann, roi)

    planned = duplicate(ann, Project=[project], dry_run=True)
    assert (planned["Project"], planned["Image"]) == ([project], [image])
    made = duplicate(ann, Project=[project])
    assert {name: len(ids) for name, ids in made.items()} == {name: len(ids) for name, ids in planned.items()}
    for name, ids in made.items():
        assert not set(ids) & set(planned[name])
        assert count(gateway, name, *ids) == len(ids)
    assert ann.getObject("Project", made["Project"][0]).getName() == "orig"
    (new,) = made["Image"]
    copy = ann.getObject("Image", new)
    assert copy.getPrimaryPixels().getPlane().tolist() == PLANE.tolist()
    assert [one.id for one in copy.getParent().listParents()] == made["Project"]
    assert [one.id for one in copy.listAnnotations()] == made["TagAnnotation"]
    assert made["TagAnnotation"] != [label]
    x = gateway.getQueryService().projection(
        "select s.x from Rectangle s where s.roi.image.id = :id",
        omero.sys.ParametersI().addId(new),
        {"omero.group": "-1"},
    )
    assert [row[0].val for row in x] == [3.0]

    file, old = (next(iter(ann.getObject("Image", one).getImportedImageFiles())) for one in (new, image))
    assert (file.getName(), file.getSize(), file.getHash()) == (old.getName(), old.getSize(), old.getHash())
    assert file.getPath() != old.getPath()
    repository = Path(embedded.data) / "ManagedRepository"
    assert (repository / file.getPath() / file.getName()).is_file()
    ann.deleteObjects("Image", [image], wait=True)
    assert ann.getObject("Image", new).getPrimaryPixels().getPlane().tolist() == PLANE.tolist()
    assert not (repository / old.getPath() / old.getName()).exists()


def test_types(omero_data: Any, gateway: Any, ann: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    label = tag(ann, "label", omero.model.ImageI(image, False))
    held = "select l.child.id from ImageAnnotationLink l where l.parent.id = :id"

    referring = duplicate(ann, refer=["Annotation"], Image=[image])
    assert "TagAnnotation" not in referring
    assert ids_of(gateway, held, referring["Image"][0]) == [label]

    without = duplicate(ann, leave=["Annotation"], Image=[image])
    assert not {"TagAnnotation", "ImageAnnotationLink"} & set(without)
    assert ids_of(gateway, held, without["Image"][0]) == []

    special = duplicate(ann, leave=["Annotation"], copy=["TagAnnotation"], Image=[image])
    assert ids_of(gateway, held, special["Image"][0]) == special["TagAnnotation"]


def test_a_dataset_without_copies_of_its_images(omero_data: Any, gateway: Any, ann: Any) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    made = duplicate(ann, refer=["Image"], Dataset=[dataset])
    assert set(made) == {"Dataset", "DatasetImageLink"}
    held = "select l.child.id from DatasetImageLink l where l.parent.id = :id"
    assert ids_of(gateway, held, made["Dataset"][0]) == [image]


def test_planes_that_a_client_wrote(ann: Any) -> None:
    image = ann.createImageFromNumpySeq(iter([PLANE]), "made")
    (new,) = duplicate(ann, Image=[image.id])["Image"]
    ann.deleteObjects("Image", [image.id], wait=True)
    assert ann.getObject("Image", new).getPrimaryPixels().getPlane().tolist() == PLANE.tolist()


def test_an_attached_file(omero_data: Any, embedded: Any, ann: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("12345678")
    project = omero_data.add_project(user=ann.name)
    note = ann.createFileAnnfromLocalFile(str(tmp_path / "notes.txt"), mimetype="text/plain")
    ann.getObject("Project", project).linkAnnotation(note)
    made = duplicate(ann, Project=[project])
    (file,) = made["OriginalFile"]
    assert (Path(embedded.data) / "Files" / str(file)).read_text() == "12345678"


def test_a_screen(omero_data: Any, gateway: Any, ann: Any) -> None:
    original = plate(ann, omero_data, ann.name)
    made = duplicate(ann, Screen=[original["Screen"]])
    held = "select s.image.id from WellSample s where s.well.plate.id = :id"
    assert ids_of(gateway, held, made["Plate"][0]) == made["Image"]
    assert all(len(made[kind]) == 1 and made[kind] != [one] for kind, one in original.items())


def test_anothers_data_is_copied_for_oneself(
    omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, team: int
) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    bob = person(omero_data, gateway_of, team)
    made = duplicate(bob, Image=[image])
    assert {owner_of(gateway, name, ids[0]) for name, ids in made.items()} == {bob.getUserId()}
    assert bob.getObject("Image", made["Image"][0]).getPrimaryPixels().getPlane().tolist() == PLANE.tolist()
    links = ids_of(gateway, "select l.id from DatasetImageLink l where l.parent.id = :id", dataset)
    words = f"may not duplicate a DatasetImageLink of Dataset[{dataset}]"
    assert refused(bob, omero.cmd.Duplicate(targetObjects={"DatasetImageLink": links})) == words


def test_refusals(omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, team: int) -> None:
    stranger = person(omero_data, gateway_of)
    project = omero_data.add_project(user=ann.name)
    request = omero.cmd.Duplicate(targetObjects={"Project": [project]})
    assert refused(stranger, request) == f"there is no Project[{project}]"
    both = person(omero_data, gateway_of, omero_data.add_group(), team)
    words = f"Project[{project}] is not in ExperimenterGroup[{both.getEventContext().groupId}]"
    assert refused(both, request) == words
    image = omero_data.add_image(PLANE, user=ann.name)
    before = ids_of(gateway, "select count(c) from Channel c where c.pixels.image.id >= :id", 0)
    unfit = omero.cmd.Duplicate(targetObjects={"Image": [image]}, typesToIgnore=["LogicalChannel"])
    assert refused(ann, unfit).endswith("without its logicalChannel")
    assert ids_of(gateway, "select count(c) from Channel c where c.pixels.image.id >= :id", 0) == before


def test_links_into_the_copy(omero_data: Any, gateway: Any, ann: Any) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    other = omero_data.add_dataset(user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(other, False), omero.model.ImageI(image, False))
    (new,) = duplicate(ann, Dataset=[dataset])["Image"]
    parents = ids_of(gateway, "select count(l) from DatasetImageLink l where l.child.id = :id", new)
    assert parents == [1]


def test_a_copy_of_an_official_script_is_none(omero_data: Any, gateway_of: Any) -> None:
    gateway = person(omero_data, gateway_of)
    table = gateway.getScriptService().getScriptsByMimetype("text/x-lut")[0]
    note = omero.model.FileAnnotationI()
    note.file = omero.model.OriginalFileI(table.id.val, False)
    dataset = omero.model.DatasetI()
    dataset.name = rstring("with a table")
    dataset.linkAnnotation(note)
    made = duplicate(gateway, Dataset=[save(gateway, dataset).id.val], copy=["FileAnnotation", "OriginalFile"])
    assert table.repo.val == "ScriptRepo"
    (copied,) = made["OriginalFile"]
    assert gateway.getQueryService().get("OriginalFile", copied).repo is None
    assert copied not in [one.id.val for one in gateway.getScriptService().getScriptsByMimetype("text/x-lut")]
