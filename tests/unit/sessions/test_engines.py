"""Which store the settings name: our words, and OMERO.web's."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from omeropyr.sessions.engines import open_store
from omeropyr.settings import SettingsError
from omeropyr.site import read_site

DJANGO = "django.contrib.sessions.backends."
REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/3"}
MEMCACHED = {
    "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
    "LOCATION": ["127.0.0.1:1", "127.0.0.1:2"],
}


def open_for(tmp_path: Path, **settings: str) -> Any:
    named = {name.replace("__", "."): value for name, value in settings.items()}
    raw = {"omeropyr.state_dir": str(tmp_path), "omeropyr.development": "true", **named}
    store = open_store(read_site(raw).settings)
    store.close()
    return store


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("file", "file"),
        ("memcached", "memcached"),
        ("redis", "redis"),
        ("database", "database"),
        (f"{DJANGO}file", "file"),
        ("omeroweb.filesessionstore", "file"),
        (f"{DJANGO}db", "database"),
        (f"{DJANGO}cached_db", "database"),
    ],
)
def test_engines_by_name(tmp_path: Path, engine: str, name: str) -> None:
    store = open_for(tmp_path, omero__web__session_engine=engine, omero__web__session_cookie_age="3600")
    assert (store.name, store.lifetime) == (name, 3600.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("cache", "name", "servers"), [(REDIS, "redis", 1), (MEMCACHED, "memcached", 2)], ids=str)
def test_the_cache_that_django_would_use(tmp_path: Path, cache: dict[str, Any], name: str, servers: int) -> None:
    caches = json.dumps({"default": cache, "other": {}})
    store = open_for(tmp_path, omero__web__session_engine=f"{DJANGO}cache", omero__web__caches=caches)
    assert store.name == name
    assert name == "redis" or len(store._clients) == servers


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"omero__web__session_engine": "floppy"},
            "expected file, memcached, redis, database or a Django session engine",
        ),
        ({"omero__web__session_engine": f"{DJANGO}signed_cookies"}, "expected file, memcached, redis, database"),
        (
            {"omero__web__session_engine": f"{DJANGO}cache"},
            "omero.web.session_engine: omero.web.caches must name memcached or redis as default",
        ),
        ({"omero__web__caches": "S3cr3t"}, "omero.web.caches: expected JSON like"),
        ({"omero__web__caches": '["S3cr3t"]'}, "omero.web.caches: expected JSON like"),
        (
            {"omero__web__session_engine": "redis", "omeropyr__session__url": "http://:S3cr3t@host"},
            "omeropyr.session.url: this is no address of a redis (ValueError)",
        ),
        (
            {"omero__web__session_engine": "database", "omeropyr__session__url": "S3cr3t"},
            "omeropyr.session.url: this is no address of a database (ArgumentError)",
        ),
        (
            {"omero__web__session_engine": "memcached", "omeropyr__session__url": "host:S3cr3t"},
            "omeropyr.session.url: this is no address of a memcached (ValueError)",
        ),
    ],
    ids=repr,
)
def test_what_is_wrong_is_said_without_secrets(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        open_for(tmp_path, **settings)
    assert words in str(raised.value)
    assert "S3cr3t" not in str(raised.value)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "omeropyr.sessions.backends.redis", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SettingsError, match=r"redis needs the package redis; run: pip install 'omeropyr\[redis\]'"):
        open_for(tmp_path, omero__web__session_engine="redis")
