"""Pictures over HTTP: what the JPEG shows is what the reference makes of the pixels, and errors say what is wrong."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.settings import ChannelBinding, RenderingDef
from omeropyr.testing import OmeroData, WebApp

Decoded = Callable[[Any], np.ndarray]
# Grey levels of 255 that JPEG of the best quality may be away from the reference, on average, in smooth pictures.
LOSS = 1.5

RED = ChannelBinding(input_start=500, input_end=3500, red=255, green=0, blue=0)
GREEN = ChannelBinding(input_start=1000, input_end=4000, red=0, green=255, blue=128)
C_RED, C_GREEN = "1|500:3500$FF0000", "2|1000:4000$00FF80"


def away(found: np.ndarray, reference: np.ndarray) -> float:
    assert found.shape == reference.shape
    return float(np.abs(found - reference.astype(int)).mean())


def reference(planes: np.ndarray, z: int, t: int, *channels: ChannelBinding, **settings: Any) -> np.ndarray:
    definition = RenderingDef(channels, **settings)
    return composite_reference([planes[t, c, z] for c in definition.shown], definition)


@pytest.mark.parametrize(("z", "t"), [(0, 0), (2, 1)])
def test_a_plane_is_what_the_reference_makes_of_it(app: WebApp, scene: Any, decoded: Decoded, z: int, t: int) -> None:
    found = decoded(app.get(f"/webgateway/render_image/{scene.image}/{z}/{t}/?c={C_RED},{C_GREEN}&m=c&q=1"))
    assert away(found, reference(scene.planes, z, t, RED, GREEN)) < LOSS


def test_grey_reversed_and_curved(app: WebApp, scene: Any, decoded: Decoded) -> None:
    url = f"/webgateway/render_image/{scene.image}/1/0/?c={C_RED},-2&m=g&q=1&maps="
    grey = decoded(app.get(url + '[{"inverted":{"enabled":true}}]'))
    reversed_red = ChannelBinding(input_start=500, input_end=3500, reverse_intensity=True)
    off = ChannelBinding(active=False)
    assert away(grey, reference(scene.planes, 1, 0, reversed_red, off, model="greyscale")) < LOSS
    curved = decoded(app.get(url + '[{"quantization":{"family":"polynomial","coefficient":0.5}}]'))
    root = ChannelBinding(input_start=500, input_end=3500, family="polynomial", coefficient=0.5)
    assert away(curved, reference(scene.planes, 1, 0, root, off, model="greyscale")) < LOSS


def test_a_channel_that_is_off_is_missing_from_the_picture(app: WebApp, scene: Any, decoded: Decoded) -> None:
    url = f"/webgateway/render_image/{scene.image}/0/0/?m=c&q=1&c={C_RED},"
    both, one = decoded(app.get(url + C_GREEN)), decoded(app.get(f"{url}-{C_GREEN}"))
    assert away(one, reference(scene.planes, 0, 0, RED)) < LOSS
    assert np.abs(both - one)[..., 1].mean() > 20
    # A channel that the URL leaves out is off too.
    np.testing.assert_array_equal(decoded(app.get(url.rstrip(","))), one)


@pytest.mark.parametrize(("projection", "reduce"), [("intmax", np.max), ("intmean", np.mean)])
def test_projections(app: WebApp, scene: Any, decoded: Decoded, projection: str, reduce: Any) -> None:
    url = f"/webgateway/render_image/{scene.image}/0/1/?c={C_RED},-2&m=c&q=1&p={projection}"
    for span, planes in (("", scene.planes), ("|1:2", scene.planes[:, :, 1:3])):
        projected = reduce(planes, axis=2, keepdims=True).astype(np.uint16)
        assert away(decoded(app.get(url + span)), reference(projected, 0, 1, RED)) < LOSS


def test_region_and_tile_are_parts_of_the_plane(app: WebApp, scene: Any, decoded: Decoded) -> None:
    url = f"/webgateway/render_image_region/{scene.image}/1/1/?c={C_RED},{C_GREEN}&m=c&q=1"
    whole = reference(scene.planes, 1, 1, RED, GREEN)
    assert away(decoded(app.get(f"{url}&region=32,16,64,48")), whole[16:64, 32:96]) < LOSS
    assert away(decoded(app.get(f"{url}&tile=0,1,1,64,64")), whole[64:120, 64:128]) < LOSS  # cropped below
    tile, region = (decoded(app.get(url + part)) for part in ("&tile=0,1,0,64,64", "&region=64,0,64,64"))
    np.testing.assert_array_equal(tile, region)


def test_tiles_of_a_smaller_level_show_the_same_scene(app: WebApp, scene: Any, decoded: Decoded) -> None:
    url = f"/webgateway/render_image_region/{scene.large}/0/0/?c=1|0:255$FFFFFF,-2&m=c&q=1"
    full = scene.large_planes[0]
    assert away(decoded(app.get(f"{url}&tile=0,6,6,512,512"))[..., 0], full[3072:, 3072:]) < LOSS
    halved = full.reshape(1600, 2, 1600, 2).mean((1, 3))
    assert away(decoded(app.get(f"{url}&tile=1,1,2,512,512"))[..., 0], halved[1024:1536, 512:1024]) < LOSS


def test_thumbnails_have_the_longest_side_asked_for(app: WebApp, scene: Any, decoded: Decoded) -> None:
    assert decoded(app.get(f"/webgateway/render_thumbnail/{scene.image}/80/")).shape == (60, 80, 3)
    assert decoded(app.get(f"/webgateway/render_thumbnail/{scene.image}/40/30/")).shape == (30, 40, 3)
    assert decoded(app.get(f"/webgateway/render_thumbnail/{scene.image}/")).shape == (72, 96, 3)
    batch = app.get(f"/webgateway/get_thumbnails/80/?id={scene.image}&id=999999").json
    assert batch[str(scene.image)].startswith("data:image/jpeg;base64,")
    assert batch["999999"] is None


@pytest.mark.parametrize(
    ("path", "size"), [("webgateway", ""), ("webclient", ""), ("webgateway", "80/"), ("webgateway", "40/30/")]
)
def test_thumbnails_as_data(app: WebApp, scene: Any, path: str, size: str) -> None:
    """The same picture as text."""
    found = app.get(f"/{path}/get_thumbnail/{scene.image}/{size}").json
    picture = app.get(f"/webgateway/render_thumbnail/{scene.image}/{size}").body
    assert found == f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


def test_pictures_may_be_kept_by_their_user_only(app: WebApp, scene: Any) -> None:
    url = f"/webgateway/render_image/{scene.image}/0/0/?q=0.9"
    first = app.get(url)
    assert first.headers["Cache-Control"].startswith("private")
    assert "Cookie" in first.headers["Vary"]
    again = app.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_int, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    other = app.get(url.replace("0.9", "0.8"), headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_int == 200
    assert app.get(f"/webgateway/imgData/{scene.image}/").headers["Cache-Control"] == "no-store"
    assert app.get(f"/webgateway/get_thumbnails/96/?id={scene.image}").headers["Cache-Control"] == "no-store"


def test_a_picture_kept_for_one_is_not_the_picture_of_another_user(
    app: WebApp, scene: Any, omero_data: OmeroData
) -> None:
    """What a cache between browser and site may confuse: the same address, another user."""
    address = f"/webgateway/render_image/{scene.image}/0/0/?c={C_RED}&m=c"
    mine = app.get(address)
    omero_data.add_user("gateway-other")
    app.log_out()
    app.log_in("gateway-other")
    other = app.get(address, headers={"If-None-Match": mine.headers["ETag"]}, status=404)
    assert other.content_type == "application/json"
    assert (mine.headers["Vary"], mine.headers["Cache-Control"]) == ("Cookie", "private, no-cache")


def test_saved_settings_change_the_picture_and_its_etag(
    app: WebApp, omero_data: OmeroData, gateway_of: Callable[..., Any], decoded: Decoded
) -> None:
    plane = np.tile(np.linspace(0, 1000, 64).astype(np.uint16), (64, 1))
    image_id = omero_data.add_image(plane, user="gateway-greta")
    url = f"/webgateway/render_image/{image_id}/0/0/?q=1"
    before = app.get(url)
    image = gateway_of("gateway-greta").getObject("Image", image_id)
    image.set_active_channels([1], windows=[[0, 1000]], colors=["0000FF"])
    image.setColorRenderingModel()  # one channel is shown in grey at first
    assert image.saveDefaults()
    image._closeRE()
    after = app.get(url, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_int == 200
    blue = ChannelBinding(input_start=0, input_end=1000, red=0, green=0)
    assert away(decoded(after), composite_reference([plane], RenderingDef((blue,)))) < 3
    assert away(decoded(before), decoded(after)) > 20


@pytest.mark.parametrize(
    ("rest", "status", "code"),
    [
        ("render_image/{image}/3/0/", 404, "not_found"),
        ("render_image/{image}/0/2/", 404, "not_found"),
        ("render_image/999999/0/0/", 404, "not_found"),
        ("render_image/99999999999999999999999/0/0/", 404, "not_found"),
        ("render_thumbnail/999999/96/", 404, "not_found"),
        ("imgData/999999/", 404, "not_found"),
        ("render_image_region/{image}/0/0/?tile=0,9,9,64,64", 404, "not_found"),
        ("render_image_region/{image}/0/0/?region=160,0,10,10", 404, "not_found"),
        ("render_image_region/{image}/0/0/", 400, "invalid_input"),
        ("render_image_region/{image}/0/0/?tile=0,1", 400, "invalid_input"),
        ("render_image_region/{image}/0/0/?tile=a,b,c", 400, "invalid_input"),
        ("render_image_region/{image}/0/0/?tile=7,0,0,64,64", 400, "invalid_input"),
        ("render_image_region/{image}/0/0/?region=0,0,0,5", 400, "invalid_input"),
        ("render_image/{image}/0/0/?q=2", 400, "invalid_input"),
        ("render_thumbnail/{image}/99999/", 400, "invalid_input"),
        ("get_thumbnails/96/?id=one", 400, "invalid_input"),
        ("imgData/{image}/?callback=alert(1)", 400, "invalid_input"),
    ],
)
def test_errors_are_json_with_a_message(app: WebApp, scene: Any, rest: str, status: int, code: str) -> None:
    response = app.get(f"/webgateway/{rest.format(image=scene.image)}", status=status)
    assert response.json["code"] == code
    assert response.json["message"]
    assert response.headers["Cache-Control"] == "no-store"


def test_who_is_not_logged_in_is_told_so(testapp: WebApp, scene: Any) -> None:
    response = testapp.get(
        f"/webgateway/imgData/{scene.image}/", headers={"X-Requested-With": "XMLHttpRequest"}, status=403
    )
    assert response.json["code"] == "not_logged_in"
    assert testapp.ice_calls == 0
