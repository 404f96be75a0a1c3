"""Includes the add-ons of a site into its configuration, and checks that they keep to their part of it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request

from omeropyr.addons import Addon
from omeropyr.addons.conflicts import clashes
from omeropyr.addons.contribute import unknown_routes
from omeropyr.addons.directives import Viewer
from omeropyr.addons.ownership import including, own_route
from omeropyr.settings.declare import SettingsError, did_you_mean
from omeropyr.settings.values import get_settings
from omeropyr.web.static_files import add_static_folder

KEY = "omeropyr.addons"


def include_addons(config: Configurator, addons: Iterable[Addon]) -> None:
    """Include *addons* in their order; SettingsError lists all that fail, clash or commit."""
    active = {addon.name: addon for addon in addons}
    config.registry[KEY] = active
    config.add_request_method(has_addon, "has_addon")
    config.add_request_method(addon_settings, "addon_settings")
    found = {name: _include(config, addon, active.values()) for name, addon in active.items()}
    problems = [line for lines in found.values() for line in lines]
    broken = [name for name, lines in found.items() if lines]
    problems += [*unknown_routes(config, broken), *_check_viewer(config), *clashes(config)]
    if problems:
        raise SettingsError(problems)


def has_addon(request: Request, name: str) -> bool:
    """``request.has_addon("figure")``: is that add-on on?"""
    return name in request.registry[KEY]


def addon_settings(request: Request, name: str) -> Any:
    """``request.addon_settings("figure")``: its settings, None where it declares none; KeyError where it is off."""
    return get_settings(request.registry).addons[name]


def _include(config: Configurator, addon: Addon, every: Iterable[Addon]) -> list[str]:
    state = config.action_state
    before = len(state.actions)
    try:
        with including(config.registry, addon.name):
            config.include(addon.includeme, route_prefix=addon.route_prefix)
            _add_static(config, addon)
    except ConfigurationError as error:
        said = str(error)
        return [said if said.startswith("add-on ") else f"add-on {addon.name!r}: {said}"]
    except Exception as error:  # noqa: BLE001 - an add-on may raise anything; all of it is reported
        return [f"add-on {addon.name!r}: its includeme failed ({type(error).__name__}: {error})"]
    if config.action_state is not state:
        return [f"add-on {addon.name!r}: calls config.commit(), which would let it replace the core unseen"]
    return _check_routes(config, addon, state.actions[before:], every)


def _add_static(config: Configurator, addon: Addon) -> None:
    """An add-on's folder ``static`` is served at ``/static/<name>/``."""
    package = addon.includeme.partition(":")[0]
    package = package if hasattr(import_module(package), "__path__") else package.rpartition(".")[0]
    if package and files(package).joinpath("static").is_dir():
        add_static_folder(config, addon.name, f"{package}:static")


def _check_routes(
    config: Configurator, addon: Addon, actions: Iterable[dict[str, Any]], every: Iterable[Addon]
) -> list[str]:
    problems = []
    for intr in (intr for action in actions for intr in action["introspectables"]):
        if intr.category_name == "tweens":
            problems.append(f"add-on {addon.name!r}: adds a tween; only the core may")
        if intr.category_name != "routes" or _is_static(intr):
            continue
        own_route(config.registry, intr["name"], addon.name)
        owner = _owner(intr["pattern"], every)
        if owner is not addon:
            whose = f"belongs to {owner.name!r}" if owner else f"is not below {' or '.join(addon.prefixes)}"
            problems.append(f"add-on {addon.name!r}: its route {intr['name']!r} at {intr['pattern']} {whose}")
    return problems


def _is_static(intr: Any) -> bool:
    return str(intr["pattern"]).lstrip("/").startswith("static/")


def _owner(pattern: str, addons: Iterable[Addon]) -> Addon | None:
    """The add-on with the longest prefix that *pattern* is below."""
    path = "/" + pattern.lstrip("/")
    claims = [(len(prefix), addon) for addon in addons for prefix in addon.prefixes if _below(path, prefix)]
    return max(claims, key=lambda claim: claim[0])[1] if claims else None


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _check_viewer(config: Configurator) -> list[str]:
    wanted = get_settings(config.registry).core.viewer_default
    said = (intr for action in config.action_state.actions for intr in action["introspectables"])
    offered = [intr.discriminator for intr in said if intr.category_name == f"omeropyr {Viewer.__name__}"]
    if wanted is None or wanted in offered:
        return []
    hint = did_you_mean(wanted, offered) or f" (offered: {', '.join(offered) or 'none'})"
    return [f"omeropyr.viewer.default = {wanted!r}: no add-on that is on offers it{hint}"]
