"""A forgotten password: OMERO sends a new one, and nobody learns whether there is such an account."""

from __future__ import annotations

import email
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omero
import pytest
from omero.rtypes import rstring

from omeropyr.embedded.mail import FOLDER
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.security.lost_password import LOST
from omeropyr.security.throttle import LOST_PASSWORD
from omeropyr.testing import OmeroData, WebApp

OF_EACH = ("content-security-policy", "x-request-id")  # nonce and id of each response
FORM = "/webadmin/forgottenpassword/"


def mails_to(server: EmbeddedServer, address: str) -> list[str]:
    """The texts of the mails that the server has sent to *address*."""
    found = [email.message_from_bytes(path.read_bytes()) for path in (Path(server.data) / FOLDER).glob("*.eml")]
    return [str(one.get_payload()) for one in found if one["To"] == address]


def add_user(omero_data: OmeroData, gateway: Any, name: str) -> int:
    """A user ``NAME@example.org``."""
    user = omero_data.add_user(name)
    admin = gateway.getAdminService()
    known = admin.getExperimenter(user)
    known.email = rstring(f"{name}@example.org")
    admin.updateExperimenter(known)
    return user


def deactivate(gateway: Any, user: int) -> None:
    """As webadmin does it: out of the group "user"."""
    admin = gateway.getAdminService()
    everybody = omero.model.ExperimenterGroupI(admin.getSecurityRoles().userGroupId, False)
    admin.removeGroups(omero.model.ExperimenterI(user, False), [everybody])


def ask(site: WebApp, username: str, address: str, **headers: str) -> Any:
    form = site.get(FORM).forms[0]
    form["username"], form["email"] = username, address
    return form.submit(expect_errors=True, headers=headers)


