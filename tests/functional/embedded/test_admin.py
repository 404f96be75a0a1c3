"""IAdmin: users, groups and memberships, as administrators, group owners and everyone else change them."""

from __future__ import annotations

import hashlib
from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rstring, unwrap

from omeropyr.embedded.dispatch import operations
from omeropyr.embedded.services.admin import Admin
from tests.functional.embedded.administration import SYSTEM, USER, group, group_name, name, new_group, new_user, user


@pytest.fixture(scope="module")
def root(gateway: Any) -> Any:
    return gateway.getAdminService()


@pytest.fixture
def lab(omero_data: Any, gateway_of: Any) -> Any:
    """A group, its owner and a member: ids, and the IAdmin of each."""
    group_id = omero_data.add_group(name("lab"), "rwra--")
    owner, member = name("owner"), name("member")
    owner_id = omero_data.add_user(owner, group_id, owner=True)
    member_id = omero_data.add_user(member, group_id)
    connections = (gateway_of(owner), gateway_of(member))
    return group_id, (owner_id, connections[0].getAdminService()), (member_id, connections[1].getAdminService())


def test_every_operation_is_there() -> None:
    wanted = operations(omero.api.IAdmin)
    assert len(wanted) == 52
    assert [one for one in wanted if not hasattr(Admin, one)] == []


# --- users ---


def test_a_user_is_made_changed_and_deleted(root: Any, omero_data: Any, gateway_of: Any, embedded: Any) -> None:
    lab = omero_data.add_group(name("lab"))
    made, other = name("user"), name("renamed")
    user_id = root.createUser(new_user(made, email="ada@example.org"), group_name(root, lab))
    known = root.getExperimenter(user_id)
    assert (known.omeName.val, known.email.val, known.ldap.val) == (made, "ada@example.org", False)
    assert root.getMemberOfGroupIds(user(user_id)) == sorted([USER, lab])
    assert root.getDefaultGroup(user_id).id.val == lab
    known.omeName, known.institution, known.email = rstring(other), rstring("Analytical"), None
    root.updateExperimenterWithPassword(known, rstring("secret-1"))
    changed = root.lookupExperimenter(other)
    assert (changed.id.val, unwrap(changed.institution), changed.email) == (user_id, "Analytical", None)
    connection = gateway_of(other, "secret-1")
    assert connection.getUserId() == user_id
    root.deleteExperimenter(user(user_id))
    with pytest.raises(omero.ApiUsageException, match="There is no user"):
        root.getExperimenter(user_id)
    assert user_id not in [one.id.val for one in root.containedExperimenters(lab)]
    with pytest.raises(omero.RemovedSessionException):
        connection.c.sf.getAdminService().getEventContext()
    embedded.router.forget_ended()


def test_who_owns_something_is_not_deleted(root: Any, omero_data: Any) -> None:
    made = name("user")
    user_id = omero_data.add_user(made)
    omero_data.add_project(user=made)
    with pytest.raises(omero.ValidationException, match="There are objects of user"):
        root.deleteExperimenter(user(user_id))
    assert root.getExperimenter(user_id).omeName.val == made
    assert len(root.getMemberOfGroupIds(user(user_id))) == 2


@pytest.mark.parametrize("special", [0, 1])
def test_root_and_guest_stay(root: Any, special: int) -> None:
    before = root.getExperimenter(special).omeName.val
    changed = root.getExperimenter(special)
    changed.omeName = rstring("mallory")
    with pytest.raises(omero.ValidationException, match="keeps this name"):
        root.updateExperimenter(changed)
    with pytest.raises(omero.ValidationException):
        root.deleteExperimenter(user(special))
    assert root.getExperimenter(special).omeName.val == before


def test_names_are_taken_once(root: Any, omero_data: Any) -> None:
    first, second = name("user"), name("user")
    omero_data.add_user(first)
    known = root.getExperimenter(omero_data.add_user(second))
    for taken in (first, "root"):
        known.omeName = rstring(taken)
        with pytest.raises(omero.ValidationException, match="already"):
            root.updateExperimenter(known)
        with pytest.raises(omero.ValidationException, match="already"):
            root.createSystemUser(new_user(taken))


