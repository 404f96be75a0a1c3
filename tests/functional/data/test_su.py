"""Becoming another user: only administrators, only by a form of the site, and the old session is over."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import omero
import pytest

from omeropyr.testing import OmeroData, WebApp

HTML = {"Accept": "text/html,*/*"}
_numbers = itertools.count(1)


@pytest.fixture
def target(omero_data: OmeroData) -> tuple[str, int]:
    name = f"su-target-{next(_numbers)}"
    return name, omero_data.add_user(name)


def test_an_administrator_becomes_a_user(
    testapp: WebApp,
    target: tuple[str, int],
    who_is: Callable[[WebApp], Any],
    gateway: Any,
) -> None:
    name, user_id = target
    testapp.log_in()
    before, old_cookie = who_is(testapp), testapp.cookies["sessionid"]
    page = testapp.get(f"/webgateway/su/{name}/", headers=HTML)
    assert name in page.html.h1.text
    assert who_is(testapp).user_id == 0
    answer = testapp.post(f"/webgateway/su/{name}/", headers=testapp.csrf())
    assert answer.json is True
    now = who_is(testapp)
    assert (now.user_id, now.user_name, now.is_admin) == (user_id, name, False)
    assert now.session_uuid != before.session_uuid
    # The token and the cookie are new, too, and the old ones open nothing.
    assert now.csrf_token != before.csrf_token
    assert testapp.cookies["sessionid"] != old_cookie
    with pytest.raises(omero.SessionException):
        gateway.getSessionService().getSession(before.session_uuid)
    made = gateway.getSessionService().getSession(now.session_uuid)
    own = gateway.getSessionService().getSession(gateway.getEventContext().sessionUuid)
    assert made.timeToIdle.val == own.timeToIdle.val
    groups = testapp.get("/webclient/api/groups/", xhr=True).json["groups"]
    assert groups
    testapp.post("/webgateway/su/root/", headers=testapp.csrf(), status=403)
    testapp.set_cookie("sessionid", old_cookie)
    testapp.get("/webclient/api/groups/", xhr=True, status=403)


def test_people_go_to_the_start_page(testapp: WebApp, target: tuple[str, int]) -> None:
    testapp.log_in()
    page = testapp.get(f"/webgateway/su/{target[0]}/", headers=HTML)
    form = next(form for form in page.forms.values() if "/su/" in form.action)
    answer = form.submit(headers=HTML)
    assert (answer.status_int, answer.location) == (303, "http://localhost/")


def test_who_may_not(
    testapp: WebApp, target: tuple[str, int], omero_data: OmeroData, who_is: Callable[..., Any]
) -> None:
    name = f"su-nobody-{next(_numbers)}"
    omero_data.add_user(name)
    testapp.log_in(name)
    for wanted in (target[0], "root", name, "no-such-user"):
        testapp.get(f"/webgateway/su/{wanted}/", status=403, xhr=True)
        testapp.post(f"/webgateway/su/{wanted}/", headers=testapp.csrf(), status=403)
    assert who_is(testapp).user_name == name


def test_a_restricted_administrator_becomes_none_who_may_more(
    testapp: WebApp, omero_data: OmeroData, gateway: Any, target: tuple[str, int], who_is: Callable[..., Any]
) -> None:
    name = f"su-light-{next(_numbers)}"
    user_id = omero_data.add_user(name, admin=True)
    admin = gateway.getAdminService()
    user = omero.model.ExperimenterI(user_id, False)
    for privileges, wanted, status in (
        ([], target[0], 403),
        (["Sudo"], "root", 403),
        (["Sudo"], target[0], 200),
    ):
        admin.setAdminPrivileges(user, _privileges(gateway, privileges))
        testapp.reset()
        testapp.log_in(name)
        testapp.post(f"/webgateway/su/{wanted}/", headers=testapp.csrf(), status=status)
        assert who_is(testapp).user_name == (wanted if status == 200 else name)


def _privileges(gateway: Any, names: list[str]) -> list[Any]:
    known = gateway.getTypesService().allEnumerations("AdminPrivilege")
    return [one for one in known if one.value.val in names]


@pytest.mark.parametrize("name", ["no-such-user", "x" * 300, "a b", "\u202e", "<script>"], ids=ascii)
def test_who_is_nobody(testapp: WebApp, name: str, who_is: Callable[..., Any]) -> None:
    testapp.log_in()
    answer = testapp.post(f"/webgateway/su/{quote(name)}/", headers=testapp.csrf(), status=404)
    assert name not in answer.text
    assert who_is(testapp).user_name == "root"
    testapp.post("/webgateway/su/root/", status=403)
