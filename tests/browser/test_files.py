"""Tables as pages, and T25: whatever an attachment says it is, no script of it runs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.functional.data.tables import G, make_table

USER = "files-frieda"
COUNT = 300


@pytest.fixture(scope="module")
def conn(omero_data: Any, gateway_of: Callable[..., Any]) -> Any:
    omero_data.add_user(USER)
    return gateway_of(USER)


@pytest.fixture(scope="module")
def table(conn: Any) -> int:
    numbers = range(COUNT)
    names = ("Kern <b>1</b>", "\u7ec6\u80de\u6838", "Zellkern der \u00dcbersicht mit einem langen Namen")
    return make_table(
        conn,
        G.ImageColumn("Image", "", [number // 5 for number in numbers]),
        G.RoiColumn("Roi", "", list(numbers)),
        G.StringColumn("Name", "", 80, [names[number % 3] for number in numbers]),
        *(G.DoubleColumn(f"Feature {place}", "", [number * place / 7 for number in numbers]) for place in range(1, 9)),
        G.DoubleColumn("Area", "", [number * 1.25 for number in numbers]),
        G.BoolColumn("good", "", [number % 2 == 0 for number in numbers]),
    )


@pytest.fixture
def logged_in(page: Page, site: str) -> Page:
    page.goto(f"{site}/webclient/login/")
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", "omero")
    page.click("button[type=submit]")
    page.wait_for_url("**/webclient/**")
    return page


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_table(
    logged_in: Page, site: str, table: int, width: int, theme: str, tmp_path: Path, serious: Callable[[], list[str]]
) -> None:
    page = logged_in
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{site}/webclient/omero_table/{table}/")
    page.screenshot(path=tmp_path / "table.png")
    assert page.locator("tbody tr").count() == 200
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.fill("#table-query", "(Area > 100) & good")
    page.keyboard.press("Enter")
    page.wait_for_url("**query=**")
    assert page.locator(".table-title p").inner_text().strip() == "109 of 300 rows"
    assert serious() == []


SCRIPT = "window.__pwned = true; document.title = 'pwned'"
HOSTILE = {
    "page.html": ("text/html", f"<html><script>{SCRIPT}</script></html>"),
    "page.xhtml": (
        "application/xhtml+xml",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><script>{SCRIPT}</script></html>',
    ),
    "picture.svg": ("image/svg+xml", f'<svg xmlns="http://www.w3.org/2000/svg"><script>{SCRIPT}</script></svg>'),
    "code.js": ("text/javascript", SCRIPT),
    "picture.png": ("image/png", f"<html><script>{SCRIPT}</script></html>"),
    "words.txt": ("text/plain", f"<html><script>{SCRIPT}</script></html>"),
    "data.json": ("application/json", f"<html><script>{SCRIPT}</script></html>"),
    "bogus": ("bogus", f"<html><script>{SCRIPT}</script></html>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_script_of_an_attachment_runs(logged_in: Page, browser: Browser, site: str, conn: Any, name: str) -> None:
    mimetype, content = HOSTILE[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(content)
        annotation = conn.createFileAnnfromLocalFile(str(path), mimetype=mimetype)
    context = browser.new_context(storage_state=logged_in.context.storage_state())
    page = context.new_page()
    for address in (f"get_original_file/{annotation.getFile().id}", f"annotation/{annotation.id}"):
        try:
            page.goto(f"{site}/webclient/{address}/")
        except Error as error:
            # A download is no page.
            if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
                raise
        assert page.evaluate("window.__pwned") is None
        assert page.title() != "pwned"
    context.close()
