"""``Chgrp2``: what moves to another group, which links are cut, and who may."""

from __future__ import annotations

from typing import Any

import omero.all
import omero.cmd
import omero.model
import pytest

from tests.functional.embedded.graphs import (
    PLANE,
    count,
    fileset_of_two,
    group_of,
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


def move(gateway: Any, group: int, *, dry_run: bool = False, **targets: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Move objects; what went and what was deleted, by short class name."""
    response = submit(gateway, omero.cmd.Chgrp2(targetObjects=targets, groupId=group, dryRun=dry_run))
    assert isinstance(response, omero.cmd.Chgrp2Response), response
    return names(response.includedObjects), names(response.deletedObjects)


@pytest.fixture
def home(omero_data: Any) -> int:
    return omero_data.add_group(permissions="rwra--")


@pytest.fixture(params=["rw----", "rwr---"], ids=["private", "shared"])
def away(omero_data: Any, request: Any) -> int:
    return omero_data.add_group(permissions=request.param)


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any, home: int, away: int) -> Any:
    return person(omero_data, gateway_of, home, away)


def test_a_project_moves_with_what_only_it_holds(omero_data: Any, gateway: Any, ann: Any, home: int, away: int) -> None:
    project = omero_data.add_project(user=ann.name)
    dataset = omero_data.add_dataset(project=project, user=ann.name)
    other = omero_data.add_dataset(user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    kept = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(other, False), omero.model.ImageI(kept, False))
    own = tag(ann, "own", omero.model.ImageI(image, False))
    shared = tag(ann, "shared", omero.model.ImageI(image, False))
    link(ann, "ImageAnnotationLink", omero.model.ImageI(kept, False), omero.model.TagAnnotationI(shared, False))
    ann.getObject("Image", image).getThumbnail()

    planned = move(ann, away, Project=[project], dry_run=True)
    assert group_of(gateway, "Project", project) == home
    went, lost = move(ann, away, Project=[project])

    assert (went, lost) == planned
    assert (went["Project"], went["Dataset"], went["Image"]) == ([project], [dataset], [image])
    assert went["TagAnnotation"] == [own]
    assert {name: len(ids) for name, ids in lost.items()} == {"DatasetImageLink": 1, "ImageAnnotationLink": 1}
    for kind, ids in went.items():
        for object_id in ids:
            assert group_of(gateway, kind, object_id) == away, kind
    assert [group_of(gateway, kind, one) for kind, one in (("Image", kept), ("Annotation", shared))] == [home, home]
    assert ids_of(gateway, "select l.parent.id from DatasetImageLink l where l.child.id = :id", image) == [dataset]
    assert ids_of(gateway, "select l.parent.id from DatasetImageLink l where l.child.id = :id", kept) == [other]
    assert ids_of(gateway, "select l.child.id from ImageAnnotationLink l where l.parent.id = :id", image) == [own]
    ann.SERVICE_OPTS.setOmeroGroup(-1)
    assert ann.getObject("Image", image).getPrimaryPixels().getPlane().tolist() == PLANE.tolist()


def test_others_remarks_do_not_enter_a_private_group(
    omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, home: int, away: int
) -> None:
    bob = person(omero_data, gateway_of, home)
    image = omero_data.add_image(PLANE, user=ann.name)
    on = omero.model.ImageI(image, False)
    mine, remark = tag(ann, "ok", on, "CommentAnnotation"), tag(bob, "nice", on, "CommentAnnotation")
    foreign = tag(bob, "bob's", on)
    roi = omero.model.RoiI()
    roi.image = on
    roi.addShape(omero.model.PointI())
    roi_id = save(bob, roi).id.val
    went, lost = move(ann, away, Image=[image])
    assert went["CommentAnnotation"] == [mine]
    assert lost["CommentAnnotation"] == [remark]
    private = group_of(gateway, "Image", image) == away and "Roi" in lost
    assert private is (
        gateway.getObject("ExperimenterGroup", away).getDetails().getPermissions().isGroupRead() is False
    )
    assert count(gateway, "Roi", roi_id) == (0 if private else 1)
    assert group_of(gateway, "Annotation", foreign) == home
    assert ids_of(gateway, "select l.child.id from ImageAnnotationLink l where l.parent.id = :id", image) == [mine]


def test_a_screen_moves_as_one(omero_data: Any, gateway: Any, ann: Any, away: int) -> None:
    made = plate(ann, omero_data, ann.name)
    went, lost = move(ann, away, Screen=[made["Screen"]])
    assert lost == {}
    for kind, object_id in made.items():
        assert went[kind] == [object_id]
        assert group_of(gateway, kind, object_id) == away


def test_refusals(omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, home: int, away: int) -> None:
    fileset, images = fileset_of_two(ann, omero_data, ann.name)
    words = f"within Fileset[{fileset}] may not move Image[{images[0]}] while Image[{images[1]}] remains"
    assert refused(ann, omero.cmd.Chgrp2(targetObjects={"Image": images[:1]}, groupId=away)) == words
    made = plate(ann, omero_data, ann.name)
    words = f"may not move Image[{made['Image']}] while WellSample[{made['WellSample']}] remains"
    assert refused(ann, omero.cmd.Chgrp2(targetObjects={"Image": [made["Image"]]}, groupId=away)) == words
    bob = person(omero_data, gateway_of, home, away)
    project = omero_data.add_project(user=ann.name)
    words = f"not permitted to move Project[{project}]"
    assert refused(bob, omero.cmd.Chgrp2(targetObjects={"Project": [project]}, groupId=away)) == words
    stranger = person(omero_data, gateway_of, home)
    response = submit(stranger, omero.cmd.Chgrp2(targetObjects={"Project": [project]}, groupId=away))
    assert isinstance(response, omero.cmd.ERR)
    assert (response.name, response.parameters["message"]) == (
        "not-in-group",
        "not a member of the chgrp destination group",
    )
    assert {group_of(gateway, "Image", one) for one in images} == {home}
    assert group_of(gateway, "Project", project) == home


def test_an_instrument_holds_images_together(omero_data: Any, gateway: Any, ann: Any, away: int) -> None:
    first, second = (omero_data.add_image(PLANE, user=ann.name) for _ in range(2))
    instrument = save(ann, omero.model.InstrumentI())
    for one in (first, second):
        image = ann.getQueryService().get("Image", one)
        image.instrument = omero.model.InstrumentI(instrument.id.val, False)
        save(ann, image)
    words = f"may not move Image[{first}] while Instrument[{instrument.id.val}] remains"
    assert refused(ann, omero.cmd.Chgrp2(targetObjects={"Image": [first]}, groupId=away)) == words
    went, _ = move(ann, away, Image=[first, second])
    assert went["Instrument"] == [instrument.id.val]


def test_an_administrator_moves_anothers_data(omero_data: Any, gateway: Any, ann: Any, away: int) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    went, _ = move(gateway, away, Dataset=[dataset])
    assert went == {"Dataset": [dataset]}
    found = gateway.getQueryService().get("Dataset", dataset, {"omero.group": "-1"})
    assert (found.details.group.id.val, found.details.owner.id.val) == (away, ann.getUserId())
