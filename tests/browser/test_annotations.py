"""The right panel shows and changes what hangs on an image; nothing that was typed is lost."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omero.gateway import MapAnnotationWrapper
from playwright.sync_api import Page, Route, expect

from omeropyr.testing import OmeroData

LogIn = Callable[[], None]
Serious = Callable[[], list[str]]
SHOTS = os.environ.get("OMEROPYR_SHOTS")


@pytest.fixture
def image(omero_data: OmeroData) -> int:
    """A fresh image of root's."""
    dataset = omero_data.add_dataset("Annotated")
    return omero_data.add_image(np.zeros((8, 8), np.uint8), "to annotate <b>", dataset=dataset)


@pytest.fixture
def panel(page: Page, site: str, log_in: LogIn, image: int) -> Page:
    log_in()
    page.goto(f"{site}/webclient/?show=image-{image}")
    expect(page.get_by_role("region", name="Comments")).to_be_visible()
    return page


def notes(gateway: Any, image: int) -> list[Any]:
    return list(gateway.getObject("Image", image).listAnnotations())


def settled(page: Page) -> None:
    """Removals are carried out when the page is left."""
    page.goto("about:blank")
    page.wait_for_timeout(500)


def test_tags(panel: Page, gateway: Any, image: int) -> None:
    part = panel.get_by_role("region", name="Tags")
    field = part.get_by_role("combobox", name="Add a tag")
    for text in ("mitosis & <b>", "second"):
        field.fill(text)
        field.press("Enter")
        expect(part.get_by_text(text, exact=True)).to_be_visible()
    assert sorted(one.getTextValue() for one in notes(gateway, image)) == ["mitosis & <b>", "second"]
    part.get_by_role("button", name="Remove tag second").click()
    expect(part.get_by_text("second", exact=True)).to_be_hidden()
    panel.get_by_role("button", name="Undo").click()
    expect(part.get_by_text("second", exact=True)).to_be_visible()
    part.get_by_role("button", name="Remove tag second").click()
    # Another change redraws the panel: what was removed stays away, and does not come back by it.
    field.fill("third")
    field.press("Enter")
    expect(part.get_by_text("third", exact=True)).to_be_visible()
    expect(part.get_by_text("second", exact=True)).to_be_hidden()
    assert sorted(one.getTextValue() for one in notes(gateway, image)) == ["mitosis & <b>", "third"]
    field.fill("second")
    field.press("Enter")
    expect(part.get_by_text("second", exact=True)).to_be_visible()
    part.get_by_role("button", name="Remove tag third").click()
    settled(panel)
    assert sorted(one.getTextValue() for one in notes(gateway, image)) == ["mitosis & <b>", "second"]


def test_pairs_save_themselves(panel: Page, gateway: Any, image: int) -> None:
    part = panel.get_by_role("region", name="Key-value pairs")
    part.get_by_label("Key").first.fill("Cell line")
    part.get_by_label("Value").first.fill("U2OS")
    expect(part.get_by_text("Saved", exact=True)).to_be_visible()
    part.get_by_label("Key").nth(1).fill("Medium")
    part.get_by_label("Value").nth(1).fill("DMEM")
    part.get_by_label("Value").nth(1).press("Tab")
    expect(part.get_by_text("Saved", exact=True)).to_be_visible()
    (found,) = notes(gateway, image)
    assert list(found.getValue()) == [("Cell line", "U2OS"), ("Medium", "DMEM")]
    part.get_by_role("button", name="Remove this pair").first.click()
    expect(part.get_by_text("Saved", exact=True)).to_be_visible()
    assert list(notes(gateway, image)[0].getValue()) == [("Medium", "DMEM")]
    part.get_by_role("button", name="Undo").click()
    expect(part.get_by_text("Saved", exact=True)).to_be_visible()
    assert list(notes(gateway, image)[0].getValue()) == [("Cell line", "U2OS"), ("Medium", "DMEM")]
    panel.reload()
    expect(part.get_by_label("Key").nth(1)).to_have_value("Medium")


def test_comments_and_ratings(panel: Page, gateway: Any, image: int) -> None:
    part = panel.get_by_role("region", name="Comments")
    part.get_by_role("textbox", name="Add a comment").fill("Look <i>here</i>\nand there")
    part.get_by_role("button", name="Comment", exact=True).click()
    expect(part.get_by_text("Look <i>here</i>")).to_be_visible()
    expect(part.get_by_role("textbox")).to_have_value("")
    panel.get_by_role("button", name="Rate 4 of 5").click()
    expect(panel.get_by_role("button", name="Take the rating of 4 away")).to_be_visible()
    found = {type(one._obj).__name__: one.getValue() for one in notes(gateway, image)}
    assert found == {"CommentAnnotationI": "Look <i>here</i>\nand there", "LongAnnotationI": 4}
    panel.get_by_role("button", name="Take the rating of 4 away").click()
    expect(panel.get_by_role("button", name="Rate 4 of 5")).to_be_visible()
    part.get_by_role("button", name="Remove this comment").click()
    expect(part.get_by_text("Look <i>here</i>")).to_be_hidden()
    settled(panel)
    assert notes(gateway, image) == []


