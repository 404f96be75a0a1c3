"""Restricted administrators: what their privileges open, and that nobody gets past them (security T18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rstring, unwrap

from tests.functional.embedded.administration import (
    SYSTEM,
    USER,
    group,
    name,
    new_group,
    new_user,
    privileges,
    user,
)

EVERY = (
    *("Chgrp", "Chown", "DeleteFile", "DeleteManagedRepo", "DeleteOwned", "DeleteScriptRepo", "ModifyGroup"),
    *("ModifyGroupMembership", "ModifyUser", "ReadSession", "Sudo", "WriteFile", "WriteManagedRepo", "WriteOwned"),
    "WriteScriptRepo",
)


@pytest.fixture(scope="module")
def root(gateway: Any) -> Any:
    return gateway.getAdminService()


@pytest.fixture
def restricted(root: Any, gateway_of: Any) -> Callable[..., Any]:
    """A function that makes an administrator with some privileges and answers their gateway."""

    def make(*values: str) -> Any:
        made = name("restricted")
        root.createRestrictedSystemUserWithPassword(new_user(made), privileges(*values), rstring("omero"))
        return gateway_of(made)

    return make


def values(found: Any) -> list[str]:
    return [one.value.val for one in found]


# --- what they are ---


@pytest.mark.parametrize("wanted", [(), ("Sudo",), ("ModifyUser", "WriteOwned"), EVERY], ids=["0", "1", "2", "15"])
def test_what_a_restricted_administrator_is_told(root: Any, restricted: Any, wanted: tuple[str, ...]) -> None:
    connection = restricted(*wanted)
    admin, context = connection.getAdminService(), connection.getEventContext()
    assert (context.isAdmin, context.adminPrivileges) == (True, sorted(wanted))
    assert values(admin.getCurrentAdminPrivileges()) == sorted(wanted)
    assert values(root.getAdminPrivileges(user(context.userId))) == sorted(wanted)
    assert sorted(connection.getCurrentAdminPrivileges()) == sorted(wanted)
    assert sorted(connection.getAdminPrivileges(context.userId)) == sorted(wanted)
    assert connection.isFullAdmin() is (len(wanted) == 15)
    assert root.getMemberOfGroupIds(user(context.userId)) == [SYSTEM, USER]
    config = {one.name: one.value for one in root.getExperimenter(context.userId).getConfig() or []}
    assert config == {f"AdminPrivilege:{value}": "false" for value in EVERY if value not in wanted}


def test_restrictions_are_where_omero_has_them(gateway: Any, restricted: Any) -> None:
    """The query of OMERO's documentation, "Restricted administrators (OMERO.cli)"."""
    user_id = restricted("Sudo", "Chown").getUserId()
    hql = (
        "SELECT ap.name FROM Experimenter user JOIN user.config AS ap WHERE user.id = :id "
        "AND ap.name LIKE 'AdminPrivilege:%' AND LOWER(ap.value) <> 'true' ORDER BY ap.name"
    )
    found = gateway.getQueryService().projection(hql, omero.sys.ParametersI().addId(user_id))
    assert [row[0].val for row in found] == [f"AdminPrivilege:{one}" for one in EVERY if one not in ("Sudo", "Chown")]


def test_who_has_which(root: Any, restricted: Any, omero_data: Any) -> None:
    both = restricted("Sudo", "Chown").getUserId()
    one = restricted("Sudo").getUserId()
    full = omero_data.add_user(name("full"), admin=True)
    omero_data.add_user(name("plain"))

    def ids(*wanted: str) -> set[int]:
        return {found.id.val for found in root.getAdminsWithPrivileges(privileges(*wanted))}

    assert {0, full, both, one} <= ids("Sudo")
    assert ids("Sudo", "Chown") & {0, full, both, one} == {0, full, both}
    assert ids(*EVERY) & {0, full, both, one} == {0, full}
    assert ids() == {member.id.val for member in root.containedExperimenters(SYSTEM)}
    with pytest.raises(omero.ApiUsageException, match="no privilege 'Dance'"):
        ids("Dance")


def test_privileges_are_changed(root: Any, gateway: Any, restricted: Any) -> None:
    connection = restricted("Sudo")
    user_id, admin = connection.getUserId(), connection.getAdminService()
    gateway.updateAdminPrivileges(user_id, add=["ModifyGroup", "Chgrp"], remove=["Sudo"])
    assert values(admin.getCurrentAdminPrivileges()) == ["Chgrp", "ModifyGroup"]  # the session that is open, too
    group_id = admin.createGroup(new_group(name("group")))
    gateway.updateAdminPrivileges(user_id, remove=["ModifyGroup"])
    with pytest.raises(omero.SecurityViolation):
        admin.createGroup(new_group(name("group")))
    root.setAdminPrivileges(user(user_id), privileges(*EVERY))
    assert values(admin.getCurrentAdminPrivileges()) == sorted(EVERY)
    assert not root.getExperimenter(user_id).getConfig()
    assert group_id > 0


