"""Settings: declared once, read and checked at the start, all problems reported at once. PUBLIC.

An add-on declares its own the same way::

    @dataclass(frozen=True)
    class Settings:
        page_size: int = setting(500, doc="ROIs per page.", check=between(1, 1000))
        token: str = setting(doc="Key of the service.", secret=True)          # no default = required

and reads them by ``request.addon_settings("figure").page_size``. Core settings are ``request.settings.core``
(``omeropyr.*``) and ``request.settings.web`` (``omero.web.*``); without a request, ``get_settings(registry)``.
"""

from __future__ import annotations

from omeropyr.settings.core import Core
from omeropyr.settings.declare import SettingsError, between, declarations, load, one_of, setting
from omeropyr.settings.values import Settings, get_settings
from omeropyr.settings.web import Server, Web

__all__ = [
    "Core",
    "Server",
    "Settings",
    "SettingsError",
    "Web",
    "between",
    "declarations",
    "get_settings",
    "load",
    "one_of",
    "setting",
]
