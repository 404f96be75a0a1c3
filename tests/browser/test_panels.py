"""Tabs that an add-on brings, in the browser: examples/panel beside the details and the thumbnails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from omeropyr.addons import GROUP, loader
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.live import LiveServer
from omeropyr.testing.web import close_web_app, web_app, web_settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "panel"


@pytest.fixture(scope="module")
def site(embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with the example add-on, which need not be installed."""
    points = {**loader.installed(), "panel": EntryPoint("panel", "omeropyr_panel:addon", GROUP)}
    folder = tmp_path_factory.mktemp("panel")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLE))
        patch.setattr(loader, "installed", lambda: points)
        app = web_app(web_settings(embedded, folder, omeropyr__addons="gateway client viewer api panel"))
    server = LiveServer.create(app, host="127.0.0.1")
    yield server.application_url.rstrip("/")
    server.shutdown()
    close_web_app(app)


def test_tabs_follow_the_selection(
    page: Page,
    site: str,
    log_in: Callable[[], None],
    stored_slide: dict[str, Any],
    serious: Callable[[], list[str]],
) -> None:
    log_in()
    page.goto(f"{site}/webclient/?show=image-{stored_slide['image']}")
    right = page.get_by_role("tablist", name="Details")
    expect(right.get_by_role("tab")).to_have_text(["Details", "Facts"])
    expect(page.get_by_role("tablist", name="Thumbnails")).to_be_hidden()
    expect(page.locator("#details-panel iframe")).to_have_count(0)  # loaded when it is asked for only

    right.get_by_role("tab", name="Facts").click()
    frame = page.frame_locator("#details-panel iframe")
    expect(frame.locator("dt")).to_have_text(["Übersicht <b>1</b>"])
    expect(frame.locator("dd")).to_have_text(["2048 × 2048 px"])
    expect(page.locator("#details-content")).to_be_hidden()
    assert serious() == []

    page.get_by_role("treeitem", name="Dataset Übersichten").click()
    expect(right).to_be_hidden()  # Facts are of images
    expect(page.locator("#details-content")).to_be_visible()
    centre = page.get_by_role("tablist", name="Thumbnails")
    centre.get_by_role("tab", name="Thumbnails").focus()
    page.keyboard.press("ArrowRight")
    expect(centre.get_by_role("tab", name="Table")).to_have_attribute("aria-selected", "true")
    table = page.frame_locator(".centre iframe")
    expect(table.locator("tbody tr")).to_have_count(1)
    assert serious() == []
    page.keyboard.press("Home")
    expect(page.locator("#grid")).to_be_visible()
    page.locator("#grid").get_by_role("option", name="Übersicht <b>1</b>").click()
    expect(frame.locator("dd")).to_have_text(["2048 × 2048 px"])  # the tab that was chosen comes back


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_it_looks(
    page: Page,
    site: str,
    log_in: Callable[[], None],
    stored_slide: dict[str, Any],
    tmp_path: Path,
    scheme: Any,
    width: int,
) -> None:
    page.emulate_media(color_scheme=scheme)
    log_in()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/webclient/?show=image-{stored_slide['image']}")
    page.get_by_role("tab", name="Facts").click()
    expect(page.frame_locator("#details-panel iframe").locator("dd")).to_be_visible()
    page.screenshot(path=tmp_path / f"panel-{scheme}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
