"""``IConfig``: what the server tells of its settings, and administrators change. Secrets are not among them."""

from __future__ import annotations

import json
import time

import omero
from omero.rtypes import rtime

from omeropyr.embedded import settings
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.settings import DEFAULTS, INSECURE

CALLS = "omeropyr.instrument.calls"
"""In instrument mode: the operations counted so far, as JSON."""

_CLIENT = "omero.client."


class Config(Service):
    """Settings by name; what is not known is an empty text to administrators, and none of the others' business."""

    slice_type = omero.api.IConfig

    def getVersion(self, call: Call) -> str:
        """The version that clients compare with theirs."""
        return call.server.version

    def getConfigValue(self, call: Call, key: str) -> str:
        """One setting; SecurityViolation for one that the caller may not read."""
        if not key:
            return ""
        if not settings.may_read(call.actor, key):
            raise omero.SecurityViolation(None, None, f"Cannot read configuration: {key}")
        if key == CALLS and call.server.counter.enabled:
            return json.dumps(call.server.counter.calls())
        return _values(call).get(key, "")

    def getConfigValues(self, call: Call, pattern: str) -> dict[str, str]:
        """The settings in whose name the regular expression is found and that the caller may read."""
        if not pattern:
            return {}
        found = settings.pattern_of(pattern)
        values = _values(call)
        return {name: values[name] for name in values if settings.may_read(call.actor, name) and found.search(name)}

    def getConfigDefaults(self, call: Call) -> dict[str, str]:
        """All settings as they are unless changed, for administrators."""
        _require_admin(call)
        return dict(DEFAULTS)

    def getClientConfigDefaults(self, call: Call) -> dict[str, str]:
        """What clients may know, as it is unless changed."""
        return {name: value for name, value in DEFAULTS.items() if name.startswith(_CLIENT)}

    def getClientConfigValues(self, call: Call) -> dict[str, str]:
        """What clients may know."""
        return {name: value for name, value in _values(call).items() if name.startswith(_CLIENT)}

    def setConfigValue(self, call: Call, key: str, value: str) -> None:
        """Change a setting for good; an empty value brings the default back. For administrators."""
        _require_admin(call)
        settings.change(call.server.store, key or "", value or "")

    def setConfigValueIfEquals(self, call: Call, key: str, value: str, test: str) -> bool:
        """The same if the setting is still *test*; whether it was."""
        _require_admin(call)
        default = _defaults(call).get(key, "")
        return settings.change(call.server.store, key or "", value or "", test or "", default)

    def getServerTime(self, call: Call) -> omero.RTime:
        """The server's clock, in milliseconds since the epoch."""
        return rtime(int(time.time() * 1000))

    def getDatabaseTime(self, call: Call) -> omero.RTime:
        """The database is in the server: the same clock."""
        return self.getServerTime(call)

    def getDatabaseUuid(self, call: Call) -> str:
        """What tells this server's data from another's."""
        return call.server.store.uuid


def _defaults(call: Call) -> dict[str, str]:
    router = f"OMERO.Glacier2/router:tcp -p {call.server.port} -h @omero.host@"
    uuid = call.server.store.uuid
    return {**DEFAULTS, INSECURE: router, "omero.db.uuid": uuid, "omero.db.authority": "export"}


def _values(call: Call) -> dict[str, str]:
    return {**_defaults(call), **settings.changed(call.server.store)}


def _require_admin(call: Call) -> None:
    if not call.actor.is_admin:
        raise omero.SecurityViolation(None, None, "Only administrators may list or change settings.")
