"""``IAdmin``: accounts of users and administrators, passwords and photos."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import omero
from omero import RString
from omero.model import AdminPrivilege, Experimenter, ExperimenterGroup, ExperimenterGroupI
from omero.rtypes import unwrap

from omeropyr.embedded import accounts, groups, mail, memberships, photos
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import GUEST_USER, ROOT_USER, SYSTEM_GROUP, USER_GROUP
from omeropyr.embedded.services.admin_rules import (
    all_privileges,
    group_by_name,
    named,
    number,
    own_groups,
    privileges_of,
    refuse_giving,
    refuse_guest,
    require,
    require_admin,
    require_for_groups,
    require_for_user,
    require_no_less,
    user_by_name,
)


class AdminUsers(Service):
    """The part of IAdmin for users. An account without a password is one that nobody logs in to."""

    def createUser(self, call: Call, user: Experimenter, group: str) -> int:
        """A new user without a password, in *group* and in the group of all users."""
        return self.createExperimenter(call, user, group_by_name(call, group), [ExperimenterGroupI(USER_GROUP, False)])

    def createSystemUser(self, call: Call, user: Experimenter) -> int:
        """A new administrator without a password."""
        return _create(call, user, [SYSTEM_GROUP, USER_GROUP], list(all_privileges(call)))

    def createRestrictedSystemUser(self, call: Call, user: Experimenter, privileges: Sequence[AdminPrivilege]) -> int:
        """A new administrator with some privileges, without a password."""
        return _create(call, user, [SYSTEM_GROUP, USER_GROUP], named(call, privileges))

    def createRestrictedSystemUserWithPassword(
        self, call: Call, user: Experimenter, privileges: Sequence[AdminPrivilege], password: RString
    ) -> int:
        """A new administrator with some privileges who can log in."""
        return _create(call, user, [SYSTEM_GROUP, USER_GROUP], named(call, privileges), password)

    def createExperimenter(
        self, call: Call, user: Experimenter, default: ExperimenterGroup, others: Sequence[ExperimenterGroup]
    ) -> int:
        """A new user without a password; answers the id."""
        return _create(call, user, [number(group) for group in (default, *others)], list(all_privileges(call)))

    def createExperimenterWithPassword(
        self,
        call: Call,
        user: Experimenter,
        password: RString,
        default: ExperimenterGroup,
        others: Sequence[ExperimenterGroup],
    ) -> int:
        """A new user who can log in; answers the id. ApiUsageException for an empty password."""
        group_ids = [number(group) for group in (default, *others)]
        return _create(call, user, group_ids, list(all_privileges(call)), password)

    def updateSelf(self, call: Call, user: Experimenter) -> None:
        """Change the caller's own names, institution and e-mail address."""
        refuse_guest(call)
        memberships.update_user(call.server.store, call.session.actor.user_id, user, with_name=False)

    def updateExperimenter(self, call: Call, user: Experimenter) -> None:
        """Change a user's names, institution and e-mail address; one's own without the log-in name."""
        user_id = number(user)
        if user_id == call.actor.user_id and not call.actor.may("ModifyUser"):
            self.updateSelf(call, user)
            return
        require_for_user(call, user_id)
        memberships.update_user(call.server.store, user_id, user, with_name=True)

    def updateExperimenterWithPassword(self, call: Call, user: Experimenter, password: RString) -> None:
        """The same, and replace the password."""
        refuse_guest(call, number(user))
        require_for_user(call, number(user))
        accounts.check_new_password(_text(password))
        memberships.update_user(call.server.store, number(user), user, with_name=True)
        accounts.set_password(call.server.store, number(user), _text(password))

    def deleteExperimenter(self, call: Call, user: Experimenter) -> None:
        """Delete a user who owns nothing and did nothing; ValidationException for any other."""
        user_id = number(user)
        require_for_user(call, user_id)
        if user_id in (ROOT_USER, GUEST_USER, call.actor.user_id):
            raise omero.ValidationException(None, None, "root, the guest and whoever asks stay.")
        groups.delete_user(call.server.store, user_id)
        for session in [known for known in call.server.sessions.all() if known.actor.user_id == user_id]:
            call.server.sessions.close(session.uuid)

    def setAdminPrivileges(self, call: Call, user: Experimenter, privileges: Sequence[AdminPrivilege]) -> None:
        """Say what a user may do as an administrator; root may do everything."""
        user_id, wanted = number(user), named(call, privileges)
        require(call, "ModifyUser")
        require_no_less(call, user_id)
        if user_id == ROOT_USER and wanted != set(all_privileges(call)):
            raise omero.ApiUsageException(None, None, "root keeps every privilege.")
        refuse_giving(call, wanted - privileges_of(call, user_id))
        memberships.restrict(call.server.store, user_id, wanted)
        call.server.sessions.refresh_user(user_id)

    # --- passwords ---

    def changePassword(self, call: Call, password: RString) -> None:
        """Replace the caller's password."""
        refuse_guest(call)
        accounts.set_password(call.server.store, call.session.actor.user_id, _text(password))

    def changePasswordWithOldPassword(self, call: Call, old: RString, password: RString) -> None:
        """Replace the caller's password, the old one shown; SecurityViolation when that is wrong."""
        refuse_guest(call)
        call.server.sessions.check_password(call.session, _text(old))
        accounts.set_password(call.server.store, call.session.actor.user_id, _text(password))

    def changeUserPassword(self, call: Call, name: str, password: RString) -> None:
        """Replace another user's password."""
        user_id = number(user_by_name(call, name))
        refuse_guest(call, user_id)
        require_for_user(call, user_id)
        accounts.set_password(call.server.store, user_id, _text(password))

    def changeExpiredCredentials(self, call: Call, name: str, old: str, new: str) -> None:
        """InternalException: no password expires here, and OMERO does not support it either."""
        raise omero.InternalException(None, None, "IAdmin.changeExpiredCredentials is not supported.")

    def reportForgottenPassword(self, call: Call, name: str, email: str) -> None:
        """Send a new password to the user's address, which the caller has to know; not an administrator's.

        OMERO tells which of the two is wrong; here whoever asks does not learn who has an account.
        """
        found = accounts.user_id(call.server.store, name or "")
        address = accounts.email_of(call.server.store, found) if found is not None else ""
        if found is None or not address or address != email:
            raise omero.SecurityViolation(None, None, "There is no such user with this e-mail address.")
        if accounts.actor(call.server.store, found).is_admin:
            raise omero.ApiUsageException(None, None, "Another administrator sets a new password for this one.")
        password = secrets.token_urlsafe(12)
        text = f"Dear {name},\n\nyour new OMERO password is: {password}\n"
        mail.queue(call.server.data, address, "OMERO - Reset password", text)
        accounts.set_password(call.server.store, found, password)

    def synchronizeLoginCache(self, call: Call) -> None:
        """Nothing is cached: log-ins are looked up each time."""
        require_admin(call)

    # --- photos ---

    def getMyUserPhotos(self, call: Call) -> list[omero.model.OriginalFile]:
        """The caller's avatar files."""
        return photos.of(call.server.store, call.session.actor)

    def uploadMyUserPhoto(self, call: Call, filename: str, mimetype: str, data: bytes) -> int:
        """Replace the caller's avatar; answers the id of its OriginalFile."""
        refuse_guest(call)
        return photos.put(
            call.server.store, call.server.data, call.session.actor, photos.Photo(filename, mimetype, data)
        )


def _create(
    call: Call,
    user: Experimenter,
    group_ids: list[int],
    privileges: Sequence[str] | frozenset[str],
    password: RString = None,
) -> int:
    """A new user, with privileges that matter when a group is that of administrators."""
    require_for_groups(call, "ModifyUser", own_groups(group_ids))
    if SYSTEM_GROUP in group_ids:
        refuse_giving(call, privileges)
    if password is not None:
        accounts.check_new_password(_text(password))
    user_id = memberships.create_user(call.server.store, user, group_ids, privileges)
    if password is not None:
        accounts.set_password(call.server.store, user_id, _text(password))
    return user_id


def _text(password: RString | None) -> str:
    return str(unwrap(password) or "")
