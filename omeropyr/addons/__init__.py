"""The contract of an add-on, version 1. PUBLIC.

An add-on is a Python package with an entry point in group ``omeropyr.addons`` that names an :class:`Addon`::

    entry_points={"omeropyr.addons": ["figure = omero_figure:addon"]}

    addon = Addon(name="figure", title="OMERO.figure", includeme="omero_figure.web")

A site switches it on by naming it in ``omeropyr.addons``. Its ``includeme(config)`` adds routes, views, static
views, subscribers, and what it contributes to the pages of others by the directives of
``omeropyr.addons.directives``, ``.panels``, ``.overrides`` and ``.public``, by ``config.add_csp`` and
``config.add_health_check``; docs/addons.md lists them all. What happens is told by ``omeropyr.addons.events``.
It never calls ``config.commit()``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

API = 1
GROUP = "omeropyr.addons"
NAME = re.compile(r"[a-z][a-z0-9_]*")
PREFIX = re.compile(r"(/[A-Za-z0-9_.~-]+)+")


@dataclass(frozen=True)
class Addon:
    """What the core must know of an add-on before it includes it. Version and licence come from its distribution.

    * ``name``: as in ``omeropyr.addons``; its settings begin ``addon.<name>.``, its routes should begin ``<name>.``.
    * ``includeme``: dotted name of the module (or function) that ``config.include`` takes.
    * ``settings``: a frozen dataclass whose fields are made by ``omeropyr.settings.setting``, or None.
    * ``requires``: names of add-ons that must be on as well.
    * ``url_prefixes``: the addresses it owns, without the site's prefix. Left out, it owns ``/<name>`` and is
      included with that ``route_prefix``: ``add_route("figure.index", "/")`` is ``/figure/``. Given, routes are
      written in full (``add_route("gateway.tile", "/webgateway/...")``) and each must begin with one of them. A more
      special claim below another add-on's prefix is allowed (``/webclient/img_detail``); the same one twice is refused.
    """

    name: str
    title: str
    includeme: str
    api: int = API
    settings: type | None = None
    requires: tuple[str, ...] = ()
    url_prefixes: tuple[str, ...] = ()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The addresses this add-on owns."""
        return self.url_prefixes or (f"/{self.name}",)

    @property
    def route_prefix(self) -> str | None:
        """What ``config.include`` puts before its routes: nothing where the add-on names its prefixes itself."""
        return None if self.url_prefixes else f"/{self.name}"
