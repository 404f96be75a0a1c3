"""Who may log in and become whom: passwords of every kind, inactive users, guests, sudo, times of sessions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import Glacier2
import omero
import pytest
from omero.rtypes import rstring

from omeropyr.embedded import accounts
from omeropyr.embedded.permissions import SYSTEM, USER_GROUP
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData

LogIn = Callable[..., Any]


@pytest.fixture
def log_in(embedded: EmbeddedServer) -> Iterator[LogIn]:
    """A function ``(user, password="omero")`` to a ServiceFactory; the clients are closed at the end."""
    clients: list[Any] = []

    def connect(user: str, password: str = "omero", agent: str = "OMERO.py") -> Any:
        clients.append(omero.client("127.0.0.1", embedded.ssl_port))
        clients[-1].setAgent(agent)
        return clients[-1].createSession(user, password)

    yield connect
    for one in clients:
        one.__del__()


def raw_log_in(embedded: EmbeddedServer, user: str, password: str) -> Any:
    """Log in past omero-py, which refuses an empty password itself."""
    client = omero.client("127.0.0.1", embedded.ssl_port)
    try:
        router = client.getRouter(client.getCommunicator())
        return router.createSession(user, password)
    finally:
        client.getCommunicator().destroy()


def restrict(embedded: EmbeddedServer, user_id: int, *privileges: str) -> None:
    """Leave an administrator only these privileges."""
    with embedded.store.write(SYSTEM) as tx:
        user = tx.get("Experimenter", user_id)
        every = tx.privileges(user_id)
        user.config = [omero.model.NamedValue(f"AdminPrivilege:{name}", "false") for name in every - set(privileges)]
        tx.save(user)


def principal(name: str, group: str = "") -> Any:
    return omero.sys.Principal(name, group, "User", None)


PASSWORDS = {
    "blanks around": "  in the middle  ",
    "10 kB": "x" * 10_240,
    "NUL inside": "before\0after",
    "unicode": "pässwörd-密码-🔬",
    "combining letters": "cafe\u0301",
    "one letter": "a",
}


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_a_password_counts_to_the_last_sign(
    embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn, password: str
) -> None:
    name = f"password-{abs(hash(password))}"
    user_id = omero_data.add_user(name, password=password)
    assert log_in(name, password).getAdminService().getEventContext().userId == user_id
    for wrong in (password.strip() if password != password.strip() else password + " ", password[:-1] + "!", "\0"):
        embedded.sessions.throttle.succeeded(name)
        with pytest.raises(Glacier2.PermissionDeniedException):
            raw_log_in(embedded, name, wrong)


@pytest.mark.parametrize(
    "password", ["", " ", "\t\n ", "\0", "x" * 100_000], ids=["none", "blank", "white", "NUL", "100 kB"]
)
@pytest.mark.parametrize("user", ["root", "guest", "nobody-at-all", ""], ids=["root", "guest", "unknown", "no name"])
def test_no_account_opens_with_next_to_nothing(embedded: EmbeddedServer, user: str, password: str) -> None:
    embedded.sessions.throttle.succeeded(user)
    with pytest.raises(Glacier2.PermissionDeniedException):
        raw_log_in(embedded, user, password)
    embedded.sessions.throttle.succeeded(user)


@pytest.mark.parametrize("password", ["", " ", "\u2003\t"], ids=["none", "blank", "wide blanks"])
def test_nobody_sets_an_empty_password(embedded: EmbeddedServer, log_in: LogIn, password: str) -> None:
    admin = log_in("root").getAdminService()
    with pytest.raises(omero.ApiUsageException):
        admin.changeUserPassword("root", rstring(password))
    with pytest.raises(omero.ApiUsageException):
        accounts.set_password(embedded.store, 0, password)
    assert log_in("root").getAdminService().getEventContext().userId == 0


def test_passwords_are_kept_as_argon2(embedded: EmbeddedServer, omero_data: OmeroData) -> None:
    user_id = omero_data.add_user("log-in-hashed", password="the same")
    other_id = omero_data.add_user("log-in-hashed-too", password="the same")
    with embedded.store.read(SYSTEM) as tx:
        first, second = tx.password_hash(user_id), tx.password_hash(other_id)
    assert str(first).startswith("$argon2id$")
    assert first != second


def test_an_inactive_user_is_told_so_when_the_password_is_right(
    embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn
) -> None:
    user_id = omero_data.add_user("log-in-inactive")
    admin = log_in("root").getAdminService()
    user = omero.model.ExperimenterI(user_id, False)
    admin.removeGroups(user, [omero.model.ExperimenterGroupI(USER_GROUP, False)])
    with pytest.raises(Glacier2.PermissionDeniedException, match="not active"):
        log_in("log-in-inactive")
    embedded.sessions.throttle.succeeded("log-in-inactive")
    with pytest.raises(Glacier2.PermissionDeniedException) as caught:
        log_in("log-in-inactive", "wrong")
    assert "active" not in caught.value.reason


def test_the_sessions_of_who_becomes_inactive_end(omero_data: OmeroData, log_in: LogIn) -> None:
    user_id = omero_data.add_user("log-in-leaving")
    theirs = log_in("log-in-leaving").getAdminService()
    assert theirs.getEventContext().userId == user_id
    user, everyone = omero.model.ExperimenterI(user_id, False), omero.model.ExperimenterGroupI(USER_GROUP, False)
    log_in("root").getAdminService().removeGroups(user, [everyone])
    with pytest.raises(omero.RemovedSessionException):
        theirs.getEventContext()


def test_who_loses_privileges_loses_them_as_another_too(
    embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn
) -> None:
    admin_id = omero_data.add_user("sudo-losing", admin=True)
    omero_data.add_user("sudo-lent", admin=True)
    made = log_in("sudo-losing").getSessionService().createSessionWithTimeout(principal("sudo-lent"), 10_000)
    admin = log_in(made.uuid.val, made.uuid.val).getAdminService()
    assert "Chown" in admin.getEventContext().adminPrivileges
    restrict(embedded, admin_id, "Sudo")
    embedded.sessions.refresh_user(admin_id)
    assert admin.getEventContext().adminPrivileges == ["Sudo"]


def test_guessing_slows_the_account_down_and_no_other(
    embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn
) -> None:
    omero_data.add_user("log-in-victim")
    throttle = embedded.sessions.throttle
    for _ in range(2):
        with pytest.raises(Glacier2.PermissionDeniedException):
            raw_log_in(embedded, "log-in-victim", "guess")
    assert throttle.failed("log-in-victim") == 2.0
    assert throttle.blocked("log-in-victim")
    assert not throttle.blocked("root")
    done: list[str] = []

    def right() -> None:
        log_in("log-in-victim")
        done.append("victim")

    thread = threading.Thread(target=right)
    thread.start()
    log_in("root")
    done.append("root")
    thread.join(10)
    assert done == ["root", "victim"]
    assert not throttle.blocked("log-in-victim")


def test_too_many_at_once_are_refused(embedded: EmbeddedServer) -> None:
    throttle = embedded.sessions.throttle
    for _ in range(4):
        throttle.failed("log-in-stormed")
    waits = [throttle.wait("log-in-stormed") for _ in range(17)]
    assert waits[-1] is None
    assert waits[:-1] == sorted(waits[:-1])  # type: ignore[type-var]
    with pytest.raises(Glacier2.PermissionDeniedException, match="Too many"):
        raw_log_in(embedded, "log-in-stormed", "guess")
    throttle.succeeded("log-in-stormed")


def test_who_is_logged_in_cannot_guess_for_others_faster(
    embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn
) -> None:
    omero_data.add_user("log-in-guesser")
    omero_data.add_user("log-in-guessed")
    service = log_in("log-in-guesser").getSessionService()
    with pytest.raises(omero.AuthenticationException, match="wrong"):
        service.createSession(principal("log-in-guessed"), "guess")
    with pytest.raises(omero.AuthenticationException, match="wait"):
        service.createSession(principal("log-in-guessed"), "omero")
    embedded.sessions.throttle.succeeded("log-in-guessed")
    made = service.createSession(principal("log-in-guessed"), "omero")
    assert embedded.sessions.find(made.uuid.val).actor.user_name == "log-in-guessed"
    embedded.sessions.close(made.uuid.val)


def test_a_guest_asks_for_next_to_nothing(log_in: LogIn) -> None:
    guest = log_in("guest", "guest")
    assert guest.getAdminService().getEventContext().userName == "guest"
    assert guest.getConfigService().getVersion() == "5.6.14"
    assert guest.getAdminService().getSecurityRoles().guestName == "guest"
    session = guest.getSessionService().getSession(guest.getAdminService().getEventContext().sessionUuid)
    assert session.owner.id.val == 1


GUEST_SERVICES = ["Query", "Update", "Container", "Pixels", "Types", "Script", "Metadata", "Ldap", "Share", "Timeline"]


@pytest.mark.parametrize("name", GUEST_SERVICES)
def test_a_guest_gets_no_other_service(log_in: LogIn, name: str) -> None:
    guest = log_in("guest", "guest")
    with pytest.raises(omero.SecurityViolation, match="guest"):
        getattr(guest, f"get{name}Service")()


@pytest.mark.parametrize(
    "name", ["createRawFileStore", "createThumbnailStore", "sharedResources", "createSearchService"]
)
def test_a_guest_gets_no_service_with_state(log_in: LogIn, name: str) -> None:
    with pytest.raises(omero.SecurityViolation, match="guest"):
        getattr(log_in("guest", "guest"), name)()


GUEST_CALLS: dict[str, Callable[[Any], Any]] = {
    "users": lambda sf: sf.getAdminService().lookupExperimenters(),
    "groups": lambda sf: sf.getAdminService().lookupGroups(),
    "password": lambda sf: sf.getAdminService().changePassword(rstring("mine")),
    "sessions": lambda sf: sf.getSessionService().getMyOpenSessions(),
    "another session": lambda sf: sf.getSessionService().createUserSession(0, 1000, ""),
    "sudo": lambda sf: sf.getSessionService().createSessionWithTimeout(principal("root"), 1000),
    "settings": lambda sf: sf.getConfigService().setConfigValue("omero.client.web.host", "x"),
}


@pytest.mark.parametrize("ask", GUEST_CALLS.values(), ids=GUEST_CALLS)
def test_a_guest_is_refused(log_in: LogIn, ask: Callable[[Any], Any]) -> None:
    with pytest.raises(omero.SecurityViolation):
        ask(log_in("guest", "guest"))


def test_a_guest_submits_no_command(log_in: LogIn) -> None:
    handle = log_in("guest", "guest").submit(omero.cmd.Delete2())
    deadline = time.monotonic() + 5
    while (answer := handle.getResponse()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert isinstance(answer, omero.cmd.ERR)
    assert answer.name == "SecurityViolation"


def test_an_administrator_becomes_a_user_and_it_shows(
    embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn
) -> None:
    user_id = omero_data.add_user("sudo-user")
    service = log_in("root").getSessionService()
    made = service.createSessionWithTimeout(principal("sudo-user"), 30_000)
    assert (made.timeToLive.val, made.timeToIdle.val, made.sudoer.id.val) == (30_000, 0, 0)
    factory = log_in(made.uuid.val, made.uuid.val)
    context = factory.getAdminService().getEventContext()
    assert (context.userId, context.sudoerId.val, context.sudoerName.val) == (user_id, 0, "root")
    own = log_in("sudo-user").getSessionService()
    assert made.uuid.val not in [one.uuid.val for one in own.getMyOpenSessions()]
    assert [one.uuid.val for one in factory.getSessionService().getMyOpenSessions()] == [made.uuid.val]
    again = factory.getSessionService().createUserSession(0, 1000, "")
    assert again.sudoer.id.val == 0
    embedded.sessions.close(again.uuid.val)


@pytest.mark.parametrize(
    ("privileges", "target", "allowed"),
    [
        (("Sudo",), "sudo-target", True),
        (("Chown", "WriteOwned"), "sudo-target", False),
        (("Sudo",), "root", False),
        (("Sudo", "Chown"), "sudo-lesser", True),
        (("Sudo",), "sudo-lesser", False),
    ],
    ids=["with Sudo", "without Sudo", "to root", "to a lesser one", "to a greater one"],
)
def test_restricted_administrators_become_nobody_greater(
    embedded: EmbeddedServer,
    omero_data: OmeroData,
    log_in: LogIn,
    privileges: tuple[str, ...],
    target: str,
    allowed: bool,
) -> None:
    if accounts.user_id(embedded.store, "sudo-target") is None:
        omero_data.add_user("sudo-target")
        restrict(embedded, omero_data.add_user("sudo-lesser", admin=True), "Chown")
    name = f"sudo-{'-'.join(privileges)}-{target}"
    restrict(embedded, omero_data.add_user(name, admin=True), *privileges)
    service = log_in(name).getSessionService()
    if not allowed:
        with pytest.raises(omero.SecurityViolation):
            service.createSessionWithTimeout(principal(target), 1000)
        return
    made = service.createSessionWithTimeout(principal(target), 60_000)
    context = log_in(made.uuid.val, made.uuid.val).getAdminService().getEventContext()
    assert (context.userName, context.sudoerName.val) == (target, name)
    assert set(context.adminPrivileges) <= set(privileges)


def test_group_owners_become_their_members_in_their_group_only(omero_data: OmeroData, log_in: LogIn) -> None:
    group, other = omero_data.add_group("sudo led"), omero_data.add_group("sudo not led")
    omero_data.add_user("sudo-leader", group, owner=True)
    member_id = omero_data.add_user("sudo-member", other, group)
    omero_data.add_user("sudo-boss", group, admin=True)
    service = log_in("sudo-leader").getSessionService()
    for name, wanted in (("sudo-member", ""), ("sudo-member", "sudo not led"), ("sudo-boss", "sudo led"), ("root", "")):
        with pytest.raises(omero.SecurityViolation):
            service.createSessionWithTimeout(principal(name, wanted), 1000)
    made = service.createSessionWithTimeout(principal("sudo-member", "sudo led"), 10_000)
    factory = log_in(made.uuid.val, made.uuid.val)
    admin = factory.getAdminService()
    context = admin.getEventContext()
    assert (context.userId, context.groupId, context.sudoerName.val) == (member_id, group, "sudo-leader")
    assert sorted(context.memberOfGroups) == [USER_GROUP, group]
    with pytest.raises(omero.SecurityViolation):
        admin.getEventContext({"omero.group": str(other)})
    with pytest.raises(omero.SecurityViolation):
        factory.setSecurityContext(omero.model.ExperimenterGroupI(other, False))


def test_sessions_by_agent(omero_data: OmeroData, log_in: LogIn) -> None:
    omero_data.add_user("agents-user")
    opened = {agent: log_in("agents-user", agent=agent) for agent in ("OMERO.web", "OMERO.insight", "own tool")}
    uuids = {name: sf.getAdminService().getEventContext().sessionUuid for name, sf in opened.items()}
    service = opened["own tool"].getSessionService()
    assert [one.uuid.val for one in service.getMyOpenAgentSessions("own tool")] == [uuids["own tool"]]
    assert [one.userAgent.val for one in service.getMyOpenClientSessions()] == ["OMERO.insight", "OMERO.web"]
    assert {one.uuid.val for one in service.getMyOpenSessions()} == set(uuids.values())
    assert service.getMyOpenAgentSessions("nothing") == []


def test_times_are_within_the_servers_bounds(embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn) -> None:
    omero_data.add_user("times-user")
    service = log_in("times-user").getSessionService()
    made = service.createUserSession(5_000, 10_000_000, "")
    assert (made.timeToLive.val, made.timeToIdle.val) == (5_000, 6_000_000)
    with pytest.raises(omero.SecurityViolation, match="timeToIdle"):
        service.createUserSession(0, 0, "")
    with pytest.raises(omero.ApiUsageException):
        service.createUserSession(-1, 1000, "")
    session = embedded.sessions.find(made.uuid.val)
    session.started -= 6
    with pytest.raises(omero.SessionTimeoutException):
        service.getSession(made.uuid.val)
    with pytest.raises(omero.RemovedSessionException):
        service.getSession(made.uuid.val)
    with pytest.raises(Glacier2.PermissionDeniedException):
        log_in(made.uuid.val, made.uuid.val)


def test_a_life_ends_even_when_it_is_used(embedded: EmbeddedServer, log_in: LogIn) -> None:
    factory = log_in("root")
    admin = factory.getAdminService()
    session = embedded.sessions.find(admin.getEventContext().sessionUuid)
    embedded.sessions.set_times(session, 60, None)
    assert admin.getEventContext().userId == 0
    session.started -= 61
    with pytest.raises(omero.SessionTimeoutException, match="60 seconds"):
        admin.getEventContext()


def test_signs_of_life(embedded: EmbeddedServer, log_in: LogIn) -> None:
    factory = log_in("root")
    admin, store = factory.getAdminService(), factory.createRawFileStore()
    session = embedded.sessions.find(admin.getEventContext().sessionUuid)
    session.last_used = time.time() - 500
    assert factory.keepAlive(admin)
    assert not factory.keepAlive(None)
    assert time.time() - session.last_used < 5
    assert factory.keepAllAlive([admin, store, None]) == 0
    store.close()
    assert factory.keepAllAlive([admin, store, None]) == 2
    assert factory.keepAllAlive([]) == -1
    assert not factory.keepAlive(store)


REFUSED: dict[str, tuple[Any, type[Exception]]] = {
    "null": (None, omero.ApiUsageException),
    "without id": (omero.model.ExperimenterGroupI(), omero.ApiUsageException),
    "a project": (omero.model.ProjectI(1, False), omero.ApiUsageException),
    "every group": (omero.model.ExperimenterGroupI(-1, False), omero.ValidationException),
    "no such group": (omero.model.ExperimenterGroupI(10**9, False), omero.ValidationException),
}


@pytest.mark.parametrize(("context", "error"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_security_context(log_in: LogIn, context: Any, error: type[Exception]) -> None:
    factory = log_in("root")
    before = factory.getAdminService().getEventContext().groupId
    with pytest.raises(error):
        factory.setSecurityContext(context)
    assert factory.getAdminService().getEventContext().groupId == before


def test_open_services_keep_the_group(omero_data: OmeroData, log_in: LogIn) -> None:
    first, second = omero_data.add_group("context one"), omero_data.add_group("context two")
    omero_data.add_user("context-user", first, second)
    factory = log_in("context-user")
    store = factory.createRawFileStore()
    with pytest.raises(omero.SecurityViolation, match="stateful"):
        factory.setSecurityContext(omero.model.ExperimenterGroupI(second, False))
    store.close()
    factory.submit(omero.cmd.Request())
    assert factory.setSecurityContext(omero.model.ExperimenterGroupI(second, False)).id.val == first
    assert {type(one) for one in factory.getSecurityContexts()} == {omero.model.ExperimenterGroupI}


def test_the_password_again(embedded: EmbeddedServer, log_in: LogIn) -> None:
    factory = log_in("root")
    factory.setSecurityPassword("omero")
    with pytest.raises(omero.SecurityViolation, match="wrong"):
        factory.setSecurityPassword("guess")
    with pytest.raises(omero.SecurityViolation, match="wait"):
        factory.setSecurityPassword("omero")
    embedded.sessions.throttle.succeeded("root")


def test_a_uuid_is_no_password(embedded: EmbeddedServer, omero_data: OmeroData, log_in: LogIn) -> None:
    omero_data.add_user("found-uuid", password="first")
    uuid = log_in("found-uuid", "first").getAdminService().getEventContext().sessionUuid
    joined = log_in(uuid, uuid)
    with pytest.raises(omero.SecurityViolation, match="Bad authentication"):
        joined.getAdminService().changePassword(rstring("second"))
    with pytest.raises(omero.SecurityViolation):
        joined.setSecurityPassword(uuid)
    embedded.sessions.throttle.succeeded("found-uuid")
    joined.setSecurityPassword("first")
    joined.getAdminService().changePassword(rstring("second"))
    assert log_in("found-uuid", "second").getAdminService().getEventContext().userName == "found-uuid"


def test_a_session_is_not_to_be_closed_by_others(omero_data: OmeroData, log_in: LogIn) -> None:
    omero_data.add_user("closing-user")
    roots = log_in("root")
    session = roots.getSessionService().getSession(roots.getAdminService().getEventContext().sessionUuid)
    service = log_in("closing-user").getSessionService()
    assert service.closeSession(session) == -1
    assert service.closeSession(omero.model.SessionI()) == -1
    assert roots.getAdminService().getEventContext().userId == 0


def test_what_a_list_of_sessions_is_made_of(embedded: EmbeddedServer, log_in: LogIn) -> None:
    factory = log_in("root", agent="OMERO.list")
    admin = factory.getAdminService()
    uuid = admin.getEventContext().sessionUuid
    session = next(one for one in embedded.sessions.all() if one.uuid == uuid)
    before = session.counters()["hitCount"].val
    for _ in range(3):
        admin.getEventContext()
    counters = session.counters()
    assert (counters["hitCount"].val, counters["references"].val) == (before + 3, 1)
    assert abs(counters["lastAccessTime"].val / 1000 - time.time()) < 5
    assert (session.agent, session.actor.user_name) == ("OMERO.list", "root")
