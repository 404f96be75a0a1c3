"""The viewer's page: there for an image that may be seen, and gone with its links when the add-on is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omeropyr.connection.pool import POOL
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.web import web_app, web_settings

USER = "viewer-vera"


@pytest.fixture(scope="module")
def image(omero_data: OmeroData) -> int:
    omero_data.add_user(USER)
    return omero_data.add_image(np.zeros((8, 8), np.uint8), "cells <1> & more", user=USER)


@pytest.fixture
def without_viewer(embedded: EmbeddedServer, tmp_path: Path) -> Iterator[WebApp]:
    tmp_path.chmod(0o700)
    app = web_app(web_settings(embedded, tmp_path, omeropyr__addons="gateway client"))
    yield WebApp(app, embedded)
    app.registry[POOL].close()


def test_the_page_names_the_image(testapp: WebApp, login: Callable[..., Any], image: int) -> None:
    login(USER)
    testapp.get(f"/webclient/img_detail/{image}/")
    page = testapp.get(f"/webclient/img_detail/{image}/")
    assert testapp.ice_calls == 1
    assert page.html.select_one("#title").text == "cells <1> & more"
    assert page.html.select_one("#viewer")["data-image-id"] == str(image)
    assert page.html.select_one("#back")["href"] == f"/webclient/?show=image-{image}"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in page.headers


@pytest.mark.parametrize("image_id", ["0", "999999", "9" * 30])
def test_no_such_image(testapp: WebApp, login: Callable[..., Any], image: int, image_id: str) -> None:
    login(USER)
    page = testapp.get(f"/webclient/img_detail/{image_id}/", status=404)
    assert "There is no image with this id, or you may not see it." in page.html.text


def test_another_users_image_is_not_found(
    testapp: WebApp, login: Callable[..., Any], omero_data: OmeroData, image: int
) -> None:
    omero_data.add_user("viewer-other")
    login("viewer-other")
    assert "cells" not in testapp.get(f"/webclient/img_detail/{image}/", status=404).text


def test_who_is_not_logged_in_comes_back_after_the_log_in(testapp: WebApp, image: int) -> None:
    response = testapp.get(f"/webclient/img_detail/{image}/")
    assert response.status_int == 302
    assert response.location.endswith(f"/webclient/login/?url=%2Fwebclient%2Fimg_detail%2F{image}%2F")


def test_the_client_links_to_the_viewer(testapp: WebApp, login: Callable[..., Any], image: int) -> None:
    login(USER)
    page = testapp.get("/webclient/")
    assert page.html.select_one("#browse")["data-viewer"] == "/webclient/img_detail/{iid}/"


def test_without_the_add_on_page_and_links_are_gone(without_viewer: WebApp, image: int) -> None:
    without_viewer.log_in(USER)
    assert without_viewer.get(f"/webclient/img_detail/{image}/", status=404)
    page = without_viewer.get("/webclient/")
    assert "data-viewer" not in page.html.select_one("#browse").attrs
    assert "img_detail" not in page.text
    assert "omeropyr/viewer" not in page.text
    assert without_viewer.get(f"/webgateway/imgData/{image}/").json["id"] == image
