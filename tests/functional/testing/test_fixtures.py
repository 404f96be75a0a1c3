"""The public fixtures do what their words say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from omeropyr.testing import OmeroData, WebApp


def test_data_belong_to_whom_the_test_says(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> None:
    group = omero_data.add_group("readers", "rwr---")
    omero_data.add_user("fixture-ann", group, first_name="Ann")
    project = omero_data.add_project("P", user="fixture-ann")
    dataset = omero_data.add_dataset("D", project=project, user="fixture-ann")
    plane = np.arange(12, dtype=np.uint16).reshape(3, 4)
    image = omero_data.add_image(plane, "ramp", dataset=dataset, user="fixture-ann")
    conn = gateway_of("fixture-ann")
    found = conn.getObject("Image", image)
    assert (found.getName(), found.getOwnerFullName(), found.getDetails().getGroup().getName()) == (
        "ramp",
        "Ann User",
        "readers",
    )
    assert [(parent.id, parent.getParent().id) for parent in found.listParents()] == [(dataset, project)]
    np.testing.assert_array_equal(found.getPrimaryPixels().getPlane(0, 0, 0), plane)


def test_the_application_logs_in_and_counts_ice_calls(
    testapp: WebApp, login: Callable[..., Any], omero_data: OmeroData
) -> None:
    omero_data.add_user("fixture-bob", password="secret-of-bob")
    login("fixture-bob", "secret-of-bob")
    assert testapp.ice_calls > 0
    assert testapp.get("/webclient/keepalive_ping/").text == "OK"
    assert testapp.log_out().status_int == 303
    assert testapp.get("/webclient/keepalive_ping/").text == "Connection Failed"
    assert testapp.ice_calls == 0


def test_a_wrong_password_shows_the_form_again(testapp: WebApp) -> None:
    response = testapp.log_in_form("root", "wrong")
    assert response.status_int == 403
    assert "password is wrong" in response.text
