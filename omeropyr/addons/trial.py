"""What only shows when add-ons are included, found without starting the site and without touching its files."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence

from omeropyr.addons import Addon
from omeropyr.addons.loader import find_addons
from omeropyr.settings.declare import SettingsError, load


def try_out(raw: Mapping[str, str]) -> list[str]:
    """What goes wrong when an application is made of the add-ons of *raw*, with their settings and defaults else.

    Add-ons with problems of their own are left out: those are told already. The state is kept in a folder of its own
    and nobody is contacted.
    """
    from omeropyr import make_app
    from omeropyr.connection.pool import POOL
    from omeropyr.site import read_site

    names = [addon.name for addon in _sound(raw)]
    own = {name: text for name, text in raw.items() if name.startswith(tuple(f"addon.{name}." for name in names))}
    # One that is left out may be the one that offers the viewer.
    if "omeropyr.viewer.default" in raw and names == raw.get("omeropyr.addons", "").split():
        own["omeropyr.viewer.default"] = raw["omeropyr.viewer.default"]
    with tempfile.TemporaryDirectory(prefix="omeropyr-trial-") as folder:
        settings = {"omeropyr.development": "true", "omeropyr.state_dir": folder, "omeropyr.addons": " ".join(names)}
        try:
            app = make_app(read_site({**own, **settings}), {})
        except SettingsError as error:
            return list(error.problems)
        app.registry[POOL].close()
    return []


def _sound(raw: Mapping[str, str]) -> Sequence[Addon]:
    """The add-ons of *raw* that can be imported, fit together and have valid settings, in their order."""
    sound: list[Addon] = []
    for name in dict.fromkeys(raw.get("omeropyr.addons", "").split()):
        found, problems = find_addons([*(addon.name for addon in sound), name])
        if problems:
            continue
        try:
            if found[-1].settings is not None:
                load(found[-1].settings, f"addon.{name}.", raw)
        except SettingsError:
            continue
        sound = found
    return sound
