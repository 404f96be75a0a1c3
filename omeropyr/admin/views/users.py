"""The list of users, and the forms that make and change one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pyramid.httpexceptions import HTTPFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.admin.accounts import Account, change_steps, create_steps, find_account, locks
from omeropyr.admin.actor import Actor, require_admin
from omeropyr.admin.forms import Form
from omeropyr.admin.group_names import suggest_groups, suggest_users
from omeropyr.admin.navigation import say, shown
from omeropyr.admin.paging import Pager, page_number
from omeropyr.admin.privileges import PRIVILEGES
from omeropyr.admin.steps import Refused, carry_out
from omeropyr.admin.user_form import NO_LOCKS, first_form, read_user, was_groups
from omeropyr.admin.users import SHOWS, SORTS, Membership, Query, list_users
from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import MAX_ID, integer

SECTION = "users"
LONGEST_SEARCH = 200
SHOW_WORDS = {"all": "All users", "active": "Active", "inactive": "Inactive", "admins": "Administrators"}
ROLE_WORDS = {
    "user": "User",
    "administrator": "Administrator",
    "restricted_administrator": "Administrator with restricted privileges",
}
COLUMNS = (
    ("name", "User name", "name"),
    ("last", "Name", "last"),
    ("email", "E-mail", "email"),
    ("role", "Role", None),
    ("state", "State", None),
    ("groups", "Groups", None),
    ("id", "Id", "id"),
)


class Column(NamedTuple):
    """The head of a column; *state* is what it sorts by now, if it does."""

    name: str
    title: str
    url: str | None
    state: str | None


def index(request: Request) -> Response:
    """``/webadmin/``: to the users, or to one's own account."""
    route = "admin.experimenters" if request.omero.is_admin else "admin.myaccount"
    return HTTPFound(location=request.route_path(route))


def go_to_log_in(request: Request) -> Response:
    """OMERO.web's second address of the log-in."""
    return HTTPFound(location=request.route_path("login"))


def go_to_log_out(request: Request) -> Response:
    """OMERO.web's second address of the log-out, which asks first."""
    return HTTPFound(location=request.route_path("logout"))


def go_to_users(request: Request) -> Response:
    """Any other action leads to the list, as in OMERO.web."""
    return HTTPFound(location=request.route_path("admin.experimenters"))


def experimenters(request: Request) -> dict[str, object]:
    """The list of users."""
    query = _query(request)
    users, total = list_users(request.conn, query, request.omero.user_id)
    sort = f"-{query.sort}" if query.descending else query.sort
    columns = [_column(request, query, *one) for one in COLUMNS]
    return shown(
        request,
        SECTION,
        users=users,
        total=total,
        query=query,
        sort=sort,
        columns=columns,
        shows=list(SHOW_WORDS.items()),
        pager=Pager(query.page, total),
        page_url=_addresses(request, query, sort),
    )


def new(request: Request) -> dict[str, object]:
    """An empty form for a user."""
    actor = require_admin(request.conn)
    form = Form({"active": "on", "role": "user"})
    return _shown(request, actor, form, None, ())


def create(request: Request) -> Any:
    """Make a user, or show the form again."""
    actor = require_admin(request.conn)
    form = Form.sent(request.POST)
    wanted, password = read_user(request.conn, form, actor, None)
    if wanted is None:
        return _again(request, actor, form, None, ())
    steps, made = create_steps(request.conn, wanted, password)
    try:
        carry_out(actor, steps)
    except Refused as refused:
        return _again(request, actor, form, None, (), refused)
    say(request, SECTION, f"The user {wanted.name} was created.")
    return HTTPSeeOther(location=request.route_path("admin.experimenter_edit", id=made[0]))


def edit(request: Request) -> dict[str, object]:
    """The form of a user."""
    actor = require_admin(request.conn)
    account = find_account(request.conn, _id(request))
    return _shown(request, actor, first_form(account), account, account.row.groups)


def save(request: Request) -> Any:
    """Change a user, or show the form again."""
    actor = require_admin(request.conn)
    account = find_account(request.conn, _id(request))
    form = Form.sent(request.POST)
    wanted, _ = read_user(request.conn, form, actor, account)
    if wanted is None:
        return _again(request, actor, form, account, account.row.groups)
    steps = change_steps(request.conn, account, wanted)
    try:
        carry_out(actor, steps)
    except Refused as refused:
        return _again(request, actor, form, account, account.row.groups, refused)
    say(request, SECTION, f"{wanted.name} was saved." if steps else "Nothing was changed.")
    return HTTPSeeOther(location=request.route_path("admin.experimenter_edit", id=account.row.id))


def find_users(request: Request) -> dict[str, object]:
    """Users whose names hold ``q``, for fields that complete what is typed."""
    require_admin(request.conn)
    return {"found": suggest_users(request.conn, _search(request))}


def find_groups(request: Request) -> dict[str, object]:
    """Groups whose names hold ``q``."""
    require_admin(request.conn)
    return {"found": suggest_groups(request.conn, _search(request))}


def _query(request: Request) -> Query:
    sort = request.GET.get("sort", "name")
    show = request.GET.get("show", "all")
    descending = sort.startswith("-")
    if sort.lstrip("-") not in SORTS or show not in SHOWS:
        raise InvalidInput("sort or show is not one of this list's.")
    page = page_number(request.GET.get("page", ""))
    return Query(_search(request), show, sort.lstrip("-"), descending, page)


def _search(request: Request) -> str:
    text = request.GET.get("q", "").strip()
    if len(text) > LONGEST_SEARCH or not text.isprintable():
        raise InvalidInput(f"q must be at most {LONGEST_SEARCH} characters")
    return str(text)


def _column(request: Request, query: Query, name: str, title: str, sort: str | None) -> Column:
    if sort is None:
        return Column(name, title, None, None)
    current = query.sort == sort
    wanted = f"-{sort}" if current and not query.descending else sort
    url = request.route_path("admin.experimenters", _query={"q": query.text, "show": query.show, "sort": wanted})
    return Column(name, title, url, ("descending" if query.descending else "ascending") if current else None)


def _addresses(request: Request, query: Query, sort: str) -> Callable[[int], str]:
    def address(page: int) -> str:
        asked = {"q": query.text, "show": query.show, "sort": sort, "page": page}
        return str(request.route_path("admin.experimenters", _query=asked))

    return address


def _again(
    request: Request,
    actor: Actor,
    form: Form,
    account: Account | None,
    groups: tuple[Membership, ...],
    refused: Refused | None = None,
) -> dict[str, object]:
    request.response.status_int = refused.status if refused else 400
    problem = refused.message if refused else "Nothing was saved yet: see the fields marked below."
    return _shown(request, actor, form, account, groups, problem)


def _shown(
    request: Request,
    actor: Actor,
    form: Form,
    account: Account | None,
    groups: tuple[Membership, ...],
    problem: str | None = None,
) -> dict[str, object]:
    if account is None:
        action, heading = request.route_path("admin.experimenter_create"), "New user"
    else:
        action = request.route_path("admin.experimenter_save", id=account.row.id)
        heading = account.row.full_name or account.row.name
        form.set("was_groups", was_groups(account))
    return shown(
        request,
        SECTION,
        actor=actor,
        form=form,
        account=account,
        groups=groups,
        problem=problem,
        action=action,
        heading=heading,
        locks=locks(account, actor) if account else NO_LOCKS,
        roles=list(ROLE_WORDS.items()),
        privileges=PRIVILEGES,
        suggest_groups=request.route_path("admin.find_groups"),
    )


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
