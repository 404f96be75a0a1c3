"""The unmodified ``omero`` command: sessions, users and groups."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.testing import OmeroData

Rows = Callable[[str], list[list[str]]]
LEVELS = {"private": "rw----", "read-only": "rwr---", "read-annotate": "rwra--", "read-write": "rwrw--"}


@pytest.fixture(scope="module")
def root(omero_command: Any) -> Any:
    """The command with root logged in."""
    said = omero_command.log_in("root")
    assert re.fullmatch(
        rf"Created session for root@127\.0\.0\.1:{omero_command.server.ssl_port}\. .*Current group: system", said
    )
    return omero_command


@pytest.fixture(scope="module")
def groups(root: Any) -> dict[str, int]:
    """Ids of a group of each type, added by the command, by their types."""
    made = {}
    for kind, permissions in LEVELS.items():
        said = root("group", "add", f"cli-{kind}", "--type", kind)
        found = re.fullmatch(rf"Added group cli-{kind} \(id=(\d+)\) with permissions {permissions}", said)
        assert found, said
        made[kind] = int(found[1])
    return made


@pytest.fixture(scope="module")
def dora(root: Any, groups: dict[str, int]) -> int:
    """Id of a user that the command added."""
    extra = ("-e", "dora@example.org", "-i", "Institute", "-P", "first secret")
    said = root("user", "add", "cli-dora", "Dora", "Cli", *extra, "--group-name", "cli-private")
    found = re.fullmatch(r"Added user cli-dora \(id=(\d+)\) with password", said)
    assert found, said
    return int(found[1])


def test_the_session_is_listed(root: Any, rows_of: Rows) -> None:
    heading, row = rows_of(root("sessions", "list"))
    assert heading[:5] == ["Server", "User", "Group", "Session", "Active"]
    assert row[:3] == [f"127.0.0.1:{root.server.ssl_port}", "root", "system"]
    assert row[4] == "Logged in"
    assert any(one.uuid == row[3] for one in root.server.sessions.all())


def test_an_administrator_sees_who_is_logged_in(root: Any, rows_of: Rows) -> None:
    heading, *rows = rows_of(root("sessions", "who"))
    assert heading[:5] == ["name", "group", "logged in", "agent", "timeout"]
    assert ["root", "system"] in [row[:2] for row in rows]


def test_groups_of_each_type_are_listed(root: Any, groups: dict[str, int], rows_of: Rows) -> None:
    _, *rows = rows_of(root("group", "list"))
    listed = {row[1]: (row[0], row[2], row[3]) for row in rows}
    for kind, permissions in LEVELS.items():
        assert listed[f"cli-{kind}"] == (str(groups[kind]), permissions, "False")
    assert {"system", "user", "guest"} <= set(listed)


def test_a_group_twice_is_refused(root: Any, groups: dict[str, int]) -> None:
    group = groups["private"]
    assert root("group", "add", "cli-private", fails=True) == f"Group exists: cli-private (id={group})"
    assert root("group", "add", "cli-private", "--ignore-existing") == f"Group exists: cli-private (id={group})"


def test_the_level_of_a_group_is_changed(root: Any, rows_of: Rows) -> None:
    root("group", "add", "cli-changing", "--perms", "rw----")
    said = root("group", "perms", "--name", "cli-changing", "--type", "read-only")
    assert said.startswith("Changed permissions for group cli-changing")
    assert rows_of(root("group", "info", "cli-changing"))[1][2] == "rwr---"


def test_users_are_listed(root: Any, groups: dict[str, int], dora: int, rows_of: Rows) -> None:
    _, *rows = rows_of(root("user", "list"))
    listed = {row[1]: row for row in rows}
    assert listed["root"][:7] == ["0", "root", "root", "root", "", "Yes", "False"]
    private = str(groups["private"])
    assert listed["cli-dora"] == [
        str(dora), "cli-dora", "Dora", "Cli", "dora@example.org", "Yes", "False", "", private, "",
    ]  # fmt: skip


def test_a_user_joins_and_leaves_groups(root: Any, groups: dict[str, int], dora: int, rows_of: Rows) -> None:
    private, annotate = str(groups["private"]), str(groups["read-annotate"])
    joined = root("user", "joingroup", "--name", "cli-dora", "--group-name", "cli-read-annotate")
    assert joined == f"Added {dora} to group {annotate}"
    owner = root("user", "joingroup", "--name", "cli-dora", "--group-name", "cli-private", "--as-owner")
    assert owner == f"Added {dora} to the owner list of group {private}"
    assert rows_of(root("user", "info", "cli-dora"))[1][-2:] == [annotate, private]
    left = root("user", "leavegroup", "--name", "cli-dora", "--group-name", "cli-read-annotate")
    assert left == f"Removed {dora} from group {annotate}"
    _, *rows = rows_of(root("user", "listgroups", "cli-dora"))
    assert [row[1] for row in rows] == ["user", "cli-private"]


def test_group_side_of_members(root: Any, groups: dict[str, int], dora: int, rows_of: Rows) -> None:
    group = str(groups["read-write"])
    added = root("group", "adduser", "--name", "cli-read-write", "--user-name", "cli-dora")
    assert added == f"Added {dora} to group {group}"
    _, *rows = rows_of(root("group", "listusers", "cli-read-write"))
    assert [row[1] for row in rows] == ["cli-dora"]
    removed = root("group", "removeuser", "--name", "cli-read-write", "--user-name", "cli-dora")
    assert removed == f"Removed {dora} from group {group}"


def test_a_password_is_changed(root: Any, dora: int, omero_command: Any) -> None:
    wrong = root("user", "password", "cli-dora", stdin="not it\n", fails=True)
    assert "SecurityViolation: Bad credentials" in wrong
    said = root("user", "password", "cli-dora", stdin="omero\nsecond secret\nsecond secret\n")
    assert "Verified password." in said
    assert f"Changing password for cli-dora (id:{dora})" in said
    assert said.endswith("Password changed")
    server = ("-s", "127.0.0.1", "-p", str(omero_command.server.ssl_port), "-u", "cli-dora", "-w")
    assert "The user name or the password is wrong." in root("sessions", "login", *server, "first secret", fails=True)
    assert "Current group: cli-private" in omero_command.both("sessions", "login", *server, "second secret")
    assert "Password changed" in root("user", "password", stdin="second secret\nthird secret\nthird secret\n")
    assert "Current group: system" in omero_command.log_in("root")


def test_a_member_is_refused_what_is_for_administrators(
    root: Any, omero_command: Any, omero_data: OmeroData, groups: dict[str, int]
) -> None:
    omero_data.add_user("cli-plain", groups["read-only"])
    omero_command.log_in("cli-plain")
    try:
        assert "SecurityViolation" in omero_command("group", "add", "cli-mine", fails=True)
        assert "SecurityViolation" in omero_command(
            "user", "add", "cli-x", "X", "Y", "-P", "x", "--group-name", "cli-read-only", fails=True
        )
    finally:
        omero_command.log_in("root")


def test_zz_log_out_ends_the_session(root: Any, rows_of: Rows) -> None:
    uuid = next(row[3] for row in rows_of(root("sessions", "list")) if row[1] == "root")
    root.log_in("root")  # the listing leaves the command with the session that it listed last
    assert root("logout") == ""
    assert uuid not in [row[3] for row in rows_of(root("sessions", "list"))]
    assert uuid not in [one.uuid for one in root.server.sessions.all() if not one.closed]
