"""The icons that QuPath's browser of OMERO loads by OMERO.web's addresses."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from omeropyr.testing import WebApp

ICONS = (
    *(f"webgateway/img/{name}.png" for name in ("folder16", "folder_image16", "folder_yellow16", "icon_folder")),
    *(f"webclient/image/{name}.png" for name in ("image16", "folder_screen16", "folder_plate16", "run16")),
)


@pytest.mark.parametrize("name", ICONS)
def test_an_icon_is_a_small_picture_for_everybody(testapp: WebApp, name: str) -> None:
    answer = testapp.get(f"/static/{name}")
    assert answer.content_type == "image/png"
    picture = Image.open(io.BytesIO(answer.body)).convert("RGBA")
    assert picture.size == (16, 16)
    assert picture.getextrema()[3] == (0, 255)  # clear around, and something is drawn
    assert testapp.ice_calls == 0


def test_no_two_kinds_look_alike(testapp: WebApp) -> None:
    bodies = {name: testapp.get(f"/static/{name}").body for name in ICONS if "icon_folder" not in name}
    assert len(set(bodies.values())) == len(bodies)


@pytest.mark.parametrize(
    "path", ["webgateway/../../setup.py", "webgateway/img/none.png", "webclient/%2e%2e/webgateway"]
)
def test_nothing_else_is_there(testapp: WebApp, path: str) -> None:
    testapp.get(f"/static/{path}", status=404)
