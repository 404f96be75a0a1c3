"""E-mails by commands; each is queued as a file, see :mod:`omeropyr.embedded.mail`."""

from __future__ import annotations

from typing import Any

import omero

from omeropyr.embedded import mail, services
from omeropyr.embedded.commands.handle import CommandFailed, Handle, Job
from omeropyr.embedded.permissions import SYSTEM, USER_GROUP

_SHORTEST = 5
"""Characters of an address; OMERO takes shorter ones for none."""


class SendEmail(Job):
    """``SendEmailRequest``: to everyone, to members of groups, to users, to further addresses; one mail for each."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Queue the mails. Administrators only: nobody else writes to everyone in the server's name."""
        request = self.request
        if not self.call.actor.is_admin:
            raise omero.SecurityViolation(None, None, "Only administrators send e-mails to users.")
        subject = " ".join((request.subject or "").split())
        for text, name in ((subject, "subject"), (request.body, "body")):
            if not text:
                raise CommandFailed(f"An e-mail needs a {name}.", f"no-{name}")
        users = self._users()
        short = sorted(user for user, address in users.items() if len(address) < _SHORTEST)
        extra = [one for one in request.extra or () if len(one) >= _SHORTEST]
        addresses = list(dict.fromkeys([*(one for one in users.values() if len(one) >= _SHORTEST), *extra]))
        if not addresses and not short:
            raise CommandFailed("Nobody is named who would get the e-mail.", "no-recipients")
        bad = [address for address in addresses if not self._send(address, subject)]
        return omero.cmd.SendEmailResponse(len(addresses), len(addresses) - len(bad), short, bad)

    def _users(self) -> dict[int, str]:
        """Addresses (empty for none) of the users that the request means."""
        request = self.request
        members = "select m.child.id from GroupExperimenterMap m where m.parent.id in (:{})"
        active = f"e.id in ({members.format('active')})"
        where, values = [], {"active": [USER_GROUP], "groups": list(request.groupIds or ())}
        values["users"] = list(request.userIds or ())
        if request.everyone:
            where.append("1 = 1" if request.inactive else active)
        else:
            if values["groups"]:
                inside = f"e.id in ({members.format('groups')})"
                where.append(inside if request.inactive else f"({inside} and {active})")
            if values["users"]:
                where.append("e.id in (:users)")
        if not where:
            return {}
        query = f"select e.id, e.email from Experimenter e where {' or '.join(where)} order by e.id"  # noqa: S608 - fixed texts
        with self.call.server.store.read(SYSTEM) as tx:
            return {int(user): (address or "").strip() for user, address in tx.values(query, values)}

    def _send(self, address: str, subject: str) -> bool:
        try:
            mail.queue(self.call.server.data, address, subject, self.request.body, self.request.html)
        except omero.ApiUsageException:
            return False
        return True


class ResetPassword(Job):
    """``ResetPasswordRequest``: a new password by e-mail, for who knows name and address of a user."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Send and set it; the ERR does not tell whether the name or the address was wrong."""
        admin: Any = services.stateless("omero.api.IAdmin")
        try:
            admin.reportForgottenPassword(self.call, self.request.omename, self.request.email)
        except omero.SecurityViolation as wrong:
            raise CommandFailed(wrong.message, "not-match") from None
        except omero.ApiUsageException as refused:
            raise CommandFailed(refused.message, "password-change-failed") from None
        return omero.cmd.ResetPasswordResponse()