def test_everyone_changes_themselves(root: Any, lab: Any) -> None:
    _, _, (member_id, admin) = lab
    known = admin.getExperimenter(member_id)
    before = known.omeName.val
    known.omeName, known.email, known.middleName = rstring("mallory"), rstring("me@example.org"), rstring("B")
    for change in (admin.updateSelf, admin.updateExperimenter):
        change(known)
        now = root.getExperimenter(member_id)
        assert (now.omeName.val, now.email.val, now.middleName.val) == (before, "me@example.org", "B")


def test_plain_users_administer_nothing(lab: Any, root: Any, omero_data: Any) -> None:
    group_id, (owner_id, _), (member_id, admin) = lab
    made = name("mallory")
    attempts: list[Any] = [
        lambda: admin.createUser(new_user(made), group_name(root, group_id)),
        lambda: admin.createExperimenter(new_user(made), group(group_id), [group(USER)]),
        lambda: admin.createSystemUser(new_user(made)),
        lambda: admin.createRestrictedSystemUser(new_user(made), []),
        lambda: admin.createGroup(new_group(made)),
        lambda: admin.updateGroup(root.getGroup(group_id)),
        lambda: admin.deleteGroup(group(group_id)),
        lambda: admin.deleteExperimenter(user(owner_id)),
        lambda: admin.updateExperimenter(root.getExperimenter(owner_id)),
        lambda: admin.updateExperimenterWithPassword(root.getExperimenter(owner_id), rstring("mine")),
        lambda: admin.changeUserPassword("root", rstring("mine")),
        lambda: admin.setAdminPrivileges(user(member_id), []),
        lambda: admin.addGroups(user(member_id), [group(SYSTEM)]),
        lambda: admin.removeGroups(user(owner_id), [group(group_id)]),
        lambda: admin.setGroupOwner(group(group_id), user(member_id)),
        lambda: admin.unsetGroupOwner(group(group_id), user(owner_id)),
        lambda: admin.setDefaultGroup(user(owner_id), group(group_id)),
        lambda: admin.changePermissions(group(group_id), omero.model.PermissionsI("rwrw--")),
        admin.synchronizeLoginCache,
    ]
    for attempt in attempts:
        with pytest.raises(omero.SecurityViolation):
            attempt()
    assert root.getMemberOfGroupIds(user(member_id)) == sorted([USER, group_id])
    assert root.getLeaderOfGroupIds(user(owner_id)) == [group_id]
    with pytest.raises(omero.ApiUsageException):
        root.lookupExperimenter(made)


# --- group owners ---


def test_group_owners_administer_their_group(lab: Any, root: Any, omero_data: Any, gateway_of: Any) -> None:
    group_id, (_, owner), (member_id, _) = lab
    made = name("student")
    user_id = owner.createExperimenterWithPassword(new_user(made), rstring("first"), group(group_id), [group(USER)])
    assert gateway_of(made, "first").getUserId() == user_id
    owner.changeUserPassword(made, rstring("second"))
    assert gateway_of(made, "second").getUserId() == user_id
    owner.setGroupOwner(group(group_id), user(user_id))
    assert root.getLeaderOfGroupIds(user(user_id)) == [group_id]
    owner.unsetGroupOwner(group(group_id), user(user_id))
    assert root.getLeaderOfGroupIds(user(user_id)) == []
    known = root.getExperimenter(member_id)
    known.institution = rstring("Dundee")
    owner.updateExperimenter(known)
    assert root.getExperimenter(member_id).institution.val == "Dundee"
    changed = owner.getGroup(group_id)
    changed.description = rstring("ours")
    owner.updateGroup(changed)
    assert root.getGroup(group_id).description.val == "ours"


