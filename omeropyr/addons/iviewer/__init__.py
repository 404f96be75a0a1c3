"""Add-on `iviewer`: the separately installed OMERO.iviewer front end, unmodified, with the views it needs.

OMERO.iviewer is a program of its own under the AGPL. It does not come with omeropyr; a site that wants it installs its
wheel without its dependencies: ``pip install --no-deps omero-iviewer``.
"""

from __future__ import annotations

from omeropyr.addons import Addon
from omeropyr.addons.iviewer.settings import Settings

addon = Addon(
    name="iviewer",
    title="OMERO.iviewer",
    includeme="omeropyr.addons.iviewer.routes",
    settings=Settings,
    requires=("gateway", "client", "api"),
    url_prefixes=("/iviewer",),
)
