"""The web of `omeropyr demo`: what the README says is on must be on in what people try first."""

from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from omeropyr.demo import _web
from omeropyr.embedded.server import EmbeddedServer


@pytest.mark.parametrize("address", ["/webclient/", "/webadmin/", "/api/v0/m/projects/", "/webgateway/proj/list/"])
def test_every_add_on_that_is_on_by_default_is_there(embedded: EmbeddedServer, tmp_path: Path, address: str) -> None:
    with _web(tmp_path, 0, embedded.ssl_port) as server:
        answer = TestApp(server.application).get(address, status="*")
        assert answer.status_int in (302, 303, 403), answer.status
