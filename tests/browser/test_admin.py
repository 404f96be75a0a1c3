"""Administration in a real browser: from a new user's account to their picture, and what a restricted admin misses."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from omeropyr.embedded import memberships
from omeropyr.testing import OmeroData

LogIn = Callable[[], None]
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    return f"b-{word}-{next(_numbers)}"


def log_in_as(page: Page, site: str, user: str, password: str = "omero") -> None:
    page.context.clear_cookies()
    page.goto(f"{site}/webclient/login/")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def test_a_new_user_from_group_to_picture(page: Page, site: str, log_in: LogIn, gateway: Any, tmp_path: Path) -> None:
    group, user = fresh("lab"), fresh("ada")
    log_in()
    page.get_by_role("link", name="Administration").click()
    navigation = page.get_by_role("navigation", name="Administration")
    navigation.get_by_role("link", name="Groups").click()
    page.get_by_role("link", name="New group").click()
    page.get_by_role("textbox", name="Name").fill(group)
    page.get_by_role("radio", name="Read-annotate").check()
    page.get_by_role("button", name="Create group").click()
    expect(page.get_by_text(f"The group {group} was created.")).to_be_visible()

    navigation.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("link", name="New user").click()
    page.get_by_label("User name").fill(user)
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Lovelace")
    page.get_by_label("E-mail").fill(f"{user}@example.org")
    page.get_by_label("Password", exact=False).first.fill("first-word")
    page.get_by_label("Password again").fill("first-word")
    groups = page.get_by_label("Groups", exact=True)
    groups.press_sequentially(group[:-1])
    expect(page.get_by_role("option", name=group)).to_be_visible()
    groups.press("ArrowDown")
    groups.press("Enter")
    expect(groups).to_have_value(f"{group}\n")
    expect(page.get_by_text("Privileges of a restricted administrator")).to_be_hidden()
    page.get_by_role("button", name="Create user").click()
    expect(page.get_by_text(f"The user {user} was created.")).to_be_visible()
    service = gateway.getAdminService()
    assert service.getDefaultGroup(service.lookupExperimenter(user).id.val).name.val == group

    log_in_as(page, site, user, "first-word")
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.locator("[popovertarget=user-menu]").click()
    page.get_by_role("link", name="My account").click()
    page.get_by_role("link", name="Change password").click()
    page.get_by_label("Your present password").fill("first-word")
    page.get_by_label("New password", exact=False).first.fill("second-word")
    page.get_by_label("New password again").fill("second-word")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password was changed.")).to_be_visible()

    choose_a_picture(page, tmp_path)
    log_in_as(page, site, user, "second-word")
    expect(page.locator("[popovertarget=user-menu]")).to_contain_text("Ada Lovelace")


def choose_a_picture(page: Page, tmp_path: Path) -> None:
    """Red on the left, blue on the right: dragging the part to the right end makes the picture blue."""
    pixels = np.zeros((200, 600, 3), np.uint8)
    pixels[:, :300, 0] = pixels[:, 300:, 2] = 255
    path = tmp_path / "face.png"
    Image.fromarray(pixels).save(path)
    page.get_by_role("link", name="Change picture").click()
    page.get_by_label("Picture", exact=True).set_input_files(path)
    canvas = page.locator("#crop canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + 100, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Use this picture").click()
    expect(page.get_by_text("Your picture was changed.")).to_be_visible()
    shown = page.get_by_alt_text("Your picture")
    expect(shown).to_have_js_property("naturalWidth", 256)
    data = page.request.get(page.url.split("/change_avatar")[0] + "/myphoto/").body()
    assert Image.open(io.BytesIO(data)).convert("RGB").getpixel((20, 128)) == (0, 0, 255)


def test_what_a_restricted_administrator_misses(page: Page, site: str, log_in: LogIn, omero_data: OmeroData) -> None:
    admin, user, group = fresh("admin"), fresh("user"), omero_data.add_group(fresh("group"))
    admin_id = omero_data.add_user(admin, group, admin=True)
    user_id = omero_data.add_user(user, group)
    log_in()
    page.goto(f"{site}/webadmin/experimenter/edit/{admin_id}/")
    page.get_by_label("Role").select_option("Administrator with restricted privileges")
    for title in ("Create and edit users", "Act as another user"):
        page.get_by_role("checkbox", name=title).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{admin} was saved.")).to_be_visible()

    log_in_as(page, site, admin)
    page.goto(f"{site}/webadmin/experimenter/edit/{user_id}/")
    expect(page.get_by_text("You lack the privilege “Create and edit users”.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.goto(f"{site}/webadmin/experimenter/new/")
    page.get_by_label("Role").select_option("Administrator with restricted privileges")
    expect(page.get_by_role("checkbox", name="Act as another user")).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Give data to others")).to_be_enabled()
    page.goto(f"{site}/webadmin/experimenter/edit/0/")
    expect(page.get_by_text("This administrator may do more than you")).to_be_visible()


def test_drive_space_as_chart_and_table(page: Page, site: str, log_in: LogIn, stored_slide: dict[str, Any]) -> None:
    log_in()
    page.goto(f"{site}/webadmin/stats/")
    chart = page.locator(".chart img.only-light")
    expect(chart).to_be_visible()
    expect(chart).to_have_js_property("complete", True)
    assert chart.evaluate("image => image.naturalWidth") > 300
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="root root"))
    expect(row).to_contain_text("B")
    page.get_by_role("link", name="root root").click()
    expect(page.get_by_role("heading", name="Groups of root root")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".chart img.only-dark")).to_be_visible()
    expect(page.locator(".chart img.only-light")).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name="Table as CSV").click()
    assert download.value.suggested_filename == "drive-space.csv"


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_file_of_users_with_seven_bad_rows(
    page: Page, site: str, omero_data: OmeroData, gateway: Any, tmp_path: Path, script: bool
) -> None:
    count = 500 if script else 20
    group, word = fresh("class"), fresh("student")
    omero_data.add_group(group)
    lines = ["username,first_name,last_name,email,groups,password"]
    lines += [
        f"{word}-{place},Given {place},Family,{word}-{place}@example.org,{group},word-{place}" for place in range(count)
    ]
    for place in range(7):
        lines[10 + place] = lines[10 + place].replace(group, f"{group}?")
    path = tmp_path / "users.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    used = page
    if not script:
        assert page.context.browser
        used = page.context.browser.new_context(java_script_enabled=False).new_page()
    log_in_as(used, site, "root")
    used.goto(f"{site}/webadmin/import/")
    used.get_by_label("CSV file").set_input_files(path)
    used.get_by_role("button", name="Check").click()
    expect(used.get_by_text(f"There is no group {group}?.").first).to_be_visible()
    assert used.get_by_text(f"There is no group {group}?.").count() == 7
    used.get_by_role("button", name=f"Create {count - 7} users").click()
    expect(used.get_by_role("heading", name="Not created")).to_be_visible(timeout=120_000)
    expect(used.get_by_role("status")).to_contain_text(f"{count - 7} users were created, 7 were not")
    members = gateway.getAdminService().lookupGroup(group).sizeOfGroupExperimenterMap()
    assert members == count - 7
    left = used.get_by_label("Rows that were not created")
    left.fill(left.input_value().replace(f"{group}?", group))
    used.get_by_role("button", name="Check again").click()
    used.get_by_role("button", name="Create 7 users").click()
    expect(used.get_by_role("status")).to_contain_text("7 users were created.")
    assert gateway.getAdminService().lookupGroup(group).sizeOfGroupExperimenterMap() == count
    if not script:
        used.context.close()


PAGES = (
    "experimenters/",
    "experimenter/new/",
    "experimenter/edit/{user}/",
    "groups/",
    "group/edit/{group}/",
    "myaccount/",
    "change_password/{user}/",
    "change_avatar/0/",
    "stats/",
    "email/",
    "import/",
    "addons/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe_and_nothing_sideways(
    page: Page, site: str, log_in: LogIn, omero_data: OmeroData, serious: Callable[[], list[str]], scheme: Any
) -> None:
    group = omero_data.add_group(fresh("a group with a long name that says what it is for <b>"), "rwra--")
    user = omero_data.add_user(fresh("axe"), group, admin=True, last_name="von und zu Hohenstein-Waldburg")
    memberships.restrict(omero_data.server.store, user, ["Chgrp"])
    page.emulate_media(color_scheme=scheme)
    log_in()
    for address in PAGES:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{site}/webadmin/{address.format(user=user, group=group)}")
        page.wait_for_load_state("networkidle")
        assert (address, serious()) == (address, [])
        page.set_viewport_size({"width": 390, "height": 844})
        assert (address, page.evaluate("document.documentElement.scrollWidth")) == (address, 390)


def test_by_keyboard_alone(page: Page, site: str, log_in: LogIn, omero_data: OmeroData, gateway: Any) -> None:
    name = fresh("keys")
    user = omero_data.add_user(name)
    log_in()
    page.goto(f"{site}/webadmin/experimenters/?q={name}")
    page.get_by_role("searchbox", name="Search users").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == name:
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/experimenter/edit/{user}/")
    page.get_by_label("Institution").focus()
    page.keyboard.type("Navy")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{name} was saved.")).to_be_visible()
    assert gateway.getAdminService().lookupExperimenter(name).institution.val == "Navy"
