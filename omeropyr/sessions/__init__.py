"""Web sessions: Beaker's cookie and session object over stores of our own (docs/adr/0004-sessions.md).

``request.session`` is for whoever writes; who is logged in is read from the registry's :class:`SessionStore`
without building a session object, so that tiles cost no session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.tweens import EXCVIEW

from omeropyr.sessions.cookies import SignedId
from omeropyr.sessions.engines import open_store
from omeropyr.sessions.factory import make_factory
from omeropyr.sessions.secret import own_secret
from omeropyr.settings import get_settings

STORE = "omeropyr.sessions.store"
COOKIE = "omeropyr.sessions.cookie"
SECRET = "omeropyr.sessions.secret"  # noqa: S105 - where the registry keeps it


def includeme(config: Configurator) -> None:
    """Set the session factory and keep its store and its cookie in the registry."""
    settings = get_settings(config.registry)
    secret = settings.core.session_secret or own_secret(settings.core.state_dir)
    store = open_store(settings)
    config.registry[STORE] = store
    config.registry[SECRET] = secret
    config.registry[COOKIE] = SignedId(settings.web.session_cookie_name, secret)
    config.set_session_factory(make_factory(settings.web, secret, cookie_path(config.registry), store))
    config.add_tween("omeropyr.sessions.factory.persist_tween_factory", under=EXCVIEW)
    config.add_health_check("sessions", store.check)


def cookie_path(registry: Registry) -> str:
    """The path that the site's cookies are for."""
    web = get_settings(registry).web
    return str(web.session_cookie_path or web.prefix or "/")


def renew(request: Request, values: Mapping[str, Any]) -> None:
    """Give the browser a new session with *values* and remove the old record: at every change of who somebody is.

    SessionsUnavailable, and the browser keeps what it had, when the new one cannot be written.
    """
    request.registry[STORE].remove(request.session.replace(values))


def end(request: Request) -> None:
    """Remove the record of the browser's session and take the cookie back."""
    session = request.session
    old = session.id
    session.delete()
    request.registry[STORE].remove(old)