def test_restrictions_of_a_user_wait_until_they_are_an_administrator(root: Any, omero_data: Any) -> None:
    user_id = omero_data.add_user(name("later"))
    root.setAdminPrivileges(user(user_id), privileges("Chown"))
    assert values(root.getAdminPrivileges(user(user_id))) == []
    root.addGroups(user(user_id), [group(SYSTEM)])
    assert values(root.getAdminPrivileges(user(user_id))) == ["Chown"]


def test_root_keeps_every_privilege(root: Any) -> None:
    with pytest.raises(omero.ApiUsageException, match="root keeps"):
        root.setAdminPrivileges(user(0), privileges("Sudo"))
    root.setAdminPrivileges(user(0), privileges(*EVERY))
    assert values(root.getCurrentAdminPrivileges()) == sorted(EVERY)


# --- what each opens: accounts ---


def make_user(admin: Any, target: Any) -> None:
    admin.createExperimenter(new_user(name("x")), group(target["group"]), [group(USER)])


def change_user(admin: Any, target: Any) -> None:
    known = admin.getExperimenter(target["user"])
    known.institution = rstring("changed")
    admin.updateExperimenter(known)


def set_password(admin: Any, target: Any) -> None:
    admin.changeUserPassword(target["name"], rstring("other"))


def set_default(admin: Any, target: Any) -> None:
    admin.setDefaultGroup(user(target["user"]), group(target["group"]))


def make_group(admin: Any, target: Any) -> None:
    admin.createGroup(new_group(name("x")))


def change_group(admin: Any, target: Any) -> None:
    known = admin.getGroup(target["group"])
    known.description, known.details.permissions = rstring("changed"), omero.model.PermissionsI("rwrw--")
    admin.updateGroup(known)


def add_member(admin: Any, target: Any) -> None:
    admin.addGroups(user(target["user"]), [group(target["other"])])


def take_member(admin: Any, target: Any) -> None:
    admin.removeGroups(user(target["user"]), [group(target["third"])])


def set_owner(admin: Any, target: Any) -> None:
    admin.setGroupOwner(group(target["group"]), user(target["user"]))


def limit(admin: Any, target: Any) -> None:
    admin.setAdminPrivileges(user(target["user"]), [])


ACTIONS = {
    "ModifyUser": (make_user, change_user, set_password, set_default, limit),
    "ModifyGroup": (make_group, change_group),
    "ModifyGroupMembership": (add_member, take_member, set_owner),
}


@pytest.mark.parametrize("privilege", EVERY)
def test_what_each_privilege_opens_of_accounts(omero_data: Any, restricted: Any, privilege: str) -> None:
    admin = restricted(privilege).getAdminService()
    for needed, actions in ACTIONS.items():
        for action in actions:
            groups = [omero_data.add_group(name("g")) for _ in range(3)]
            target = dict(zip(("group", "other", "third"), groups, strict=True))
            target["name"] = name("target")
            target["user"] = omero_data.add_user(target["name"], target["group"], target["third"])
            if needed == privilege:
                action(admin, target)
            else:
                with pytest.raises(omero.SecurityViolation):
                    action(admin, target)


# --- nobody gets past their own ---


@pytest.fixture
def all_but_sudo(restricted: Any) -> Any:
    return restricted(*(one for one in EVERY if one not in ("Sudo", "ReadSession")))


def test_nobody_gives_what_they_have_not(root: Any, all_but_sudo: Any, omero_data: Any) -> None:
    admin, own_id = all_but_sudo.getAdminService(), all_but_sudo.getUserId()
    plain_id = omero_data.add_user(name("plain"))
    own = tuple(one for one in EVERY if one not in ("Sudo", "ReadSession"))
    attempts = [
        lambda: admin.createSystemUser(new_user(name("x"))),
        lambda: admin.createRestrictedSystemUser(new_user(name("x")), privileges("Sudo")),
        lambda: admin.createRestrictedSystemUserWithPassword(new_user(name("x")), privileges(*EVERY), rstring("x")),
        lambda: admin.createExperimenter(new_user(name("x")), group(SYSTEM), [group(USER)]),
        lambda: admin.addGroups(user(plain_id), [group(SYSTEM)]),
        lambda: admin.setGroupOwner(group(SYSTEM), user(plain_id)),
        lambda: admin.setAdminPrivileges(user(own_id), privileges(*EVERY)),
        lambda: admin.setAdminPrivileges(user(plain_id), privileges("Sudo")),
    ]
    for attempt in attempts:
        with pytest.raises(omero.SecurityViolation):
            attempt()
    assert values(root.getAdminPrivileges(user(own_id))) == sorted(own)
    assert SYSTEM not in root.getMemberOfGroupIds(user(plain_id))
    # What they have they may pass on.
    made = admin.createRestrictedSystemUser(new_user(name("y")), privileges(*own))
    assert values(root.getAdminPrivileges(user(made))) == sorted(own)
    admin.setAdminPrivileges(user(plain_id), [])
    admin.addGroups(user(plain_id), [group(SYSTEM)])
    assert values(root.getAdminPrivileges(user(plain_id))) == []


