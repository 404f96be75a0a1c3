"""What add-ons are told: log-in, log-out, what was deleted, what was annotated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from omeropyr.addons.events import AnnotationsChanged, Event, ObjectsDeleted, UserLoggedIn, UserLoggedOut
from omeropyr.testing import OmeroData, WebApp

PLANE = np.zeros((4, 4), np.uint8)


@pytest.fixture
def told(web_application: Any) -> Iterator[list[Event]]:
    """The events so far, in their order."""
    found: list[Event] = []

    def note(event: Event) -> None:
        if isinstance(event, UserLoggedIn):
            assert event.request.omero.user_id == event.user_id
        found.append(event)

    web_application.registry.registerHandler(note, [Event])
    yield found
    web_application.registry.unregisterHandler(note, [Event])


def post(browser: WebApp, address: str, fields: Any) -> Any:
    return browser.post(f"/webclient/{address}", fields, headers=browser.csrf())


def test_log_in_and_log_out(testapp: WebApp, omero_data: OmeroData, told: list[Event]) -> None:
    user = omero_data.add_user("eva")
    testapp.log_in_form("eva", "wrong")
    assert told == []
    testapp.log_in("eva")
    (event,) = told
    assert isinstance(event, UserLoggedIn)
    assert (event.user_id, event.user_name) == (user, "eva")
    testapp.log_out()
    assert [type(one) for one in told] == [UserLoggedIn, UserLoggedOut]
    assert (told[1].user_id, told[1].user_name) == (user, "eva")  # type: ignore[attr-defined]


def test_annotating_and_deleting(testapp: WebApp, omero_data: OmeroData, told: list[Event]) -> None:
    omero_data.add_user("uwe")
    first, second = (omero_data.add_image(PLANE, name, user="uwe") for name in "ab")
    testapp.log_in("uwe")
    del told[:]
    both = [("image", first), ("image", second)]
    post(testapp, "annotate_comment/", [*both, ("comment", "Hello")])
    pairs = [("mapAnnotation", json.dumps([["a", "b"]]))]
    made = post(testapp, "annotate_map/", [("image", first), *pairs]).json["annId"]
    post(testapp, "annotate_map/", [("annId", made[0]), *pairs])
    post(testapp, "annotate_rating/", [("image", second), ("rating", 5)])
    post(testapp, f"action/remove/map/{made[0]}/", {"parent": f"image-{first}"})
    assert [(type(one), one.ids) for one in told] == [  # type: ignore[attr-defined]
        (AnnotationsChanged, {"Image": (first, second)}),
        (AnnotationsChanged, {"Image": (first,)}),
        (AnnotationsChanged, {"MapAnnotation": (made[0],)}),
        (AnnotationsChanged, {"Image": (second,)}),
        (AnnotationsChanged, {"Image": (first,)}),
    ]
    del told[:]
    post(testapp, f"action/delete/image/{first}/", {})
    events = [one for one in told if isinstance(one, ObjectsDeleted)]
    assert events[0].ids["Image"] == (first,)


def test_the_json_api_tells_too(testapp: WebApp, omero_data: OmeroData, told: list[Event]) -> None:
    project = omero_data.add_project("Gone", user="root")
    testapp.log_in("root")
    del told[:]
    testapp.delete(f"/api/v0/m/projects/{project}/", headers=testapp.csrf())
    assert [(type(one), one.ids) for one in told] == [(ObjectsDeleted, {"Project": (project,)})]  # type: ignore[attr-defined]
