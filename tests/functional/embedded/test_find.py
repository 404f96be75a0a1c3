"""``FindParents``, ``FindChildren`` and ``LegalGraphTargets``."""

from __future__ import annotations

from typing import Any

import omero.all
import omero.cmd
import omero.model
import pytest
from omero.rtypes import rint

from tests.functional.embedded.graphs import PLANE, ids_of, link, names, person, plate, refused, save, submit, tag


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any) -> Any:
    return person(omero_data, gateway_of)


@pytest.fixture
def tree(omero_data: Any, ann: Any) -> dict[str, int]:
    """A project with a dataset with an image with a ROI and a tag."""
    project = omero_data.add_project(user=ann.name)
    dataset = omero_data.add_dataset(project=project, user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    roi, shape = omero.model.RoiI(), omero.model.RectangleI()
    shape.theZ = rint(0)
    roi.image = omero.model.ImageI(image, False)
    roi.addShape(shape)
    saved = save(ann, roi)
    return {
        "Project": project,
        "Dataset": dataset,
        "Image": image,
        "Roi": saved.id.val,
        "Rectangle": saved.getShape(0).id.val,
        "TagAnnotation": tag(ann, "t", omero.model.ImageI(image, False)),
    }


def parents(gateway: Any, targets: dict[str, list[int]], *types: str, stop: Any = ()) -> dict[str, list[int]]:
    request = omero.cmd.FindParents(targetObjects=targets, typesOfParents=list(types), stopBefore=list(stop))
    return names(submit(gateway, request).parents)


def children(gateway: Any, targets: dict[str, list[int]], *types: str, stop: Any = ()) -> dict[str, list[int]]:
    request = omero.cmd.FindChildren(targetObjects=targets, typesOfChildren=list(types), stopBefore=list(stop))
    return names(submit(gateway, request).children)


@pytest.mark.parametrize("lower", ["Dataset", "Image", "Roi", "Rectangle", "TagAnnotation"])
def test_the_project_of_anything(ann: Any, tree: dict[str, int], lower: str) -> None:
    assert parents(ann, {lower: [tree[lower]]}, "Project") == {"Project": [tree["Project"]]}


def test_parents(omero_data: Any, ann: Any, tree: dict[str, int]) -> None:
    assert parents(ann, {"Rectangle": [tree["Rectangle"]]}, "Image", "Roi") == {
        "Image": [tree["Image"]],
        "Roi": [tree["Roi"]],
    }
    assert parents(ann, {"Image": [tree["Image"]]}, "Project", stop=["Dataset"]) == {}
    second = omero_data.add_project(user=ann.name)
    link(ann, "ProjectDatasetLink", omero.model.ProjectI(second, False), omero.model.DatasetI(tree["Dataset"], False))
    assert parents(ann, {"Image": [tree["Image"]]}, "Project") == {"Project": [tree["Project"], second]}
    pixels = ids_of(ann, "select p.id from Pixels p where p.image.id = :id", tree["Image"])
    assert parents(ann, {"Pixels": pixels}, "Image") == {"Image": [tree["Image"]]}


def test_children(omero_data: Any, ann: Any, tree: dict[str, int]) -> None:
    project = {"Project": [tree["Project"]]}
    for kind in ("Dataset", "Image", "Roi", "Rectangle", "TagAnnotation"):
        assert children(ann, project, kind) == {kind: [tree[kind]]}
    assert children(ann, project, "Shape", "Annotation") == {
        "Rectangle": [tree["Rectangle"]],
        "TagAnnotation": [tree["TagAnnotation"]],
    }
    assert children(ann, project, "Image", stop=["Dataset"]) == {}
    assert children(ann, project, "Project") == {}
    assert children(ann, {"Image": [tree["Image"]]}, "Fileset", "Channel").keys() == {"Channel"}


def test_a_screen(omero_data: Any, ann: Any) -> None:
    made = plate(ann, omero_data, ann.name)
    assert children(ann, {"Screen": [made["Screen"]]}, "Image", "Well") == {
        "Image": [made["Image"]],
        "Well": [made["Well"]],
    }
    assert parents(ann, {"Image": [made["Image"]]}, "Screen", "Plate") == {
        "Plate": [made["Plate"]],
        "Screen": [made["Screen"]],
    }


def test_others_are_not_found(omero_data: Any, gateway: Any, gateway_of: Any, ann: Any, tree: dict[str, int]) -> None:
    stranger = person(omero_data, gateway_of)
    request = omero.cmd.FindChildren(targetObjects={"Project": [tree["Project"]]}, typesOfChildren=["Image"])
    assert refused(stranger, request) == f"there is no Project[{tree['Project']}]"
    assert children(gateway, {"Project": [tree["Project"]]}, "Image") == {"Image": [tree["Image"]]}


def test_legal_targets(ann: Any) -> None:
    delete = set(submit(ann, omero.cmd.LegalGraphTargets(omero.cmd.Delete2())).targets)
    assert {"ome.model.core.Image", "ome.model.annotations.TagAnnotation", "ome.model.screen.Well"} <= delete
    assert "ome.model.core.Pixels" not in delete
    assert "ome.model.meta.Experimenter" not in delete
    chmod = submit(ann, omero.cmd.LegalGraphTargets(omero.cmd.Chmod2())).targets
    assert list(chmod) == ["ome.model.meta.ExperimenterGroup"]
    head = submit(ann, omero.cmd.LegalGraphTargets(omero.cmd.SkipHead(request=omero.cmd.Delete2()))).targets
    assert set(head) == delete
    assert refused(ann, omero.cmd.LegalGraphTargets()) == "NoneType is not a request on graphs"
