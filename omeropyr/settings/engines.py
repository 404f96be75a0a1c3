"""Where sessions are kept, in our words and in those of OMERO.web, which are Django's."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

_DJANGO = "django.contrib.sessions.backends."
ENGINES = {
    "file": "file",
    "memcached": "memcached",
    "redis": "redis",
    "database": "database",
    f"{_DJANGO}file": "file",
    "omeroweb.filesessionstore": "file",
    f"{_DJANGO}db": "database",
    f"{_DJANGO}cached_db": "database",
    f"{_DJANGO}cache": "cache",
}
_CACHES = {
    "django.core.cache.backends.memcached.PyMemcacheCache": "memcached",
    "django.core.cache.backends.memcached.PyLibMCCache": "memcached",
    "django.core.cache.backends.memcached.MemcachedCache": "memcached",
    "django.core.cache.backends.redis.RedisCache": "redis",
    "django_redis.cache.RedisCache": "redis",
}


class Cache(NamedTuple):
    """The cache named ``default``: *engine* is ``memcached`` or ``redis``, *location* where it is."""

    engine: str
    location: str


def session_engine(text: str) -> str:
    """``file``, ``memcached``, ``redis``, ``database``; ``cache`` for what ``omero.web.caches`` names."""
    if text not in ENGINES:
        raise ValueError("expected file, memcached, redis, database or a Django session engine that is one of them")
    return ENGINES[text]


def default_cache(text: str) -> Cache | None:
    """The ``default`` of Django's CACHES as JSON; None where it is no shared one."""
    expected = 'expected JSON like {"default": {"BACKEND": "django.core...RedisCache", "LOCATION": "redis://..."}}'
    try:
        found: Any = json.loads(text).get("default", {})
        backend, location = found.get("BACKEND", ""), found.get("LOCATION") or ""
    except (ValueError, AttributeError) as error:
        raise ValueError(expected) from error
    engine = _CACHES.get(backend) if isinstance(backend, str) else None
    if engine is None:
        return None
    # Django writes to the first of several redis servers, and spreads over memcached ones.
    servers = [location] if isinstance(location, str) else location
    if not (isinstance(servers, list) and all(isinstance(one, str) for one in servers)):
        raise ValueError(expected)
    return Cache(engine, servers[0] if engine == "redis" and servers else ",".join(servers))
