"""E-mails to users and groups, which OMERO sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import omero

from omeropyr.admin.forms import Form, is_email
from omeropyr.admin.group_names import groups_named, users_named
from omeropyr.admin.jobs import wait_for
from omeropyr.connection.query import rows

LONGEST_SUBJECT = 100
LONGEST_MESSAGE = 20_000
MAIL = "omero.mail.config"


@dataclass(frozen=True)
class Message:
    """An e-mail and whom it is for."""

    subject: str
    body: str
    everyone: bool
    inactive: bool
    users: tuple[int, ...]
    groups: tuple[int, ...]
    cc: tuple[str, ...]


@dataclass(frozen=True)
class Sent:
    """What became of it; *no_address* are user names, *bad* addresses that the server could not send to."""

    total: int
    success: int
    no_address: tuple[str, ...]
    bad: tuple[str, ...]


def can_send(conn: Any) -> bool:
    """Whether the server is set up for mail: one Ice call."""
    return str(conn.getConfigService().getConfigValue(MAIL) or "").lower() == "true"


def read_message(conn: Any, form: Form) -> Message | None:
    """What the form asks for; None where it has errors."""
    subject = form.text("subject", "a subject", required=True, longest=LONGEST_SUBJECT)
    body = form.value("message").strip()
    if not body:
        form.fail("message", "Enter a message.")
    elif len(body) > LONGEST_MESSAGE:
        form.fail("message", f"At most {LONGEST_MESSAGE} characters.")
    everyone = form.ticked("everyone")
    users, missing = users_named(conn, form.names("users"))
    if missing:
        form.fail("users", f"There is no user {', '.join(missing)}.")
    groups, missing = groups_named(conn, form.names("to_groups"))
    if missing:
        form.fail("to_groups", f"There is no group {', '.join(missing)}.")
    cc = form.names("cc")
    wrong = [one for one in cc if not is_email(one)]
    if wrong:
        form.fail("cc", f"This is no e-mail address: {', '.join(wrong)}.")
    user_ids = tuple(dict.fromkeys([*form.ids("experimenters"), *users.values()]))
    group_ids = tuple(dict.fromkeys([*form.ids("groups"), *groups.values()]))
    if not (everyone or user_ids or group_ids or cc):
        form.fail("users", "Say who gets the e-mail.")
    if not form.ok:
        return None
    return Message(subject, body, everyone, form.ticked("inactive"), user_ids, group_ids, tuple(cc))


def send(conn: Any, message: Message) -> Sent:
    """Have OMERO send it, a mail for each; what OMERO raises passes through. Two Ice calls and waiting."""
    command = omero.cmd.SendEmailRequest(
        subject=message.subject,
        body=message.body,
        html=False,
        userIds=list(message.users),
        groupIds=list(message.groups),
        extra=list(message.cc),
        inactive=message.inactive,
        everyone=message.everyone,
    )
    answer = wait_for(conn, command)
    ids = [int(one) for one in answer.invalidusers or ()]
    hql = "select e.omeName from Experimenter e where e.id in (:ids) order by lower(e.omeName)"
    names = [str(row[0]) for row in rows(conn, hql, ids=ids)] if ids else []
    return Sent(int(answer.total), int(answer.success), tuple(names), tuple(answer.invalidemails or ()))
