"""The settings of one application, and where its registry keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pyramid.registry import Registry

from omeropyr.settings.core import Core
from omeropyr.settings.web import Web

KEY = "omeropyr.settings"


@dataclass(frozen=True)
class Settings:
    """``request.settings``: the values of one application, checked, read-only; *addons* by the add-on's name."""

    core: Core
    web: Web
    addons: Mapping[str, Any]


def get_settings(registry: Registry) -> Settings:
    """The settings of the application that *registry* belongs to."""
    return cast(Settings, registry[KEY])