def test_nobody_touches_the_account_of_someone_who_may_do_more(
    root: Any, all_but_sudo: Any, omero_data: Any, gateway_of: Any
) -> None:
    """2018-SV3 of OMERO: a restricted administrator must not change a full one's password."""
    admin, made = all_but_sudo.getAdminService(), name("full")
    full_id = omero_data.add_user(made, admin=True)
    for target, target_id in ((made, full_id), ("root", 0)):
        known = admin.getExperimenter(target_id)
        before = unwrap(known.institution)
        known.institution = rstring("changed")
        attempts = [
            lambda known=known: admin.updateExperimenter(known),
            lambda known=known: admin.updateExperimenterWithPassword(known, rstring("mine")),
            lambda target=target: admin.changeUserPassword(target, rstring("mine")),
            lambda target_id=target_id: admin.deleteExperimenter(user(target_id)),
            lambda target_id=target_id: admin.setAdminPrivileges(user(target_id), privileges(*EVERY)),
            lambda target_id=target_id: admin.setAdminPrivileges(user(target_id), []),
            lambda target_id=target_id: admin.removeGroups(user(target_id), [group(SYSTEM)]),
            lambda target_id=target_id: admin.removeGroups(user(target_id), [group(USER)]),
            lambda target_id=target_id: admin.unsetGroupOwner(group(SYSTEM), user(target_id)),
        ]
        for attempt in attempts:
            with pytest.raises(omero.SecurityViolation):
                attempt()
        assert unwrap(root.getExperimenter(target_id).institution) == before
        assert values(root.getAdminPrivileges(user(target_id))) == sorted(EVERY)
    assert gateway_of(made).getUserId() == full_id


def test_nobody_becomes_someone_who_may_do_more(restricted: Any, omero_data: Any) -> None:
    connection = restricted("Sudo")
    full, plain = name("full"), name("plain")
    omero_data.add_user(full, admin=True)
    plain_id = omero_data.add_user(plain)
    service = connection.c.sf.getSessionService()
    for target in (full, "root"):
        with pytest.raises(omero.SecurityViolation):
            service.createSessionWithTimeouts(omero.sys.Principal(target, "", "User", None), 10_000, 10_000)
    made = service.createSessionWithTimeouts(omero.sys.Principal(plain, "", "User", None), 10_000, 10_000)
    assert made.owner.id.val == plain_id
    service.closeSession(made)


def test_accounts_are_not_changed_by_saving_them(all_but_sudo: Any, root: Any) -> None:
    """Restrictions are in ``Experimenter.config``, which is loaded and could be sent back."""
    update, own = all_but_sudo.getUpdateService(), root.getExperimenter(all_but_sudo.getUserId())
    own.setConfig([])
    membership = omero.model.GroupExperimenterMapI()
    membership.parent, membership.child, membership.owner = group(SYSTEM), user(own.id.val), omero.rtypes.rbool(True)
    privilege = root.getAdminPrivileges(user(0))[0]
    privilege.value = rstring("Dance")
    for obj in (own, membership, privilege):
        with pytest.raises(omero.SecurityViolation):
            update.saveAndReturnObject(obj)
    photo = omero.model.ExperimenterAnnotationLinkI()
    photo.parent, photo.child = own, omero.model.TagAnnotationI()
    photo.child.textValue = rstring("t")
    with pytest.raises(omero.SecurityViolation):
        update.saveAndReturnObject(photo)  # the account comes along, changed
    known = all_but_sudo.getAdminService().getExperimenter(own.id.val)
    known.setConfig([])
    all_but_sudo.getAdminService().updateSelf(known)
    all_but_sudo.getAdminService().updateExperimenter(known)
    assert len(root.getAdminPrivileges(user(own.id.val))) == 13
