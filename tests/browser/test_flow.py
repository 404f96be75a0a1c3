"""From log-in to log-out, as one person does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Request, expect

LogIn = Callable[[], None]
BRIGHT = """() => {
  const canvas = document.querySelector("#stage canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const counts = [0, 0, 0];
  for (let place = 0; place < data.length; place += 4)
    for (let colour = 0; colour < 3; colour += 1) if (data[place + colour] > 128) counts[colour] += 1;
  return counts;
}"""
"""How many pixels of the canvas are bright in red, green and blue."""


def bright(page: Page) -> list[int]:
    """Bright pixels by colour, once nothing is loading and nothing changes any more."""
    before: list[int] = []
    for _ in range(40):
        page.wait_for_timeout(400)
        counts: list[int] = page.evaluate(BRIGHT)
        if counts == before and not page.locator("#stage[aria-busy]").count():
            return counts
        before = counts
    raise AssertionError("the picture never came to rest")


def test_log_in_look_closely_and_log_out(page: Page, site: str, log_in: LogIn, stored_slide: dict[str, Any]) -> None:
    tiles: list[str] = []

    def asked(request: Request) -> None:
        if "render_image_region" in request.url:
            tiles.append(request.url)

    page.on("request", asked)
    log_in()

    page.get_by_role("treeitem", name="Project Leber").click()
    page.get_by_role("treeitem", name="Dataset Übersichten").click()
    card = page.locator("#grid").get_by_role("option", name="Übersicht <b>1</b>")
    expect(card).to_be_visible()
    expect(card.locator("img")).to_have_js_property("complete", True)
    card.click()
    expect(page).to_have_url(f"{site}/webclient/?show=image-{stored_slide['image']}")
    expect(page.locator("#details-content")).to_contain_text("0.5 × 0.5 µm")

    page.get_by_role("link", name="Open viewer").click()
    expect(page.locator("#viewer[data-ready]")).to_be_attached()
    expect(page.locator("#position")).to_contain_text("2\u2009048 × 2\u2009048 px")
    whole = bright(page)
    assert tiles
    assert not any("tile=0," in url for url in tiles)  # fitted, it needs a smaller level

    page.locator("#zoom-full").click()
    expect(page.locator("#zoom-full")).to_have_text("100 %")
    close = bright(page)
    assert any("tile=0," in url for url in tiles)
    assert sum(close) > sum(whole)  # the image fills more of the canvas

    colours = [page.get_by_label(f"{name}: colour").input_value() for name in ("Left", "Right")]
    page.get_by_role("switch", name="Left: show").uncheck()
    left_off = bright(page)
    for place in range(3):
        in_left, in_right = (int(colour[1 + 2 * place : 3 + 2 * place], 16) > 128 for colour in colours)
        if in_left and not in_right:
            assert left_off[place] == 0
        elif in_right and not in_left:
            assert left_off[place] == close[place] > 10_000
    assert left_off != close
    assert "c=-1|" in page.url

    log_out_and_try_the_old_cookie(page, site)


def log_out_and_try_the_old_cookie(page: Page, site: str) -> None:
    """What the browser held before is worth nothing afterwards."""
    page.get_by_role("link", name="Back to browsing").click()
    expect(page.get_by_role("treeitem", name="Dataset Übersichten")).to_be_visible()
    old = page.context.cookies()
    page.locator("[popovertarget=user-menu]").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/webclient/login/**")
    page.context.add_cookies(old)  # type: ignore[arg-type]
    page.goto(f"{site}/webclient/")
    assert "/webclient/login/" in page.url
