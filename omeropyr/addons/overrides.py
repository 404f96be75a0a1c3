"""Replacing a template of the core or of another add-on, so that two who replace the same one are told. PUBLIC."""

from __future__ import annotations

from pathlib import Path

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.path import AssetResolver

from omeropyr.addons.contribute import CATEGORY
from omeropyr.addons.ownership import current_addon
from omeropyr.settings.declare import did_you_mean

HOME = "omeropyr"


def includeme(config: Configurator) -> None:
    """Make the directive known."""
    config.add_directive("override_template", override_template)


def override_template(config: Configurator, name: str, asset: str) -> None:
    """Use the template *asset* (``my_addon:templates/login.pt``) wherever *name* (``web/login.pt``) is shown.

    *name* is its path inside omeropyr. It gets the same values; which they are stands at the view that shows it.
    """
    root = Path(AssetResolver().resolve(f"{HOME}:").abspath())
    if not name.endswith(".pt") or ".." in name or not root.joinpath(name).is_file():
        known = [path.relative_to(root).as_posix() for path in root.rglob("*.pt")]
        raise ConfigurationError(f"override_template: there is no template {name!r}{did_you_mean(name, known)}")
    if ":" not in asset or not AssetResolver().resolve(asset).exists():
        raise ConfigurationError(f"override_template {name!r}: there is no file {asset!r}")
    intr = config.introspectable(CATEGORY.format("template"), name, name, "template override")
    intr["asset"], intr["addon"] = asset, current_addon(config.registry)
    config.action(("omeropyr", "template", name), introspectables=(intr,))
    for spec in specs(name, root):
        config.override_asset(spec, asset)


def specs(name: str, root: Path) -> list[str]:
    """Every way to name it: ``omeropyr:client/templates/index.pt``, ``omeropyr.client:templates/index.pt``."""
    found, package, rest = [f"{HOME}:{name}"], HOME, name
    while "/" in rest:
        folder, _, rest = rest.partition("/")
        root, package = root / folder, f"{package}.{folder}"
        if not (root / "__init__.py").is_file():
            break
        found.append(f"{package}:{rest}")
    return found
