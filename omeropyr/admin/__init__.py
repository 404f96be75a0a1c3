"""Add-on `admin`: users, groups, privileges, drive space and one's own account under /webadmin/."""

from __future__ import annotations

from omeropyr.addons import Addon

addon = Addon(
    name="admin",
    title="Administration",
    includeme="omeropyr.admin.routes",
    url_prefixes=("/webadmin",),
)