def test_group_owners_reach_no_further(lab: Any, root: Any, omero_data: Any) -> None:
    group_id, (owner_id, owner), (member_id, _) = lab
    other = omero_data.add_group(name("other"))
    stranger = omero_data.add_user(name("stranger"), other)
    chief = name("chief")
    chief_id = omero_data.add_user(chief, group_id, admin=True)
    attempts = [
        lambda: owner.createExperimenter(new_user(name("x")), group(other), [group(USER)]),
        lambda: owner.createExperimenter(new_user(name("x")), group(group_id), [group(SYSTEM)]),
        lambda: owner.addGroups(user(member_id), [group(group_id), group(other)]),
        lambda: owner.addGroups(user(owner_id), [group(SYSTEM)]),
        lambda: owner.removeGroups(user(member_id), [group(USER)]),
        lambda: owner.updateExperimenter(root.getExperimenter(stranger)),
        lambda: owner.updateExperimenter(root.getExperimenter(chief_id)),
        lambda: owner.changeUserPassword(chief, rstring("mine")),
        lambda: owner.deleteExperimenter(user(chief_id)),
        lambda: owner.updateGroup(root.getGroup(other)),
        lambda: owner.deleteGroup(group(other)),
        lambda: owner.createGroup(new_group(name("x"))),
    ]
    for attempt in attempts:
        with pytest.raises(omero.SecurityViolation):
            attempt()
    assert root.getMemberOfGroupIds(user(member_id)) == sorted([USER, group_id])
    assert root.getMemberOfGroupIds(user(owner_id)) == sorted([USER, group_id])
    assert SYSTEM in root.getMemberOfGroupIds(user(chief_id))


# --- memberships ---


def test_memberships_come_and_go(root: Any, omero_data: Any) -> None:
    first, second = omero_data.add_group(name("g")), omero_data.add_group(name("g"))
    user_id = omero_data.add_user(name("user"), first)
    root.addGroups(user(user_id), [group(second)])
    root.addGroups(user(user_id), [group(second)])  # who is a member stays one
    assert root.getMemberOfGroupIds(user(user_id)) == sorted([USER, first, second])
    root.setDefaultGroup(user(user_id), group(second))
    assert root.getDefaultGroup(user_id).id.val == second
    assert [one.id.val for one in root.containedGroups(user_id)] == sorted([USER, first, second])
    root.removeGroups(user(user_id), [group(second)])
    assert root.getDefaultGroup(user_id).id.val == first
    for gone in ([first], [first, USER]):
        with pytest.raises(omero.ValidationException):
            root.removeGroups(user(user_id), [group(one) for one in gone])
    assert root.getMemberOfGroupIds(user(user_id)) == sorted([USER, first])
    with pytest.raises(omero.ValidationException):
        root.addGroups(user(user_id), [])
    for wrong in (second, USER):
        with pytest.raises(omero.ApiUsageException):
            root.setDefaultGroup(user(user_id), group(wrong))


def test_root_stays_root_and_nobody_saws_off_their_branch(root: Any, omero_data: Any, gateway_of: Any) -> None:
    made = name("admin")
    user_id = omero_data.add_user(made, admin=True)
    theirs = gateway_of(made).getAdminService()
    for gone in (SYSTEM, USER):
        with pytest.raises(omero.ValidationException):
            theirs.removeGroups(user(0), [group(gone)])
        with pytest.raises(omero.ValidationException):
            theirs.removeGroups(user(user_id), [group(gone)])
    root.removeGroups(user(user_id), [group(SYSTEM)])
    assert not theirs.getEventContext().isAdmin
    with pytest.raises(omero.SecurityViolation):
        theirs.createGroup(new_group(name("x")))


@pytest.mark.parametrize("bad", [None, omero.model.ExperimenterI(), omero.model.ExperimenterI(999_999, False)])
def test_arguments_that_name_nobody(root: Any, bad: Any) -> None:
    for attempt in (
        lambda: root.deleteExperimenter(bad),
        lambda: root.addGroups(bad, [group(USER)]),
        lambda: root.setAdminPrivileges(bad, []),
        lambda: root.getAdminPrivileges(bad),
        lambda: root.updateExperimenter(bad),
    ):
        with pytest.raises((omero.ApiUsageException, omero.ValidationException)):
            attempt()


# --- passwords ---


