"""The other addresses of pictures: strict settings, forms, downloads, bird's-eye views, and OMERO.web's mirrors."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import tifffile
from PIL import Image

from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.settings import ChannelBinding, RenderingDef
from omeropyr.testing import OmeroData, WebApp
from tests.functional.web.conftest import browser as browser

C = "1|500:3500$FF0000,2|1000:4000$00FF80"
RED = ChannelBinding(input_start=500, input_end=3500, red=255, green=0, blue=0)
GREEN = ChannelBinding(input_start=1000, input_end=4000, red=0, green=255, blue=128)


def reference(scene: Any, z: int, t: int) -> np.ndarray:
    return composite_reference([scene.planes[t, 0, z], scene.planes[t, 1, z]], RenderingDef((RED, GREEN))).astype(int)


@pytest.mark.parametrize("place", ["", "2/", "2/1/"], ids=["default", "z", "z and t"])
def test_strict_settings_give_the_same_picture(app: WebApp, scene: Any, decoded: Any, place: str) -> None:
    query = f"?c={C}&m=c&q=1"
    found = app.get(f"/webgateway/render_image_rdef/{scene.image}/{place}{query}")
    assert found.body == app.get(f"/webgateway/render_image/{scene.image}/{place}{query}").body
    if place == "2/1/":
        assert np.abs(decoded(found) - reference(scene, 2, 1)).mean() < 1.5


@pytest.mark.parametrize("part", ["tile=0,1,0,64,64", "region=64,0,64,64"])
def test_strict_settings_of_a_part(app: WebApp, scene: Any, decoded: Any, part: str) -> None:
    found = decoded(app.get(f"/webgateway/render_image_region_rdef/{scene.image}/2/1/?{part}&c={C}&m=c&q=1"))
    assert np.abs(found - reference(scene, 2, 1)[:64, 64:128]).mean() < 1.5


@pytest.mark.parametrize(
    "query", ["", "c=1&m=c", f"c={C}", f"c={C},2&m=c", f"c={C}&m=c&maps=[", f"c={C}&m=c&maps=[{{}}]"]
)
def test_strict_settings_leave_nothing_out(app: WebApp, scene: Any, query: str) -> None:
    query = quote(query, safe="=&|$:,")
    for address in ("render_image_rdef/{}/0/0/?", "render_image_region_rdef/{}/0/0/?region=0,0,9,9&"):
        answer = app.get(f"/webgateway/{address.format(scene.image)}{query}", status=400)
        assert answer.json["code"] == "invalid_input"


@pytest.mark.parametrize(
    "address",
    [
        "webgateway/render_image/{}/2/1/",
        "webclient/render_image/{}/2/1/",
        "webgateway/render_image_rdef/{}/2/1/",
        "webgateway/render_image_region/{}/2/1/?region=0,0,160,120",
        "webclient/render_image_region/{}/2/1/?region=0,0,160,120",
        "webgateway/render_split_channel/{}/2/1/",
        "webgateway/render_row_plot/{}/2/1/7/",
        "webclient/render_col_plot/{}/2/1/7/",
    ],
)
def test_settings_too_long_for_an_address_come_as_a_form(app: WebApp, scene: Any, address: str) -> None:
    address = f"/{address.format(scene.image)}"
    posted = app.post(address, {"c": C, "m": "c", "q": "1"}, headers=app.csrf())
    asked = app.get(f"{address}{'&' if '?' in address else '?'}c={C}&m=c&q=1")
    assert posted.body == asked.body
    assert (posted.headers["Cache-Control"], posted.headers.get("ETag")) == ("private, no-store", None)
    assert "CSRF" in app.post(address, {"c": C}, xhr=True, status=403).json["message"]


@pytest.mark.parametrize(("form", "kind"), [("jpeg", "JPEG"), ("png", "PNG"), ("tif", "TIFF")])
def test_a_plane_to_be_saved(app: WebApp, scene: Any, form: str, kind: str) -> None:
    answer = app.get(f"/webclient/render_image_download/{scene.image}/2/1/?format={form}&c={C}&m=c&q=1")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="small waves.{form}"'
    picture = Image.open(io.BytesIO(answer.body))
    assert (picture.format, answer.content_type) == (kind, f"image/{'tiff' if form == 'tif' else form}")
    away = np.abs(np.asarray(picture.convert("RGB")).astype(int) - reference(scene, 2, 1))
    assert away.mean() < 1.5 if form == "jpeg" else away.max() <= 1
    if form == "tif":
        assert tifffile.TiffFile(io.BytesIO(answer.body)).pages[0].shape == (120, 160, 3)
    default = app.get(f"/webclient/render_image_download/{scene.image}/")
    assert default.content_type == "image/jpeg"
    app.get(f"/webclient/render_image_download/{scene.image}/0/0/?format=svg", status=400)
    app.get(f"/webclient/render_image_download/{scene.image}/?region=0,0,5,5", status=400)


@pytest.mark.parametrize(
    "name", ['a"b;c.png', "a\r\nSet-Cookie: x=1", "../../etc/passwd", "\u202egnp.exe", "n" * 300, "\U0001f52c, 1"]
)
def test_names_of_images_are_harmless_in_headers(app: WebApp, omero_data: OmeroData, name: str) -> None:
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), name, user="gateway-greta")
    for address in (f"/webclient/render_image_download/{image}/?format=png", f"/webgateway/render_ome_tiff/i/{image}/"):
        answer = app.get(address)
        value = answer.headers["Content-Disposition"]
        assert value.startswith('attachment; filename="')
        assert not {"\r", "\n", "/", "\\", "\u202e"} & set(value)
        assert value.count('"') == 2
        assert len(value) < 1200
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["webgateway", "webclient"])
def test_birds_eye_views(app: WebApp, scene: Any, decoded: Any, path: str) -> None:
    assert decoded(app.get(f"/{path}/render_birds_eye_view/{scene.image}/80/")).shape == (60, 80, 3)
    assert decoded(app.get(f"/{path}/render_birds_eye_view/{scene.image}/")).shape == (72, 96, 3)
    small = decoded(app.get(f"/{path}/render_birds_eye_view/{scene.large}/200/"))
    assert small.shape == (200, 200, 3)
    assert (
        app.get(f"/{path}/render_birds_eye_view/{scene.image}/80/").body
        == app.get(f"/webgateway/render_thumbnail/{scene.image}/80/").body
    )


MIRRORS = [
    ("render_image/{0}/", "render_image/{0}/"),
    ("render_image/{0}/2/", "render_image/{0}/2/"),
    (
        "render_image/{0}/2/1/?c=1|0:99$FFFFFF&m=c&p=intmax|0:1",
        "render_image/{0}/2/1/?c=1|0:99$FFFFFF&m=c&p=intmax|0:1",
    ),
    ("render_image_region/{0}/2/1/?tile=0,0,0", "render_image_region/{0}/2/1/?tile=0,0,0"),
    ("render_thumbnail/{0}/", "render_thumbnail/{0}/"),
    ("render_thumbnail/size/64/{0}/", "render_thumbnail/{0}/64/"),
    ("get_thumbnail/{0}/", "get_thumbnail/{0}/"),
    ("get_thumbnails/?id={0}&id={1}", "get_thumbnails/?id={0}&id={1}"),
    ("imgData/{0}/", "imgData/{0}/"),
    ("imgData/{0}/size.width/", "imgData/{0}/size.width/"),
    ("luts/", "luts/"),
    ("getImgRDef/", "getImgRDef/"),
    ("copyImgRDef/?fromid={0}", "copyImgRDef/?fromid={0}"),
]


@pytest.mark.parametrize(("mirror", "address"), MIRRORS, ids=[one[0] for one in MIRRORS])
def test_the_clients_addresses_answer_the_same(app: WebApp, scene: Any, mirror: str, address: str) -> None:
    found = app.get(f"/webclient/{mirror.format(scene.image, scene.large)}")
    expected = app.get(f"/webgateway/{address.format(scene.image, scene.large)}")
    assert (found.body, found.content_type) == (expected.body, expected.content_type)
    assert len(found.body) >= 3


def test_thumbnails_of_given_settings_and_planes(app: WebApp, scene: Any, gateway_of: Any, decoded: Any) -> None:
    """Against omero-py's own thumbnails."""
    image = gateway_of("gateway-greta").getObject("Image", scene.image)
    app.get(f"/webgateway/render_thumbnail/{scene.image}/")
    definition = image.getAllRenderingDefs()[0]["id"]
    found = app.get(f"/webgateway/render_thumbnail/{scene.image}/64/?rdefId={definition}")
    expected = np.asarray(Image.open(io.BytesIO(image.getThumbnail(size=(64,), rdefId=definition))).convert("RGB"))
    assert np.abs(decoded(found) - expected.astype(int)).mean() < 1
    section = app.get(f"/webgateway/render_thumbnail/{scene.image}/64/48/?z=2&t=1")
    expected = np.asarray(Image.open(io.BytesIO(image.getThumbnail(size=(64, 48), z=2, t=1))).convert("RGB"))
    assert np.abs(decoded(section) - expected.astype(int)).mean() < 1
    app.get(f"/webgateway/render_thumbnail/{scene.image}/64/?rdefId=99999999", status=400)


def test_there_are_no_movies(app: WebApp, scene: Any) -> None:
    answer = app.get(f"/webgateway/render_movie/{scene.image}/t/1/", status=501)
    assert (answer.content_type, answer.json["code"]) == ("application/json", "not_supported")


def test_the_gateways_own_address(testapp: WebApp) -> None:
    answer = testapp.get("/webgateway/")
    assert (answer.status_int, answer.content_type) == (200, "text/plain")
    assert testapp.ice_calls == 0


def test_a_projection_may_not_read_without_end(browser: Any, scene: Any, omero_data: OmeroData) -> None:
    site = browser(**{"addon.gateway.max_projection_bytes": "1048576"})
    site.log_in("gateway-greta")
    planes = np.zeros((40, 200, 200), np.uint16)
    image = omero_data.add_image(planes, user="gateway-greta")
    address = f"/webgateway/render_image_region/{image}/0/0/?region=0,0,200,200&p=intmax|0:"
    assert site.get(f"{address}10", status=200).content_type == "image/jpeg"
    assert "fewer planes" in site.get(f"{address}39", status=400).json["message"]
