"""Making, renaming and deleting on the page."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from omeropyr.testing import OmeroData
from tests.browser.conftest import serious_on

LogIn = Callable[[], None]
PLANE = np.zeros((8, 8), np.uint8)
SHOTS = os.environ.get("OMEROPYR_SHOTS")
_numbers = itertools.count(1)


class Scene:
    """A project with a dataset of three images."""

    def __init__(self, data: OmeroData, user: str = "root") -> None:
        self.name = f"changed {next(_numbers)} <b>"
        self.project = data.add_project(f"project {self.name}", user=user)
        self.dataset = data.add_dataset(f"dataset {self.name}", project=self.project, user=user)
        self.images = [
            data.add_image(PLANE, f"{word}.tif", dataset=self.dataset, user=user) for word in ("a", "b", "c")
        ]


@pytest.fixture
def scene(omero_data: OmeroData) -> Scene:
    return Scene(omero_data)


@pytest.fixture
def at(page: Page, site: str, log_in: LogIn) -> Callable[[str], Page]:
    """Opens the page at what it shows."""
    log_in()

    def go(show: str) -> Page:
        page.goto(f"{site}/webclient/?show={show}")
        expect(page.locator("#details-content h2")).to_be_visible()
        return page

    return go


def dialog(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name)


def in_tree(page: Page, kind: str, object_id: int) -> Locator:
    """A line; its name is cut in two for the eye, which a name of a role would have a blank in."""
    return page.locator(f'#tree [data-key="{kind}-{object_id}"]')


def test_a_dataset_in_the_chosen_project(at: Callable[[str], Page], scene: Scene, gateway: Any) -> None:
    page = at(f"project-{scene.project}")
    page.get_by_role("button", name="New project, dataset or screen").click()
    form = dialog(page, "New")
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_label("Name").fill("new <i>")
    form.get_by_label("Description").fill("two\nlines")
    form.get_by_role("button", name="Make it").click()
    line = page.locator("#tree [role=treeitem]", has_text="new <i>")
    expect(line).to_have_attribute("aria-selected", "true")
    expect(page.locator("#details-content h2")).to_have_text("new <i>")
    made = [one for one in gateway.getObject("Project", scene.project).listChildren() if one.id != scene.dataset]
    assert [(one.getName(), one.getDescription()) for one in made] == [("new <i>", "two\nlines")]


@pytest.mark.parametrize(("kind", "label"), [("Project", "Project"), ("Screen", "Screen"), ("Dataset", "Dataset")])
def test_what_lies_in_nothing(at: Callable[[str], Page], gateway: Any, scene: Scene, kind: str, label: str) -> None:
    page = at(f"image-{scene.images[0]}")
    page.get_by_role("button", name="New project, dataset or screen").click()
    form = dialog(page, "New")
    form.get_by_label("Kind").select_option(label)
    name = f"new {kind} {next(_numbers)}"
    form.get_by_label("Name").fill(name)
    form.get_by_label("Name").press("Enter")
    expect(page.locator("#tree [role=treeitem]", has=page.locator(f'[title="{name}"]'))).to_have_attribute(
        "aria-selected", "true"
    )
    assert len(list(gateway.getObjects(kind, attributes={"name": name}))) == 1


def test_renaming(at: Callable[[str], Page], scene: Scene, gateway: Any) -> None:
    page = at(f"image-{scene.images[1]}")
    page.get_by_role("option", name="b.tif").press("F2")
    form = dialog(page, "Rename this image")
    expect(form.get_by_label("Name")).to_have_value("b.tif")
    form.get_by_label("Name").fill("b <renamed>")
    form.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("option", name="b <renamed>")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#details-content h2")).to_have_text("b <renamed>")
    assert gateway.getObject("Image", scene.images[1]).getName() == "b <renamed>"
    page = at(f"dataset-{scene.dataset}")
    page.locator("#details-content").get_by_role("button", name="Rename").click()
    dialog(page, "Rename this dataset").get_by_label("Name").fill("another")
    dialog(page, "Rename this dataset").get_by_label("Name").press("Enter")
    expect(in_tree(page, "dataset", scene.dataset)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="another", level=1)).to_be_visible()
    assert gateway.getObject("Dataset", scene.dataset).getName() == "another"


def test_deleting_images(at: Callable[[str], Page], scene: Scene, gateway: Any) -> None:
    page = at(f"image-{scene.images[0]}|image-{scene.images[2]}")
    page.get_by_role("option", name="a.tif").press("Delete")
    form = dialog(page, "Delete 2 images?")
    expect(form).to_contain_text("a.tif")
    form.get_by_role("button", name="Cancel").click()
    expect(page.locator("#grid [role=option]")).to_have_count(3)
    page.locator("#details-content").get_by_role("button", name="Delete").click()
    form.get_by_role("button", name="Delete").click()
    expect(page.locator("#grid [role=option]")).to_have_count(1)
    expect(in_tree(page, "dataset", scene.dataset)).to_have_attribute("aria-selected", "true")
    assert [gateway.getObject("Image", one) is None for one in scene.images] == [True, False, True]


@pytest.mark.parametrize("contents", [False, True], ids=["alone", "with its images"])
def test_deleting_a_dataset(at: Callable[[str], Page], scene: Scene, gateway: Any, contents: bool) -> None:
    page = at(f"dataset-{scene.dataset}")
    in_tree(page, "dataset", scene.dataset).press("Delete")
    form = dialog(page, "Delete this dataset?")
    expect(form).to_contain_text("Otherwise they stay, in no dataset.")
    if contents:
        form.get_by_label("Its 3 images, too").check()
    form.get_by_role("button", name="Delete").click()
    expect(in_tree(page, "project", scene.project)).to_have_attribute("aria-selected", "true")
    expect(in_tree(page, "dataset", scene.dataset)).to_have_count(0)
    assert gateway.getObject("Dataset", scene.dataset) is None
    assert [gateway.getObject("Image", one) is None for one in scene.images] == [contents] * 3


def test_who_may_not_is_not_offered_it(page: Page, site: str, omero_data: OmeroData) -> None:
    group = omero_data.add_group("look but do not touch", "rwr---")
    omero_data.add_user("change-owner", group)
    omero_data.add_user("change-reader", group)
    scene = Scene(omero_data, user="change-owner")
    page.goto(f"{site}/webclient/login/")
    page.get_by_label("User name").fill("change-reader")
    page.get_by_label("Password").fill("omero")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    for show in (f"dataset-{scene.dataset}", f"image-{scene.images[0]}"):
        page.goto(f"{site}/webclient/?show={show}")
        expect(page.locator("#details-content h2")).to_be_visible()
        assert page.locator("#details-content .details-line").get_by_role("button").count() == 0


def test_what_is_refused_is_said_in_the_dialog(browser: Any, site: str, scene: Scene, gateway: Any) -> None:
    """A refused request is an error of the console, which is why this page is not the fixture's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/webclient/login/")
    page.get_by_label("User name").fill("root")
    page.get_by_label("Password").fill("omero")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(f"{site}/webclient/?show=image-{scene.images[0]}")
    page.locator("#details-content").get_by_role("button", name="Rename").click()
    gateway.deleteObjects("Image", [scene.images[0]], wait=True)
    form = dialog(page, "Rename this image")
    form.get_by_label("Name").fill("too late")
    form.get_by_role("button", name="Rename").click()
    expect(form.get_by_role("alert")).to_be_visible()
    expect(form.get_by_label("Name")).to_have_value("too late")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_it_looks(at: Callable[[str], Page], scene: Scene, scheme: str, width: int) -> None:
    page = at(f"dataset-{scene.dataset}")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 844})
    if width < 1000:
        page.get_by_role("button", name="Open the details").click()
    shot(page, f"changing-panel-{width}-{scheme}")
    page.locator("#details-content").get_by_role("button", name="Delete").click()
    shot(page, f"changing-delete-{width}-{scheme}")
    assert serious_on(page) == []
    page.keyboard.press("Escape")
    page.locator("#new").evaluate("button => button.click()")
    expect(dialog(page, "New")).to_be_visible()
    shot(page, f"changing-new-{width}-{scheme}")
    assert serious_on(page) == []


def shot(page: Page, name: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")
