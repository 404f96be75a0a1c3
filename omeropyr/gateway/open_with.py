"""What selected objects may be opened with: the add-ons' pages and the addresses that the site names."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from omeropyr.addons.directives import OpenWith, contributions
from omeropyr.settings.parsers import Link

OPTIONS = ("supported_objects", "target", "script_url", "label")


def open_with(request: Request) -> list[dict[str, Any]]:
    """Give the entries as OMERO.web's programs read them: the add-ons' own, then the site's."""
    offered = contributions(request.registry, OpenWith)
    return [_of_addon(request, one) for one in offered] + [
        _of_site(request, link) for link in request.settings.web.open_with
    ]


def _of_addon(request: Request, one: OpenWith) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": one.id,
        "label": one.title,
        "url": request.route_path(one.route),
        "supported_objects": list(one.supports),
        "target": one.target,
    }
    if one.script is not None:
        entry["script_url"] = request.static_path(one.script) if ":" in one.script.split("/")[0] else one.script
    return entry


def _of_site(request: Request, link: Link) -> dict[str, Any]:
    """An entry of the setting; a name of one of our routes becomes its address."""
    url = link.target
    if "/" not in url:
        try:
            url = request.route_path(url)
        except KeyError:
            url = link.target
    return {"id": link.label, "url": url, **{name: link.options[name] for name in OPTIONS if name in link.options}}
