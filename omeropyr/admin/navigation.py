"""The pages of administration beside each other: ours, and those that other add-ons bring."""

from __future__ import annotations

from typing import NamedTuple

from pyramid.request import Request

from omeropyr.security.permissions import Permission

KEY = "omeropyr.admin.section"


class Page(NamedTuple):
    """A page: *section* is what a template calls itself, *permission* who may see it."""

    section: str
    title: str
    route: str
    permission: str


PAGES = (
    Page("users", "Users", "admin.experimenters", Permission.ADMIN.value),
    Page("groups", "Groups", "admin.groups", Permission.ADMIN.value),
    Page("imports", "Import users", "admin.imports", Permission.ADMIN.value),
    Page("email", "E-mail", "admin.email", Permission.ADMIN.value),
    Page("drive_space", "Drive space", "admin.stats", Permission.LOGIN.value),
    Page("addons", "Add-ons and health", "admin.addons", Permission.ADMIN.value),
    Page("account", "My account", "admin.myaccount", Permission.LOGIN.value),
)


class Entry(NamedTuple):
    """A link of the navigation."""

    title: str
    url: str
    current: bool


def navigation(request: Request) -> list[Entry]:
    """``request.admin_navigation``: the pages that this user may see, those of other add-ons included."""
    section = request.environ.get(KEY)
    own = [
        Entry(page.title, request.route_path(page.route), page.section == section)
        for page in PAGES
        if request.has_permission(page.permission)
    ]
    brought = [Entry(page.title, page.url, page.current) for page in request.admin_pages]
    return [*own[:-1], *brought, own[-1]]


def shown(request: Request, section: str, **values: object) -> dict[str, object]:
    """What a template of this add-on gets: the icons, the words of the last change, and *values*."""
    request.environ[KEY] = section
    session = request.session
    flashes = session.pop_flash(section) if session.peek_flash(section) else []
    icons = request.static_path("omeropyr:web/static/icons.svg")
    return {"flashes": flashes, "icons": icons, **values}


def say(request: Request, section: str, message: str) -> None:
    """Show *message* on the next page of *section*, after a redirect."""
    request.session.flash(message, section)
