"""Web sessions: Beaker's cookie and session object over a store of our own (docs/adr/0004-sessions.md).

``request.session`` is for whoever writes; who is logged in is read by ``request.registry``'s :class:`FileStore` without
building a session object, so that tiles cost no session.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid_beaker import BeakerSessionFactoryConfig

from omeropyr.sessions.cookies import SignedId
from omeropyr.sessions.store import FileStore, RecordNamespace
from omeropyr.settings import SettingsError, get_settings
from omeropyr.settings.core import long_enough

STORE = "omeropyr.sessions.store"
COOKIE = "omeropyr.sessions.cookie"


def includeme(config: Configurator) -> None:
    """Set the session factory and keep its store and its cookie in the registry."""
    settings = get_settings(config.registry)
    web = settings.web
    secret = settings.core.session_secret or own_secret(settings.core.state_dir)
    lifetime = float(web.session_cookie_age)
    store = FileStore(settings.core.state_dir / "sessions", lifetime)
    config.registry[STORE] = store
    config.registry[COOKIE] = SignedId(web.session_cookie_name, secret)
    factory = BeakerSessionFactoryConfig(
        key=web.session_cookie_name,
        secret=secret,
        namespace_class=RecordNamespace,
        store=store,
        data_serializer="json",
        save_accessed_time=False,
        invalidate_corrupt=True,
        httponly=True,
        secure=web.session_cookie_secure,
        samesite=web.session_cookie_samesite,
        cookie_domain=web.session_cookie_domain,
        cookie_path=cookie_path(config.registry),
        cookie_expires=True if web.session_expire_at_browser_close else timedelta(seconds=lifetime),
    )
    config.set_session_factory(_secure_on_https(factory))


def _secure_on_https(factory: type) -> type:
    """Cookies set over https go back over https only, whatever the setting says."""

    class SessionObject(factory):  # type: ignore[misc]
        def __init__(self, request: Request) -> None:
            super().__init__(request)
            if request.scheme == "https":
                self.__dict__["_params"] = {**self.__dict__["_params"], "secure": True}

    return SessionObject


def cookie_path(registry: Registry) -> str:
    """The path that the site's cookies are for."""
    web = get_settings(registry).web
    return str(web.session_cookie_path or web.prefix or "/")


def own_secret(state_dir: Path) -> str:
    """The secret in the state folder, made at the first start: 256 random bits, mode 0600. SettingsError if spoilt."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state_dir / "session-secret"
    if not path.exists():
        # Whole or not at all: another process may be starting, too.
        descriptor, partial = tempfile.mkstemp(dir=state_dir, prefix=".session-secret")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
        Path(partial).unlink()
    secret = path.read_text("ascii").strip()
    try:
        long_enough(secret)
    except ValueError as error:
        raise SettingsError([f"{path}: {error}; remove the file and a new secret is made"]) from error
    return secret


def renew(request: Request) -> None:
    """Give the browser a new session and remove the old record: at every change of who somebody is."""
    session = request.session
    old = session.id
    session.invalidate()
    request.registry[STORE].remove(old)


def end(request: Request) -> None:
    """Remove the record of the browser's session and take the cookie back."""
    session = request.session
    old = session.id
    session.delete()
    request.registry[STORE].remove(old)
