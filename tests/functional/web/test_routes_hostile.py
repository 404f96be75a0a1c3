"""Whatever stands in an address, a query or a body: an answer below 500, soon, and nothing of it in a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from omeropyr.testing import OmeroData, WebApp
from tests.functional.web.places import Place, places

NUMBERS = (
    "-1",
    "0",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1e308",
    "NaN",
    "\u0663",
    "9" * 400,
    "1 ",
)
TEXTS = ("\0", "<script>alert(1)</script>", "a'b or 1=1", "../../etc/passwd", "\u202e", "x" * 5000, "%", "\ud7ff")
NAMES = ("id", "image", "page", "limit", "group", "experimenter_id", "tile", "region", "c", "m", "p", "q", "maps", "z")
TRACE = b"Traceback (most recent call last)"


@pytest.fixture
def every(web_application: Any) -> list[Place]:
    return [place for place in places(web_application) if not place.static]


@pytest.fixture
def sam(testapp: WebApp, omero_data: OmeroData, login: Callable[..., Any], request: Any) -> WebApp:
    name = f"hostile-{abs(hash(request.node.name))}"
    omero_data.add_user(name)
    login(name)
    return testapp


def well(place: Place, answer: Any, value: str) -> list[Any]:
    """What is wrong with *answer*."""
    wrong: list[Any] = []
    # 501 is what nothing makes here, said in words.
    if answer.status_int >= 500 and answer.status_int != 501 and place.name != "health.ready":
        wrong.append((place.name, value[:30], answer.status))
    if TRACE in answer.body or len(answer.body) > 2_000_000:
        wrong.append((place.name, value[:30], answer.body[:200]))
    if "<" in value and answer.content_type == "text/html" and value in answer.text:
        wrong.append((place.name, "reflected"))
    return wrong


@pytest.mark.parametrize("value", [*NUMBERS, *TEXTS], ids=lambda value: ascii(value)[:24])
def test_in_addresses_and_queries(sam: WebApp, every: list[Place], value: str) -> None:
    query = "&".join(f"{name}={quote(value)}" for name in NAMES)
    wrong = []
    for place in every:
        if place.name == "logout":
            continue
        for address in (place.address(hostile=value), f"{place.address()}?{query}"):
            wrong += well(place, sam.get(address, headers={"Accept": "text/html"}, expect_errors=True), value)
    assert wrong == []


CALLBACKS = ("alert(1)//", "a;b", "<script>", "a\n", "x" * 5000, "a.b(", "")


def test_a_callback_is_a_name_or_refused(sam: WebApp, every: list[Place]) -> None:
    wrong = []
    for place in every:
        for callback in CALLBACKS:
            answer = sam.get(f"{place.address()}?callback={quote(callback)}", expect_errors=True)
            if answer.content_type == "application/javascript" or (callback and callback.encode() in answer.body):
                wrong.append((place.name, callback[:20], answer.status))
    assert wrong == []


BODIES = {
    "deep": b"[" * 10_000,
    "no JSON": b"{",
    "NaN": b'{"a": NaN}',
    "twice": b'{"a": 1, "a": 2}',
    "NUL": b'{"username": "\\u0000", "password": "\\u0000"}',
    "no text": b"\xff\xfe\xfd",
    "long": b'"' + b"x" * 5_000_000 + b'"',
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_in_bodies(sam: WebApp, every: list[Place], kind: str, content_type: str) -> None:
    wrong = []
    for place in every:
        if place.answers("POST") and place.name != "logout":
            headers = {**sam.csrf(), "Content-Type": content_type}
            answer = sam.request(place.address(), method="POST", headers=headers, body=BODIES[kind], expect_errors=True)
            wrong += well(place, answer, kind)
    assert wrong == []
