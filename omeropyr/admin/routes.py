"""The addresses of administration, as OMERO.web's programs know them, and ours beside them."""

from __future__ import annotations

from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.events import BeforeRender
from pyramid.renderers import get_renderer

from omeropyr.admin.charts import Charts
from omeropyr.admin.navigation import navigation
from omeropyr.admin.views.drive_space import CHARTS
from omeropyr.security.permissions import Permission

ADMIN = Permission.ADMIN
_ID = "{id:[0-9]+}"


class Address(NamedTuple):
    """A route below /webadmin, its method, its view in ``omeropyr.admin.views``, who may come, and what renders it."""

    name: str
    pattern: str
    method: str
    view: str
    permission: Permission | None = None
    renderer: str | None = None


ADDRESSES = (
    Address("index", "/", "GET", "users.index"),
    Address("login", "/login/", "GET", "users.go_to_log_in"),
    Address("logout", "/logout/", "GET", "users.go_to_log_out"),
    Address("experimenters", "/experimenters/", "GET", "users.experimenters", ADMIN, "users.pt"),
    Address("experimenter_new", "/experimenter/new/", "GET", "users.new", ADMIN, "user.pt"),
    Address("experimenter_create", "/experimenter/create/", "POST", "users.create", ADMIN, "user.pt"),
    Address("experimenter_edit", f"/experimenter/edit/{_ID}/", "GET", "users.edit", ADMIN, "user.pt"),
    Address("experimenter_save", f"/experimenter/save/{_ID}/", "POST", "users.save", ADMIN, "user.pt"),
    Address("experimenter_other", "/experimenter/{action:[a-z]+}/", "GET", "users.go_to_users", ADMIN),
    Address("groups", "/groups/", "GET", "groups.groups", ADMIN, "groups.pt"),
    Address("group_new", "/group/new/", "GET", "groups.new", ADMIN, "group.pt"),
    Address("group_create", "/group/create/", "POST", "groups.create", ADMIN, "group.pt"),
    Address("group_edit", f"/group/edit/{_ID}/", "GET", "groups.edit", ADMIN, "group.pt"),
    Address("group_save", f"/group/save/{_ID}/", "POST", "groups.save", ADMIN, "group.pt"),
    Address("group_other", "/group/{action:[a-z]+}/", "GET", "groups.go_to_groups", ADMIN),
    Address("group_owner_edit", f"/group_owner/edit/{_ID}/", "GET", "groups.owner_edit", None, "group.pt"),
    Address("group_owner_save", f"/group_owner/save/{_ID}/", "POST", "groups.owner_save", None, "group.pt"),
    Address("myaccount", "/myaccount/", "GET", "account.my_account", None, "account.pt"),
    Address("myaccount_save", "/myaccount/save/", "POST", "account.save", None, "account.pt"),
    Address("myaccount_other", "/myaccount/{action:[a-z]+}/", "GET", "account.go_to_account"),
    Address("change_password", f"/change_password/{_ID}/", "GET", "account.show_password", None, "password.pt"),
    Address("change_password", f"/change_password/{_ID}/", "POST", "account.save_password", None, "password.pt"),
    Address("change_avatar", f"/change_avatar/{_ID}/", "GET", "account.show_picture", None, "avatar.pt"),
    Address("avatar_upload", f"/change_avatar/{_ID}/upload/", "POST", "account.upload_picture", None, "avatar.pt"),
    Address("avatar_delete", f"/change_avatar/{_ID}/deletephoto/", "POST", "account.delete_picture"),
    Address("myphoto", "/myphoto/", "GET", "account.my_photo"),
    Address("stats", "/stats/", "GET", "drive_space.stats", None, "drive_space.pt"),
    Address("stats_chart", "/stats/chart.{format:[a-z]+}", "GET", "drive_space.chart"),
    Address("stats_table", "/stats/table.csv", "GET", "drive_space.table"),
    Address("drivespace_groups", "/drivespace_json/groups/", "GET", "drive_space.json_groups", None, "json"),
    Address("drivespace_users", "/drivespace_json/users/", "GET", "drive_space.json_users", None, "json"),
    Address("drivespace_group", f"/drivespace_json/group/{_ID}/", "GET", "drive_space.json_group", None, "json"),
    Address("drivespace_user", f"/drivespace_json/user/{_ID}/", "GET", "drive_space.json_user", None, "json"),
    Address("email", "/email/", "GET", "email.show", ADMIN, "email.pt"),
    Address("email", "/email/", "POST", "email.submit", ADMIN, "email.pt"),
    Address("imports", "/import/", "GET", "imports.show", ADMIN, "imports.pt"),
    Address("imports_preview", "/import/preview/", "POST", "imports.preview", ADMIN, "imports_preview.pt"),
    Address("imports_run", "/import/run/", "POST", "imports.run", ADMIN, "imports_done.pt"),
    Address("imports_failed", "/import/failed/", "POST", "imports.save_failed", ADMIN),
    Address("imports_example", "/import/example.csv", "GET", "imports.example", ADMIN),
    Address("addons", "/addons/", "GET", "site.addons", ADMIN, "addons.pt"),
    Address("find_users", "/find/users/", "GET", "users.find_users", ADMIN, "json"),
    Address("find_groups", "/find/groups/", "GET", "users.find_groups", ADMIN, "json"),
)


def includeme(config: Configurator) -> None:
    """Add the routes and views, and the link at the top of the pages."""
    config.registry[CHARTS] = Charts()
    for name, pattern in dict.fromkeys((one.name, one.pattern) for one in ADDRESSES):
        config.add_route(f"admin.{name}", f"/webadmin{pattern}")
    for one in ADDRESSES:
        name = f"admin.{one.name}"
        renderer = (
            f"omeropyr.admin:templates/{one.renderer}" if one.renderer and one.renderer != "json" else one.renderer
        )
        options = {} if one.permission is None else {"permission": one.permission}
        config.add_view(
            f"omeropyr.admin.views.{one.view}", route_name=name, request_method=one.method, renderer=renderer, **options
        )
    config.add_request_method(navigation, "admin_navigation", reify=True)
    config.add_subscriber(add_frame, BeforeRender)
    config.add_nav_link("admin.index", "Administration", route="admin.index", permission=ADMIN, order=90)


def add_frame(event: BeforeRender) -> None:
    """``admin_frame``, a macro with the navigation: pages of other add-ons that ``add_admin_page`` names fill it."""
    if event["request"] is not None and str(event.get("renderer_name", "")).endswith(".pt"):
        event["admin_frame"] = get_renderer("omeropyr.admin:templates/frame.pt").implementation()
