"""The lists of the browser client hold what omero-py's own gateway finds, and nobody else's private data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import OmeroData, WebApp

CARLA, DAVID = "client-carla", "client-david"
PLANE = np.arange(12, dtype=np.uint16).reshape(3, 4)


@dataclass(frozen=True)
class Scene:
    """Ids of what Carla has; David is in the read-annotate group too, and in one of his own."""

    carla: int
    david: int
    shared: int
    private: int
    project: int
    dataset: int
    alone: int
    images: tuple[int, ...]
    orphan: int
    hidden: int


@pytest.fixture(scope="module")
def scene(omero_data: OmeroData) -> Scene:
    shared = omero_data.add_group("client-shared", "rwra--")
    private = omero_data.add_group("client-private", "rw----")
    carla = omero_data.add_user(CARLA, shared, private, first_name="Carla", last_name="Curie")
    david = omero_data.add_user(DAVID, shared, private, first_name="David", last_name="Dirac")
    project = omero_data.add_project("Cells", user=CARLA)
    dataset = omero_data.add_dataset("Day 1", project=project, user=CARLA)
    alone = omero_data.add_dataset("Alone", user=CARLA)
    images = tuple(omero_data.add_image(PLANE, name, dataset=dataset, user=CARLA) for name in ("b", "A", "c"))
    orphan = omero_data.add_image(PLANE, "orphan", user=CARLA)
    hidden = omero_data.add_project("Secret", user=CARLA, group=private)
    return Scene(carla, david, shared, private, project, dataset, alone, images, orphan, hidden)


@pytest.fixture
def carla(testapp: WebApp, login: Callable[..., Any], scene: Scene) -> WebApp:
    login(CARLA)
    return testapp


@pytest.fixture
def david(testapp: WebApp, login: Callable[..., Any], scene: Scene) -> WebApp:
    login(DAVID)
    return testapp


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_groups_are_those_of_the_user(carla: WebApp, gateway_of: Callable[..., Any]) -> None:
    found = carla.get("/webclient/api/groups/").json["groups"]
    conn = gateway_of(CARLA)
    theirs = {
        group.id: (group.getName(), int(group.getDetails().getPermissions().getPerm1()))
        for group in conn.getGroupsMemberOf()
        if group.getName() != "user"
    }
    assert {row["id"]: (row["name"], row["perm"]) for row in found} == theirs
    assert [row["name"] for row in found] == ["client-private", "client-shared"]


def test_an_admin_sees_all_groups(testapp: WebApp, login: Callable[..., Any], scene: Scene) -> None:
    login("root")
    assert {scene.shared, scene.private} <= set(ids(testapp.get("/webclient/api/groups/").json["groups"]))


def test_experimenters(carla: WebApp, scene: Scene) -> None:
    assert carla.get(f"/webclient/api/experimenters/{scene.david}/").json["experimenter"] == {
        "id": scene.david,
        "omeName": DAVID,
        "firstName": "David",
        "lastName": "Dirac",
    }
    assert carla.get("/webclient/api/experimenters/-1/").json["experimenter"]["id"] == -1
    assert carla.get("/webclient/api/experimenters/999999/", status=404).json["code"] == "not_found"


def test_containers(carla: WebApp, scene: Scene, gateway_of: Callable[..., Any]) -> None:
    found = carla.get(f"/webclient/api/containers/?id={scene.carla}&group={scene.shared}").json
    conn = gateway_of(CARLA)
    conn.SERVICE_OPTS.setOmeroGroup(scene.shared)
    theirs = list(conn.getObjects("Project", opts={"owner": scene.carla, "group": scene.shared}))
    assert ids(found["projects"]) == [project.id for project in theirs] == [scene.project]
    project = found["projects"][0]
    assert (project["name"], project["ownerId"]) == (theirs[0].getName(), theirs[0].getOwner().id)
    assert project["childCount"] == theirs[0].countChildren() == 1
    assert project["permsCss"].split() == [
        "canEdit",
        "canAnnotate",
        "canLink",
        "canDelete",
        "canChgrp",
        "isOwned",
    ]
    orphaned_datasets = conn.getObjects("Dataset", opts={"owner": scene.carla, "orphaned": True})
    assert ids(found["datasets"]) == [dataset.id for dataset in orphaned_datasets] == [scene.alone]
    assert (found["screens"], found["plates"]) == ([], [])
    orphans = list(conn.getObjects("Image", opts={"owner": scene.carla, "orphaned": True}))
    assert found["orphaned"] == {"id": scene.carla, "childCount": len(orphans), "name": "Orphaned Images"}
    assert [image.id for image in orphans] == [scene.orphan]


def test_containers_of_all_groups_and_of_everybody(carla: WebApp, scene: Scene) -> None:
    everywhere = carla.get(f"/webclient/api/containers/?id={scene.carla}").json
    assert ids(everywhere["projects"]) == [scene.project, scene.hidden]
    everybody = carla.get(f"/webclient/api/containers/?id=-1&group={scene.private}").json
    assert ids(everybody["projects"]) == [scene.hidden]


def test_datasets_of_a_project(carla: WebApp, scene: Scene, gateway_of: Callable[..., Any]) -> None:
    (row,) = carla.get(f"/webclient/api/datasets/?id={scene.project}").json["datasets"]
    (theirs,) = gateway_of(CARLA).getObject("Project", scene.project).listChildren()
    assert (row["id"], row["name"], row["childCount"]) == (theirs.id, theirs.getName(), theirs.countChildren())
    assert (row["id"], row["childCount"]) == (scene.dataset, 3)


def test_images_of_a_dataset(carla: WebApp, scene: Scene, gateway_of: Callable[..., Any]) -> None:
    wanted = "&sizeXYZ=true&date=true&thumbVersion=true"
    found = carla.get(f"/webclient/api/images/?id={scene.dataset}{wanted}").json["images"]
    theirs = {image.id: image for image in gateway_of(CARLA).getObject("Dataset", scene.dataset).listChildren()}
    assert [row["name"] for row in found] == ["A", "b", "c"]
    assert set(ids(found)) == set(theirs) == set(scene.images)
    for row in found:
        image = theirs[row["id"]]
        assert row["name"] == image.getName()
        sizes = image.getSizeX(), image.getSizeY(), image.getSizeZ(), image.getSizeT()
        assert (row["sizeX"], row["sizeY"], row["sizeZ"], row["sizeT"]) == sizes == (4, 3, 1, 1)
        assert (row["ownerId"], row["filesetId"]) == (scene.carla, image.getFileset().id)
        assert row["date"].startswith(image.getDate().strftime("%Y-%m-%dT%H:"))
        assert row["archived"] is False


def test_pages(carla: WebApp, scene: Scene) -> None:
    url = f"/webclient/api/images/?id={scene.dataset}&limit=2&page="
    pages = [[row["name"] for row in carla.get(f"{url}{page}").json["images"]] for page in (1, 2, 3, 0)]
    assert pages == [["A", "b"], ["c"], [], ["A", "b", "c"]]
    assert carla.get(f"{url}-1", status=400).json["code"] == "invalid_input"


def test_orphaned_images(carla: WebApp, scene: Scene) -> None:
    found = carla.get(f"/webclient/api/images/?orphaned=true&experimenter_id={scene.carla}").json["images"]
    assert ids(found) == [scene.orphan]
    none = carla.get(f"/webclient/api/images/?orphaned=true&experimenter_id={scene.david}").json["images"]
    assert none == []


def test_the_path_to_an_image(carla: WebApp, scene: Scene) -> None:
    last = scene.images[2]
    found = carla.get(f"/webclient/api/paths_to_object/?image={last}&page_size=2").json["paths"]
    assert found == [
        [
            {"type": "experimenter", "id": scene.carla},
            {"type": "project", "id": scene.project},
            {"type": "dataset", "id": scene.dataset, "childCount": 3, "childIndex": 2, "childPage": 2},
            {"type": "image", "id": last},
        ]
    ]
    orphan = carla.get(f"/webclient/api/paths_to_object/?image={scene.orphan}").json["paths"]
    assert [step["type"] for step in orphan[0]] == ["experimenter", "orphaned", "image"]
    assert carla.get(f"/webclient/api/paths_to_object/?dataset={scene.alone}").json["paths"] == [
        [{"type": "experimenter", "id": scene.carla}, {"type": "dataset", "id": scene.alone}]
    ]
    assert carla.get("/webclient/api/paths_to_object/?image=999999").json["paths"] == []
    assert carla.get("/webclient/api/paths_to_object/", status=400).json["code"] == "invalid_input"


def test_a_colleague_reads_what_the_group_shares(david: WebApp, scene: Scene) -> None:
    found = david.get(f"/webclient/api/containers/?id={scene.carla}").json
    assert ids(found["projects"]) == [scene.project]
    assert found["projects"][0]["permsCss"] == "canAnnotate"
    images = david.get(f"/webclient/api/images/?id={scene.dataset}").json["images"]
    assert [row["permsCss"] for row in images] == ["canAnnotate"] * 3


def test_private_data_are_listed_to_nobody_else(david: WebApp, scene: Scene, omero_data: OmeroData) -> None:
    dataset = omero_data.add_dataset("Secret day", project=scene.hidden, user=CARLA, group=scene.private)
    image = omero_data.add_image(PLANE, "secret", dataset=dataset, user=CARLA, group=scene.private)
    orphan = omero_data.add_image(PLANE, "secret orphan", user=CARLA, group=scene.private)
    for query in (f"id={scene.carla}", f"id={scene.carla}&group={scene.private}", f"id=-1&group={scene.private}"):
        found = david.get(f"/webclient/api/containers/?{query}").json
        assert scene.hidden not in ids(found["projects"])
    assert david.get(f"/webclient/api/containers/?id=-1&group={scene.private}").json["orphaned"]["childCount"] == 0
    assert david.get(f"/webclient/api/datasets/?id={scene.hidden}").json["datasets"] == []
    assert david.get(f"/webclient/api/images/?id={dataset}").json["images"] == []
    all_orphans = david.get("/webclient/api/images/?orphaned=true&experimenter_id=-1&page=0").json["images"]
    assert orphan not in ids(all_orphans)
    assert david.get(f"/webclient/api/paths_to_object/?image={image}").json["paths"] == []
    assert david.get(f"/webgateway/imgData/{image}/", status=404).json["code"] == "not_found"


def test_a_foreign_group_is_refused(david: WebApp, omero_data: OmeroData) -> None:
    foreign = omero_data.add_group()
    answer = david.get(f"/webclient/api/containers/?group={foreign}", status=403).json
    assert (answer["code"], answer["message"]) == ("forbidden", "Not a member of Group")


def test_a_program_without_a_session_gets_json(testapp: WebApp) -> None:
    answer = testapp.get("/webclient/api/groups/", status=403).json
    assert (answer["message"], answer["code"]) == ("Not logged in", "not_logged_in")
