"""A real Chromium on the real application, over the embedded server: nothing in between is made up."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from omeropyr.testing.live import LiveServer

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SIZE = 2048
CHROMIUM = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own; any error in its console, a violation of the CSP included, fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    problems: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def site(web_application: Any) -> Iterator[str]:
    """Address of the application on a port of its own."""
    server = LiveServer.create(web_application, host="127.0.0.1")
    yield server.application_url.rstrip("/")
    server.shutdown()


@pytest.fixture(scope="session")
def slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file (C=2, Y=2048, X=2048) uint16 with three levels: one channel is bright on the left, one on the right."""
    path = tmp_path_factory.mktemp("slide") / "slide.ome.tiff"
    plane = np.full((2, SIZE, SIZE), 100, np.uint16)
    plane[0, :, : SIZE // 2] = 4000
    plane[1, :, SIZE // 2 :] = 4000
    kind: dict[str, Any] = {"tile": (256, 256), "photometric": "minisblack", "compression": "zlib"}
    metadata = {"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "Channel": {"Name": ["Left", "Right"]}}
    with tifffile.TiffWriter(path, bigtiff=True, ome=True) as file:
        file.write(plane, subifds=2, metadata=metadata, **kind)
        for step in (2, 4):
            file.write(plane[:, ::step, ::step], subfiletype=1, **kind)
    return path


@pytest.fixture(scope="session")
def stored_slide(omero_data: Any, slide: Path) -> dict[str, Any]:
    """The slide imported by root: `project`, `dataset` and `image` are the ids."""
    project = omero_data.add_project("Leber")
    dataset = omero_data.add_dataset("Übersichten", project=project)
    image = omero_data.import_file(slide, "Übersicht <b>1</b>", dataset=dataset)
    return {"project": project, "dataset": dataset, "image": image}


@pytest.fixture
def log_in(page: Page, site: str) -> Callable[[], None]:
    """Logs root in through the form."""

    def submit() -> None:
        page.goto(f"{site}/webclient/login/")
        page.get_by_label("User name").fill("root")
        page.get_by_label("Password").fill("omero")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login/" not in url)

    return submit


@pytest.fixture
def serious(page: Page) -> Callable[[], list[str]]:
    """Gives what axe-core finds on the page that is serious or critical."""
    return lambda: serious_on(page)


def serious_on(page: Page) -> list[str]:
    """What axe-core finds on *page* that is serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