def test_a_forgotten_password_comes_by_mail(root: Any, omero_data: Any, embedded: Any, gateway_of: Any) -> None:
    made = name("forgetful")
    user_id = omero_data.add_user(made)
    known = root.getExperimenter(user_id)
    known.email = rstring("forgetful@example.org")
    root.updateExperimenter(known)
    words = "There is no such user with this e-mail address"
    for who, address in ((made, "other@example.org"), ("nobody-at-all", "forgetful@example.org"), (made, "")):
        with pytest.raises(omero.SecurityViolation, match=words):
            root.reportForgottenPassword(who, address)
    before = set((embedded.data / "Mail").glob("*.eml")) if (embedded.data / "Mail").exists() else set()
    root.reportForgottenPassword(made, "forgetful@example.org")
    (file,) = set((embedded.data / "Mail").glob("*.eml")) - before
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert "To: forgetful@example.org" in text
    password = text.split("password is: ")[1].split()[0]
    assert gateway_of(made, password).getUserId() == user_id


def test_an_administrators_password_is_not_sent(root: Any, omero_data: Any) -> None:
    made = name("admin")
    known = root.getExperimenter(omero_data.add_user(made, admin=True))
    known.email = rstring("admin@example.org")
    root.updateExperimenter(known)
    with pytest.raises(omero.ApiUsageException, match="Another administrator"):
        root.reportForgottenPassword(made, "admin@example.org")


def test_credentials_do_not_expire(root: Any) -> None:
    with pytest.raises(omero.InternalException, match="not supported"):
        root.changeExpiredCredentials("root", "omero", "new")


@pytest.mark.parametrize("bad", ["", "   "])
def test_an_empty_password_changes_nothing(root: Any, omero_data: Any, gateway_of: Any, bad: str) -> None:
    made = name("user")
    user_id = omero_data.add_user(made)
    known = root.getExperimenter(user_id)
    known.institution = rstring("changed")
    for attempt in (
        lambda: root.changeUserPassword(made, rstring(bad)),
        lambda: root.updateExperimenterWithPassword(known, rstring(bad)),
        lambda: root.createExperimenterWithPassword(new_user(name("x")), rstring(bad), group(USER), []),
    ):
        with pytest.raises(omero.ApiUsageException, match="password"):
            attempt()
    assert root.getExperimenter(user_id).institution is None
    assert gateway_of(made).getUserId() == user_id


# --- photos ---


def test_a_photo_is_put_and_replaced(lab: Any, embedded: Any, gateway_of: Any) -> None:
    _, (_, owner), (member_id, admin) = lab
    assert admin.getMyUserPhotos() == []
    file_id = admin.uploadMyUserPhoto("me.png", "image/png", b"first picture")
    (photo,) = admin.getMyUserPhotos()
    assert (photo.id.val, photo.name.val, photo.mimetype.val, photo.size.val) == (file_id, "me.png", "image/png", 13)
    assert photo.hash.val == hashlib.sha1(b"first picture").hexdigest()
    assert (photo.details.owner.id.val, photo.details.group.id.val) == (member_id, USER)
    assert (embedded.data / "Files" / str(file_id)).read_bytes() == b"first picture"
    assert admin.uploadMyUserPhoto("new.jpg", "image/jpeg", b"second") == file_id
    (photo,) = admin.getMyUserPhotos()
    assert (photo.name.val, photo.size.val) == ("new.jpg", 6)
    assert (embedded.data / "Files" / str(file_id)).read_bytes() == b"second"
    assert owner.getMyUserPhotos() == []
    for bad in (("x.png", "image/png", b""), ("", "image/png", b"x")):
        with pytest.raises(omero.ApiUsageException):
            admin.uploadMyUserPhoto(*bad)


def test_everyone_sees_the_photo(omero_data: Any, gateway_of: Any) -> None:
    made, other = name("seen"), name("seeing")
    user_id = omero_data.add_user(made)
    omero_data.add_user(other)
    file_id = gateway_of(made).getAdminService().uploadMyUserPhoto("me.png", "image/png", b"picture")
    seeing = gateway_of(other)
    hql = "select f.id from Experimenter e join e.annotationLinks l join l.child a join a.file f where e.id = :id"
    params = omero.sys.ParametersI().addId(user_id)
    found = seeing.getQueryService().projection(hql, params, {"omero.group": "-1"})
    assert [row[0].val for row in found] == [file_id]
    store = seeing.c.sf.createRawFileStore()
    try:
        store.setFileId(file_id, {"omero.group": "-1"})
        assert store.read(0, 100) == b"picture"
    finally:
        store.close()
