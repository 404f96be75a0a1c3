"""``DoAll``, ``SkipHead`` and ``Save``: several requests as one, and requests to what is below objects."""

from __future__ import annotations

from typing import Any

import omero.all
import omero.api
import omero.callbacks
import omero.cmd
import omero.model
import pytest
from omero.rtypes import rstring

from tests.functional.embedded.graphs import PLANE, count, group_of, ids_of, names, person, submit, tag


@pytest.fixture
def home(omero_data: Any) -> int:
    return omero_data.add_group(permissions="rwr---")


@pytest.fixture
def away(omero_data: Any) -> int:
    return omero_data.add_group(permissions="rw----")


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any, home: int, away: int) -> Any:
    return person(omero_data, gateway_of, home, away)


def delete(**targets: Any) -> Any:
    return omero.cmd.Delete2(targetObjects=targets)


def test_all_in_turn(omero_data: Any, gateway: Any, ann: Any) -> None:
    first, second = (omero_data.add_project(user=ann.name) for _ in range(2))
    handle = ann.c.sf.submit(omero.cmd.DoAll([delete(Project=[first]), delete(Project=[second])]))
    callback = omero.callbacks.CmdCallbackI(ann.c, handle)
    callback.loop(100, 100)
    response, status = callback.getResponse(), callback.getStatus()
    callback.close(True)
    assert [names(one.deletedObjects) for one in response.responses] == [{"Project": [first]}, {"Project": [second]}]
    assert (status.currentStep, status.steps, status.flags) == (6, 6, [])
    assert 0 < status.startTime <= status.stopTime
    assert count(gateway, "Project", first, second) == 0


def test_all_or_none(omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, home: int) -> None:
    own = omero_data.add_project(user=ann.name)
    bob = person(omero_data, gateway_of, home)
    foreign = omero_data.add_project(user=bob.name)
    response = submit(ann, omero.cmd.DoAll([delete(Project=[own]), delete(Project=[foreign])]))
    assert isinstance(response, omero.cmd.GraphException)
    assert (response.category, response.message) == (
        "::omero::cmd::Delete2",
        f"not permitted to delete Project[{foreign}]",
    )
    assert count(gateway, "Project", own, foreign) == 2


def test_the_gateway_moves_into_a_container(omero_data: Any, gateway: Any, ann: Any, home: int, away: int) -> None:
    dataset = omero_data.add_dataset(user=ann.name, group=away)
    image = omero_data.add_image(PLANE, user=ann.name, group=home)
    handle = ann.chgrpObjects("Image", [image], away, container_id=dataset)
    callback = omero.callbacks.CmdCallbackI(ann.c, handle)
    callback.loop(100, 100)
    moved, saved = callback.getResponse().responses
    callback.close(True)
    assert names(moved.includedObjects)["Image"] == [image]
    assert isinstance(saved, omero.api.SaveRsp)
    assert (saved.obj.parent.id.val, saved.obj.child.id.val) == (dataset, image)
    assert group_of(gateway, "Image", image) == away
    assert ids_of(gateway, "select l.parent.id from DatasetImageLink l where l.child.id = :id", image) == [dataset]


def test_a_save_that_fails_takes_the_move_back(omero_data: Any, gateway: Any, ann: Any, home: int, away: int) -> None:
    elsewhere = omero_data.add_dataset(user=ann.name, group=home)
    image = omero_data.add_image(PLANE, user=ann.name, group=home)
    handle = ann.chgrpObjects("Image", [image], away, container_id=elsewhere)
    callback = omero.callbacks.CmdCallbackI(ann.c, handle)
    callback.loop(100, 100)
    response = callback.getResponse()
    callback.close(True)
    assert isinstance(response, omero.cmd.ERR)
    assert response.name == "GroupSecurityViolation"
    assert group_of(gateway, "Image", image) == home


def test_a_context_for_each(omero_data: Any, gateway: Any, ann: Any, home: int, away: int) -> None:
    saves = []
    for name in ("one", "two"):
        project = omero.model.ProjectI()
        project.name = rstring(name)
        saves.append(omero.api.Save(project))
    contexts = [{"omero.group": str(home)}, {"omero.group": str(away)}]
    response = submit(ann, omero.cmd.DoAll(saves, contexts))
    made = [one.obj.id.val for one in response.responses]
    assert [group_of(gateway, "Project", one) for one in made] == [home, away]


@pytest.mark.parametrize("start", ["Image", "/Image", "ome.model.core.Image"])
def test_below_the_head(omero_data: Any, gateway: Any, ann: Any, start: str) -> None:
    project = omero_data.add_project(user=ann.name)
    dataset = omero_data.add_dataset(project=project, user=ann.name)
    images = [omero_data.add_image(PLANE, dataset=dataset, user=ann.name) for _ in range(2)]
    own = tag(ann, "own", omero.model.DatasetI(dataset, False))
    request = omero.cmd.SkipHead(
        targetObjects={"Project": [project]}, startFrom=[start], request=omero.cmd.Delete2(), dryRun=True
    )
    planned = submit(ann, request)
    assert count(gateway, "Image", *images) == 2
    request.dryRun, request.request = False, omero.cmd.Delete2()
    gone = submit(ann, request)
    assert gone.deletedObjects == planned.deletedObjects
    assert names(gone.deletedObjects)["Image"] == images
    assert [count(gateway, kind, one) for kind, one in (("Project", project), ("Dataset", dataset))] == [1, 1]
    assert [count(gateway, "Image", *images), count(gateway, "Annotation", own)] == [0, 1]


def test_a_path_of_the_gateway(omero_data: Any, gateway: Any, ann: Any, home: int, away: int) -> None:
    dataset = omero_data.add_dataset(user=ann.name, group=home)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name, group=home)
    callback = omero.callbacks.CmdCallbackI(ann.c, ann.chgrpObjects("/Dataset/Image", [dataset], away))
    callback.loop(100, 100)
    callback.close(True)
    assert (group_of(gateway, "Dataset", dataset), group_of(gateway, "Image", image)) == (home, away)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        pytest.param(omero.cmd.DoAll([omero.cmd.DoAll([])]), "DoAll cannot be one of several requests", id="nested"),
        pytest.param(omero.cmd.DoAll([None]), "null cannot be one of several requests", id="null"),
        pytest.param(omero.cmd.SkipHead(request=omero.cmd.SkipHead()), "SkipHead has no head to skip", id="heads"),
        pytest.param(omero.cmd.SkipHead(), "null is not a request on graphs", id="no request"),
    ],
)
def test_bad_requests(ann: Any, request_: Any, words: str) -> None:
    response = submit(ann, request_)
    assert isinstance(response, omero.cmd.ERR)
    assert (response.name, response.parameters["message"]) == ("bad-request", words)


def test_a_context_that_is_none(ann: Any) -> None:
    response = submit(ann, omero.cmd.DoAll([omero.cmd.Delete2()], [{"omero.group": "no such group"}]))
    assert (response.category, response.name) == ("::omero::cmd::DoAll", "ApiUsageException")
    assert response.parameters["message"] == "There is no group 'no such group'."
