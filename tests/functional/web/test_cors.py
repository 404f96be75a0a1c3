"""What scripts of other origins may read, and what not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import OmeroData, WebApp

MakeBrowser = Callable[..., WebApp]
FRIEND = "https://friend.example.org"
ALLOW = "Access-Control-Allow-Origin"
CREDENTIALS = "Access-Control-Allow-Credentials"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-requested-with"}


@pytest.fixture
def site(browser: MakeBrowser) -> WebApp:
    """Root's browser on a site that lets scripts of one other origin read."""
    app = browser(omero__web__cors_origin_whitelist=f'["{FRIEND}"]')
    app.log_in()
    return app


@pytest.fixture
def addresses(omero_data: OmeroData) -> dict[str, str]:
    image = omero_data.add_image(np.arange(64, dtype=np.uint8).reshape(8, 8), "cors")
    return {
        "json": f"/webgateway/imgData/{image}/",
        "picture": f"/webgateway/render_image/{image}/0/0/",
        "page": "/webclient/",
        "token": "/api/v0/token/",
        "log-in": "/webclient/login/",
    }


def told(answer: Any) -> tuple[str | None, str | None]:
    return answer.headers.get(ALLOW), answer.headers.get(CREDENTIALS)


@pytest.mark.parametrize("what", ["json", "picture"])
def test_the_named_origin_reads_data(site: WebApp, addresses: dict[str, str], what: str) -> None:
    answer = site.get(addresses[what], headers={"Origin": FRIEND})
    assert told(answer) == (FRIEND, "true")
    assert "Origin" in answer.vary
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, X-Request-ID"


@pytest.mark.parametrize(
    "origin",
    ["https://other.example.org", "http://friend.example.org", f"{FRIEND}:8443", f"{FRIEND}.evil.org", "null", "*", ""],
    ids=["other", "scheme", "port", "longer", "null", "star", "none"],
)
def test_no_other_origin_does(site: WebApp, addresses: dict[str, str], origin: str) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = site.get(addresses["json"], headers=headers)
    assert told(answer) == (None, None)
    assert "Origin" in answer.vary  # a cache may not hand on what the named origin was told
    asked = site.options(addresses["json"], headers={**headers, **PREFLIGHT}, status="*")
    assert told(asked) == (None, None)


@pytest.mark.parametrize("what", ["page", "token", "log-in"])
def test_pages_and_tokens_are_nobody_elses(site: WebApp, addresses: dict[str, str], what: str) -> None:
    headers = {"Origin": FRIEND, "Accept": "text/html"} if what != "token" else {"Origin": FRIEND}
    assert told(site.get(addresses[what], headers=headers, status="*")) == (None, None)


def test_the_browsers_question_before_is_answered_for_reading(site: WebApp, addresses: dict[str, str]) -> None:
    answer = site.options(addresses["json"], headers={"Origin": FRIEND, **PREFLIGHT})
    assert (answer.status_int, told(answer)) == (204, (FRIEND, "true"))
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "X-Requested-With" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert set(answer.vary) == {"Origin", "Access-Control-Request-Method"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_that_changes_is_allowed(site: WebApp, addresses: dict[str, str], method: str) -> None:
    headers = {"Origin": FRIEND, "Access-Control-Request-Method": method}
    answer = site.options(addresses["json"], headers=headers)
    assert told(answer) == (None, None)
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_change_from_the_named_origin_is_refused_as_forged(site: WebApp) -> None:
    answer = site.post("/webclient/logout/", headers={"Origin": FRIEND, **site.csrf()}, status=403)
    assert told(answer) == (None, None)
    assert site.get("/webclient/keepalive_ping/").text == "OK"


def test_without_the_setting_nothing_is_said(browser: MakeBrowser, addresses: dict[str, str]) -> None:
    app = browser()
    app.log_in()
    answer = app.get(addresses["json"], headers={"Origin": FRIEND})
    assert told(answer) == (None, None)
    assert "Origin" not in (answer.vary or ())
