"""``ILdap``: there is no LDAP behind the embedded server, and it says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import omero

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import Actor


class Ldap(Service):
    """Every operation is for administrators, as in OMERO, and all but ``getSetting`` are refused with the reason."""

    slice_type = omero.api.ILdap

    def getSetting(self, call: Call) -> bool:
        """Whether users log in by LDAP: no."""
        _require_admin(call.actor)
        return False

    def searchAll(self, call: Call) -> NoReturn:
        """All people in the directory."""
        _refuse(call)

    def searchByAttribute(self, call: Call, dn: str, attribute: str, value: str) -> NoReturn:
        """People in the directory with this attribute."""
        _refuse(call)

    def searchByAttributes(self, call: Call, dn: str, attributes: Sequence[str], values: Sequence[str]) -> NoReturn:
        """People in the directory with these attributes."""
        _refuse(call)

    def searchByDN(self, call: Call, dn: str) -> NoReturn:
        """The person of this distinguished name."""
        _refuse(call)

    def searchDnInGroups(self, call: Call, attribute: str, value: str) -> NoReturn:
        """Distinguished names of the groups with this attribute."""
        _refuse(call)

    def findDN(self, call: Call, name: str) -> NoReturn:
        """The distinguished name of a person."""
        _refuse(call)

    def findGroupDN(self, call: Call, name: str) -> NoReturn:
        """The distinguished name of a group."""
        _refuse(call)

    def findExperimenter(self, call: Call, name: str) -> NoReturn:
        """The person of this name."""
        _refuse(call)

    def findGroup(self, call: Call, name: str) -> NoReturn:
        """The group of this name."""
        _refuse(call)

    def setDN(self, call: Call, user_id: omero.RLong, dn: str) -> NoReturn:
        """Let a user log in by LDAP: nobody could, so nobody is locked out like this."""
        _refuse(call)

    def createUser(self, call: Call, name: str) -> NoReturn:
        """A user for a person in the directory."""
        _refuse(call)

    def discover(self, call: Call) -> NoReturn:
        """Users who are in the directory but do not log in by it."""
        _refuse(call)

    def discoverGroups(self, call: Call) -> NoReturn:
        """The same for groups."""
        _refuse(call)


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise omero.SecurityViolation(None, None, "Only administrators ask about LDAP.")


def _refuse(call: Call) -> NoReturn:
    _require_admin(call.actor)
    raise omero.ApiUsageException(None, None, "LDAP is not enabled: users log in with the server's own passwords.")
