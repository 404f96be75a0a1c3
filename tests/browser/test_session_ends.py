"""R6: OMERO ends the session while somebody types; they log in on the page, and nothing is lost or saved twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData
from tests.browser.conftest import serious_on

USER, PASSWORD = "mid-work-mia", "mias own pass-word 7"
SHOTS = os.environ.get("OMEROPYR_SHOTS")


@pytest.fixture(scope="module")
def image(omero_data: OmeroData) -> int:
    omero_data.add_user(USER, password=PASSWORD)
    return omero_data.add_image(np.zeros((8, 8), np.uint8), "being described", user=USER)


@pytest.fixture
def at_work(browser: Any, site: str, image: int) -> Iterator[Page]:
    """The image's panel; refused requests are errors of the console, which is why this page is not the fixture's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page: Page = context.new_page()
    page.goto(f"{site}/webclient/login/?url=/webclient/%3Fshow=image-{image}")
    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("region", name="Comments")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    yield page
    context.close()


def end_sessions(embedded: EmbeddedServer) -> None:
    for session in embedded.sessions.all():
        if session.actor.user_name == USER:
            embedded.sessions.close(session.uuid)


def pairs_of(gateway_of: Any, image: int) -> list[list[tuple[str, str]]]:
    notes = gateway_of(USER, PASSWORD).getObject("Image", image).listAnnotations()
    return [list(note.getValue()) for note in notes if note.OMERO_TYPE.__name__ == "MapAnnotationI"]


def test_a_form_is_saved_once_after_the_log_in(
    at_work: Page, embedded: EmbeddedServer, gateway_of: Any, image: int
) -> None:
    part = at_work.get_by_role("region", name="Key-value pairs")
    part.get_by_label("Key").first.fill("Cell line")
    part.get_by_label("Value").first.fill("U2OS <b>")
    end_sessions(embedded)
    part.get_by_label("Value").first.press("Tab")
    dialog = at_work.get_by_role("dialog", name="Your session has ended")
    expect(dialog.get_by_label("User name")).to_have_value(USER)
    expect(dialog.get_by_label("Password")).to_be_focused()
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog).to_be_hidden()
    expect(part.get_by_text("Saved", exact=True)).to_be_visible()
    expect(part.get_by_label("Value").first).to_have_value("U2OS <b>")
    assert pairs_of(gateway_of, image) == [[("Cell line", "U2OS <b>")]]
    assert at_work.evaluate("window.isTheSamePage")
    # The page's forms belong to the new session.
    at_work.get_by_role("button", name="menu").click()
    at_work.get_by_role("button", name="Log out").click()
    expect(at_work.get_by_label("User name")).to_be_visible()


def test_not_now_keeps_what_was_typed(at_work: Page, embedded: EmbeddedServer, gateway_of: Any, image: int) -> None:
    part = at_work.get_by_role("region", name="Comments")
    part.get_by_role("textbox").fill("precious")
    end_sessions(embedded)
    part.get_by_role("button", name="Comment", exact=True).click()
    dialog = at_work.get_by_role("dialog", name="Your session has ended")
    dialog.get_by_role("button", name="Not now").click()
    expect(part.get_by_role("alert")).to_contain_text("Not saved.")
    expect(part.get_by_role("textbox")).to_have_value("precious")
    part.get_by_role("button", name="Try again").click()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("Password").press("Enter")
    expect(part.get_by_text("precious", exact=True).last).to_be_visible()
    expect(part.get_by_role("textbox")).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_it_looks(at_work: Page, embedded: EmbeddedServer, scheme: str, width: int) -> None:
    at_work.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    at_work.set_viewport_size({"width": width, "height": 844})
    end_sessions(embedded)
    at_work.get_by_role("button", name="Rate 4 of 5").evaluate("button => button.click()")
    dialog = at_work.get_by_role("dialog", name="Your session has ended")
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    if SHOTS:
        at_work.screenshot(path=f"{SHOTS}/session-ends-{width}-{scheme}.png")
    assert serious_on(at_work) == []
