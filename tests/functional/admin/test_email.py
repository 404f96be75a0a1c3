"""E-mail: who gets it, and what is told where nothing can be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp

Fresh = Callable[[str], str]


@pytest.fixture
def mail_on(gateway: Any) -> Iterator[None]:
    gateway.getConfigService().setConfigValue("omero.mail.config", "true")
    yield
    gateway.getConfigService().setConfigValue("omero.mail.config", "false")


def mails(server: EmbeddedServer) -> dict[str, Any]:
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in (server.data / "Mail").glob("*.eml")]
    return {mail["To"]: mail for mail in found}


def email_form(admin: WebApp) -> Any:
    return next(form for form in admin.get("/webadmin/email/").forms.values() if "subject" in form.fields)


@pytest.mark.usefixtures("mail_on")
def test_users_groups_and_further_addresses_get_it(
    admin: WebApp,
    embedded: EmbeddedServer,
    omero_data: OmeroData,
    fresh: Fresh,
    set_email: Callable[[int, str], None],
) -> None:
    group, word = fresh("readers"), fresh("mail")
    group_id = omero_data.add_group(group)
    named, member, silent = (fresh(name) for name in ("named", "member", "silent"))
    set_email(omero_data.add_user(named), f"{named}@example.org")
    set_email(omero_data.add_user(member, group_id), f"{member}@example.org")
    omero_data.add_user(silent, group_id)
    form = email_form(admin)
    form["users"], form["to_groups"], form["cc"] = named, group, f"{word}@example.org"
    form["subject"], form["message"] = word, "Grüße\nan alle"
    page = form.submit(status=303).follow()
    assert f"3 of 3 e-mails are on their way. Without a usable address: {silent}." in page.text
    got = {address: mail for address, mail in mails(embedded).items() if mail["Subject"] == word}
    assert set(got) == {f"{named}@example.org", f"{member}@example.org", f"{word}@example.org"}
    assert got[f"{named}@example.org"].get_content().strip().splitlines() == ["Grüße", "an alle"]


@pytest.mark.usefixtures("mail_on")
def test_everyone_with_and_without_the_inactive(
    admin: WebApp,
    embedded: EmbeddedServer,
    omero_data: OmeroData,
    fresh: Fresh,
    set_email: Callable[[int, str], None],
    gateway: Any,
) -> None:
    name = fresh("sleeping")
    user = omero_data.add_user(name)
    set_email(user, f"{name}@example.org")
    service = gateway.getAdminService()
    service.removeGroups(service.getExperimenter(user), [service.lookupGroup("user")])
    for inactive in (False, True):
        form = email_form(admin)
        form["everyone"], form["inactive"] = True, inactive
        form["subject"], form["message"] = f"{name} {inactive}", "text"
        form.submit(status=303)
        assert (f"{name}@example.org" in mails(embedded)) == inactive


@pytest.mark.usefixtures("mail_on")
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("subject", "", "Enter a subject."),
        ("subject", "x" * 101, "At most 100 characters."),
        ("message", " ", "Enter a message."),
        ("users", "no-such-user", "There is no user no-such-user."),
        ("to_groups", "no-such-group", "There is no group no-such-group."),
        ("cc", "no address", "This is no e-mail address: no address."),
        ("users", "", "Say who gets the e-mail."),
    ],
    ids=lambda value: value[:12],
)
def test_what_is_wrong_is_told(admin: WebApp, field: str, value: str, words: str) -> None:
    form = email_form(admin)
    form["users"], form["subject"], form["message"] = "root", "subject", "message"
    form[field] = value
    page = form.submit(expect_errors=True)
    assert page.status_int == 400
    assert page.html.find(id=f"{field}-error").get_text() == words


def test_a_server_without_mail_says_so(admin: WebApp, embedded: EmbeddedServer) -> None:
    assert "This OMERO server sends no e-mails" in admin.get("/webadmin/email/").text
    before = len(mails(embedded))
    sent = {"everyone": "on", "subject": "a", "message": "b"}
    admin.post("/webadmin/email/", sent, headers=admin.csrf(), status=400)
    assert len(mails(embedded)) == before
