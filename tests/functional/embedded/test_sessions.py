"""Log-in, sessions and accounts over real Ice, by the clients that OMERO ships."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import Glacier2
import Ice
import omero
import pytest
from omero.gateway import BlitzGateway
from omero.rtypes import rstring

from omeropyr.embedded.server import EmbeddedServer, FolderInUse
from omeropyr.testing import OmeroData

Connect = Callable[..., Any]


@pytest.fixture
def client(embedded: EmbeddedServer) -> Iterator[Connect]:
    """A function ``(ssl=True)`` to a client that is not logged in."""
    made: list[Any] = []

    def make(ssl: bool = True) -> Any:
        made.append(omero.client("127.0.0.1", embedded.ssl_port if ssl else embedded.port))
        return made[-1]

    yield make
    for one in made:
        one.__del__()


def ended(embedded: EmbeddedServer, uuid: str) -> bool:
    """Whether the session is over; a client that hangs up is noticed a moment later."""
    deadline = time.monotonic() + 5
    while any(session.uuid == uuid for session in embedded.sessions.all()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def new_user(name: str) -> omero.model.ExperimenterI:
    user = omero.model.ExperimenterI()
    user.omeName, user.firstName, user.lastName = rstring(name), rstring("Ann"), rstring("Other")
    user.email = rstring(f"{name}@example.org")
    return user


@pytest.mark.parametrize("secure", [True, False])
def test_a_gateway_connects_and_leaves(embedded: EmbeddedServer, secure: bool) -> None:
    conn = BlitzGateway("root", "omero", host="127.0.0.1", port=embedded.ssl_port, secure=secure)
    assert conn.connect(), conn.getLastError()
    assert (conn.getUserId(), conn.isAdmin(), conn.isSecure()) == (0, True, secure)
    endpoint = conn.c.sf.ice_getConnection().getEndpoint()
    assert endpoint.getInfo().secure() is secure
    uuid = conn._sessionUuid
    assert conn.keepAlive()
    conn.close()
    assert ended(embedded, uuid)


def test_a_session_is_joined_by_its_uuid_and_ends_with_the_last_client(
    embedded: EmbeddedServer, client: Connect
) -> None:
    first, second = client(), client()
    factory = first.createSession("root", "omero")
    uuid = first.getSessionId()
    second.joinSession(uuid)
    assert second.getSessionId() == uuid
    assert factory.getSessionService().getReferenceCount(uuid) == 2
    first.closeSession()
    assert second.sf.getAdminService().getEventContext().sessionUuid == uuid
    second.closeSession()
    assert ended(embedded, uuid)


def test_a_detached_session_outlives_its_clients(embedded: EmbeddedServer, client: Connect) -> None:
    first = client()
    first.createSession("root", "omero").detachOnDestroy()
    uuid = first.getSessionId()
    first.closeSession()
    again = client()
    assert again.joinSession(uuid).getAdminService().getEventContext().userName == "root"
    again.sf.closeOnDestroy()
    again.closeSession()
    assert ended(embedded, uuid)


def test_the_session_of_a_client_that_hangs_up_ends(embedded: EmbeddedServer, client: Connect) -> None:
    gone = client()
    gone.createSession("root", "omero")
    uuid = gone.getSessionId()
    gone.getCommunicator().destroy()
    assert ended(embedded, uuid)


@pytest.mark.parametrize(
    ("user", "password"),
    [("root", "wrong"), ("nobody-of-that-name", "omero"), ("root", " "), ("no-session", "no-session")],
)
def test_wrong_credentials_are_refused_alike(client: Connect, user: str, password: str) -> None:
    with pytest.raises(Glacier2.PermissionDeniedException) as caught:
        client().createSession(user, password)
    assert "nobody" not in caught.value.reason
    assert "uuid" not in caught.value.reason


def test_an_unused_session_is_over_after_its_time(embedded: EmbeddedServer, client: Connect) -> None:
    used = client()
    factory = used.createSession("root", "omero")
    factory.detachOnDestroy()
    uuid = used.getSessionId()
    admin = factory.getAdminService()
    embedded.sessions.find(uuid).last_used -= 601
    with pytest.raises(omero.SessionTimeoutException):
        admin.getEventContext()
    with pytest.raises(omero.RemovedSessionException):
        admin.getEventContext()
    with pytest.raises(Glacier2.PermissionDeniedException):
        client().joinSession(uuid)


def test_the_sweep_hangs_up_on_those_whose_session_is_over(embedded: EmbeddedServer, client: Connect) -> None:
    used = client()
    factory = used.createSession("root", "omero")
    embedded.sessions.find(used.getSessionId()).last_used -= 601
    before = len(embedded.router.sessions())
    embedded.sessions.sweep()
    embedded.router.forget_ended()
    assert len(embedded.router.sessions()) == before - 1
    with pytest.raises((omero.RemovedSessionException, Ice.Exception)):
        factory.getAdminService()


def test_a_closed_session_is_refused_to_all_its_clients(client: Connect) -> None:
    first, second = client(), client()
    factory = first.createSession("root", "omero")
    admin = second.joinSession(first.getSessionId()).getAdminService()
    session = factory.getSessionService().getSession(first.getSessionId())
    assert factory.getSessionService().closeSession(session) == 1
    assert admin.getEventContext().sessionUuid == session.uuid.val
    assert factory.getSessionService().closeSession(session) == -2
    with pytest.raises(omero.RemovedSessionException):
        admin.getEventContext()


def test_every_operation_is_counted_for_its_session(embedded: EmbeddedServer, client: Connect) -> None:
    used = client()
    factory = used.createSession("root", "omero")
    uuid = used.getSessionId()
    before = embedded.counter.calls(uuid)
    assert before["Router.createSession"] == 1
    admin = factory.getAdminService()
    for _ in range(3):
        admin.getEventContext()
    after = embedded.counter.calls(uuid) - before
    assert after["IAdmin.getEventContext"] == 3
    assert after["ServiceFactory.getAdminService"] == 1
    assert after.total() == 4 + after["Router.addProxies"]


def test_a_service_that_is_not_there_says_so(client: Connect) -> None:
    factory = client().createSession("root", "omero")
    with pytest.raises(omero.InternalException, match=r"omero\.api\.INothing is not there"):
        factory.getByName("omero.api.INothing")


def test_what_a_client_finds_out_about_the_server(embedded: EmbeddedServer, client: Connect) -> None:
    used = client()
    factory = used.createSession("root", "omero")
    config = factory.getConfigService()
    assert config.getVersion().startswith("5.6.")
    assert config.getDatabaseUuid() == embedded.store.uuid
    assert config.getConfigValue("omero.router.insecure") == (
        f"OMERO.Glacier2/router:tcp -p {embedded.port} -h @omero.host@"
    )
    assert config.getConfigValue("no.such.setting") == ""
    assert set(config.getClientConfigValues()) == set(config.getClientConfigDefaults())
    assert abs(config.getServerTime().val / 1000 - time.time()) < 5
    types = factory.getTypesService()
    assert types.getEnumeration("PixelsType", "uint16").bitSize.val == 16
    assert "Experimenter" not in types.getEnumerationTypes()
    plain = used.createClient(secure=False)
    try:
        assert not plain.sf.ice_getConnection().getEndpoint().getInfo().secure()
        assert plain.sf.getAdminService().getEventContext().userName == "root"
    finally:
        plain.__del__()


def test_administrators_make_groups_and_users_who_log_in(client: Connect) -> None:
    admin = client().createSession("root", "omero").getAdminService()
    group = omero.model.ExperimenterGroupI()
    group.name = rstring("sessions lab")
    group.details.permissions = omero.model.PermissionsI("rwra--")
    group_id = admin.createGroup(group)
    lab = admin.getGroup(group_id)
    everyone = admin.lookupGroup("user")
    user_id = admin.createExperimenterWithPassword(new_user("sessions-ann"), rstring("ann's own"), lab, [everyone])
    other_id = admin.createUser(new_user("sessions-eve"), "sessions lab")

    used = client()
    factory = used.createSession("sessions-ann", "ann's own")
    context = factory.getAdminService().getEventContext()
    assert (context.userId, context.groupId, context.groupName) == (user_id, group_id, "sessions lab")
    assert (context.isAdmin, context.adminPrivileges, context.leaderOfGroups) == (False, [], [])
    assert sorted(context.memberOfGroups) == sorted([group_id, everyone.id.val])
    assert str(context.groupPermissions) == "rwra--"
    assert [user.id.val for user in admin.containedExperimenters(group_id)] == [user_id, other_id]
    assert [one.id.val for one in admin.containedGroups(user_id)] == sorted([everyone.id.val, group_id])
    assert admin.getDefaultGroup(user_id).id.val == group_id
    assert admin.getExperimenter(user_id).email.val == "sessions-ann@example.org"
    assert admin.lookupExperimenter("sessions-ann").id.val == user_id
    with pytest.raises(Glacier2.PermissionDeniedException):
        client().createSession("sessions-eve", "eve")
    with pytest.raises(omero.ValidationException, match="already"):
        admin.createUser(new_user("sessions-ann"), "sessions lab")
    with pytest.raises(omero.ApiUsageException):
        admin.getGroup(10**6)


def test_plain_users_change_themselves_only(omero_data: OmeroData, client: Connect) -> None:
    group = omero_data.add_group("sessions plain")
    user_id = omero_data.add_user("sessions-bob", group, password="first")
    factory = client().createSession("sessions-bob", "first")
    admin = factory.getAdminService()
    refused: list[Callable[[], Any]] = [
        lambda: admin.createGroup(omero.model.ExperimenterGroupI()),
        lambda: admin.createUser(new_user("sessions-mallory"), "sessions plain"),
        lambda: admin.createSystemUser(new_user("sessions-mallory")),
        lambda: admin.changeUserPassword("root", rstring("mine")),
        lambda: admin.addGroups(omero.model.ExperimenterI(user_id, False), [omero.model.ExperimenterGroupI(0, False)]),
        lambda: factory.getConfigService().getConfigDefaults(),
        lambda: factory.getSessionService().createSessionWithTimeout(omero.sys.Principal("root", "", "User", None), 0),
    ]
    for attempt in refused:
        with pytest.raises(omero.SecurityViolation):
            attempt()
    admin.changePasswordWithOldPassword(rstring("first"), rstring("second"))
    with pytest.raises(omero.SecurityViolation, match="The password is wrong"):
        admin.changePasswordWithOldPassword(rstring("first"), rstring("third"))
    with pytest.raises(Glacier2.PermissionDeniedException):
        client().createSession("sessions-bob", "first")
    assert client().createSession("sessions-bob", "second").getAdminService().getEventContext().userId == user_id


def test_group_owners_choose_the_members(omero_data: OmeroData, client: Connect) -> None:
    group = omero_data.add_group("sessions owned")
    owner_id = omero_data.add_user("sessions-owner", group, owner=True)
    member_id = omero_data.add_user("sessions-member")
    admin = client().createSession("sessions-owner", "omero").getAdminService()
    assert admin.getEventContext().leaderOfGroups == [group]
    member, lab = omero.model.ExperimenterI(member_id, False), omero.model.ExperimenterGroupI(group, False)
    admin.addGroups(member, [lab])
    assert group in admin.getMemberOfGroupIds(member)
    admin.addGroupOwners(lab, [member])
    assert admin.getLeaderOfGroupIds(member) == [group]
    admin.removeGroups(member, [lab])
    assert group not in admin.getMemberOfGroupIds(member)
    assert admin.getLeaderOfGroupIds(omero.model.ExperimenterI(owner_id, False)) == [group]
    with pytest.raises(omero.SecurityViolation):
        admin.addGroups(member, [omero.model.ExperimenterGroupI(0, False)])


def test_the_session_changes_its_group(omero_data: OmeroData, client: Connect, gateway_of: Connect) -> None:
    first, second = omero_data.add_group("sessions one"), omero_data.add_group("sessions two")
    omero_data.add_user("sessions-mover", first, second)
    factory = client().createSession("sessions-mover", "omero")
    groups = {one.id.val for one in factory.getSecurityContexts() if isinstance(one, omero.model.ExperimenterGroup)}
    assert groups == {first, second, 1}
    assert factory.setSecurityContext(omero.model.ExperimenterGroupI(second, False)).id.val == first
    admin = factory.getAdminService()
    assert admin.getEventContext().groupId == second
    assert admin.getEventContext({"omero.group": str(first)}).groupId == first
    with pytest.raises(omero.SecurityViolation):
        factory.setSecurityContext(omero.model.ExperimenterGroupI(0, False))
    with pytest.raises(omero.SecurityViolation):
        admin.getEventContext({"omero.group": "0"})
    with pytest.raises(omero.ApiUsageException):
        admin.getEventContext({"omero.group": "no such group"})
    assert gateway_of("sessions-mover", group="sessions two").getEventContext().groupId == second
    stranger = client()
    stranger.getImplicitContext().put("omero.group", "system")
    with pytest.raises(Glacier2.PermissionDeniedException):
        stranger.createSession("sessions-mover", "omero")


def test_administrators_become_another_user(omero_data: OmeroData, gateway: Any, client: Connect) -> None:
    user_id = omero_data.add_user("sessions-other")
    conn = gateway.suConn("sessions-other", ttl=30_000)
    try:
        assert (conn.getUserId(), conn.isAdmin()) == (user_id, False)
    finally:
        conn.close()
    principal = omero.sys.Principal("nobody-of-that-name", "", "User", None)
    with pytest.raises(omero.ApiUsageException):
        gateway.getSessionService().createSessionWithTimeout(principal, 1000)


def test_sessions_of_others_are_as_if_not_there(omero_data: OmeroData, client: Connect) -> None:
    omero_data.add_user("sessions-curious")
    roots, curious = client(), client()
    roots.createSession("root", "omero")
    service = curious.createSession("sessions-curious", "omero").getSessionService()
    with pytest.raises(omero.RemovedSessionException):
        service.getSession(roots.getSessionId())
    assert [one.uuid.val for one in service.getMyOpenSessions()] == [curious.getSessionId()]
    service.setInput(curious.getSessionId(), "key", rstring("value"))
    assert service.getInput(curious.getSessionId(), "key").val == "value"


def test_the_guest_changes_nothing(client: Connect) -> None:
    admin = client().createSession("guest", "guest").getAdminService()
    assert admin.getEventContext().userName == "guest"
    with pytest.raises(omero.SecurityViolation):
        admin.changePassword(rstring("other"))
    with pytest.raises(omero.SecurityViolation):
        admin.updateSelf(new_user("guest"))


def test_a_second_server_on_the_folder_is_refused_by_name(embedded: EmbeddedServer) -> None:
    with pytest.raises(FolderInUse, match=f"ports {embedded.port} and {embedded.ssl_port}"):
        EmbeddedServer(embedded.data, port=0, ssl_port=0)
