"""The directives for panels, administration, start page, templates, public views and events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyramid.request import Request
from webtest import TestApp

from omeropyr.addons.contribute import contributions
from omeropyr.addons.events import AnnotationsChanged, ObjectsDeleted, UserLoggedIn, announce
from omeropyr.addons.overrides import specs
from omeropyr.addons.panels import AdminPage, Panel
from omeropyr.addons.public import public_routes

MakeApp = Callable[..., TestApp]
MakeAddon = Callable[..., None]


def test_panels_and_pages_come_in_their_order(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon(
        "figure",
        includeme="config.add_route('figure.a', '/a/');"
        " config.add_panel('figure.b', 'Beta', 'figure.a', supports=['image', 'well']);"
        " config.add_panel('figure.a', 'Alpha', 'figure.a', where='center', order=200);"
        " config.add_admin_page('figure.z', 'Zeta', 'figure.a', order=5);"
        " config.add_admin_page('figure.y', 'Eta', 'figure.a')",
    )
    registry = make_app("figure").app.registry
    assert [(one.id, one.where, one.supports) for one in contributions(registry, Panel)] == [
        ("figure.b", "right", ("image", "well")),
        ("figure.a", "center", ("image",)),
    ]
    pages = contributions(registry, AdminPage)
    assert [(one.id, one.permission) for one in pages] == [("figure.z", "admin"), ("figure.y", "admin")]
    items = registry.introspector.get_category("omeropyr Panel")
    assert {item["introspectable"].discriminator for item in items} == {"figure.a", "figure.b"}


def test_public_routes_say_what_may_be_asked(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon(
        "figure",
        includeme="[config.add_route(f'figure.{x}', f'/{x}/') for x in 'abc'];"
        " config.add_public_view('figure.a'); config.add_public_view('figure.b', methods=('POST',), reason='A query.')",
    )
    found = {name: one for name, one in public_routes(make_app("figure").app.registry).items() if name[:6] == "figure"}
    assert {name: sorted(one.methods) for name, one in found.items()} == {
        "figure.a": ["GET", "HEAD"],
        "figure.b": ["POST"],
    }
    assert found["figure.b"].reason == "A query."


def test_the_bare_address_leads_to_the_start_page(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon(
        "figure",
        includeme="config.add_route('figure.a', '/a/'); config.add_nav_link('figure.n', 'N', route='figure.a');"
        " config.add_route('figure.b', '/b/'); config.add_start_page('figure.s', 'S', 'figure.b')",
    )
    assert make_app("figure").get("/").location == "http://localhost/figure/b/"
    assert make_app("figure", **{"omero.web.prefix": "/omero"}).get("/omero/").location.endswith("/omero/figure/b/")


def test_a_template_is_replaced_by_whatever_name_it_is_shown(
    make_app: MakeApp, make_addon: MakeAddon, tmp_path: Path
) -> None:
    (tmp_path / "brand_of_a_site").mkdir()
    (tmp_path / "brand_of_a_site" / "__init__.py").touch()
    page = "<html metal:use-macro='layout'><metal:x fill-slot='content'><h1>Lab ${login_logo}</h1></metal:x></html>"
    (tmp_path / "brand_of_a_site" / "login.pt").write_text(page)
    make_addon("figure", includeme="config.override_template('web/login.pt', 'brand_of_a_site:login.pt')")
    logo = {"omero.web.login_logo": "/logo.png"}
    assert make_app("figure", **logo).get("/webclient/login/").html.h1.text == "Lab /logo.png"
    assert make_app("", **logo).get("/webclient/login/").html.h1.text == "omeropyr"


def test_every_name_of_a_template(tmp_path: Path) -> None:
    (tmp_path / "client" / "templates").mkdir(parents=True)
    (tmp_path / "client" / "__init__.py").touch()
    assert specs("client/templates/index.pt", tmp_path) == [
        "omeropyr:client/templates/index.pt",
        "omeropyr.client:templates/index.pt",
    ]


@pytest.mark.parametrize("kind", [ObjectsDeleted, AnnotationsChanged])
def test_a_subscriber_that_fails_stops_nobody(
    make_app: MakeApp,
    make_addon: MakeAddon,
    caplog: pytest.LogCaptureFixture,
    kind: type[ObjectsDeleted | AnnotationsChanged],
) -> None:
    make_addon(
        "figure",
        body="""
            from omeropyr.addons.events import AnnotationsChanged, ObjectsDeleted, UserLoggedIn
            def fail(event):
                raise OSError("no disk")
            def note(event):
                event.request.registry["seen"] = event
        """.strip(),
        includeme="[config.add_subscriber(fail, kind) for kind in (ObjectsDeleted, AnnotationsChanged)];"
        " config.add_subscriber(note, UserLoggedIn)",
    )
    request = Request.blank("/")
    request.registry = make_app("figure").app.registry
    announce(kind(request, {"Image": (1, 2)}))
    assert [(record.message, record.__dict__["event"]) for record in caplog.records][-1] == (
        "a subscriber failed",
        kind.__name__,
    )
    announce(UserLoggedIn(request, 7, "ada"))
    assert request.registry["seen"].user_name == "ada"
