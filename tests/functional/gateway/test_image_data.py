"""imgData says of an image what omero-py's own gateway says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import OmeroData, WebApp

USER = "gateway-greta"


@pytest.fixture
def data(app: WebApp, scene: Any) -> dict[str, Any]:
    found: dict[str, Any] = app.get(f"/webgateway/imgData/{scene.image}/").json
    return found


@pytest.fixture
def image(gateway_of: Callable[..., Any], scene: Any) -> Any:
    return gateway_of(USER).getObject("Image", scene.image)


def test_sizes(data: dict[str, Any], image: Any) -> None:
    assert data["size"] == {
        "width": image.getSizeX(),
        "height": image.getSizeY(),
        "z": image.getSizeZ(),
        "t": image.getSizeT(),
        "c": image.getSizeC(),
    }
    assert data["size"] == {"width": 160, "height": 120, "z": 3, "t": 2, "c": 2}
    assert data["pixel_size"] == {
        "x": image.getPixelSizeX(),
        "y": image.getPixelSizeY(),
        "z": image.getPixelSizeZ(),
    }
    assert data["pixel_size"] == {"x": 0.25, "y": 0.5, "z": 2.0}
    assert data["pixel_range"] == [0, 65535]
    assert (data["tiles"], "levels" in data) == (False, False)


def test_names_and_containers(data: dict[str, Any], image: Any, scene: Any) -> None:
    meta = data["meta"]
    assert (data["id"], meta["imageId"], meta["imageName"]) == (scene.image, scene.image, image.getName())
    assert (meta["imageAuthor"], meta["pixelsType"]) == (image.getOwnerFullName(), image.getPixelsType())
    dataset = image.getParent()
    assert (meta["datasetId"], meta["datasetName"]) == (dataset.id, dataset.getName())
    project = dataset.getParent()
    assert (meta["projectId"], meta["projectName"]) == (project.id, project.getName())
    assert meta["imageTimestamp"] == pytest.approx(image.getDate().timestamp(), abs=1)


def test_permissions(data: dict[str, Any], image: Any) -> None:
    assert data["perms"] == {
        "canAnnotate": image.canAnnotate(),
        "canEdit": image.canEdit(),
        "canDelete": image.canDelete(),
        "canLink": image.canLink(),
    }
    assert all(data["perms"].values())


def test_channels_and_settings(data: dict[str, Any], image: Any, scene: Any) -> None:
    theirs = image.getChannels()
    for number, (ours, channel) in enumerate(zip(data["channels"], theirs, strict=True)):
        assert ours["label"] == channel.getLabel()
        assert ours["color"] == channel.getColor().getHtml()
        assert ours["active"] == channel.isActive()
        assert ours["window"] == {
            "min": channel.getWindowMin(),
            "max": channel.getWindowMax(),
            "start": channel.getWindowStart(),
            "end": channel.getWindowEnd(),
        }
        assert (ours["family"], ours["coefficient"]) == (channel.getFamily().getValue(), channel.getCoefficient())
        assert ours["inverted"] == channel.isReverseIntensity()
        low, high = scene.planes[:, number].min(), scene.planes[:, number].max()
        assert (ours["window"]["min"], ours["window"]["max"]) == (low, high)
    assert [one["label"] for one in data["channels"]] == ["DAPI", "GFP"]
    assert data["rdefs"] == {
        "model": "greyscale" if image.isGreyscaleRenderingModel() else "color",
        "projection": "normal",
        "defaultZ": image.getDefaultZ(),
        "defaultT": image.getDefaultT(),
        "invertAxis": False,
    }
    image._closeRE()


def test_levels_of_a_large_image(app: WebApp, scene: Any, gateway_of: Callable[..., Any]) -> None:
    found = app.get(f"/webgateway/imgData/{scene.large}/").json
    image = gateway_of(USER).getObject("Image", scene.large)
    assert found["tiles"] is True
    assert image._prepareRenderingEngine()
    described = image._re.getResolutionDescriptions()
    assert found["levels"] == len(described) == 4
    assert found["resolutions"] == {
        str(place): {"sizeX": level.sizeX, "sizeY": level.sizeY} for place, level in enumerate(described)
    }
    assert found["zoomLevelScaling"] == pytest.approx({"0": 1, "1": 0.5, "2": 0.25, "3": 0.125})
    width, height = image._re.getTileSize()
    assert found["tile_size"] == {"width": width, "height": height}
    image._closeRE()


def test_a_part_jsonp_and_settings_as_imported(
    app: WebApp, omero_data: OmeroData, gateway_of: Callable[..., Any]
) -> None:
    plane = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    image_id = omero_data.add_image(plane, "ramp", user=USER)
    image = gateway_of(USER).getObject("Image", image_id)
    image.set_active_channels([1], windows=[[7, 77]], colors=["00FF00"])
    image.setColorRenderingModel()
    assert image.saveDefaults()
    image._closeRE()
    url = f"/webgateway/imgData/{image_id}/"
    saved = app.get(url).json
    assert (saved["channels"][0]["window"]["start"], saved["channels"][0]["window"]["end"]) == (7, 77)
    assert (saved["channels"][0]["color"], saved["rdefs"]["model"]) == ("00FF00", "color")
    imported = app.get(f"{url}?getDefaults=true").json
    assert (imported["channels"][0]["window"]["start"], imported["channels"][0]["window"]["end"]) == (0, 4095)
    assert app.get(url).json == saved
    assert app.get(f"{url}size.width/").json == 64
    assert app.get(f"{url}no.such/").json is None
    jsonp = app.get(f"{url}size.width/?callback=show")
    assert (jsonp.content_type, jsonp.text) == ("application/javascript", "/**/show(64);")


def test_short_lists(app: WebApp, scene: Any) -> None:
    assert {"id": scene.project, "name": "Waves", "description": ""} in app.get("/webgateway/proj/list/").json
    children = app.get(f"/webgateway/proj/{scene.project}/children/").json
    assert children == [
        {"type": "Dataset", "id": scene.dataset, "name": "All waves", "description": "", "child_count": 2}
    ]
    images = app.get(f"/webgateway/dataset/{scene.dataset}/children/").json
    assert [(one["id"], one["name"]) for one in images] == [
        (scene.large, "large waves"),
        (scene.image, "small waves"),
    ]
    assert images[0]["thumb_url"] == f"/webgateway/render_thumbnail/{scene.large}/"
    detail = app.get(f"/webgateway/dataset/{scene.dataset}/detail/").json
    assert detail == {"type": "Dataset", "id": scene.dataset, "name": "All waves", "description": ""}


@pytest.mark.parametrize(("permissions", "visible"), [("rw----", False), ("rwra--", True)])
def test_what_another_member_may_see(
    testapp: WebApp, login: Callable[..., Any], omero_data: OmeroData, permissions: str, visible: bool
) -> None:
    group = omero_data.add_group(permissions=permissions)
    owner, other = f"owner-{permissions}", f"other-{permissions}"
    omero_data.add_user(owner, group)
    omero_data.add_user(other, group)
    image_id = omero_data.add_image(np.arange(256, dtype=np.uint8).reshape(16, 16), user=owner)
    login(other)
    addresses = (
        f"imgData/{image_id}/",
        f"render_image/{image_id}/0/0/",
        f"render_image/{image_id}/0/0/?c=1|0:255$FF0000&m=c",
        f"render_image_region/{image_id}/0/0/?region=0,0,8,8",
        f"render_thumbnail/{image_id}/16/",
        f"get_thumbnail/{image_id}/16/",
    )
    for address in addresses:
        response = testapp.get(f"/webgateway/{address}", expect_errors=True)
        assert response.status_int == (200 if visible else 404), address
    batch = testapp.get(f"/webgateway/get_thumbnails/16/?id={image_id}").json
    assert (batch[str(image_id)] is not None) is visible
    if visible:
        perms = testapp.get(f"/webgateway/imgData/{image_id}/").json["perms"]
        assert perms == {"canAnnotate": True, "canEdit": False, "canDelete": False, "canLink": False}


def test_a_member_of_no_common_group_sees_nothing(
    testapp: WebApp, login: Callable[..., Any], omero_data: OmeroData, scene: Any
) -> None:
    omero_data.add_user("gateway-stranger")
    login("gateway-stranger")
    for address in (f"imgData/{scene.image}/", f"render_thumbnail/{scene.image}/96/", f"proj/{scene.project}/detail/"):
        assert testapp.get(f"/webgateway/{address}", status=404).json["code"] == "not_found"
    seen = [project["id"] for project in testapp.get("/webgateway/proj/list/").json]
    assert scene.project not in seen
    assert testapp.get(f"/webgateway/proj/{scene.project}/children/").json == []
