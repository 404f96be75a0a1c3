"""``request.session``: Beaker's session object over our stores, written before the response is on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid_beaker import BeakerSessionFactoryConfig

from omeropyr.sessions.namespace import JsonSerializer
from omeropyr.sessions.store import SessionStore
from omeropyr.settings import Web

Handler = Callable[[Request], Response]


def make_factory(web: Web, secret: str, path: str, store: SessionStore) -> type:
    """Pyramid's session factory for a site."""
    age = timedelta(seconds=web.session_cookie_age)
    base = BeakerSessionFactoryConfig(
        key=web.session_cookie_name,
        secret=secret,
        type=f"omeropyr_{store.name}",
        store=store,
        data_serializer=JsonSerializer,
        save_accessed_time=False,
        # What cannot be read never comes here: the store says that there is no such session.
        invalidate_corrupt=False,
        httponly=True,
        secure=web.session_cookie_secure,
        samesite=web.session_cookie_samesite,
        cookie_domain=web.session_cookie_domain,
        cookie_path=path,
        cookie_expires=True if web.session_expire_at_browser_close else age,
    )

    class SiteSession(base):  # type: ignore[misc, valid-type]
        """One browser's session."""

        def __init__(self, request: Request) -> None:
            super().__init__(request)
            # Cookies set over https go back over https only, whatever the setting says.
            if request.scheme == "https":
                self.__dict__["_params"] = {**self.__dict__["_params"], "secure": True}

        def persist(self) -> None:
            """Write what was changed. SessionsUnavailable leaves the browser with the cookie it has."""
            if self.dirty():
                with self._or_nothing():
                    self._session().save()

        def replace(self, values: Mapping[str, Any]) -> str:
            """Write *values* under a new id, now; the old id, whose record is still there."""
            with self._or_nothing():
                old = str(self.id)
                self.invalidate()
                self._session().update(values)
                self._session().save()
            return old

        @contextmanager
        def _or_nothing(self) -> Iterator[None]:
            """Nothing is left to write afterwards; when it failed, no cookie is sent."""
            try:
                yield
            except BaseException:
                self.__dict__["_headers"]["set_cookie"] = False
                raise
            finally:
                self.__dict__["_dirty"] = False

    return SiteSession


def persist_tween_factory(handler: Handler, _registry: Any) -> Handler:
    """Sessions are written where the error pages still see what goes wrong."""

    def persist(request: Request) -> Response:
        response = handler(request)
        if "session" in request.__dict__:
            request.session.persist()
        return response

    return persist
