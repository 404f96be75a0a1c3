"""B8: a changed password ends the sessions that the old one opened, in browsers and in other programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero
import pytest

from omeropyr.testing import OmeroData, WebApp

Browser = Callable[..., WebApp]
PAGE = "/webadmin/myaccount/"


@pytest.fixture
def user(omero_data: OmeroData, fresh: Callable[[str], str]) -> tuple[str, int]:
    name = fresh("changer")
    return name, omero_data.add_user(name)


def change(browser: WebApp, user_id: int, *, new: str = "changed", status: int = 303) -> Any:
    sent = {"old_password": "omero", "password": new, "confirmation": new}
    return browser.post(f"/webadmin/change_password/{user_id}/", sent, headers=browser.csrf(), status=status)


def is_in(browser: WebApp) -> bool:
    return bool(browser.get("/webclient/api/groups/", xhr=True, expect_errors=True).status_int == 200)


def test_ones_own(user: tuple[str, int], other_browser: Browser, gateway_of: Any, omero_data: OmeroData) -> None:
    name, user_id = user
    here, elsewhere, program = other_browser(name), other_browser(name), gateway_of(name)
    stranger = other_browser("root")
    assert [is_in(one) for one in (here, elsewhere, stranger)] == [True, True, True]
    assert "Wherever else you were logged in" in change(here, user_id).follow().text
    assert [is_in(one) for one in (here, elsewhere, stranger)] == [True, False, True]
    with pytest.raises((omero.SessionException, omero.SecurityViolation)):
        program.c.sf.getAdminService().getEventContext()
    assert is_in(other_browser(name, "changed"))


def test_by_an_administrator(user: tuple[str, int], other_browser: Browser, admin: WebApp) -> None:
    name, user_id = user
    browsers = [other_browser(name), other_browser(name)]
    change(admin, user_id)
    assert [is_in(one) for one in browsers] == [False, False]
    assert is_in(admin)
    assert is_in(other_browser(name, "changed"))


def test_what_was_refused_ends_nothing(user: tuple[str, int], other_browser: Browser) -> None:
    name, user_id = user
    here, elsewhere = other_browser(name), other_browser(name)
    change(here, user_id, new="x", status=400)
    assert is_in(elsewhere)


def test_who_may_not_see_sessions_changes_the_password_all_the_same(
    user: tuple[str, int], other_browser: Browser, restricted: Callable[..., str]
) -> None:
    """OMERO tells an administrator without ReadSession no uuid: those sessions last until they are over."""
    name, user_id = user
    browser = other_browser(name)
    change(other_browser(restricted("ModifyUser")), user_id)
    assert is_in(browser)
    assert is_in(other_browser(name, "changed"))
