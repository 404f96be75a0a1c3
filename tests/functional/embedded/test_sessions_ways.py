"""The ways into a session: default ports, ice.config, properties, uuids, agents, and from ssl to tcp."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import Glacier2
import Ice
import omero
import pytest
from omero.gateway import BlitzGateway

from omeropyr.embedded.faults import Fault
from omeropyr.embedded.server import EmbeddedServer

Made = Callable[..., Any]


@pytest.fixture
def made() -> Iterator[Made]:
    """``omero.client`` with any arguments; closed at the end."""
    clients: list[Any] = []

    def make(*args: Any, **kwargs: Any) -> Any:
        clients.append(omero.client(*args, **kwargs))
        return clients[-1]

    yield make
    for one in clients:
        one.__del__()


def who(client: Any) -> tuple[str, bool]:
    """The user's name, and whether the connection is encrypted."""
    secure = client.sf.ice_getConnection().getEndpoint().getInfo().secure()
    return client.sf.getAdminService().getEventContext().userName, secure


def test_a_host_is_enough_where_the_server_has_its_own_ports(tmp_path: Path, made: Made) -> None:
    server = EmbeddedServer(tmp_path / "data", port=0)
    try:
        server.start()
    except Ice.SocketException:
        server.stop()
        pytest.skip("another server has port 4064")
    client = made("127.0.0.1")
    try:
        client.createSession("root", "omero")
        assert (server.ssl_port, who(client)) == (4064, ("root", True))
        client.closeSession()
    finally:
        server.stop()


def test_neither_uuids_nor_passwords_are_logged(
    embedded: EmbeddedServer, made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="omeropyr")
    client = made("127.0.0.1", embedded.ssl_port)
    factory = client.createSession("root", "omero")
    uuid = client.getSessionId()
    with pytest.raises(Glacier2.PermissionDeniedException):
        made("127.0.0.1", embedded.ssl_port).createSession("root", "a guess that is secret")
    made("127.0.0.1", embedded.ssl_port).joinSession(uuid)
    embedded.faults.add(Fault("IAdmin.getEventContext", "exception", exception="OverUsageException", times=1))
    with pytest.raises(omero.OverUsageException):
        factory.getAdminService().getEventContext()
    embedded.faults.clear()
    embedded.sessions.close(uuid)
    embedded.sessions.throttle.succeeded("root")
    said = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert uuid not in said
    assert "a guess that is secret" not in said


def test_ice_config_names_host_port_and_user(embedded: EmbeddedServer, made: Made, tmp_path: Path) -> None:
    config = tmp_path / "ice.config"
    config.write_text(f"omero.host=127.0.0.1\nomero.port={embedded.ssl_port}\nomero.user=root\nomero.pass=omero\n")
    client = made([f"--Ice.Config={config}"])
    client.createSession()
    assert who(client) == ("root", True)


def test_properties_name_host_and_port(embedded: EmbeddedServer, made: Made) -> None:
    client = made(pmap={"omero.host": "127.0.0.1", "omero.port": str(embedded.ssl_port)})
    client.createSession("root", "omero")
    assert who(client) == ("root", True)


@pytest.mark.parametrize("protocol", ["ssl", "tcp"])
def test_a_url_names_the_protocol(embedded: EmbeddedServer, made: Made, protocol: str) -> None:
    port = embedded.ssl_port if protocol == "ssl" else embedded.port
    client = made(f"{protocol}://127.0.0.1:{port}")
    client.createSession("root", "omero")
    assert who(client) == ("root", protocol == "ssl")


def test_from_ssl_to_tcp_and_back(embedded: EmbeddedServer, made: Made) -> None:
    first = made("127.0.0.1", embedded.ssl_port)
    first.createSession("root", "omero")
    for secure in (False, True):
        other = first.createClient(secure)
        assert who(other) == ("root", secure)
        assert other.getSessionId() == first.getSessionId()
        other.closeSession()
    assert who(first) == ("root", True)


@pytest.mark.parametrize("secure", [True, False])
def test_a_gateway_joins_by_uuid(embedded: EmbeddedServer, made: Made, secure: bool) -> None:
    first = made("127.0.0.1", embedded.ssl_port)
    first.createSession("root", "omero")
    conn = BlitzGateway(host="127.0.0.1", port=embedded.ssl_port, secure=secure)
    try:
        assert conn.connect(sUuid=first.getSessionId()), conn.getLastError()
        assert (conn.getUser().getName(), conn.isSecure()) == ("root", secure)
        assert first.sf.getSessionService().getReferenceCount(first.getSessionId()) == 2
    finally:
        conn.close(hard=False)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("{uuid}", "omero"),
        ("root", "{uuid}"),
        ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
        ("{uuid} ", "{uuid} "),
        ("{UUID}", "{UUID}"),
    ],
    ids=["uuid and password", "uuid as password", "no such uuid", "a blank behind", "capitals"],
)
def test_a_uuid_counts_only_as_it_is_and_twice(embedded: EmbeddedServer, made: Made, name: str, password: str) -> None:
    first = made("127.0.0.1", embedded.ssl_port)
    first.createSession("root", "omero")
    uuid = first.getSessionId()
    embedded.sessions.throttle.succeeded("root")
    with pytest.raises(Glacier2.PermissionDeniedException):
        made("127.0.0.1", embedded.ssl_port).createSession(
            name.format(uuid=uuid, UUID=uuid.upper()), password.format(uuid=uuid, UUID=uuid.upper())
        )
    embedded.sessions.throttle.succeeded("root")


def test_agent_and_address_are_kept(embedded: EmbeddedServer, made: Made) -> None:
    client = made("127.0.0.1", embedded.ssl_port)
    client.setAgent("OMERO.test")
    client.setIP("192.0.2.7")
    factory = client.createSession("root", "omero")
    session = factory.getSessionService().getSession(client.getSessionId())
    assert (session.userAgent.val, session._userIP.val) == ("OMERO.test", "192.0.2.7")
    plain = made("127.0.0.1", embedded.ssl_port)
    plain.createSession("root", "omero")
    assert embedded.sessions.find(plain.getSessionId()).user_ip == "127.0.0.1"


def test_the_address_of_a_client_is_not_another_ones_session(embedded: EmbeddedServer, made: Made) -> None:
    client = made("127.0.0.1", embedded.ssl_port)
    factory = client.createSession("root", "omero")
    stranger = made("127.0.0.1", embedded.ssl_port)
    proxy = stranger.getCommunicator().stringToProxy(str(factory.getAdminService()))
    admin = omero.api.IAdminPrx.uncheckedCast(proxy.ice_router(None))
    # The category is as secret as the uuid: who knows it and the uuid holds the session.
    assert admin.ice_getIdentity().category != client.getSessionId()
    guess = admin.ice_identity(Ice.Identity(admin.ice_getIdentity().name, "guessed"))
    with pytest.raises(Ice.ObjectNotExistException):
        omero.api.IAdminPrx.uncheckedCast(guess).getEventContext()
