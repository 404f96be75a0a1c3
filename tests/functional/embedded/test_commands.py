"""Commands through ``submit``: what a client learns of one that is not there."""

from __future__ import annotations

from typing import Any

import omero.all
import omero.callbacks
import omero.cmd


def test_a_command_that_is_not_there_says_so_through_its_handle(gateway: Any) -> None:
    handle = gateway.c.sf.submit(omero.cmd.Timing())
    callback = omero.callbacks.CmdCallbackI(gateway.c, handle)
    callback.loop(20, 250)
    response = callback.getResponse()
    assert isinstance(response, omero.cmd.ERR)
    assert (response.category, response.name) == ("::omero::cmd::Timing", "InternalException")
    assert response.parameters["message"] == "Timing is not there in the embedded server."
    assert callback.getStatus().flags == [omero.cmd.State.FAILURE]
    callback.close(True)
