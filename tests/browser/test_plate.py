"""A screen, its plate and the wells: from the tree to the picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from omeropyr.embedded.importer.run import Target, import_files

FILE = "assay&plateRows=2&plateCols=3&fields=2&sizeX=64&sizeY=48.fake"


@pytest.fixture(scope="module")
def plate(omero_data: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """A plate of six wells in a screen of a user of its own."""
    user = omero_data.add_user("plate-viewer", first_name="Plate", last_name="Viewer")
    actor = omero_data.actor("plate-viewer")
    screen = omero_data.add_screen("Kinase screen", user="plate-viewer")
    file = Path(tmp_path_factory.mktemp("plate")) / FILE
    file.touch()
    done, bad = import_files(omero_data.server, actor, [file], Target(None, "PLT-1", None, screen))
    assert bad == []
    return {"user": user, "screen": screen, "image": done[0].image_id, "second": done[1].image_id}


def test_from_the_tree_to_a_well(
    page: Page, site: str, plate: dict[str, int], serious: Callable[[], list[str]]
) -> None:
    page.goto(f"{site}/webclient/login/")
    page.fill("input[name=username]", "plate-viewer")
    page.fill("input[name=password]", "omero")
    page.click("button[type=submit]")
    page.get_by_role("treeitem", name="Screen Kinase screen").click()
    expect(page.locator("#centre-heading")).to_contain_text("Kinase screen")
    page.get_by_role("treeitem", name="Plate PLT-1").click()
    expect(page.locator("#centre-count")).to_have_text("6 wells, 2 fields each")
    wells = page.locator(".plate-well")
    expect(wells).to_have_count(6)
    assert serious() == []
    wells.first.click()
    expect(wells.first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#details-content h2")).to_contain_text("PLT-1 [A1 field 1]")
    assert re.search(rf"show=image-{plate['image']}$", page.url)
    page.get_by_label("Field of the wells").select_option("1")
    expect(page.locator(f".plate-well img[src*='/{plate['second']}/']")).to_have_count(1)
    page.goto(f"{site}/webclient/?show=screen-{plate['screen']}")
    expect(page.locator("#centre-count")).to_have_text("1 plate")
