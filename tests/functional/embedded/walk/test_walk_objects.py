"""BlitzGateway's lookups and changes of objects, and what every wrapper of an object can do."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import omero
import pytest
from omero.gateway import (
    BlitzObjectWrapper,
    CommentAnnotationWrapper,
    DatasetWrapper,
    MapAnnotationWrapper,
    TagAnnotationWrapper,
)
from omero.rtypes import rint, rstring


def ids(found: Any) -> list[int]:
    return [one.getId() for one in found]


def done(conn: Any, handle: Any) -> None:
    conn._waitOnCmd(handle)
    handle.close()


def tagged(walk: Any, target: Any, text: str) -> Any:
    tag = TagAnnotationWrapper(walk.conn)
    tag.setValue(text)
    tag.save()
    target.linkAnnotation(tag)
    return tag


# --- BlitzGateway ---


@pytest.mark.walks(
    "BlitzGateway", "getObject getObjects buildQuery buildCountQuery listProjects listScreens listOrphans"
)
def test_looking_up(walk: Any, make: Any) -> None:
    conn = walk.conn
    assert conn.getObject("Project", walk.project).getName() == "P"
    assert ids(conn.getObjects("Dataset", opts={"project": walk.project})) == [walk.dataset]
    query, params = conn.buildCountQuery("Dataset", opts={"project": walk.project})
    assert omero.rtypes.unwrap(conn.getQueryService().projection(query, params, conn.SERVICE_OPTS)) == [[1]]
    assert walk.project in ids(conn.listProjects())
    screen, orphan = make("Screen", name="walk screen"), make("Dataset", name="alone")
    assert screen.getId() in ids(conn.listScreens())
    assert orphan.getId() in ids(conn.listOrphans("Dataset"))
    assert walk.dataset not in ids(conn.listOrphans("Dataset"))


@pytest.mark.walks("BlitzGateway", "searchObjects")
def test_searching(walk: Any, make: Any) -> None:
    made = make("Project", name="quokka colony", description="on an island")
    assert ids(walk.conn.searchObjects(["Project"], "quokka")) == [made.getId()]
    assert ids(walk.conn.searchObjects(["Project"], "island", fields=("description",))) == [made.getId()]
    assert ids(walk.conn.searchObjects(["Project"], "nosuchword")) == []


@pytest.mark.walks(
    "BlitzGateway",
    "countAnnotations getAnnotationCounts getAnnotationLinks getObjectsByAnnotations getObjectsByMapAnnotations "
    "listFileAnnotations listOrphanedAnnotations",
)
def test_annotations_of_objects(walk: Any, make: Any, tmp_path: Any) -> None:
    conn, project = walk.conn, make("Project", name="annotated")
    tag = tagged(walk, project, "walk tag")
    pairs = MapAnnotationWrapper(conn)
    pairs.setNs("walk.pairs")
    pairs.setValue([("stain", "DAPI")])
    pairs.save()
    project.linkAnnotation(pairs)
    counts = conn.countAnnotations("Project", [project.getId()])
    assert (counts["TagAnnotation"], counts["MapAnnotation"], counts["LongAnnotation"]) == (1, 1, 0)
    assert conn.getAnnotationCounts({"Project": [project]})["TagAnnotation"] == 1
    links = list(conn.getAnnotationLinks("Project", parent_ids=[project.getId()]))
    assert {one.getChild().id for one in links} == {tag.getId(), pairs.getId()}
    assert ids(conn.getObjectsByAnnotations("Project", [tag.getId()])) == [project.getId()]
    assert ids(conn.getObjectsByMapAnnotations("Project", key="stain", value="DAPI")) == [project.getId()]
    assert ids(conn.getObjectsByMapAnnotations("Project", key="stain", value="none")) == []
    path = tmp_path / "listed.txt"
    path.write_text("listed")
    file = conn.createFileAnnfromLocalFile(str(path), mimetype="text/plain", ns="walk.file")
    assert ids(conn.listFileAnnotations(toInclude=["walk.file"])) == [file.getId()]
    free = ids(conn.listOrphanedAnnotations("Project", [project.getId()], anntype="Tag"))
    assert tag.getId() not in free


@pytest.mark.walks(
    "BlitzGateway",
    "createFileAnnfromLocalFile createOriginalFileFromLocalFile createOriginalFileFromFileObj",
)
@pytest.mark.walks("OriginalFileWrapper", "getFileInChunks asFileObj")
@pytest.mark.walks("FileAnnotationWrapper", "getFile getFileInChunks getFileName getFileSize getValue")
def test_files(walk: Any, tmp_path: Any) -> None:
    conn, content = walk.conn, b"0123456789" * 1000
    path = tmp_path / "digits.bin"
    path.write_bytes(content)
    made = conn.createOriginalFileFromLocalFile(str(path), mimetype="application/octet-stream")
    assert (made.getName(), made.getSize()) == ("digits.bin", 10_000)
    assert b"".join(made.getFileInChunks(buf=4096)) == content
    with made.asFileObj() as opened:
        opened.seek(9_995)
        assert opened.read() == b"56789"
    other = conn.createOriginalFileFromFileObj(io.BytesIO(content[:7]), "", "seven", 7)
    assert b"".join(other.getFileInChunks()) == b"0123456"
    annotation = conn.createFileAnnfromLocalFile(str(path), ns="walk.digits", desc="ten thousand")
    assert (annotation.getFileName(), annotation.getFileSize(), annotation.getFile().getId() > 0) == (
        "digits.bin",
        10_000,
        True,
    )
    assert annotation.getValue() is None or annotation.getValue().getId() == annotation.getFile().getId()
    assert b"".join(annotation.getFileInChunks()) == content


@pytest.mark.walks(
    "BlitzGateway",
    "getEnumeration getEnumerationById getEnumerationEntries getEnumerations getEnumerationsWithEntries "
    "getOriginalEnumerations",
)
@pytest.mark.walks("EnumerationWrapper", "getType")
def test_enumerations_are_read(walk: Any, gateway: Any) -> None:
    conn = walk.conn
    found = conn.getEnumeration("PixelsType", "uint16")
    assert found.getValue() == "uint16"
    assert found.getType() == omero.model.PixelsTypeI
    assert conn.getEnumerationById("PixelsType", found.getId()).getValue() == "uint16"
    assert "float" in [one.getValue() for one in conn.getEnumerationEntries("PixelsType")]
    assert "PixelsType" in [name.rpartition(".")[2] for name in conn.getEnumerations()]
    entries = {name.removesuffix("I"): values for name, values in conn.getEnumerationsWithEntries().items()}
    assert "uint16" in [one.getValue() for one in entries["PixelsType"]]
    original = {
        name.rpartition(".")[2].removesuffix("I"): values for name, values in gateway.getOriginalEnumerations().items()
    }
    now = {one.getValue() for one in conn.getEnumerationEntries("PixelsType")}  # other tests add values of their own
    assert {one.getValue() for one in original["PixelsType"]} <= now


@pytest.mark.walks("BlitzGateway", "createEnumeration updateEnumerations deleteEnumeration resetEnumerations")
def test_an_administrator_changes_enumerations(gateway: Any) -> None:
    def values() -> set[str]:
        return {one.getValue() for one in gateway.getEnumerationEntries("Immersion")}

    before = values()
    new = omero.model.ImmersionI()
    new.value = rstring("WalkHoney")
    gateway.createEnumeration(new)
    entry = gateway.getEnumeration("Immersion", "WalkHoney")._obj
    entry.value = rstring("WalkSyrup")
    gateway.updateEnumerations([entry])
    assert values() == before | {"WalkSyrup"}
    gateway.deleteEnumeration(gateway.getEnumeration("Immersion", "WalkSyrup")._obj)
    assert values() == before
    gateway.resetEnumerations("Immersion")
    assert values() == before


@pytest.mark.walks("BlitzGateway", "deleteObject deleteObjects deleteObjectDirect")
def test_deleting(walk: Any, make: Any) -> None:
    conn = walk.conn
    first, second, third = (make("Project", name=f"gone {n}") for n in range(3))
    conn.deleteObject(first._obj)
    conn.deleteObjects("Project", [second.getId()], wait=True)
    conn.deleteObjectDirect(third._obj)
    assert [conn.getObject("Project", one.getId()) for one in (first, second, third)] == [None, None, None]


@pytest.mark.walks("BlitzGateway", "chgrpObjects chownObjects")
def test_moving_and_giving(walk: Any, make: Any) -> None:
    conn, project = walk.conn, make("Project", name="moving")
    done(conn, conn.chgrpObjects("Project", [project.getId()], walk.other))
    there = conn.getQueryService().get("Project", project.getId(), {"omero.group": "-1"})
    assert there.details.group.id.val == walk.other
    given = make("Project", name="given")
    conn.chownObjects("Project", [given.getId()], walk.bob, wait=True)
    assert conn.getObject("Project", given.getId()).getOwnerOmeName() == "walk-bob"


@pytest.mark.walks("BlitzGateway", "getFilesetFilesInfo getArchivedFilesInfo setChannelNames")
def test_files_and_channel_names_of_images(walk: Any, omero_data: Any) -> None:
    import numpy as np

    conn = walk.conn
    info = conn.getFilesetFilesInfo([walk.image])
    assert (info["fileset"], info["count"]) == (True, 1)
    assert info["size"] > 0
    assert conn.getArchivedFilesInfo([walk.image]) == {"fileset": False, "count": 0, "size": 0}
    image = omero_data.add_image(np.zeros((2, 1, 8, 8), dtype=np.uint8), "named.ome.tiff", user="walk-ann")
    answer = conn.setChannelNames("Image", [image], {1: "nuclei", 2: "membrane"})
    assert answer["updateCount"] == 1
    assert conn.getObject("Image", image).getChannelLabels() == ["nuclei", "membrane"]


# --- every wrapper ---


@pytest.mark.walks(
    "BlitzObjectWrapper",
    "getId getName setName getDescription setDescription save getDate creationEventDate updateEventDate getDetails "
    "getOwner getOwnerFullName getOwnerOmeName simpleMarshal getExternalInfo",
)
@pytest.mark.walks("DetailsWrapper", "getOwner getGroup getExternalInfo")
def test_plain_facts(walk: Any, make: Any) -> None:
    project = make("Project", name="facts")
    project.setDescription("said")
    project.setName("more facts")
    project.save()
    again = walk.conn.getObject("Project", project.getId())
    assert (again.getId(), again.getName(), again.getDescription()) == (project.getId(), "more facts", "said")
    assert isinstance(again.getDate(), datetime)
    assert again.creationEventDate() <= again.updateEventDate()
    details = again.getDetails()
    assert (details.getOwner().getId(), details.getGroup().getName()) == (walk.ann, "walk")
    assert (details.getExternalInfo(), again.getExternalInfo()) == (None, None)
    assert (again.getOwner().getId(), again.getOwnerFullName(), again.getOwnerOmeName()) == (
        walk.ann,
        "Ann Walker",
        "walk-ann",
    )
    assert again.simpleMarshal() == {
        "type": "Project",
        "id": project.getId(),
        "name": "more facts",
        "description": "said",
    }


@pytest.mark.walks(
    "BlitzObjectWrapper",
    "canAnnotate canChgrp canChown canDelete canEdit canLink canOwnerWrite canWrite isLeaded isOwned isPrivate "
    "isPublic isShared",
)
def test_what_the_caller_may_do(walk: Any, gateway_of: Any) -> None:
    def rights(project: Any) -> list[bool]:
        names = ("canAnnotate", "canChgrp", "canChown", "canDelete", "canEdit", "canLink", "canWrite", "isOwned")
        return [bool(getattr(project, name)()) for name in (*names, "isLeaded")]

    mine = walk.conn.getObject("Project", walk.project)
    theirs = gateway_of("walk-bob").getObject("Project", walk.project)
    assert rights(mine) == [True, True, True, True, True, True, True, True, True]
    assert rights(theirs) == [True, False, False, False, False, False, False, False, False]
    assert (mine.canOwnerWrite(), mine.isPrivate(), mine.isShared(), mine.isPublic()) == (True, False, True, False)


@pytest.mark.walks(
    "BlitzObjectWrapper",
    "countChildren countChildren_cached listChildren findChildByName getChildLinks getParentLinks getParent "
    "listParents getAncestry LINK_PARENT",
)
def test_up_and_down(walk: Any) -> None:
    project, dataset = walk.conn.getObject("Project", walk.project), walk.conn.getObject("Dataset", walk.dataset)
    assert (project.countChildren(), project.countChildren_cached()) == (1, 1)
    assert ids(project.listChildren()) == [walk.dataset]
    assert project.findChildByName("D").getId() == walk.dataset
    assert project.findChildByName("no such") is None
    assert [one.child.id.val for one in project.getChildLinks([walk.dataset])] == [walk.dataset]
    assert [one.parent.id.val for one in dataset.getParentLinks([walk.project])] == [walk.project]
    assert dataset.getParent().getId() == walk.project
    assert ids(dataset.listParents()) == [walk.project]
    assert [one.getId() for one in walk.conn.getObject("Image", walk.image).getAncestry()] == [
        walk.dataset,
        walk.project,
    ]


@pytest.mark.walks(
    "BlitzObjectWrapper",
    "linkAnnotation listAnnotations getAnnotation getAnnotationCounts listOrphanedAnnotations unlinkAnnotations "
    "removeAnnotations",
)
def test_annotations_come_and_go(walk: Any, make: Any) -> None:
    dataset = make("Dataset", name="annotated")
    for ns, kind in (("walk.stays", TagAnnotationWrapper), ("walk.goes", CommentAnnotationWrapper)):
        annotation = kind(walk.conn)
        annotation.setNs(ns)
        annotation.setValue(f"text of {ns}")
        dataset.linkAnnotation(annotation)
    assert {one.getNs() for one in dataset.listAnnotations()} == {"walk.stays", "walk.goes"}
    assert dataset.getAnnotation("walk.goes").getValue() == "text of walk.goes"
    assert dataset.getAnnotationCounts()["CommentAnnotation"] == 1
    stays = dataset.getAnnotation("walk.stays").getId()
    dataset.unlinkAnnotations("walk.stays")
    dataset.removeAnnotations("walk.goes")
    again = walk.conn.getObject("Dataset", dataset.getId())
    assert list(again.listAnnotations()) == []
    assert stays in ids(again.listOrphanedAnnotations(ns=["walk.others"], anntype="Tag"))
    assert walk.conn.getObject("TagAnnotation", stays).getValue() == "text of walk.stays"
    assert list(walk.conn.getObjects("CommentAnnotation", attributes={"ns": "walk.goes"})) == []


@pytest.mark.walks("BlitzObjectWrapper", "saveAs")
def test_an_administrator_saves_as_the_owner(walk: Any, gateway: Any) -> None:
    new = DatasetWrapper(gateway, omero.model.DatasetI())
    new.setName("made for Ann")
    gateway.SERVICE_OPTS.setOmeroGroup(-1)
    try:
        details = gateway.getObject("Project", walk.project).getDetails()
        new.saveAs(details)
    finally:
        gateway.SERVICE_OPTS.setOmeroGroup(None)
    found = list(walk.conn.getObjects("Dataset", attributes={"name": "made for Ann"}))
    assert [one.getOwnerOmeName() for one in found] == ["walk-ann"]


@pytest.mark.walks("OmeroRestrictionWrapper", "canDownload")
def test_who_may_download(walk: Any) -> None:
    assert walk.conn.getObject("Image", walk.image).canDownload()


@pytest.mark.walks("RoiWrapper", "getImage")
@pytest.mark.walks("ImageWrapper", "getROICount getROIs")
def test_regions(walk: Any, make: Any) -> None:
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(walk.image, False)
    rectangle = omero.model.RectangleI()
    rectangle.x, rectangle.y, rectangle.width, rectangle.height = (omero.rtypes.rdouble(n) for n in (1, 2, 3, 4))
    rectangle.theZ, rectangle.textValue = rint(0), rstring("here")
    roi.addShape(rectangle)
    saved = walk.conn.getUpdateService().saveAndReturnObject(roi)
    image = walk.conn.getObject("Image", walk.image)
    assert (image.getROICount(), image.getROICount("Rectangle"), image.getROICount("Ellipse")) == (1, 1, 0)
    assert ids(image.getROIs()) == [saved.id.val]
    assert walk.conn.getObject("Roi", saved.id.val).getImage().getId() == walk.image
    (shape,) = walk.conn.getObjects("Shape", opts={"roi": saved.id.val})
    assert (shape.getTextValue(), shape.getX(), shape.getHeight()) == ("here", 1.0, 4.0)
    assert isinstance(shape, BlitzObjectWrapper)
