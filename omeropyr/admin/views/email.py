"""E-mail to users and groups."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from omeropyr.admin.actor import require_admin
from omeropyr.admin.forms import Form
from omeropyr.admin.mails import LONGEST_SUBJECT, Sent, can_send, read_message, send
from omeropyr.admin.navigation import say, shown
from omeropyr.admin.steps import Refused, Step, carry_out

SECTION = "email"


def show(request: Request) -> dict[str, object]:
    """The form."""
    require_admin(request.conn)
    return _shown(request, Form(), ready=can_send(request.conn))


def submit(request: Request) -> Any:
    """Send, or show the form again."""
    actor = require_admin(request.conn)
    form = Form.sent(request.POST)
    ready = can_send(request.conn)
    message = read_message(request.conn, form) if ready else None
    problem, status = "Nothing was sent yet: see the fields marked below.", 400
    if message is not None:
        sent: list[Sent] = []
        try:
            carry_out(actor, [Step("send the e-mail", None, lambda: sent.append(send(request.conn, message)))])
        except Refused as refused:
            problem, status = refused.message, refused.status
        else:
            say(request, SECTION, _words(sent[0]))
            return HTTPSeeOther(location=request.route_path("admin.email"))
    request.response.status_int = status
    return _shown(request, form, ready=ready, problem=problem if ready else None)


def _words(sent: Sent) -> str:
    words = f"{sent.success} of {sent.total} e-mails are on their way."
    if sent.no_address:
        shown_names = ", ".join(sent.no_address[:20])
        more = f" and {len(sent.no_address) - 20} more" if len(sent.no_address) > 20 else ""
        words += f" Without a usable address: {shown_names}{more}."
    return words + (f" Not sent: {', '.join(sent.bad[:20])}." if sent.bad else "")


def _shown(request: Request, form: Form, *, ready: bool, problem: str | None = None) -> dict[str, object]:
    return shown(
        request,
        SECTION,
        form=form,
        ready=ready,
        problem=problem,
        longest=LONGEST_SUBJECT,
        suggest_users=request.route_path("admin.find_users"),
        suggest_groups=request.route_path("admin.find_groups"),
    )
