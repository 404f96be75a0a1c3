"""Accessibility, links that reproduce what was seen, and the phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

LogIn = Callable[[], None]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe(
    page: Page, site: str, log_in: LogIn, serious: Callable[[], list[str]], stored_slide: dict[str, Any], scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/webclient/login/")
    assert serious() == []

    log_in()
    expect(page.locator("#grid").get_by_role("option", name="Leber, 1 dataset").first).to_be_visible()
    assert serious() == []

    page.goto(f"{site}/webclient/?show=image-{stored_slide['image']}")
    expect(page.locator("#grid").get_by_role("option", selected=True)).to_have_count(1)
    page.wait_for_load_state("networkidle")
    assert serious() == []

    page.goto(f"{site}/webclient/img_detail/{stored_slide['image']}/")
    expect(page.locator("#viewer[data-ready]")).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert serious() == []


def test_a_link_shows_the_same_again(page: Page, site: str, log_in: LogIn, stored_slide: dict[str, Any]) -> None:
    log_in()
    query = "c=1|200:3000$00FF00,-2|100:4000$FF0000&m=c&z=1&t=1&zm=50&x=900&y=800"
    page.goto(f"{site}/webclient/img_detail/{stored_slide['image']}/?{query}")

    expect(page.locator("#zoom-full")).to_have_text("50 %")
    expect(page.get_by_label("Left: colour")).to_have_value("#00ff00")
    expect(page.get_by_label("Left: darkest value, number")).to_have_value("200")
    expect(page.get_by_role("switch", name="Left: show")).to_be_checked()
    expect(page.get_by_role("switch", name="Right: show")).not_to_be_checked()
    page.wait_for_timeout(500)
    assert page.url.endswith(query)


def test_a_link_that_leads_nowhere_says_so(page: Page, site: str, log_in: LogIn, stored_slide: dict[str, Any]) -> None:
    log_in()
    page.goto(f"{site}/webclient/?show=dataset-99999999")
    told = page.get_by_text("The link leads to dataset 99999999, which is not there any more, or you may not see it.")
    expect(told).to_be_visible()
    page.get_by_role("treeitem", name="Leber").first.click()
    expect(told).to_be_hidden()


def test_keys_switch_channels_and_fold_panels_away(
    page: Page, site: str, log_in: LogIn, stored_slide: dict[str, Any]
) -> None:
    log_in()
    page.goto(f"{site}/webclient/img_detail/{stored_slide['image']}/")
    expect(page.locator("#viewer[data-ready]")).to_be_attached()

    page.keyboard.press("2")
    expect(page.get_by_role("switch", name="Right: show")).not_to_be_checked()
    page.keyboard.press("h")
    expect(page.locator("#channel-panel")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#channel-panel")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_phone_never_scrolls_sideways(page: Page, site: str, log_in: LogIn, stored_slide: dict[str, Any]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in()
    page.goto(f"{site}/webclient/?show=dataset-{stored_slide['dataset']}")
    expect(page.locator("#grid").get_by_role("option")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.locator("#grid").get_by_role("option").click()
    expect(page.get_by_role("link", name="Open viewer")).to_be_visible()
    page.get_by_role("link", name="Open viewer").click()
    expect(page.locator("#viewer[data-ready]")).to_be_attached()
    expect(page.locator("#channel-panel")).to_be_hidden()
    page.get_by_role("button", name="Channels", exact=True).click()
    expect(page.get_by_role("switch", name="Left: show")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_theme_is_chosen_and_remembered(page: Page, log_in: LogIn) -> None:
    page.emulate_media(color_scheme="light")
    log_in()
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(246, 247, 248)"
    page.locator("[popovertarget=user-menu]").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(background) == "rgb(18, 20, 23)"
    page.reload()
    assert page.evaluate(background) == "rgb(18, 20, 23)"
