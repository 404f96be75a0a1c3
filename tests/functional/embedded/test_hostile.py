"""Calls by which a user tries to get, break or keep what is not theirs: an OMERO or Ice exception for each."""

from __future__ import annotations

from typing import Any

import Ice
import numpy as np
import omero
import omero.all
import pytest

from omeropyr.testing import OmeroData
from tests.functional.embedded.hostile_calls import COMMANDS, Field, single, variations
from tests.functional.embedded.hostility import outcome

CASES = {**dict(variations()), **dict(single())}
MAY_ANSWER = {"before search nothing", "before search null", "before save file"} | {
    f"{what} deep" for what in ("findAllByQuery", "projection")
}


def test_there_are_enough() -> None:
    assert len(CASES) - len(MAY_ANSWER) + len(COMMANDS) >= 200


@pytest.fixture(scope="module")
def field(omero_data: OmeroData, gateway_of: Any, gateway: Any, embedded: Any) -> Field:
    group, other = omero_data.add_group("hostile", "rwrw--"), omero_data.add_group("hostile-victim")
    user = omero_data.add_user("mallory", group)
    victim = omero_data.add_user("victor", other)
    theirs = omero_data.add_dataset("hidden", user="victor")
    image = omero_data.add_image(np.zeros((8, 8), dtype=np.uint8), "hidden", dataset=theirs, user="victor")
    found = gateway_of("victor").getObject("Image", image)
    file = next(iter(found.getImportedImageFiles())).getId()
    own = omero_data.add_dataset("own", user="mallory")
    conn = gateway_of("mallory")
    sf = conn.c.sf.ice_invocationTimeout(30_000)
    return Field(sf, conn, gateway, embedded, user, group, victim, theirs, image, found.getPixelsId(), file, own)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_call_is_an_exception(field: Field, name: str) -> None:
    came_to = outcome(lambda: CASES[name](field))
    assert came_to not in ("unsendable", "InternalException", "not there")
    assert (came_to == "answered") <= (name in MAY_ANSWER)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_hostile_command_is_an_error(field: Field, name: str) -> None:
    handle = field.sf.submit(COMMANDS[name](field))
    callback = omero.callbacks.CmdCallbackI(field.conn.c, handle)
    try:
        callback.loop(60, 250)
        response = callback.getResponse()
    finally:
        callback.close(True)
    assert isinstance(response, omero.cmd.ERR), response
    outcome_of = omero.ApiUsageException(None, None, f"{response.category} {response.name} {response.parameters}")

    def again() -> None:
        raise outcome_of

    assert outcome(again) == "ApiUsageException"


@pytest.mark.parametrize("service", ["", "omero.api.IQuery", "omero.api.IAdmin", "omero.api.IUpdate"])
def test_anothers_proxies_are_nobodys(field: Field, service: str) -> None:
    """Even with the identity, which is two random uuids, over another's connection."""
    theirs = field.root.c.sf if not service else field.root.c.sf.getByName(service)
    stolen = field.conn.c.sf.ice_identity(theirs.ice_getIdentity())
    for kind, call in (
        (omero.api.ServiceFactoryPrx, lambda one: one.getAdminService()),
        (omero.api.IQueryPrx, lambda one: one.findAll("Experimenter", None)),
        (omero.api.IAdminPrx, lambda one: one.getEventContext()),
    ):
        proxy = kind.uncheckedCast(stolen)
        assert outcome(lambda call=call, proxy=proxy: call(proxy)) in (
            "ObjectNotExistException",
            "OperationNotExistException",
        )


@pytest.mark.parametrize("name", ["router", "x", "../admin", "\n", "é" * 1000])
def test_guessed_identities_are_nobodys(field: Field, name: str) -> None:
    identity = Ice.Identity(name, field.conn.c.sf.ice_getIdentity().category)
    guessed = omero.api.IQueryPrx.uncheckedCast(field.conn.c.sf.ice_identity(identity))
    assert outcome(lambda: guessed.get("Dataset", 1)) == "ObjectNotExistException"


def test_the_server_is_as_it_was(field: Field, omero_data: OmeroData) -> None:
    """Alive and right: nothing was made, nobody's rights changed, no service is left over."""
    mine = f"select d from Dataset d where d.details.owner.id = {field.user}"
    assert [one.name.val for one in field.query.findAllByQuery(mine, None)] == ["own"]
    admin = field.root.getAdminService()
    assert {group.name.val for group in admin.containedGroups(field.user)} == {"hostile", "user"}
    assert admin.getExperimenter(0).omeName.val == "root"
    context = field.admin.getEventContext()
    assert (context.userName, context.isAdmin, context.leaderOfGroups) == ("mallory", False, [])
    names = field.root.getQueryService().projection(
        "select e.omeName from Experimenter e where e.omeName like 'hostile-twin' or e.omeName like 'hostile-saved'",
        None,
    )
    assert names == []
    held = [name for name in field.sf.activeServices() if "RawFileStore" in name or "RawPixelsStore" in name]
    assert held == []
    again = field.root.getQueryService().get("Dataset", field.theirs, {"omero.group": "-1"})
    assert (again.name.val, again.details.owner.id.val) == ("hidden", field.victim)
