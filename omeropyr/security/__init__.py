"""Who you are and what you may do: policy, permissions, CSRF, log-in and log-out, safe redirects."""

from __future__ import annotations

from pyramid.config import Configurator

from omeropyr.security.csrf import FIELD, HEADER, CsrfPolicy
from omeropyr.security.header_session import PURPOSE, HeaderSessions
from omeropyr.security.identity import HEADER_SESSIONS, Identity
from omeropyr.security.login import THROTTLE, change_identity, identify, log_in, log_out
from omeropyr.security.lost_password import LOST, LostPasswords
from omeropyr.security.permissions import Permission
from omeropyr.security.policy import SecurityPolicy, request_identity
from omeropyr.security.redirects import safe_url
from omeropyr.security.throttle import LOG_IN, LOST_PASSWORD, Throttle
from omeropyr.sessions import SECRET
from omeropyr.settings.values import get_settings
from omeropyr.store import STORE

__all__ = ["Identity", "Permission", "change_identity", "identify", "log_in", "log_out", "safe_url"]


def includeme(config: Configurator) -> None:
    """Log-in and CSRF token are needed everywhere, unless a view says otherwise."""
    config.set_security_policy(SecurityPolicy())
    config.set_default_permission(Permission.LOGIN)
    config.set_csrf_storage_policy(CsrfPolicy())
    # CsrfPolicy checks Origin and Referer itself: Pyramid's own check is silent on http.
    config.set_default_csrf_options(require_csrf=True, token=FIELD, header=HEADER, check_origin=False)
    config.add_request_method(request_identity, "omero", reify=True)
    store, secret = config.registry[STORE], config.registry[SECRET]
    config.registry[THROTTLE] = Throttle(store, secret, "log-in", LOG_IN)
    settings = get_settings(config.registry)
    if settings.core.session_header:
        sessions = HeaderSessions(settings.web, Throttle(store, secret, PURPOSE, LOG_IN))
        config.registry[HEADER_SESSIONS] = sessions
    config.registry[LOST] = LostPasswords(Throttle(store, secret, "lost password", LOST_PASSWORD))
