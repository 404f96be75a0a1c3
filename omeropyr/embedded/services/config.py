"""``IConfig``: what the server tells of its settings. Secrets are not among them."""

from __future__ import annotations

import time

import omero
from omero.rtypes import rtime

from omeropyr.embedded.dispatch import Call, Service

VERSION = "5.6.14"
"""The OMERO.server whose behaviour the embedded one follows; clients compare it with their own version."""

DEFAULTS = {
    "omero.version": VERSION,
    "omero.client.ui.tree.orphans.enabled": "true",
    "omero.client.ui.tree.orphans.name": "Orphaned Images",
    "omero.client.ui.tree.orphans.description": "Images that are in no dataset.",
    "omero.client.ui.tree.type_order": "tagset,tag,project,dataset,screen,plate,acquisition,image",
    "omero.client.ui.menu.dropdown.colleagues.enabled": "true",
    "omero.client.ui.menu.dropdown.colleagues.label": "Members",
    "omero.client.ui.menu.dropdown.everyone.enabled": "true",
    "omero.client.ui.menu.dropdown.everyone.label": "All Members",
    "omero.client.ui.menu.dropdown.leaders.enabled": "true",
    "omero.client.ui.menu.dropdown.leaders.label": "Owners",
    "omero.client.browser.thumb_default_size": "96",
    "omero.client.viewer.initial_zoom_level": "0",
    "omero.client.viewer.interpolate_pixels": "true",
    "omero.client.viewer.roi_limit": "2000",
    "omero.client.download_as.max_size": "144000000",
    "omero.client.scripts_to_ignore": "",
    "omero.client.web.host": "",
    "omero.pixeldata.max_plane_width": "3192",
    "omero.pixeldata.max_plane_height": "3192",
    "omero.pixeldata.max_tile_length": "1024",
    "omero.policy.binary_access": "+read,+write,+image",
}
"""Names and defaults as OMERO documents them, as far as clients of the embedded server ask for them."""


class Config(Service):
    """Settings by name; what is not known is an empty text, as OMERO answers."""

    slice_type = omero.api.IConfig

    def getVersion(self, call: Call) -> str:
        """The version that clients compare with theirs."""
        return VERSION

    def getConfigValue(self, call: Call, key: str) -> str:
        """One setting."""
        return self._values(call).get(key, "")

    def getConfigValues(self, call: Call, pattern: str) -> dict[str, str]:
        """Settings whose name begins with *pattern* (a trailing ``*`` is allowed), for administrators."""
        if not call.actor.is_admin:
            raise omero.SecurityViolation(None, None, "Only administrators may list settings.")
        start = pattern.rstrip("*")
        return {name: value for name, value in self._values(call).items() if name.startswith(start)}

    def getConfigDefaults(self, call: Call) -> dict[str, str]:
        """All settings as they are unless changed, for administrators."""
        if not call.actor.is_admin:
            raise omero.SecurityViolation(None, None, "Only administrators may list settings.")
        return dict(DEFAULTS)

    def getClientConfigDefaults(self, call: Call) -> dict[str, str]:
        """What clients may know, as it is unless changed."""
        return {name: value for name, value in DEFAULTS.items() if name.startswith("omero.client.")}

    def getClientConfigValues(self, call: Call) -> dict[str, str]:
        """What clients may know."""
        return {name: value for name, value in self._values(call).items() if name.startswith("omero.client.")}

    def getServerTime(self, call: Call) -> omero.RTime:
        """The server's clock, in milliseconds since the epoch."""
        return rtime(int(time.time() * 1000))

    def getDatabaseTime(self, call: Call) -> omero.RTime:
        """The database is in the server: the same clock."""
        return self.getServerTime(call)

    def getDatabaseUuid(self, call: Call) -> str:
        """What tells this server's data from another's."""
        return call.server.store.uuid

    @staticmethod
    def _values(call: Call) -> dict[str, str]:
        router = f"OMERO.Glacier2/router:tcp -p {call.server.port} -h @omero.host@"
        return {**DEFAULTS, "omero.router.insecure": router}
