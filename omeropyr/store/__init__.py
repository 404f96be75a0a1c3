"""The durable store: what must outlive a process and is shared by all processes of a site. Not the sessions.

``request.registry[STORE]`` is a :class:`DurableStore`. Whoever keeps something there declares tables in a module of
their own with ``tables.METADATA`` and adds a step to ``migration.STEPS``.
"""

from __future__ import annotations

from pyramid.config import Configurator

from omeropyr.settings import SettingsError, get_settings
from omeropyr.store.durable import DurableStore

__all__ = ["STORE", "DurableStore"]

STORE = "omeropyr.store"


def includeme(config: Configurator) -> None:
    """Open the store; nothing is connected yet, so that a database that is down does not stop the start."""
    core = get_settings(config.registry).core
    try:
        store = DurableStore(core.store_url or f"sqlite:///{core.state_dir / 'store.db'}")
    except ValueError as error:
        raise SettingsError([f"omeropyr.store.url: {error}"]) from None
    config.registry[STORE] = store
    config.add_health_check("store", store.check)
