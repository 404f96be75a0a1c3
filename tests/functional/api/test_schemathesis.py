"""Schemathesis over the description: whatever it makes of it, no answer is a failure of ours, and all are as described.

Requests that fit the description and ones that don't, as nobody, as a user and as an administrator, from a fixed seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from omeropyr.api.endpoints import ENDPOINTS
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.data import PASSWORD
from omeropyr.testing.plugin import connected
from omeropyr.testing.web import close_web_app, web_app, web_settings
from tests.functional.api.conftest import ADMIN, USER, make_scene

SEED = 20_261_125
EXAMPLES = 10
DESCRIPTION = "/api/v0/openapi.json"
NAMES = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
REFUSED = "negative_data_rejection"
OPERATIONS = tuple((one.method, endpoint.path) for endpoint in ENDPOINTS for one in endpoint.operations)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of its own: whatever may be deleted will be."""
    folder = tmp_path_factory.mktemp("schemathesis")
    with EmbeddedServer(folder / "omero", port=0, ssl_port=0, instrument=True) as found:
        data, opened = OmeroData(found), []

        def log_in() -> Any:
            opened.append(connected(found, USER, PASSWORD))
            return opened[-1]

        make_scene(data, log_in, folder)
        opened[0].close()
        yield found


@pytest.fixture(scope="module")
def site(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A site in front of it."""
    folder = tmp_path_factory.mktemp("site")
    folder.chmod(0o700)
    found = web_app(web_settings(server, folder))
    yield found
    close_web_app(found)


@pytest.fixture(scope="module")
def described(site: Any) -> Any:
    """The API as schemathesis reads it from the served description."""
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_wsgi(DESCRIPTION, site, config=config)


@pytest.fixture(scope="module", params=[None, USER, ADMIN], ids=["nobody", "user", "admin"])
def who(request: pytest.FixtureRequest, site: Any, server: EmbeddedServer) -> WebApp:
    """A browser of each sort."""
    app = WebApp(site, server)
    app.get("/webclient/login/")
    if request.param is not None:
        app.log_in(request.param)
    return app


def test_it_sees_every_operation(described: Any) -> None:
    seen = {(result.ok().method.upper(), result.ok().path) for result in described.get_all_operations()}
    # It leaves out the description that it reads.
    assert seen | {("GET", DESCRIPTION)} == set(OPERATIONS)


def can_be_wrong(operation: Any) -> bool:
    """Whether a request for it can fail to fit: it has parameters or a body."""
    return bool(operation.body) or any(True for _ in operation.iter_parameters())


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "does not fit"])
def test_no_answer_is_a_failure_of_ours(described: Any, who: WebApp, mode: GenerationMode) -> None:
    counted: Counter[int] = Counter()
    for result in described.get_all_operations():
        operation = result.ok()
        if mode is GenerationMode.POSITIVE or can_be_wrong(operation):
            names = NAMES if mode is GenerationMode.POSITIVE else (*NAMES, REFUSED)
            ask(operation.as_strategy(generation_mode=mode), who, operation.method.upper(), names, counted)
    assert [status for status in counted if status >= 500] == []
    assert counted.total() > 4 * len(OPERATIONS)


def ask(strategy: Any, who: WebApp, method: str, names: Sequence[str], counted: Counter[int]) -> None:
    """Send what the strategy makes, and check each answer."""
    checks = CHECKS.get_by_names(list(names))

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        cookies = dict(who.cookies)
        headers = {} if method == "GET" else {"X-CSRFToken": cookies["csrftoken"]}
        response = case.call(headers=headers, cookies=cookies)
        counted[response.status_code] += 1
        case.validate_response(response, checks=checks)

    send()
