"""One's own account, password and picture."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from webtest import Upload

from omeropyr.testing import OmeroData, WebApp
from tests.functional.admin.conftest import Omero

Fresh = Callable[[str], str]
Browser = Callable[..., WebApp]


def form_with(page: Any, field: str) -> Any:
    return next(form for form in page.forms.values() if field in form.fields)


@pytest.fixture
def user(omero_data: OmeroData, fresh: Fresh) -> tuple[str, int]:
    name = fresh("self")
    return name, omero_data.add_user(name, omero_data.add_group(fresh("home")), omero_data.add_group(fresh("away")))


def test_names_and_default_group(
    user: tuple[str, int], omero_says: Omero, other_browser: Browser, omero_data: OmeroData
) -> None:
    name, _ = user
    browser = other_browser(name)
    page = browser.get("/webadmin/myaccount/")
    form = form_with(page, "first_name")
    assert "omename" not in form.fields
    away = next(group for group in omero_says.groups(name) if group.startswith("away"))
    form["first_name"], form["middle_name"], form["last_name"] = "Zoë", "", "Müller-Lüdenscheidt"
    form["email"], form["institution"] = f"{name}@example.org", "Institut für Physik"
    form["default_group"] = str(omero_says.group(away).id.val)
    assert "Your account was saved." in form.submit(status=303).follow().text
    made = omero_says.user(name)
    told = [getattr(made, field).val for field in ("firstName", "lastName", "email", "institution")]
    assert told == ["Zoë", "Müller-Lüdenscheidt", f"{name}@example.org", "Institut für Physik"]
    assert omero_says.default_group(name) == away
    assert omero_says.user(name).omeName.val == name


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("first_name", "", "Enter a first name."),
        ("last_name", " ", "Enter a last name."),
        ("email", "x@y", "This is no e-mail address."),
        ("institution", "x" * 256, "At most 255 characters."),
    ],
)
def test_what_is_wrong_is_told(
    user: tuple[str, int], omero_says: Omero, other_browser: Browser, field: str, value: str, words: str
) -> None:
    browser = other_browser(user[0])
    form = form_with(browser.get("/webadmin/myaccount/"), "first_name")
    form[field] = value
    page = form.submit(expect_errors=True)
    assert page.status_int == 400
    assert page.html.find(id=f"{field}-error").get_text() == words
    assert omero_says.user(user[0]).lastName.val == "User"


def test_a_foreign_group_is_no_default(
    user: tuple[str, int], omero_says: Omero, omero_data: OmeroData, other_browser: Browser
) -> None:
    browser = other_browser(user[0])
    before = omero_says.default_group(user[0])
    sent = {"first_name": "A", "last_name": "B", "default_group": str(omero_data.add_group())}
    browser.post("/webadmin/myaccount/save/", sent, headers=browser.csrf(), status=400)
    assert omero_says.default_group(user[0]) == before


def test_the_password_is_changed_and_the_old_one_asked_for(user: tuple[str, int], other_browser: Browser) -> None:
    name, _ = user
    browser = other_browser(name)
    form = form_with(browser.get("/webadmin/myaccount/").click("Change password"), "old_password")
    for old, new, again, field in (
        ("", "changed", "changed", "old_password"),
        ("omero", "ab", "ab", "password"),
        ("omero", "changed", "other", "confirmation"),
    ):
        form["old_password"], form["password"], form["confirmation"] = old, new, again
        page = form.submit(expect_errors=True)
        assert page.status_int == 400
        assert page.html.find(id=f"{field}-error")
        other_browser(name, "omero")
    form["old_password"], form["password"], form["confirmation"] = "omero", " changed ", " changed "
    assert "Your password was changed." in form.submit(status=303).follow().text
    other_browser(name, " changed ")
    browser.get("/webadmin/myaccount/", status=200)
    with pytest.raises(AssertionError, match="could not log in: 403"):
        other_browser(name, "omero")


def test_a_wrong_old_password_changes_nothing(user: tuple[str, int], other_browser: Browser) -> None:
    name, user_id = user
    browser = other_browser(name)
    sent = {"old_password": "wrong", "password": "changed", "confirmation": "changed"}
    page = browser.post(f"/webadmin/change_password/{user_id}/", sent, headers=browser.csrf(), expect_errors=True)
    assert page.status_int == 403
    assert "changed" not in [field.get("value") for field in page.html.find_all("input")]
    other_browser(name, "omero")


def test_another_users_password_is_not_ones_own(
    user: tuple[str, int], omero_data: OmeroData, fresh: Fresh, other_browser: Browser
) -> None:
    victim = fresh("victim")
    victim_id = omero_data.add_user(victim)
    browser = other_browser(user[0])
    browser.get(f"/webadmin/change_password/{victim_id}/", status=403)
    sent = {"old_password": "omero", "password": "changed", "confirmation": "changed"}
    browser.post(f"/webadmin/change_password/{victim_id}/", sent, headers=browser.csrf(), status=403)
    other_browser(victim, "omero")


def test_who_logs_in_by_ldap_is_told(
    user: tuple[str, int], make_ldap: Callable[[int], None], other_browser: Browser
) -> None:
    browser = other_browser(user[0])
    make_ldap(user[1])
    page = browser.get("/webadmin/myaccount/")
    assert "You log in by LDAP" in page.text
    assert "/change_password/" not in page.text
    assert "old_password" not in browser.get(f"/webadmin/change_password/{user[1]}/").text


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    """Red on the left half, blue on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 255
    pixels[:, width // 2 :, 2] = 255
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def send(browser: WebApp, user_id: int, data: bytes, name: str = "me.png", **box: str) -> Any:
    form = form_with(browser.get(f"/webadmin/change_avatar/{user_id}/"), "photo")
    form["photo"] = Upload(name, data)
    for field, value in box.items():
        form[field].force_value(value)
    return form.submit(expect_errors=True)


def shown(browser: WebApp) -> Image.Image:
    answer = browser.get("/webadmin/myphoto/")
    assert answer.content_type == "image/png"
    return Image.open(io.BytesIO(answer.body)).convert("RGB")


def test_a_picture_is_cropped_shown_and_deleted(user: tuple[str, int], other_browser: Browser, gateway_of: Any) -> None:
    name, user_id = user
    browser = other_browser(name)
    browser.get("/webadmin/myphoto/", status=404)
    assert send(browser, user_id, picture(400, 200)).status_int == 303
    middle = shown(browser)
    assert middle.size == (256, 256)
    assert middle.getpixel((10, 128))[0] > 200
    assert middle.getpixel((245, 128))[2] > 200
    assert (
        send(browser, user_id, picture(400, 200, "JPEG"), crop_x="0.5", crop_y="0", crop_size="0.5").status_int == 303
    )
    right = shown(browser)
    assert right.getpixel((10, 128))[2] > 200
    photos = gateway_of(name).getAdminService().getMyUserPhotos()
    assert [photo.size.val < 200_000 for photo in photos] == [True]
    page = browser.get(f"/webadmin/change_avatar/{user_id}/")
    delete = next(form for form in page.forms.values() if form.action.endswith("/deletephoto/"))
    assert "Your picture was deleted." in delete.submit(status=303).follow().text
    browser.get("/webadmin/myphoto/", status=404)


def bomb() -> bytes:
    """A PNG that says it has 50,000 x 50,000 pixels (B12)."""
    head = b"\x89PNG\r\n\x1a\n"
    size = (50_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    chunk = b"IHDR" + size
    return head + (13).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")


BAD = {
    "text": b"hello",
    "empty": b"",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "cut off": picture(300, 300)[:200],
    "bomb": bomb(),
    "huge": b"\0" * (10 * 1024 * 1024 + 1),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_refused(user: tuple[str, int], other_browser: Browser, kind: str) -> None:
    browser = other_browser(user[0])
    page = send(browser, user[1], BAD[kind], "me.svg")
    assert page.status_int in (400, 413)
    assert page.html.find(role="alert").get_text(strip=True)
    browser.get("/webadmin/myphoto/", status=404)


@pytest.mark.parametrize("box", [("x", "0", "1"), ("nan", "0", "1"), ("-1", "0", "1"), ("0", "0", "1e9")])
def test_a_part_that_is_none_is_refused(user: tuple[str, int], other_browser: Browser, box: tuple[str, ...]) -> None:
    names = dict(zip(("crop_x", "crop_y", "crop_size"), box, strict=True))
    assert send(other_browser(user[0]), user[1], picture(30, 30), **names).status_int == 400


def test_nobody_changes_anothers_picture(
    user: tuple[str, int], admin: WebApp, other_browser: Browser, omero_data: OmeroData
) -> None:
    for browser in (admin, other_browser(user[0])):
        other = omero_data.add_user()
        browser.get(f"/webadmin/change_avatar/{other}/", status=403)
        for action in ("upload", "deletephoto"):
            browser.post(f"/webadmin/change_avatar/{other}/{action}/", headers=browser.csrf(), status=403)
