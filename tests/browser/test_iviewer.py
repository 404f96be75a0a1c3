"""The unmodified OMERO.iviewer in a browser: opens images and a slide, changes what is shown, draws, saves, edits."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request

from omeropyr.testing import OmeroData
from omeropyr.testing.live import LiveServer
from omeropyr.testing.web import close_web_app, web_app, web_settings

BUNDLE = Path(sys.prefix) / "foreign" / "omero_iviewer" / "static" / "omero_iviewer"
USER = "iviewer-browser"
# Another program's micro-service that OMERO.iviewer asks for; that it is not there is what it expects.
EXPECTED = "/omero_ms_image_region/"


@pytest.fixture(scope="module")
def viewer_site(embedded: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not BUNDLE.is_dir():
        pytest.fail("OMERO.iviewer is missing: python3 tools/bootstrap.py test")
    folder = tmp_path_factory.mktemp("iviewer-site")
    folder.chmod(0o700)
    more = {"omeropyr__addons": "gateway client viewer api iviewer", "addon__iviewer__static": str(BUNDLE)}
    app = web_app(web_settings(embedded, folder, **more))
    server = LiveServer.create(app, host="127.0.0.1")
    yield server.application_url.rstrip("/")
    server.shutdown()
    close_web_app(app)


@pytest.fixture(scope="module")
def stack(omero_data: OmeroData) -> dict[str, int]:
    """Ids of a dataset, a stack (T=2, C=2, Z=3) and a slide with resolution levels."""
    omero_data.add_user(USER, omero_data.add_group("iviewer-browsers", "rwra--"))
    dataset = omero_data.add_dataset("viewed", user=USER)
    y, x = np.mgrid[0:200, 0:300]
    planes = [
        [[1000 + 900 * np.sin(x / (9 + z) + c) * np.cos(y / 15 + t) for z in range(3)] for c in range(2)]
        for t in range(2)
    ]
    image = omero_data.add_image(np.array(planes, np.uint16), "stack", dataset=dataset, user=USER)
    slide = np.zeros((1, 1, 3300, 3300), np.uint8)
    slide[..., :1650] = 200
    return {
        "dataset": dataset,
        "image": image,
        "slide": omero_data.add_image(slide, "slide", dataset=dataset, user=USER),
    }


class Watched:
    """A page, what it asked for, and what went wrong on it."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.problems: list[str] = []
        self.asked: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("requestfinished", self._finished)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and EXPECTED not in (message.location.get("url") or ""):
            self.problems.append(f"{message.text} ({message.location.get('url')})")

    def _finished(self, request: Request) -> None:
        self.asked.append(request.url)

    def open(self, image: int, dataset: int) -> None:
        """Open the viewer and wait until it shows something."""
        with self.page.expect_response(lambda answer: "/webgateway/render_image" in answer.url):
            self.page.goto(f"{self.site}/iviewer/?images={image}&dataset={dataset}")
        self.page.locator("button.channel").first.wait_for()

    def rendering(self, action: Callable[[], object]) -> tuple[str, dict[str, list[str]]]:
        """The address and query of the next picture after *action*."""
        with self.page.expect_response(lambda answer: "/webgateway/render_image" in answer.url) as told:
            action()
        address = urlsplit(told.value.url)
        assert told.value.status == 200
        return address.path, parse_qs(address.query)


@pytest.fixture
def watched(browser: Browser, viewer_site: str, stack: Any) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{viewer_site}/webclient/login/")
    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill("omero")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    found = Watched(page, viewer_site)
    yield found
    context.close()
    assert found.problems == []


