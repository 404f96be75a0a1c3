"""Where the add-on shows up: every directive of the contract once."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.addons.events import AnnotationsChanged, ObjectsDeleted, UserLoggedIn, UserLoggedOut
from omeropyr_panel import views
from omeropyr_panel.tally import TALLY, Tally

ROUTES = {
    "index": "/",
    "viewer": r"/view/{iid:\d+}/",
    "right": "/right/",
    "centre": "/centre/",
    "admin": "/admin/",
    "welcome": "/welcome/",
}


def includeme(config: Configurator) -> None:
    """Called once at the start, if a site has switched the add-on on."""
    for name, pattern in ROUTES.items():
        config.add_route(f"panel.{name}", pattern)
    _add_views(config)

    config.add_nav_link("panel.index", "Facts", route="panel.index")
    config.add_open_with("panel.index", "Facts", route="panel.index", supports=("images",))
    config.add_viewer("panel.viewer", "Plain picture", route="panel.viewer", order=900)
    config.add_panel("panel.right", "Facts", route="panel.right", supports=("images",))
    config.add_panel("panel.centre", "Table", route="panel.centre", where="center", supports=("dataset",))
    config.add_admin_page("panel.admin", "Tally", route="panel.admin", permission="admin")
    config.add_start_page("panel.welcome", "Welcome", route="panel.welcome")
    config.override_template("web/logout.pt", "omeropyr_panel:templates/logout.pt")
    config.add_public_view("panel.right")
    config.add_csp(img_src=["https://tiles.example.org"])

    tally = config.registry[TALLY] = Tally()
    config.add_health_check("panel.tally", tally.check)
    for event in (UserLoggedIn, UserLoggedOut, ObjectsDeleted, AnnotationsChanged):
        config.add_subscriber(tally.note, event)


def _add_views(config: Configurator) -> None:
    for name in ("index", "viewer", "right", "centre"):
        view = getattr(views, f"show_{name}")
        page = f"templates/{name}.pt"
        config.add_view(view, route_name=f"panel.{name}", request_method="GET", renderer=page)
    config.add_view(
        views.show_admin,
        route_name="panel.admin",
        request_method="GET",
        renderer="templates/admin.pt",
        permission="admin",
    )
    config.add_view(
        views.show_welcome,
        route_name="panel.welcome",
        request_method="GET",
        renderer="templates/welcome.pt",
        permission=NO_PERMISSION_REQUIRED,
    )
