"""Commands that are cancelled: nothing is changed, and the client learns of it."""

from __future__ import annotations

import threading
from typing import Any

import omero.all
import omero.callbacks
import omero.cmd
import omero.model
import pytest

from omeropyr.embedded.permissions import SYSTEM
from tests.functional.embedded.graphs import PLANE, count, group_of, person


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any) -> Any:
    return person(omero_data, gateway_of, omero_data.add_group(), omero_data.add_group())


class Busy:
    """Somebody else writes, so that commands wait."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._begun, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        with self._store.write(SYSTEM):
            self._begun.set()
            assert self._over.wait(20)

    def __enter__(self) -> Busy:
        self._thread.start()
        assert self._begun.wait(20)
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("kind", ["delete", "move", "all"])
def test_a_command_that_waits(omero_data: Any, embedded: Any, gateway: Any, ann: Any, kind: str) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    home = group_of(gateway, "Image", image)
    away = next(one.id for one in ann.getGroupsMemberOf() if one.id not in (home, 1))
    delete = omero.cmd.Delete2(targetObjects={"Image": [image]})
    move = omero.cmd.Chgrp2(targetObjects={"Image": [image]}, groupId=away)
    request = {"delete": delete, "move": move, "all": omero.cmd.DoAll([move, delete])}[kind]
    with Busy(embedded.store):
        handle = ann.c.sf.submit(request)
        callback = omero.callbacks.CmdCallbackI(ann.c, handle)
        assert handle.getResponse() is None
        assert handle.getRequest().ice_id() == request.ice_id()
        assert handle.cancel()
    callback.loop(100, 100)
    response = callback.getResponse()
    assert isinstance(response, omero.cmd.ERR)
    assert (response.category, response.name) == (request.ice_id(), "cancelled")
    assert callback.getStatus().flags == [omero.cmd.State.CANCELLED]
    assert callback.isCancelled()
    callback.close(True)
    assert count(gateway, "Image", image) == 1
    assert group_of(gateway, "Image", image) == home
    assert ann.getObject("Image", image).getPrimaryPixels().getPlane().tolist() == PLANE.tolist()


def test_what_is_done_is_not_cancelled(omero_data: Any, gateway: Any, ann: Any) -> None:
    project = omero_data.add_project(user=ann.name)
    handle = ann.c.sf.submit(omero.cmd.Delete2(targetObjects={"Project": [project]}))
    callback = omero.callbacks.CmdCallbackI(ann.c, handle)
    callback.loop(100, 100)
    assert not handle.cancel()
    assert isinstance(handle.getResponse(), omero.cmd.Delete2Response)
    status = handle.getStatus()
    assert (status.category, status.flags, status.steps, status.currentStep) == ("::omero::cmd::Delete2", [], 3, 3)
    assert len(status.stepStartTimes) == len(status.stepStopTimes) == 3
    callback.close(True)
    assert count(gateway, "Project", project) == 0
