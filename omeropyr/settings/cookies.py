"""``omero.web.*``: web sessions, cookies, and whose requests are accepted."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings.declare import between, one_of, setting
from omeropyr.settings.engines import Cache, default_cache, session_engine
from omeropyr.settings.parsers import origins, strings


@dataclass(frozen=True)
class Cookies:
    """Sessions and cookies"""

    ping_interval: int = setting(
        60000, check=between(0, 3600000), doc="Milliseconds between a page's signs of life; 0 sends none."
    )
    session_engine: str = setting(
        "file",
        parse=session_engine,
        doc="Where web sessions are kept: file, memcached, redis or database (omeropyr.session.url says where), or "
        "Django's name of one of them.",
    )
    caches: Cache | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        parse=default_cache,
        secret=True,
        doc="Django's CACHES as JSON, or file:PATH or env:NAME of it; the cache named default is used where "
        "session_engine is django.contrib.sessions.backends.cache.",
        example='{"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": '
        '"redis://127.0.0.1:6379"}}',
    )
    session_cookie_name: str = setting("sessionid", doc="Name of the session cookie.")
    session_cookie_age: int = setting(86400, check=between(60, 31536000), doc="Seconds a web session lives unused.")
    session_expire_at_browser_close: bool = setting(True, doc="The session cookie ends with the browser.")
    session_cookie_domain: str | None = setting(None, doc="Domain of the cookies; left out, the host of the page.")
    session_cookie_path: str | None = setting(None, doc="Path of the cookies; left out, the prefix of the site.")
    session_cookie_secure: bool = setting(False, doc="Send the session cookie over https only.")
    session_cookie_samesite: str = setting("Lax", check=one_of("Lax", "Strict"), doc="SameSite of the session cookie.")
    csrf_cookie_secure: bool = setting(False, doc="Send the CSRF cookie over https only.")
    csrf_cookie_samesite: str = setting("Lax", check=one_of("Lax", "Strict"), doc="SameSite of the CSRF cookie.")
    csrf_trusted_origins: tuple[str, ...] = setting(
        (), parse=origins, doc="Other origins (with scheme) whose unsafe requests are accepted, as JSON."
    )
    redirect_allowed_hosts: tuple[str, ...] = setting(
        (), parse=strings, doc="Foreign hosts to which ?url= may lead after log-in, as JSON."
    )
