"""What holds for every add-on, as tests to inherit. PUBLIC.

    from omeropyr.testing import AddonContract

    class TestContract(AddonContract):
        addon = my_package.addon

The tests use the fixtures of :mod:`omeropyr.testing.plugin`; the fixture ``addons`` must name the add-on.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from chameleon import PageTemplateFile
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.addons import API, GROUP, Addon
from omeropyr.addons.directives import Viewer
from omeropyr.addons.ownership import addon_of_route
from omeropyr.addons.panels import AdminPage, Panel, StartPage
from omeropyr.addons.public import PublicView

HOSTILE = ("0", "-1", "99999999999999999999", "a'b", "../../etc/passwd", "<script>", "%00", "ä" * 300)
"""What is put in for each part of an address that varies."""
_PART = re.compile(r"\{([^{}:]+)(?::((?:[^{}]|\{[^{}]*\})*))?\}|\*(\w+)")


class AddonContract:
    """Inherit it, and name the ``addon``; ``public`` holds the routes that need no log-in."""

    __test__ = False
    addon: ClassVar[Addon]
    public: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def test_its_entry_point_names_it(self) -> None:
        """So that a site can switch it on."""
        found = {point.name: point for point in entry_points(group=GROUP)}
        assert found[self.addon.name].load() is self.addon
        assert self.addon.api == API

    def test_every_setting_is_explained(self) -> None:
        """What a site admin reads in the INI."""
        for field in dataclasses.fields(self.addon.settings) if self.addon.settings else ():
            assert field.metadata.get("doc"), field.name

    def test_its_routes_bear_its_name(self, web_application: Any) -> None:
        """And lie below its own addresses."""
        routes = list(self._routes(web_application))
        assert routes, "the fixture `addons` does not name it, or it has no routes"
        for name, pattern, _ in routes:
            assert name.startswith(f"{self.addon.name}.")
            assert pattern.startswith(self.addon.prefixes)

    def test_nobody_gets_in_without_log_in(self, web_application: Any, testapp: Any) -> None:
        """A page sends to the log-in, a script is told 403."""
        for name, pattern, methods in self._routes(web_application):
            if name in self.public:
                continue
            for method in methods:
                answer = testapp.request(_address(pattern, "1"), method=method, expect_errors=True)
                assert answer.status_int in (302, 303, 403, 404, 405), (method, pattern, answer.status)

    def test_what_changes_something_needs_a_token(self, web_application: Any, testapp: Any, login: Any) -> None:
        """Against forged requests."""
        login()
        for _, pattern, methods in self._routes(web_application):
            for method in methods & {"POST", "PUT", "PATCH", "DELETE"}:
                answer = testapp.request(_address(pattern, "1"), method=method, expect_errors=True)
                assert answer.status_int in (400, 403, 404, 405), (method, pattern, answer.status)

    @pytest.mark.parametrize("value", HOSTILE, ids=ascii)
    def test_no_address_makes_it_fail(self, web_application: Any, testapp: Any, login: Any, value: str) -> None:
        """Whatever stands in its place, in the path and in the query; no stack trace leaves the process."""
        login()
        for _, pattern, methods in self._routes(web_application):
            if "GET" not in methods:
                continue
            query = "&".join(f"{key}={quote(value)}" for key in ("id", "image", "page", "limit"))
            for address in (_address(pattern, value), f"{_address(pattern, '1')}?{query}"):
                answer = testapp.get(address, expect_errors=True)
                assert answer.status_int < 500, (address, answer.status)
                assert b"Traceback (most recent call last)" not in answer.body

    def test_what_it_contributes_leads_somewhere(self, web_application: Any, testapp: Any, login: Any) -> None:
        """Links and panels answer; the site may show a panel in a frame. A panel gets ids that are nobody's."""
        login()
        for one in self._contributions(web_application):
            words = getattr(one, "supports", ("image",))
            query = "&".join(f"{word.removesuffix('s')}=999999999" for word in words)
            if one.route is None or isinstance(one, PublicView):
                continue
            address = _address(_pattern(web_application, one.route), "999999999")
            answer = testapp.get(f"{address}?{query}", expect_errors=True)
            assert answer.status_int < 500, (one.id, answer.status)
            if isinstance(one, Panel):
                assert answer.status_int == 200, (one.id, answer.status)
                assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]

    def test_who_sees_a_link_may_follow_it(self, web_application: Any) -> None:
        """A page of administration asks for what its entry in the navigation says; a viewer takes an image's id."""
        for one in self._contributions(web_application):
            if isinstance(one, AdminPage):
                assert one.permission in self._permissions(web_application, one.route), one.id
            if isinstance(one, Viewer):
                assert "{iid" in _pattern(web_application, one.route), one.id

    def test_its_public_views_are_its_own_and_read_only(self, web_application: Any) -> None:
        """Declared methods exist; a start page is everybody's."""
        routes = {name: methods for name, _, methods in self._routes(web_application)}
        for one in self._contributions(web_application):
            if isinstance(one, PublicView):
                assert one.methods - {"HEAD"} <= routes[one.route], one.route
            if isinstance(one, StartPage):
                assert self._permissions(web_application, one.route) == {NO_PERMISSION_REQUIRED}, one.route

    def test_every_template_compiles(self) -> None:
        """A page that is broken is found before somebody asks for it."""
        home = files(self.addon.includeme.partition(":")[0].partition(".")[0])
        for path in sorted(Path(str(home)).rglob("*.pt")) if home.is_dir() else ():
            PageTemplateFile(str(path)).cook_check()

    def _contributions(self, application: Any) -> list[Any]:
        """What it offers to the pages of others."""
        introspector = application.registry.introspector
        every = [item["introspectable"] for _, group in introspector.categorized() for item in group]
        return [one["contribution"] for one in every if "contribution" in one and one["addon"] == self.addon.name]

    def _permissions(self, application: Any, route: str) -> set[str]:
        """What the views of *route* ask for."""
        found = set()
        for view in application.registry.introspector.get_category("views") or ():
            if view["introspectable"]["route_name"] == route:
                asked = [item["value"] for item in view["related"] if item.category_name == "permissions"]
                found |= {str(getattr(value, "value", value)) for value in asked or ["login"]}
        return found

    def _routes(self, application: Any) -> Iterator[tuple[str, str, set[str]]]:
        """Name, pattern and methods of each of its routes."""
        introspector = application.registry.introspector
        views: dict[str, set[str]] = {}
        for view in introspector.get_category("views") or ():
            facts: Mapping[str, Any] = view["introspectable"]
            given = facts["request_methods"] or ("GET", "POST")
            views.setdefault(facts["route_name"], set()).update([given] if isinstance(given, str) else given)
        for item in introspector.get_category("routes") or ():
            name, pattern = item["introspectable"]["name"], item["introspectable"]["pattern"]
            if addon_of_route(application.registry, name) == self.addon.name:
                yield name, "/" + pattern.lstrip("/"), views.get(name, set()) - {"HEAD"}


def _pattern(application: Any, route: str) -> str:
    found = application.registry.introspector.get("routes", route)
    return "/" + str(found["pattern"]).lstrip("/")


def _address(pattern: str, value: str) -> str:
    """A route's pattern with *value* for each part that varies."""
    return _PART.sub(lambda _: quote(value, safe=""), pattern)
