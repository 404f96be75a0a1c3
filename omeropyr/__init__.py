"""omeropyr: OMERO.web anew, on Pyramid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omeropyr.version import __version__

__all__ = ["__version__", "main"]

# In this order: what is read, who you are, what went wrong, then what is shown.
CORE = (
    "omeropyr.web.templates",
    "omeropyr.web.body",
    "omeropyr.csp",
    "omeropyr.health",
    "omeropyr.store",
    "omeropyr.sessions",
    "omeropyr.security",
    "omeropyr.connection",
    "omeropyr.web.cors",
    "omeropyr.web.hosts",
    "omeropyr.web.slashes",
    "omeropyr.web.static_files",
    "omeropyr.web.error_views",
    "omeropyr.addons.directives",
    "omeropyr.web",
)


def main(global_config: Mapping[str, str], **settings: str) -> Any:
    """The WSGI application of PasteDeploy's ``egg:omeropyr``; SettingsError lists all that is wrong with *settings*.

    Nothing here contacts OMERO: a server that is down does not stop the web from starting.
    """
    import os

    from omeropyr.addons.trial import try_out
    from omeropyr.settings import SettingsError
    from omeropyr.settings.omero_config import path_of
    from omeropyr.site import read_site

    try:
        site = read_site(settings, global_config.get("__file__"), path_of(os.environ))
    except SettingsError as error:
        more = [line for line in try_out(settings) if line not in error.problems]
        raise SettingsError([*error.problems, *more]) from None
    if site.settings.core.embedded:
        from omeropyr.children import bring

        site = bring(site)
    return make_app(site, settings)


def make_app(site: Any, settings: Mapping[str, str]) -> Any:
    """The WSGI application of *site*; *settings* also holds what belongs to Pyramid and its add-ons."""
    from pyramid.config import Configurator
    from pyramid.exceptions import ConfigurationConflictError

    from omeropyr.addons.conflicts import lines
    from omeropyr.addons.include import include_addons
    from omeropyr.settings import SettingsError
    from omeropyr.web.middleware import wrap

    core = site.settings.core
    config = Configurator(settings={**settings, "pyramid.reload_templates": core.development})
    site.register(config)
    for name in CORE:
        config.include(name)
    include_addons(config, site.addons)
    try:
        app = config.make_wsgi_app()
    except ConfigurationConflictError as error:
        raise SettingsError(lines(error)) from error
    return wrap(app, core.trusted_proxies, site.settings.web.prefix)
