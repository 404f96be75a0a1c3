"""Commands through ``submit``: what a client learns of one that is not there."""

from __future__ import annotations

from typing import Any

import omero.all
import omero.callbacks
import omero.cmd
import pytest


def test_a_command_that_is_not_there_says_so_through_its_handle(gateway: Any) -> None:
    handle = gateway.c.sf.submit(omero.cmd.Delete2(targetObjects={"Dataset": [1]}))
    callback = omero.callbacks.CmdCallbackI(gateway.c, handle)
    callback.loop(20, 250)
    response = callback.getResponse()
    assert isinstance(response, omero.cmd.ERR)
    assert (response.category, response.name) == ("Delete2", "InternalException")
    assert response.parameters["message"] == "Delete2 is not there in the embedded server."
    assert callback.getStatus().flags == [omero.cmd.State.FAILURE]
    callback.close(True)


def test_omero_py_tells_its_caller(gateway: Any) -> None:
    with pytest.raises(omero.CmdError, match="Delete2 is not there"):
        gateway.deleteObjects("Dataset", [1], wait=True)
