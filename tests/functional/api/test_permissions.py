"""Each kind of group, each role: what the API shows and lets do is what OMERO says to omero-py of the same user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from omeropyr.testing import OmeroData, WebApp
from tests.functional.api.conftest import ADMIN, STRANGER

LEVELS = ("rw----", "rwr---", "rwra--", "rwrw--")
ROLES = ("owner", "member", "leader", "admin", "stranger")
FLAGS = ("canAnnotate", "canDelete", "canEdit", "canLink")


class Lab(NamedTuple):
    """A group, and its people by role."""

    group: int
    people: dict[str, str]


@pytest.fixture(scope="module", params=LEVELS)
def lab(request: pytest.FixtureRequest, omero_data: OmeroData, scene: Any) -> Lab:
    level = request.param
    group = omero_data.add_group(f"api-matrix-{level}", level)
    people = {role: f"api-{role}-{level}" for role in ROLES[:3]}
    for role, name in people.items():
        omero_data.add_user(name, group, owner=role == "leader")
    return Lab(group, {**people, "admin": ADMIN, "stranger": STRANGER})


@pytest.mark.parametrize("role", ROLES)
def test_as_omero_says(
    testapp: WebApp, lab: Lab, role: str, omero_data: OmeroData, gateway_of: Callable[..., Any]
) -> None:
    dataset = omero_data.add_dataset(f"of the owner, for {role}", user=lab.people["owner"], group=lab.group)
    conn = gateway_of(lab.people[role])
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    expected = conn.getObject("Dataset", dataset)
    testapp.log_in(lab.people[role])
    address = f"/api/v0/m/datasets/{dataset}/"
    listed = {one["@id"] for one in testapp.get("/api/v0/m/datasets/?limit=500").json["data"]}
    assert (dataset in listed) is (expected is not None)
    in_group = testapp.get(f"/api/v0/m/datasets/?group={lab.group}", status="*")
    if role == "stranger":
        assert in_group.status_int == 403
    else:
        assert (dataset in {one["@id"] for one in in_group.json["data"]}) is (expected is not None)
    if expected is None:
        testapp.get(address, status=404)
        testapp.delete(address, headers=testapp.csrf(), status=404)
        return
    one = testapp.get(address).json["data"]
    sent = one["omero:details"]["permissions"]
    assert {flag: sent[flag] for flag in FLAGS} == {flag: getattr(expected, flag)() for flag in FLAGS}
    renamed = testapp.put_json("/api/v0/m/save/", {**one, "Name": "new"}, headers=testapp.csrf(), expect_errors=True)
    assert renamed.status_int == (200 if expected.canEdit() else 403)
    gone = testapp.delete(address, headers=testapp.csrf(), expect_errors=True)
    assert gone.status_int == (200 if expected.canDelete() else 403)
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    assert (conn.getObject("Dataset", dataset) is None) is bool(expected.canDelete())