def test_it_shows_planes_and_channels(watched: Watched, stack: Any) -> None:
    watched.open(stack["image"], stack["dataset"])
    page = watched.page
    path, query = watched.rendering(page.locator("dimension-slider[dim=z] .glyphicon-chevron-up").click)
    assert path.endswith(f"/render_image/{stack['image']}/2/0/")
    path, query = watched.rendering(page.locator("dimension-slider[dim=t] .glyphicon-chevron-right").click)
    assert path.endswith(f"/render_image/{stack['image']}/2/1/")
    assert [one.partition("|")[0] for one in query["c"][0].split(",")] == ["1", "2"]
    _, query = watched.rendering(page.locator("button.channel[title='0']").click)
    assert [one.partition("|")[0] for one in query["c"][0].split(",")] == ["2"]
    # The other image of the dataset stands beside it, with a thumbnail of ours.
    assert any(f"/webclient/render_thumbnail/{stack['slide']}/" in address for address in watched.asked)
    assert any(f"/api/v0/m/datasets/{stack['dataset']}/images/" in address for address in watched.asked)


def test_it_shows_a_slide_by_tiles(watched: Watched, stack: Any) -> None:
    watched.open(stack["slide"], stack["dataset"])
    watched.page.wait_for_timeout(500)
    tiles = [address for address in watched.asked if f"/render_image_region/{stack['slide']}/0/0/" in address]
    assert tiles
    assert all("tile=" in address for address in tiles)
    canvas = np.asarray(
        Image.open(io.BytesIO(watched.page.locator(".ol-viewport").first.screenshot())).convert("RGB")
    ).astype(int)
    height, width, _ = canvas.shape
    left, right = canvas[height // 2, width // 2 - 100], canvas[height // 2, width // 2 + 100]
    assert left.max() > 150 > 60 > right.max()


def test_a_rectangle_is_drawn_saved_and_edited(watched: Watched, stack: Any, gateway_of: Any) -> None:
    page = watched.page
    watched.open(stack["image"], stack["dataset"])

    def regions() -> None:
        with page.expect_response(lambda answer: "/api/v0/m/rois/" in answer.url):
            page.get_by_text("ROIs [", exact=False).first.click()
        page.wait_for_timeout(300)

    def save() -> dict[str, str]:
        with page.expect_response(lambda answer: "/iviewer/persist_rois/" in answer.url) as told:
            page.locator(".shapes-persistence button", has_text="Save").click()
        assert told.value.status == 200
        answer = told.value.json()
        assert "errors" not in answer
        found: dict[str, str] = answer["ids"]
        return found

    regions()
    page.locator(".draw-rectangle-icon").click()
    box = page.locator(".ol-viewport").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x - 90, y - 60)  # from corner to corner, by two clicks
    page.wait_for_timeout(400)
    page.mouse.move(x, y, steps=5)
    page.mouse.click(x + 90, y + 60)
    page.locator(".regions-table-row").first.wait_for()
    (stored,) = save().values()
    shape = the_shape(gateway_of, stored)
    width, height = shape.width.val, shape.height.val
    assert width / height == pytest.approx(1.5, rel=0.05)

    watched.open(stack["image"], stack["dataset"])  # read again: the region is there, and may be changed
    regions()
    page.locator(".regions-table-row .shape-comment").first.click()
    comment = page.locator(".shape-edit-comment input").first
    comment.fill("nucleus")
    comment.press("Enter")
    comment.blur()
    assert list(save().values()) == [stored]
    shape = the_shape(gateway_of, stored)
    assert (shape.textValue.val, shape.width.val, shape.height.val) == ("nucleus", width, height)


def test_settings_are_saved(watched: Watched, stack: Any, gateway_of: Any) -> None:
    page = watched.page
    watched.open(stack["image"], stack["dataset"])
    watched.rendering(page.locator("button.channel[title='1']").click)
    with page.expect_response(lambda answer: "/webgateway/saveImgRDef/" in answer.url) as told:
        page.locator("settings button, rendering-settings button", has_text="Save").first.click()
    assert told.value.status == 200
    image = gateway_of(USER).getObject("Image", stack["image"])
    assert [channel.isActive() for channel in image.getChannels()] == [True, False]


def the_shape(gateway_of: Any, pair: str) -> Any:
    roi, _, shape = pair.partition(":")
    found = (
        gateway_of(USER)
        .getQueryService()
        .findByQuery(f"select s from Shape s join fetch s.roi where s.id = {int(shape)}", None)
    )
    assert found.roi.id.val == int(roi)
    return found
