"""Searching: the field in the header, its key, the page, and where its lines lead."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from omeropyr.testing import OmeroData

Serious = Callable[[], list[str]]
SHOTS = os.environ.get("OMEROPYR_SHOTS")


@pytest.fixture(scope="module")
def images(omero_data: OmeroData) -> list[int]:
    dataset = omero_data.add_dataset("Searched <i>", project=omero_data.add_project("Search project"))
    plane = np.tile(np.arange(64, dtype=np.uint8), (64, 1))
    return [omero_data.add_image(plane, f"bandicoot {number} <b>", dataset=dataset) for number in range(3)]


def test_from_the_key_to_the_image(page: Page, site: str, log_in: Callable[[], None], images: list[int]) -> None:
    log_in()
    page.goto(f"{site}/webclient/")
    expect(page.get_by_role("tree")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search all data")).to_be_focused()
    page.keyboard.type("bandicoot")
    page.keyboard.press("Enter")
    results = page.get_by_role("table", name="What was found")
    expect(results.get_by_role("rowheader")).to_have_count(3)
    assert results.locator("img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("combobox", name="Kind").select_option("Datasets")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Nothing found for “bandicoot”")).to_be_visible()
    page.go_back()
    results.get_by_role("link", name="bandicoot 1 <b>").click()
    expect(page.get_by_role("option", name="bandicoot 1 <b>")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="Searched <i>")).to_be_visible()


def test_the_keys_are_listed(page: Page, site: str, log_in: Callable[[], None], serious: Serious) -> None:
    log_in()
    page.goto(f"{site}/webclient/")
    expect(page.get_by_role("tree")).to_be_visible()
    page.get_by_role("searchbox").fill("?")  # here it is text
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("heading", name="Data").click()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Rename what is selected")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/keys.png")
    assert serious() == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_link_to_several_images(page: Page, site: str, log_in: Callable[[], None], images: list[int]) -> None:
    log_in()
    page.goto(f"{site}/webclient/?show=image-{images[0]}|image-{images[2]}|image-999999999")
    chosen = page.locator('[role=option][aria-selected="true"]')
    expect(chosen).to_have_count(2)
    expect(page.locator("#details-content")).to_contain_text("2 images")
    assert page.url.endswith(f"?show=image-{images[0]}|image-{images[2]}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_it_looks(
    page: Page, site: str, log_in: Callable[[], None], serious: Serious, images: list[int], scheme: str, width: int
) -> None:
    log_in()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 844})
    for name, query in (("found", "bandicoot OR search*"), ("none", "nothing-of-that-kind"), ("empty", "")):
        page.goto(f"{site}/webclient/search/?search_query={query}")
        expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/search-{name}-{width}-{scheme}.png")
        assert serious() == []
    page.goto(f"{site}/webclient/")
    if width < 640:
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("searchbox", name="Search for")).to_be_focused()