def test_attachments(panel: Page, gateway: Any, image: int, tmp_path: Path) -> None:
    part = panel.get_by_role("region", name="Attachments")
    files = []
    for name, content in (("größe.csv", b"a,b\n1,2\n"), ("notes.txt", b"x" * 2_000_000)):
        files.append(tmp_path / name)
        files[-1].write_bytes(content)
    panel.locator("#attach-file").set_input_files(files)
    expect(part.get_by_role("link", name="notes.txt")).to_be_visible()
    expect(part.get_by_text("2 MB")).to_be_visible()
    found = {one.getFile().getName(): one.getFile() for one in notes(gateway, image)}
    assert b"".join(found["größe.csv"].getFileInChunks()) == b"a,b\n1,2\n"
    assert found["notes.txt"].getSize() == 2_000_000
    with panel.expect_download() as started:
        part.get_by_role("link", name="größe.csv").click()
    assert started.value.path().read_bytes() == b"a,b\n1,2\n"
    part.get_by_role("button", name="Remove attachment notes.txt").click()
    settled(panel)
    assert [one.getFile().getName() for one in notes(gateway, image)] == ["größe.csv"]


def test_what_is_refused_stays_on_the_page(
    browser: Any, site: str, gateway: Any, image: int, stored_slide: dict[str, Any]
) -> None:
    """The network fails; the console says so, which is why this page is not the fixture's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/webclient/login/?url=/webclient/?show=image-{image}")
    page.get_by_label("User name").fill("root")
    page.get_by_label("Password").fill("omero")
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{site}/webclient/?show=image-{image}")
    comments = page.get_by_role("region", name="Comments")
    pairs = page.get_by_role("region", name="Key-value pairs")
    expect(comments).to_be_visible()

    def fail(route: Route) -> None:
        route.abort()

    page.route(re.compile("/annotate_"), fail)
    comments.get_by_role("textbox").fill("precious")
    comments.get_by_role("button", name="Comment", exact=True).click()
    expect(comments.get_by_role("alert")).to_contain_text("Not saved.")
    pairs.get_by_label("Key").first.fill("kept")
    pairs.get_by_label("Value").first.fill("too")
    pairs.get_by_label("Value").first.press("Tab")
    expect(pairs.get_by_role("alert")).to_contain_text("What you typed stays here.")
    assert notes(gateway, image) == []
    page.unroute(re.compile("/annotate_"), fail)
    pairs.get_by_role("button", name="Try again").click()
    expect(pairs.get_by_text("Saved", exact=True)).to_be_visible()
    expect(comments.get_by_role("textbox")).to_have_value("precious")
    comments.get_by_role("button", name="Try again").click()
    expect(comments.get_by_text("precious", exact=True).first).to_be_visible()
    found = {type(one._obj).__name__ for one in notes(gateway, image)}
    assert found == {"CommentAnnotationI", "MapAnnotationI"}
    context.close()


def test_who_may_not_annotate_is_told_so(page: Page, site: str, omero_data: OmeroData, gateway_of: Any) -> None:
    group = omero_data.add_group("read-only-lab", "rwr---")
    omero_data.add_user("panel-owner", group)
    omero_data.add_user("panel-reader", group)
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), "hers", user="panel-owner")
    owner = gateway_of("panel-owner")
    typed = MapAnnotationWrapper(owner)
    typed.setNs("openmicroscopy.org/omero/client/mapAnnotation")
    typed.setValue([["Cell line", "U2OS"]])
    owner.getObject("Image", image).linkAnnotation(typed)
    page.goto(f"{site}/webclient/login/")
    page.get_by_label("User name").fill("panel-reader")
    page.get_by_label("Password").fill("omero")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(f"{site}/webclient/?show=image-{image}")
    expect(page.get_by_text("Read-only: you may not annotate this image.")).to_be_visible()
    pairs = page.get_by_role("region", name="Key-value pairs")
    expect(pairs).to_contain_text("Cell line")
    expect(pairs).to_contain_text("Test User")
    expect(pairs).not_to_contain_text("mapAnnotation")
    assert page.get_by_role("textbox", name="Add a comment").count() == 0
    expect(page.get_by_role("button", name="Rate 4 of 5")).to_be_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_it_looks(panel: Page, serious: Serious, image: int, scheme: str, width: int) -> None:
    part = panel.get_by_role("region", name="Tags")
    for text in ("mitosis", "核分裂 <b>", "a tag with a rather long name, as people give them"):
        part.get_by_role("combobox").fill(text)
        part.get_by_role("combobox").press("Enter")
        expect(part.get_by_text(text, exact=True)).to_be_visible()
    pairs = panel.get_by_role("region", name="Key-value pairs")
    pairs.get_by_label("Key").first.fill("Cell line")
    pairs.get_by_label("Value").first.fill("U2OS")
    comments = panel.get_by_role("region", name="Comments")
    comments.get_by_role("textbox").fill("Metaphase plate in focus from z 5 on.")
    comments.get_by_role("button", name="Comment", exact=True).click()
    expect(comments.get_by_role("button", name="Remove this comment")).to_be_visible()
    panel.get_by_role("button", name="Rate 4 of 5").click()
    expect(panel.get_by_role("button", name="Take the rating of 4 away")).to_be_visible()
    panel.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    panel.set_viewport_size({"width": width, "height": 900})
    if width < 1000:
        panel.get_by_role("button", name="Open the details").click()
    panel.get_by_role("region", name="Comments").scroll_into_view_if_needed()
    part.get_by_role("button", name="Remove tag mitosis").click()
    expect(panel.get_by_role("button", name="Undo")).to_be_visible()
    assert panel.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if SHOTS:
        panel.screenshot(path=f"{SHOTS}/notes-{width}-{scheme}.png")
    assert serious() == []
