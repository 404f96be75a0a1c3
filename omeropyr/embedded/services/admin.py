"""``IAdmin``: users, groups and who belongs where."""

from __future__ import annotations

import omero

from omeropyr.embedded.services.admin_groups import AdminGroups
from omeropyr.embedded.services.admin_lookups import AdminLookups
from omeropyr.embedded.services.admin_users import AdminUsers


class Admin(AdminLookups, AdminGroups, AdminUsers):
    """What a client asks about users and groups; administrators change them, group owners their own group's members."""

    slice_type = omero.api.IAdmin
