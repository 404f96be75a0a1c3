"""The small commands over Ice: original metadata, sessions, e-mails."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.all
import pytest
import tifffile
from omero.gateway import BlitzGateway
from omero.rtypes import rlong, rstring, unwrap

from omeropyr.embedded.mail import FOLDER
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData
from omeropyr.testing.data import PASSWORD


def submit(conn: Any, request: Any) -> Any:
    """The response; omero.CmdError for an ERR."""
    callback = conn.c.submit(request, loops=20, ms=500, failonerror=True, failontimeout=True)
    try:
        return callback.getResponse()
    finally:
        callback.close(True)


def refusal(conn: Any, request: Any) -> str:
    """The name in the ERR that comes back."""
    with pytest.raises(omero.CmdError) as caught:
        submit(conn, request)
    return str(caught.value.err.name)


@pytest.fixture(scope="module")
def people(omero_data: OmeroData) -> dict[str, int]:
    """Users of one group: Ann and Bob with addresses, and one without."""
    group = omero_data.add_group("requests-lab", "rwra--")
    made = {name: omero_data.add_user(f"req-{name}", group) for name in ("ann", "bob", "none")}
    for name in ("ann", "bob"):
        _set_address(omero_data, made[name], f"{name}@example.org")
    return {**made, "group": group}


def _set_address(omero_data: OmeroData, user: int, address: str) -> None:
    with omero_data.server.store.write(SYSTEM) as tx:
        found = tx.get("Experimenter", user)
        found.email = rstring(address)
        tx.save(found)


@pytest.fixture
def own(embedded: EmbeddedServer, people: dict[str, int]) -> Iterator[Callable[[str], Any]]:
    """A function to a session of its own of a user; closed at the end."""
    opened: list[Any] = []

    def connect(user: str) -> Any:
        conn = BlitzGateway(user, PASSWORD, host="127.0.0.1", port=embedded.ssl_port, secure=True)
        assert conn.connect()
        opened.append(conn)
        return conn

    yield connect
    for conn in opened:
        conn.close()


class TestOriginalMetadata:
    def test_of_files(self, omero_data: OmeroData, people: dict[str, int], gateway_of: Any, tmp_path: Path) -> None:
        path = tmp_path / "scanned.tif"
        tifffile.imwrite(path, np.zeros((8, 8), np.uint8), description="from the scanner", software="Scan 1.0")
        image = omero_data.import_file(path, user="req-ann")
        found = gateway_of("req-ann").getObject("Image", image)
        response = submit(found._conn, omero.cmd.OriginalMetadataRequest(image))
        assert response.filesetId.val == found.getFileset().getId()
        assert response.fileAnnotationId is None
        texts = unwrap(omero.rtypes.rmap(response.globalMetadata))
        assert texts["Software"] == "Scan 1.0"
        assert texts["ImageDescription"] == "from the scanner"
        note, shared, series = found.loadOriginalMetadata()
        assert (note, dict(shared)["Software"], series) == (None, "Scan 1.0", [])

    def test_of_a_text_file(self, people: dict[str, int], gateway_of: Any) -> None:
        conn = gateway_of("req-ann")
        update = conn.getUpdateService()
        file = omero.model.OriginalFileI()
        file.name, file.path = rstring("original_metadata.txt"), rstring("/")
        file = update.saveAndReturnObject(file)
        store = conn.c.sf.createRawFileStore()
        store.setFileId(file.id.val)
        text = b"[GlobalMetadata]\nLens=Oil 63x\n[SeriesMetadata]\nGain = 2.5\nno pair\n"
        store.write(text, 0, len(text))
        store.close()
        link = omero.model.ImageAnnotationLinkI()
        link.parent, link.child = omero.model.ImageI(), omero.model.FileAnnotationI()
        link.parent.name = rstring("before FS")
        link.child.ns = rstring(omero.constants.annotation.file.ORIGINALMETADATA)
        link.child.file = omero.model.OriginalFileI(file.id.val, False)
        link = update.saveAndReturnObject(link)
        response = submit(conn, omero.cmd.OriginalMetadataRequest(link.parent.id.val))
        assert (response.filesetId, response.fileAnnotationId.val) == (None, link.child.id.val)
        assert unwrap(omero.rtypes.rmap(response.globalMetadata)) == {"Lens": "Oil 63x"}
        assert unwrap(omero.rtypes.rmap(response.seriesMetadata)) == {"Gain": "2.5"}

    def test_of_no_image(self, people: dict[str, int], gateway_of: Any) -> None:
        assert refusal(gateway_of("req-ann"), omero.cmd.OriginalMetadataRequest(10**9)) == "no-image"


class TestSessions:
    def test_of_users(self, own: Callable[[str], Any]) -> None:
        """All of the own sessions; of others who they are and not their uuids."""
        conn, other = own("req-ann"), own("req-bob")
        response = submit(conn, omero.cmd.CurrentSessionsRequest())
        assert len(response.sessions) == len(response.contexts) == len(response.data)
        rows = list(zip(response.sessions, response.contexts, response.data, strict=True))
        mine = {one.uuid.val: data for one, _, data in rows if one is not None}
        assert conn.c.getSessionId() in mine
        assert other.c.getSessionId() not in mine
        assert mine[conn.c.getSessionId()]["hitCount"].val > 0
        theirs = [(context, data) for one, context, data in rows if one is None and context.userName == "req-bob"]
        assert theirs
        assert {(context.sessionUuid, len(data)) for context, data in theirs} == {("", 0)}
        assert {context.groupName for context, _ in theirs} == {"requests-lab"}

    def test_of_administrators(self, gateway: Any, own: Callable[[str], Any]) -> None:
        conn = own("req-ann")
        response = submit(gateway, omero.cmd.CurrentSessionsRequest())
        assert None not in response.sessions
        assert conn.c.getSessionId() in {context.sessionUuid for context in response.contexts}

    def test_timeout(self, own: Callable[[str], Any]) -> None:
        conn = own("req-ann")
        uuid = conn.c.getSessionId()
        request = omero.cmd.UpdateSessionTimeoutRequest(uuid, None, rlong(120_000))
        assert isinstance(submit(conn, request), omero.cmd.OK)
        stored = conn.c.sf.getSessionService().getSession(uuid)
        assert (stored.timeToIdle.val, stored.timeToLive.val) == (120_000, 0)

    def test_limits(self, gateway: Any, own: Callable[[str], Any]) -> None:
        """6,000,000 ms is the most that a user may ask for; an administrator may give more, or no limit."""
        conn = own("req-ann")
        uuid = conn.c.getSessionId()
        service = conn.c.sf.getSessionService()
        submit(conn, omero.cmd.UpdateSessionTimeoutRequest(uuid, None, rlong(10**12)))
        assert service.getSession(uuid).timeToIdle.val == 6_000_000
        off = omero.cmd.UpdateSessionTimeoutRequest(uuid, None, rlong(0))
        assert refusal(conn, off) == "non-admin-disabling"
        assert service.getSession(uuid).timeToIdle.val == 6_000_000
        submit(gateway, omero.cmd.UpdateSessionTimeoutRequest(uuid, rlong(10**10), rlong(0)))
        stored = service.getSession(uuid)
        assert (stored.timeToIdle.val, stored.timeToLive.val) == (0, 10**10)
        assert refusal(conn, omero.cmd.UpdateSessionTimeoutRequest(uuid, None, None)) == "no-update-performed"

    @pytest.mark.parametrize("whose", ["bob's", "nobody's"])
    def test_of_others(self, own: Callable[[str], Any], whose: str) -> None:
        conn, other = own("req-ann"), own("req-bob")
        uuid = other.c.getSessionId() if whose == "bob's" else "none"
        assert refusal(conn, omero.cmd.UpdateSessionTimeoutRequest(uuid, None, rlong(1000))) == "no-session"
        theirs = other.c.sf.getSessionService().getSession(other.c.getSessionId())
        assert theirs.timeToIdle.val == 600_000


class TestMails:
    @pytest.fixture
    def sent(self, embedded: EmbeddedServer) -> Callable[[], dict[str, Any]]:
        """A function to the mails since the test began, by address."""
        folder = embedded.data / FOLDER
        before = set(folder.glob("*.eml")) if folder.is_dir() else set()

        def read() -> dict[str, Any]:
            new = [path.read_bytes() for path in folder.glob("*.eml") if path not in before]
            mails = [email.message_from_bytes(one, policy=email.policy.default) for one in new]
            return {str(one["To"]): one for one in mails}

        return read

    def test_to_users_and_groups(self, gateway: Any, people: dict[str, int], sent: Callable[[], Any]) -> None:
        response = submit(
            gateway,
            omero.cmd.SendEmailRequest(
                "News",
                "<b>é</b>",
                True,
                [],
                [people["group"]],
                ["extra@example.org", "a b\n@example.org"],
                False,
                False,
            ),
        )
        assert (response.total, response.success) == (4, 3)
        assert list(response.invalidusers) == [people["none"]]
        assert list(response.invalidemails) == ["a b\n@example.org"]
        found = sent()
        assert set(found) == {"ann@example.org", "bob@example.org", "extra@example.org"}
        message = found["ann@example.org"]
        assert (message["Subject"], message.get_content_type()) == ("News", "text/html")
        assert message.get_content().strip() == "<b>é</b>"

    def test_to_one(self, gateway: Any, people: dict[str, int], sent: Callable[[], Any]) -> None:
        request = omero.cmd.SendEmailRequest("To\r\nBcc: you", "text", False, [people["bob"]], [], [], False, False)
        assert submit(gateway, request).success == 1
        message = sent()["bob@example.org"]
        assert (message["Subject"], message["Bcc"], message.get_content().strip()) == ("To Bcc: you", None, "text")

    def test_to_everyone(self, gateway: Any, people: dict[str, int], sent: Callable[[], Any]) -> None:
        request = omero.cmd.SendEmailRequest("All", "text", False, [], [], [], False, True)
        response = submit(gateway, request)
        assert people["none"] in response.invalidusers
        assert {"ann@example.org", "bob@example.org"} <= set(sent())

    @pytest.mark.parametrize(
        ("subject", "body", "name"),
        [("", "b", "no-subject"), ("s", "", "no-body"), ("s", "b", "no-recipients")],
        ids=["subject", "body", "recipients"],
    )
    def test_incomplete(self, gateway: Any, sent: Callable[[], Any], subject: str, body: str, name: str) -> None:
        request = omero.cmd.SendEmailRequest(subject, body, False, [], [], [], False, False)
        assert refusal(gateway, request) == name
        assert sent() == {}

    def test_not_for_users(self, people: dict[str, int], gateway_of: Any, sent: Callable[[], Any]) -> None:
        request = omero.cmd.SendEmailRequest("s", "b", False, [people["bob"]], [], [], False, False)
        assert refusal(gateway_of("req-ann"), request) == "SecurityViolation"
        assert sent() == {}


class TestForgottenPasswords:
    def test_by_the_guest(
        self, omero_data: OmeroData, embedded: EmbeddedServer, gateway_of: Any, own: Callable[[str], Any]
    ) -> None:
        user = omero_data.add_user("req-lost")
        _set_address(omero_data, user, "lost@example.org")
        guest = omero.client("127.0.0.1", embedded.ssl_port)
        guest.createSession("guest", "guest")
        try:
            for name, address in (("req-lost", "other@example.org"), ("req-unknown", "lost@example.org")):
                with pytest.raises(omero.CmdError) as caught:
                    guest.submit(omero.cmd.ResetPasswordRequest(name, address), loops=20, ms=500)
                assert caught.value.err.name == "not-match"
            callback = guest.submit(omero.cmd.ResetPasswordRequest("req-lost", "lost@example.org"), loops=20, ms=500)
            assert isinstance(callback.getResponse(), omero.cmd.ResetPasswordResponse)
            callback.close(True)
        finally:
            guest.closeSession()
        texts = [path.read_text() for path in (embedded.data / FOLDER).glob("*.eml")]
        (text,) = [one for one in texts if "lost@example.org" in one]
        password = text.split("password is: ")[1].split()[0]
        assert gateway_of("req-lost", password).getUser().getName() == "req-lost"
