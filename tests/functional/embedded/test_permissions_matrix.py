"""Who may do what with whose data: one table, each cell read off the flags and then tried over Ice.

Where the table comes from:

- OMERO's documentation, "Groups and permissions system" (``omero/sysadmins/server-permissions.rst``), has what members,
  group owners and administrators may do with others' data at each level: annotating (and mixing data) in a private
  group is for nobody but the owner; only administrators move others' data between groups; group owners and
  administrators change ownership; owners do everything with their own data except that.
- "The server's view of administrator restrictions" (``omero/developers/Server/LightAdmins.rst``): without a privilege
  an administrator is in this respect an ordinary user, who still reads everything.
- ``ome.security.basic.BasicACLVoter.allowUpdateOrDelete`` and ``addChgrpChownRestrictionBits`` of omero-server 5.6 are
  where the flags are set; ``CurrentDetails.isGraphCritical`` is why links and annotations in a private group are
  refused; ``OmeroInterceptor.evaluateLinkages`` is what ``ReadOnlyGroupSecurityViolation`` comes from.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.embedded.rights import (
    DO,
    LEVELS,
    THINGS,
    World,
    attempt,
    delete_by_command,
    flags,
    make_world,
    restricted_admin,
)

TABLE = """
                rw----   rwr---   rwra--   rwrw--
    owner       RAELDG-  RAELDG-  RAELDG-  RAELDG-
    member      -------  R------  RA-----  RAELD--
    leader      R-E-D-O  RAELD-O  RAELD-O  RAELD-O
    admin       R-E-DGO  RAELDGO  RAELDGO  RAELDGO
    restricted  R------  R------  R------  R------
    outsider    -------  -------  -------  -------
"""
# What one privilege alone gives an administrator who is not in the read-only group.
PRIVILEGES = {
    **{"WriteOwned": "RAEL---", "DeleteOwned": "R---D--", "Chgrp": "R----G-", "Chown": "R-----O"},
    **dict.fromkeys(("WriteFile", "WriteManagedRepo", "WriteScriptRepo"), "R------"),
    **dict.fromkeys(("DeleteFile", "DeleteManagedRepo", "DeleteScriptRepo"), "R------"),
    **dict.fromkeys(("ModifyGroup", "ModifyGroupMembership", "ModifyUser", "ReadSession", "Sudo"), "R------"),
}


def rows() -> list[tuple[str, str, str, bool]]:
    """Level, who, what and whether, for each cell."""
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        who, *cells = line.split()
        for level, cell in zip(LEVELS, cells, strict=True):
            found += [(level, who, thing, letter != "-") for thing, letter in zip(THINGS, cell, strict=True)]
    return found


@pytest.fixture(scope="module")
def world(omero_data: Any, gateway: Any, gateway_of: Any) -> World:
    return make_world(omero_data, gateway, gateway_of, "matrix")


def test_the_table_has_every_cell() -> None:
    assert len(rows()) == 4 * 6 * 7 == 168
    assert len({row[:3] for row in rows()}) == 168
    assert sum(allowed for *_, allowed in rows()) == 84


@pytest.mark.parametrize(("level", "who"), [(level, who) for level, who, thing, _ in rows() if thing == "read"])
def test_what_is_told(world: World, level: str, who: str) -> None:
    dataset_id = world.dataset(level)
    wanted = {thing: allowed for at, person, thing, allowed in rows() if (at, person) == (level, who)}
    assert flags(world.people[who], dataset_id) == wanted


@pytest.mark.parametrize(("level", "who", "thing", "allowed"), rows())
def test_what_is_done(world: World, level: str, who: str, thing: str, allowed: bool) -> None:
    attempt(world, world.people[who], (level, thing, allowed), DO[thing])


@pytest.mark.parametrize(
    ("level", "who", "allowed"), [(level, who, allowed) for level, who, thing, allowed in rows() if thing == "delete"]
)
def test_the_command_deletes_what_may_be_deleted(world: World, level: str, who: str, allowed: bool) -> None:
    attempt(world, world.people[who], (level, "delete", allowed), delete_by_command)


@pytest.mark.parametrize("privilege", PRIVILEGES)
def test_what_one_privilege_gives(world: World, gateway_of: Any, privilege: str) -> None:
    restricted_admin(world.root, f"matrix-{privilege}", privilege)
    gateway = gateway_of(f"matrix-{privilege}")
    assert gateway.getEventContext().adminPrivileges == [privilege]
    may = {thing: letter != "-" for thing, letter in zip(THINGS, PRIVILEGES[privilege], strict=True)}
    assert flags(gateway, world.dataset("rwr---")) == may
    for thing, allowed in may.items():
        attempt(world, gateway, ("rwr---", thing, allowed), DO[thing])


def test_every_privilege_is_in_the_table(world: World) -> None:
    every = world.root.getTypesService().allEnumerations("AdminPrivilege")
    assert {one.value.val for one in every} == set(PRIVILEGES)
    assert len(PRIVILEGES) == 15
