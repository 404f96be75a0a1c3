"""Which store a site's settings name: our own words, or OMERO.web's (``omero.web.session_engine`` and ``caches``)."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from omeropyr.sessions.store import SessionStore
from omeropyr.settings import Settings, SettingsError

DEFAULTS = {"memcached": "127.0.0.1:11211", "redis": "redis://127.0.0.1:6379/0"}
PACKAGES = {"memcached": "pymemcache", "redis": "redis"}


def open_store(settings: Settings) -> SessionStore:
    """The store; nothing is connected yet. SettingsError says what is wrong with the settings."""
    web = settings.web
    engine, location = web.session_engine, settings.core.session_url
    if engine == "cache" and web.caches is not None:
        engine, location = web.caches.engine, location or web.caches.location
    lifetime = float(web.session_cookie_age)
    try:
        store: SessionStore = _open(engine, location, settings.core.state_dir, lifetime)
    except ImportError as error:
        package = PACKAGES.get(engine, error.name)
        hint = f"pip install 'omeropyr[{engine}]'" if engine in PACKAGES else f"install {error.name}"
        raise SettingsError([f"omero.web.session_engine: {engine} needs the package {package}; run: {hint}"]) from error
    except (ValueError, SQLAlchemyError) as error:  # not chained: the address may hold a password
        line = f"omeropyr.session.url: this is no address of a {engine} ({type(error).__name__})"
        raise SettingsError([line]) from None
    return store


def _open(engine: str, location: str | None, state: Path, lifetime: float) -> Any:
    backend = import_module(f"omeropyr.sessions.backends.{engine}")
    if engine == "file":
        return backend.FileStore(state / "sessions", lifetime)
    if engine == "database":
        return backend.DatabaseStore(location or f"sqlite:///{state / 'sessions.db'}", lifetime)
    location = location or DEFAULTS[engine]
    if engine == "redis":
        return backend.RedisStore(location, lifetime)
    return backend.MemcachedStore(location.replace(",", " ").split(), lifetime)