def wait_until(done: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (found := done()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_a_new_password_comes_by_mail(
    browser: Callable[..., WebApp],
    embedded: EmbeddedServer,
    omero_data: OmeroData,
    gateway: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    add_user(omero_data, gateway, "lost-ann")
    site = browser()
    page = site.get("/webclient/login/").click("Forgotten your password")
    assert page.request.path == FORM
    answer = ask(site, "lost-ann", "lost-ann@example.org")
    assert answer.status_int == 200
    assert "If there is an account with this user name and e-mail address" in answer.text
    assert site.cookies.keys() == {"csrftoken"}
    text = wait_until(lambda: mails_to(embedded, "lost-ann@example.org"))[0]
    password = re.search(r"password is: (\S+)", text)
    assert password is not None
    assert wait_until(lambda: [one for one in caplog.records if one.message == "lost password"])
    assert site.log_in_form("lost-ann", "omero").status_int == 403
    site.log_in("lost-ann", password[1])
    told = [caplog.text, *(str(vars(record)) for record in caplog.records if record.name.startswith("omeropyr."))]
    assert not [one for one in told if password[1] in one or "lost-ann@" in one]


def test_the_answer_is_the_same_for_everybody(
    browser: Callable[..., WebApp],
    embedded: EmbeddedServer,
    omero_data: OmeroData,
    gateway: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """T8: an account, another address, no account, an inactive user, an administrator, one without an address."""
    caplog.set_level(logging.INFO, "omeropyr.security.lost_password")
    deactivate(gateway, add_user(omero_data, gateway, "lost-gone"))
    add_user(omero_data, gateway, "lost-bob")
    omero_data.add_user("lost-mute")
    site = browser()
    asked = [
        ("lost-bob", "lost-bob@example.org"),
        ("lost-bob", "another@example.org"),
        ("lost-nobody", "lost-bob@example.org"),
        ("lost-gone", "lost-gone@example.org"),
        ("root", "root@example.org"),
        ("lost-mute", "lost-mute@example.org"),
    ]
    answers = [ask(site, *one) for one in asked]
    assert wait_until(lambda: len(caplog.records) == len(asked))
    texts = {re.sub(r'nonce="[^"]+"|value="[^"]{43}"', "", answer.text) for answer in answers}
    heads = {
        tuple(sorted((name, value) for name, value in answer.headers.items() if name.lower() not in OF_EACH))
        for answer in answers
    }
    assert len(heads) == 1, heads
    assert (len(texts), {answer.status_int for answer in answers}) == (1, {200})
    assert len(mails_to(embedded, "lost-bob@example.org")) == 1
    assert mails_to(embedded, "another@example.org") == []


def test_nobody_is_sent_mail_without_end(browser: Callable[..., WebApp]) -> None:
    site = browser()
    for _ in range(LOST_PASSWORD.pair):
        assert ask(site, "lost-nobody", "x@example.org").status_int == 200
    paused = ask(site, "lost-nobody", "x@example.org")
    assert paused.status_int == 429
    assert int(paused.headers["Retry-After"]) > 0
    # It has nothing to do with logging in.
    assert site.log_in_form("lost-nobody", "wrong").status_int == 403


@pytest.mark.parametrize(
    ("username", "address"),
    [
        ("", "a@b.c"),
        ("ann", ""),
        ("ann", "no address"),
        ("a" * 256, "a@b.c"),
        ("ann", "a@b\nBcc: c@d.e"),
        ("a\0", "a@b.c"),
    ],
    ids=repr,
)
def test_what_is_no_name_or_address_is_refused(testapp: WebApp, username: str, address: str) -> None:
    token = testapp.get(FORM).forms[0]["csrfmiddlewaretoken"].value
    fields = {"username": username, "email": address, "csrfmiddlewaretoken": token}
    assert "Enter your user name and your e-mail address." in testapp.post(FORM, fields, status=400).text
    assert testapp.ice_calls == 0


def test_only_the_sites_own_form_may_ask(testapp: WebApp) -> None:
    fields = {"username": "root", "email": "root@example.org"}
    assert testapp.post(FORM, fields, xhr=True, status=403).json["message"].startswith("CSRF Failed: ")
    assert testapp.get(f"{FORM}?username=root&email=root@example.org").forms[0]["username"].value == ""
    assert testapp.ice_calls == 0


def test_a_site_need_not_offer_it(browser: Callable[..., WebApp]) -> None:
    site = browser(omero__web__show_forgot_password="false")
    login = site.get("/webclient/login/")
    assert "Forgotten your password" not in login.text
    site.get(FORM, status=404)
    token = login.forms[0]["csrfmiddlewaretoken"].value
    fields = {"username": "root", "email": "root@example.org", "csrfmiddlewaretoken": token}
    site.post(FORM, fields, status=404)


def test_an_omero_that_is_down_is_no_matter_of_the_answer(
    browser: Callable[..., WebApp], caplog: pytest.LogCaptureFixture
) -> None:
    site = browser(**{"omero.web.server_list": '[["127.0.0.1", 1, "nothing"]]'})
    assert ask(site, "ann", "ann@example.org").status_int == 200
    assert wait_until(lambda: "a lost password could not be asked for" in caplog.messages)
    assert site.app.registry[LOST]._free._value == 50


def test_the_log_in_page_shows_the_sites_logo_and_servers(
    browser: Callable[..., WebApp], embedded: EmbeddedServer
) -> None:
    servers = f'[["127.0.0.1", {embedded.ssl_port}, "First"], ["127.0.0.1", 1, "<Second>"]]'
    logo = "https://images.example.org/logo.png?a=1&b=2"
    site = browser(**{"omero.web.server_list": servers, "omero.web.login_logo": logo})
    page = site.get("/webclient/login/?server=2")
    assert page.html.find("img", class_="login-logo")["src"] == logo
    assert "img-src 'self' data: blob: https://images.example.org" in page.headers["Content-Security-Policy"]
    options = [(one["value"], one.text, one.has_attr("selected")) for one in page.html.find_all("option")]
    assert options == [("1", "First", False), ("2", "<Second>", True)]
    form = page.forms[0]
    form["username"], form["password"] = "root", "omero"
    down = form.submit(expect_errors=True)
    assert down.status_int == 503
    assert "The OMERO server does not answer" in down.text
    assert down.forms[0]["server"].value == "2"
    form["server"] = "1"
    assert form.submit().status_int == 303
    for wrong in ("0", "3", "-1", "x", "٣"):
        answer = site.post("/webclient/login/", {"server": wrong}, headers=site.csrf(), xhr=True, status=400)
        assert answer.json["message"] == "There is no such server."


def test_an_inactive_user_is_told(testapp: WebApp, omero_data: OmeroData, gateway: Any) -> None:
    deactivate(gateway, omero_data.add_user("login-inactive"))
    answer = testapp.log_in_form("login-inactive", "omero")
    assert answer.status_int == 403
    assert "This user is not active. Ask your administrator." in answer.text
    assert "The user name or the password is wrong." in testapp.log_in_form("login-inactive", "wrong").text
