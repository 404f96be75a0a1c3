"""The add-on contract: what is loaded, what is refused, and in which words."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from webtest import TestApp

from omeropyr.addons.directives import NavLink, OpenWith, Viewer, contributions, default_viewer
from omeropyr.addons.loader import installed
from omeropyr.addons.ownership import addon_of_route
from omeropyr.settings import SettingsError, get_settings

MakeApp = Callable[..., TestApp]
MakeAddon = Callable[..., None]

SHIPPED = "gateway client viewer"


def refused(make_app: MakeApp, addons: str, **settings: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        make_app(addons, **settings)
    return caught.value.problems


def routes(app: TestApp) -> dict[str, str]:
    found = app.app.registry.introspector.get_category("routes") or []
    return {item["introspectable"]["name"]: item["introspectable"]["pattern"] for item in found}


def test_a_misspelt_add_on_names_the_nearest(make_app: MakeApp) -> None:
    with pytest.raises(SettingsError) as caught:
        make_app("gateway client viever")
    assert str(caught.value) == (
        "omeropyr cannot start, there is a problem:\n"
        "  omeropyr.addons: 'viever' is not installed (did you mean viewer?)"
    )


def test_all_problems_of_add_ons_and_settings_at_once(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon("old", api=0)
    make_addon("broken", body="import no_such_module_anywhere")
    make_addon("needy", requires=("figure",))
    make_addon("greedy", url_prefixes=("/webgateway",))
    make_addon("odd", url_prefixes=("nowhere",))
    addons = "gateway old broken needy greedy odd gateway xyzzy"
    assert refused(make_app, addons, **{"omero.web.page_size": "0"}) == (
        "omero.web.page_size = '0': expected a number between 1 and 10000. Items a page of the tree and of the lists.",
        "add-on 'old': written for API 0, this is 1",
        "add-on 'broken': cannot be imported (ModuleNotFoundError: No module named 'no_such_module_anywhere')",
        "add-on 'odd': claims 'nowhere', which is no address like /odd",
        "omeropyr.addons: 'gateway' is named twice",
        "omeropyr.addons: 'xyzzy' is not installed "
        f"(installed: {', '.join(sorted({'broken', 'greedy', 'needy', 'odd', 'old', *installed()}))})",
        "add-on 'needy': needs 'figure'; add it to omeropyr.addons",
        "add-on 'greedy': claims /webgateway, which 'gateway' has already",
    )


def test_settings_of_an_add_on_are_typed_checked_and_ignored_while_it_is_off(
    make_app: MakeApp, make_addon: MakeAddon
) -> None:
    body = """
            @dataclass(frozen=True)
            class Settings:
                size: int = setting(3, doc="How many.")
    """.strip()
    view = "config.add_route('figure.index', '/'); config.add_view(lambda r: {'size': r.addon_settings('figure').size},"
    view += " route_name='figure.index', renderer='json', permission='__no_permission_required__')"
    make_addon("figure", body=body, settings="Settings", includeme=view)
    assert make_app("figure", **{"addon.figure.size": "8"}).get("/figure/").json == {"size": 8}
    assert refused(make_app, "figure", **{"addon.figure.sise": "8"}) == (
        "addon.figure.sise: unknown setting (did you mean addon.figure.size?)",
    )
    app = make_app("", **{"addon.figure.size": "no number", "addon.figure.anything": "1"})
    assert dict(get_settings(app.app.registry).addons) == {}


def test_an_add_on_that_is_off_is_not_imported(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon("quiet")
    make_app("")
    assert [name for name in sys.modules if name.startswith("test_addon_quiet")] == []


def test_a_commit_is_detected(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon("pushy", includeme="config.commit()")
    assert refused(make_app, "pushy") == (
        "add-on 'pushy': calls config.commit(), which would let it replace the core unseen",
    )


def test_a_tween_a_foreign_route_and_a_failing_includeme_are_refused(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon("around", includeme="config.add_tween('pyramid.tweens.excview_tween_factory', name='x')")
    make_addon("thief", url_prefixes=("/thief",), includeme="config.add_route('thief.a', '/webgateway/a/')")
    make_addon("stray", url_prefixes=("/stray",), includeme="config.add_route('stray.a', '/strayed/')")
    make_addon("failing", includeme="raise OSError('no disk')")
    found = refused(make_app, "gateway thief stray failing")
    assert found == (
        "add-on 'thief': its route 'thief.a' at /webgateway/a/ belongs to 'gateway'",
        "add-on 'stray': its route 'stray.a' at /strayed/ is not below /stray",
        "add-on 'failing': its includeme failed (OSError: no disk)",
    )
    make_addon("around", includeme="config.add_tween('omeropyr.csp.headers_tween_factory')")
    line, clash = refused(make_app, "around")
    assert line == "add-on 'around': adds a tween; only the core may"
    assert clash.startswith("tween 'omeropyr.csp.headers_tween_factory' is registered in two places: ")


def test_two_add_ons_with_one_id_are_refused_with_both_places(make_app: MakeApp, make_addon: MakeAddon) -> None:
    link = "config.add_nav_link('figure.x', 'X', url='https://a.example.org/')"
    make_addon("figure", includeme=f"{link}; {link}; config.add_route('login', '/login/')")
    route, link = refused(make_app, "figure")
    assert link.startswith("NavLink 'figure.x' is registered in two places: ")
    assert link.count("test_addon_figure") == 2
    assert route.startswith("route 'login' is registered in two places: ")
    assert "/omeropyr/web/" in route
    assert "test_addon_figure" in route
    make_addon("figura", includeme="config.add_nav_link('figure.x', 'X', url='https://a.example.org/')")
    assert refused(make_app, "figura") == ("add-on 'figura': the id 'figure.x' must begin with 'figura.'",)


def test_two_views_of_one_route_are_refused_with_both_places(make_app: MakeApp, make_addon: MakeAddon) -> None:
    view = "config.add_view(lambda request: {}, route_name='login', request_method='GET', renderer='json')"
    make_addon("figure", includeme=view)
    (line,) = refused(make_app, "figure")
    assert line.startswith("view 'login' is registered in two places: ")
    assert "/omeropyr/web/" in line
    assert "test_addon_figure" in line


def test_links_are_ordered_and_viewers_chosen(make_app: MakeApp, make_addon: MakeAddon) -> None:
    make_addon(
        "figure",
        includeme="config.add_route('figure.index', '/'); config.add_route('figure.view', '/{iid}/');"
        " config.add_nav_link('figure.b', 'Beta', route='figure.index', order=5);"
        " config.add_nav_link('figure.a', 'Alpha', url='https://a.example.org/');"
        " config.add_viewer('figure.viewer', 'Figure viewer', route='figure.view');"
        " config.add_open_with('figure.open', 'Figure', route='figure.index', supports=['images'])",
    )
    app = make_app(f"{SHIPPED} figure", **{"omeropyr.viewer.default": "figure.viewer"})
    registry = app.app.registry
    assert [link.id for link in contributions(registry, NavLink) if link.id.startswith("figure.")] == [
        "figure.b",
        "figure.a",
    ]
    assert [one.supports for one in contributions(registry, OpenWith)] == [("images",)]
    chosen = default_viewer(registry)
    assert chosen is not None
    assert chosen.route == "figure.view"
    assert addon_of_route(registry, "figure.view") == "figure"
    assert refused(make_app, SHIPPED, **{"omeropyr.viewer.default": "viewer.imagee"}) == (
        "omeropyr.viewer.default = 'viewer.imagee': no add-on that is on offers it (did you mean viewer.image?)",
    )


def test_the_viewer_switched_off_takes_its_routes_and_links_with_it(make_app: MakeApp) -> None:
    on, off = make_app(SHIPPED), make_app("gateway client")
    assert routes(on)["viewer.image"] == "/webclient/img_detail/{iid:[0-9]+}/"
    assert [name for name in routes(off) if name.startswith(("viewer.", "static.viewer"))] == []
    assert [viewer.id for viewer in contributions(on.app.registry, Viewer)] == ["viewer.image"]
    assert contributions(off.app.registry, Viewer) == []
    assert default_viewer(off.app.registry) is None
    assert off.get("/webclient/img_detail/1/", headers={"Accept": "text/html"}, status=404).status_int == 404
    assert (
        on.get("/webclient/img_detail/1/", status=302)
        .headers["Location"]
        .endswith("/webclient/login/?url=%2Fwebclient%2Fimg_detail%2F1%2F")
    )


def test_two_applications_in_one_process_share_nothing(make_app: MakeApp) -> None:
    one, other = make_app(SHIPPED, **{"omero.web.page_size": "7"}), make_app("gateway")
    assert get_settings(one.app.registry).web.page_size == 7
    assert get_settings(other.app.registry).web.page_size == 200
    assert "client.index" not in routes(other)
