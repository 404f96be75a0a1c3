"""The OpenAPI description, the routes and the table of docs/parity/api.md say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from omeropyr.api.endpoints import ENDPOINTS, Endpoint, Operation
from omeropyr.testing import WebApp
from tests.functional.web.places import PUBLIC, places

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "parity" / "api.md"
ROW = re.compile(r"^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \| [^|]* \| `([\w.]+)::(\w+)` \|$", re.MULTILINE)
OPERATIONS = [(endpoint, operation) for endpoint in ENDPOINTS for operation in endpoint.operations]


def named(pattern: str) -> str:
    """A route's pattern as the description writes it."""
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", pattern)


def registered(app: Any) -> set[tuple[str, str]]:
    """Every method and address below /api/ that the application answers."""
    found = [place for place in places(app) if place.pattern.startswith("/api/")]
    return {(method, named(place.pattern)) for place in found for method in place.methods - {"HEAD"}}


@pytest.fixture
def described(testapp: WebApp) -> Any:
    return testapp.get("/api/v0/openapi.json").json


def test_it_names_every_route_and_method(web_application: Any, described: Any) -> None:
    methods = ("get", "post", "put", "delete", "patch")
    seen = {(method.upper(), path) for path, item in described["paths"].items() for method in methods if method in item}
    assert seen == registered(web_application)
    assert len(seen) == len(OPERATIONS)
    names = [
        item[method]["operationId"] for item in described["paths"].values() for method in methods if method in item
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("endpoint", "operation"), OPERATIONS, ids=lambda one: getattr(one, "name", getattr(one, "method", None))
)
def test_it_names_every_parameter(described: Any, endpoint: Endpoint, operation: Operation) -> None:
    item = described["paths"][endpoint.path]
    told = item[operation.method.lower()]
    assert [one["name"] for one in told.get("parameters", [])] == [one.name for one in operation.query]
    assert [one["name"] for one in item.get("parameters", [])] == list(endpoint.parts)
    assert ("requestBody" in told) is (operation.body is not None)
    needs = told["security"][0] if told["security"] else {}
    assert ("session" in needs) is (endpoint.name not in PUBLIC)
    assert ("token" in needs) is (operation.method != "GET")


def test_every_parameter_is_read(app: WebApp, scene: Any) -> None:
    """What the description says of a parameter holds: a value that does not fit is refused, one that fits is not."""
    tried = 0
    for endpoint, operation in OPERATIONS:
        if operation.method != "GET":
            continue
        address = endpoint.path.format(**dict.fromkeys(endpoint.parts, 1))
        for parameter in operation.query:
            app.get(f"{address}?{parameter.name}=!", status=400)
            value = "true" if parameter.flag else scene.group if parameter.name == "group" else 1
            answer = app.get(f"{address}?{parameter.name}={value}", status="*")
            assert answer.status_int in (200, 404), (address, parameter.name)
            tried += 1
    assert tried > 150


def test_what_it_points_at_is_there(described: Any) -> None:
    text = str(described)
    for section, name in set(re.findall(r"#/components/(\w+)/(\w+)", text)):
        assert name in described["components"][section]
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": "http://localhost"}]
    limits = next(
        one for one in described["paths"]["/api/v0/m/projects/"]["get"]["parameters"] if one["name"] == "limit"
    )
    assert limits["description"].endswith("200 where left out, 500 at most.")


def test_the_table_has_a_row_for_every_method_and_address(web_application: Any) -> None:
    rows = ROW.findall(TABLE.read_text("utf-8"))
    assert {(method, path) for method, path, _, _ in rows} == registered(web_application)
    assert len(rows) == len(OPERATIONS)
    assert f"{len(rows)} of {len(rows)}" in TABLE.read_text("utf-8")
    for _, _, file, test in rows:
        text = (Path(__file__).parent / file).read_text("utf-8")
        assert f"def {test}(" in text, (file, test)
