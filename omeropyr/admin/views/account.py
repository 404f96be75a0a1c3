"""One's own account, passwords and one's picture."""

from __future__ import annotations

from typing import Any

import omero
from pyramid.httpexceptions import HTTPFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.admin import pictures
from omeropyr.admin.accounts import Account, find_account
from omeropyr.admin.actor import Actor, read_actor
from omeropyr.admin.forms import Form, check_password
from omeropyr.admin.my_account import change_own_password, change_password_of, own_form, own_steps
from omeropyr.admin.navigation import say, shown
from omeropyr.admin.sessions import end_other_sessions
from omeropyr.admin.steps import Refused, Step, carry_out
from omeropyr.connection.attachments import original_file
from omeropyr.errors import Forbidden, InvalidInput, ObjectNotFound, OmeropyrError
from omeropyr.marshal.numbers import MAX_ID, finite, integer
from omeropyr.web.downloads import send_original

SECTION = "account"
OWN_LDAP = "You log in by LDAP: your password is changed there."
WRONG = "OMERO does not accept this password. After a wrong one it waits for a few seconds."
LDAP = "This user logs in by LDAP: the password is changed there."


def my_account(request: Request) -> dict[str, object]:
    """The form of one's own account."""
    account = find_account(request.conn, request.omero.user_id)
    return _shown(request, account, own_form(account))


def save(request: Request) -> Any:
    """Change one's own account, or show the form again."""
    account = find_account(request.conn, request.omero.user_id)
    form = Form.sent(request.POST)
    steps = own_steps(request.conn, account, form)
    problem = "Nothing was saved yet: see the fields marked below."
    status = 400
    if steps is not None:
        try:
            carry_out(read_actor(request.conn), steps)
        except Refused as refused:
            problem, status = refused.message, refused.status
        else:
            say(request, SECTION, "Your account was saved." if steps else "Nothing was changed.")
            return HTTPSeeOther(location=request.route_path("admin.myaccount"))
    request.response.status_int = status
    return _shown(request, account, form, problem)


def go_to_account(request: Request) -> Response:
    """Any other action leads to the form, as in OMERO.web."""
    return HTTPFound(location=request.route_path("admin.myaccount"))


def show_password(request: Request) -> dict[str, object]:
    """The form for a new password: one's own, or for administrators another user's."""
    actor, account = _whose(request)
    return _password_shown(request, actor, account, Form())


def save_password(request: Request) -> Any:
    """Change a password, or show the form again."""
    actor, account = _whose(request)
    form = Form.sent(request.POST)
    old, own = form.value("old_password"), account.row.id == actor.user_id
    if not old:
        form.fail("old_password", "Enter your present password." if own else "Enter your own password.")
    new = check_password(form)
    problem, status = "Nothing was saved yet: see the fields marked below.", 400
    if account.row.ldap:
        problem, status = OWN_LDAP if own else LDAP, 403
    elif form.ok:
        try:
            _change_password(request, actor, account, old, new)
        except omero.SecurityViolation:
            form.fail("old_password", WRONG)
            status = 403
        except Refused as refused:
            problem, status = refused.message, refused.status
        else:
            end_other_sessions(request.conn, account.row.id)
            return _password_saved(request, account, own=own)
    request.response.status_int = status
    return _password_shown(request, actor, account, form, problem)


def _change_password(request: Request, actor: Actor, account: Account, old: str, new: str) -> None:
    conn = request.conn
    if account.row.id == actor.user_id:
        change_own_password(conn, old, new)
        return
    conn.factory.setSecurityPassword(old)
    words = "change the password"
    step = Step(words, "ModifyUser", lambda: change_password_of(conn, account.row.name, new))
    carry_out(actor, [step])


def _password_saved(request: Request, account: Account, *, own: bool) -> Response:
    if own:
        say(request, SECTION, "Your password was changed. Wherever else you were logged in, you are no more.")
        return HTTPSeeOther(location=request.route_path("admin.myaccount"))
    say(request, "users", f"The password of {account.row.name} was changed.")
    return HTTPSeeOther(location=request.route_path("admin.experimenter_edit", id=account.row.id))


def _whose(request: Request) -> tuple[Actor, Account]:
    """Who is at work, and whose password it is; Forbidden for another user's to who is no administrator."""
    user_id = _id(request)
    actor = read_actor(request.conn)
    if user_id != actor.user_id and not actor.is_admin:
        raise Forbidden("Only administrators change another user's password.")
    return actor, find_account(request.conn, user_id)


def show_picture(request: Request) -> dict[str, object]:
    """The form for one's picture."""
    _own_only(request)
    return shown(request, SECTION, **_picture(request), problem=None)


def upload_picture(request: Request) -> Any:
    """Take a picture, cropped to a square."""
    _own_only(request)
    sent = request.POST.get("photo")
    try:
        if not hasattr(sent, "file"):
            raise InvalidInput("Choose a picture first.")
        with sent.file as stream:
            data = stream.read(pictures.MOST_BYTES + 1)
        pictures.upload(request.conn, pictures.square(data, _box(request)))
    except OmeropyrError as error:
        request.response.status_int = error.status
        return shown(request, SECTION, **_picture(request), problem=error.message)
    say(request, SECTION, "Your picture was changed.")
    return HTTPSeeOther(location=request.route_path("admin.change_avatar", id=request.omero.user_id))


def delete_picture(request: Request) -> Response:
    """Take one's picture away."""
    _own_only(request)
    found = pictures.own_picture(request.conn, request.omero.user_id)
    if found is not None:
        pictures.remove(request.conn, found[0])
        say(request, SECTION, "Your picture was deleted.")
    return HTTPSeeOther(location=request.route_path("admin.change_avatar", id=request.omero.user_id))


def my_photo(request: Request) -> Response:
    """One's own picture; 404 where there is none."""
    found = pictures.own_picture(request.conn, request.omero.user_id)
    if found is None:
        raise ObjectNotFound("You have no picture.")
    return send_original(request, original_file(request.conn, found[1]), show=True)


def _own_only(request: Request) -> None:
    if _id(request) != request.omero.user_id:
        raise Forbidden("Everybody chooses their own picture only.")


def _box(request: Request) -> pictures.Box | None:
    texts = [request.POST.get(name, "") for name in ("crop_x", "crop_y", "crop_size")]
    if not any(texts):
        return None
    numbers = [finite(text) for text in texts]
    if any(number is None or not 0 <= number <= 100 for number in numbers):
        raise InvalidInput("The part of the picture is not given by numbers.")
    left, top, side = (float(number or 0) for number in numbers)
    return left, top, side


def _picture(request: Request) -> dict[str, object]:
    found = pictures.own_picture(request.conn, request.omero.user_id)
    return {"picture": found and found[1], "user_id": request.omero.user_id}


def _shown(request: Request, account: Account, form: Form, problem: str | None = None) -> dict[str, object]:
    found = pictures.own_picture(request.conn, account.row.id)
    return shown(
        request, SECTION, account=account, form=form, problem=problem, picture=found and found[1], own_ldap=OWN_LDAP
    )


def _password_shown(
    request: Request, actor: Actor, account: Account, form: Form, problem: str | None = None
) -> dict[str, object]:
    own = account.row.id == actor.user_id
    back = request.route_path("admin.myaccount")
    if not own:
        back = request.route_path("admin.experimenter_edit", id=account.row.id)
    locked = (OWN_LDAP if own else LDAP) if account.row.ldap else None
    section = SECTION if own else "users"
    return shown(request, section, account=account, form=form, own=own, problem=problem, back=back, locked=locked)


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
