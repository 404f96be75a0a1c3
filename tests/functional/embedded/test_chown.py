"""``Chown2``: what is given to another user, what stays with its owner, and who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero.all
import omero.cmd
import omero.model
import pytest

from tests.functional.embedded.graphs import (
    PLANE,
    count,
    fileset_of_two,
    ids_of,
    link,
    names,
    owner_of,
    person,
    refused,
    save,
    submit,
    tag,
)


def give(gateway: Any, user: int, *, users: Any = (), dry_run: bool = False, **targets: Any) -> tuple[Any, Any]:
    """Give objects; what was given and what was deleted, by short class name."""
    request = omero.cmd.Chown2(targetObjects=targets, userId=user, targetUsers=list(users), dryRun=dry_run)
    response = submit(gateway, request)
    assert isinstance(response, omero.cmd.Chown2Response), response
    return names(response.includedObjects), names(response.deletedObjects)


@pytest.fixture(params=["rw----", "rwr---", "rwra--", "rwrw--"])
def level(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def team(omero_data: Any, level: str) -> int:
    return omero_data.add_group(permissions=level)


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any, team: int) -> Any:
    return person(omero_data, gateway_of, team)


@pytest.fixture
def bob(omero_data: Any, gateway_of: Any, team: int) -> Any:
    return person(omero_data, gateway_of, team)


def test_a_project_is_given(omero_data: Any, embedded: Any, gateway: Any, ann: Any, bob: Any, level: str) -> None:
    project = omero_data.add_project(user=ann.name)
    dataset = omero_data.add_dataset(project=project, user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    own = tag(ann, "own", omero.model.ImageI(image, False))
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(image, False)
    roi.addShape(omero.model.PointI())
    save(ann, roi)
    ann.getObject("Image", image).getThumbnail()
    file = next(iter(ann.getObject("Image", image).getImportedImageFiles()))
    old = Path(embedded.data) / "ManagedRepository" / file.getPath() / file.getName()
    receiver = bob.getUserId()

    planned = give(gateway, receiver, Project=[project], dry_run=True)
    assert owner_of(gateway, "Project", project) == ann.getUserId()
    given, lost = give(gateway, receiver, Project=[project])
    assert (given, lost) == planned
    assert (given["Project"], given["Dataset"], given["Image"]) == ([project], [dataset], [image])
    for kind, ids in given.items():
        for object_id in ids:
            assert owner_of(gateway, kind, object_id) == receiver, kind
    assert {"ProjectDatasetLink", "DatasetImageLink", "Pixels", "OriginalFile", "Fileset"} <= set(given)
    # Where members may annotate each other's data, what somebody wrote stays theirs.
    assert ("TagAnnotation" in given) is ("Roi" in given) is (level in ("rw----", "rwr---"))
    assert ("RenderingDef" in given) is (level == "rw----")
    assert count(gateway, "Annotation", own) == 1

    assert bob.getObject("Image", image).getPrimaryPixels().getPlane().tolist() == PLANE.tolist()
    moved = next(iter(bob.getObject("Image", image).getImportedImageFiles()))
    assert moved.getPath().startswith(f"{bob.name}_{receiver}/")
    assert (Path(embedded.data) / "ManagedRepository" / moved.getPath() / moved.getName()).is_file()
    assert not old.exists()


def test_what_others_hold_in_it_stays_theirs(
    omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, bob: Any, team: int, level: str
) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    own = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    foreign = omero_data.add_image(PLANE, user=bob.name)
    if level == "rwrw--":
        link(bob, "DatasetImageLink", omero.model.DatasetI(dataset, False), omero.model.ImageI(foreign, False))
    cy = person(omero_data, gateway_of, team)
    given, _ = give(gateway, cy.getUserId(), Dataset=[dataset])
    assert given["Image"] == [own]
    assert owner_of(gateway, "Image", foreign) == bob.getUserId()
    held = ids_of(gateway, "select l.child.id from DatasetImageLink l where l.parent.id = :id", dataset)
    assert sorted(held) == sorted([own, *([foreign] if level == "rwrw--" else [])])


def test_a_shared_image_stays_and_its_link_is_cut(
    omero_data: Any, gateway: Any, ann: Any, bob: Any, level: str
) -> None:
    given_away, kept = (omero_data.add_dataset(user=ann.name) for _ in range(2))
    image = omero_data.add_image(PLANE, dataset=kept, user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(given_away, False), omero.model.ImageI(image, False))
    given, lost = give(gateway, bob.getUserId(), Dataset=[given_away])
    assert given == {"Dataset": [given_away]}
    assert len(lost.get("DatasetImageLink", [])) == (0 if level == "rwrw--" else 1)


def test_all_that_a_user_has(omero_data: Any, gateway: Any, ann: Any, bob: Any) -> None:
    project = omero_data.add_project(user=ann.name)
    image = omero_data.add_image(PLANE, user=ann.name)
    label = tag(ann, "alone")
    given, _ = give(gateway, bob.getUserId(), users=[ann.getUserId()])
    assert (given["Project"], given["Image"], given["TagAnnotation"]) == ([project], [image], [label])
    left = ids_of(gateway, "select count(x) from OriginalFile x where x.details.owner.id = :id", ann.getUserId())
    assert left == [0]


def test_who_may(omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, bob: Any, team: int) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    request = omero.cmd.Chown2(targetObjects={"Dataset": [dataset]}, userId=bob.getUserId())
    assert refused(ann, request) == "not an owner of any group"
    leader = person(omero_data, gateway_of, team, owner=True)
    stranger = person(omero_data, gateway_of)
    outside = omero.cmd.Chown2(targetObjects={"Dataset": [dataset]}, userId=stranger.getUserId())
    words = f"Experimenter[{stranger.getUserId()}] is not a member of the group of Dataset[{dataset}]"
    assert refused(leader, outside) == words
    assert owner_of(gateway, "Dataset", dataset) == ann.getUserId()
    assert give(leader, bob.getUserId(), Dataset=[dataset]) == ({"Dataset": [dataset]}, {})
    assert owner_of(gateway, "Dataset", dataset) == bob.getUserId()
    unknown = omero.cmd.Chown2(targetObjects={"Dataset": [dataset]}, userId=10**6)
    assert refused(gateway, unknown) == f"there is no Experimenter[{10**6}]"


def test_a_fileset_is_one(omero_data: Any, gateway: Any, ann: Any, bob: Any, embedded: Any) -> None:
    fileset, images = fileset_of_two(ann, omero_data, ann.name)
    words = f"within Fileset[{fileset}] may not give Image[{images[0]}] while Image[{images[1]}] remains"
    assert refused(gateway, omero.cmd.Chown2(targetObjects={"Image": images[:1]}, userId=bob.getUserId())) == words
    repository = Path(embedded.data) / "ManagedRepository"
    assert not (repository / f"{bob.name}_{bob.getUserId()}").exists()
    assert owner_of(gateway, "Image", images[0]) == ann.getUserId()
