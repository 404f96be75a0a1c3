"""T8: a log-in that fails does the same work whether or not there is such a user: here and in OMERO."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp

USER = "work-wanda"
NAMES = {"there": USER, "nobody": "work-nobody-of-this-name", "strange": "wörk <b>"}
MakeBrowser = Callable[..., WebApp]


@pytest.fixture(scope="module", autouse=True)
def user(omero_data: OmeroData) -> None:
    omero_data.add_user(USER)


def test_a_wrong_password_and_a_wrong_name_are_one(browser: MakeBrowser, embedded: EmbeddedServer) -> None:
    seen = {}
    before = len(embedded.router.sessions())
    for kind, name in NAMES.items():
        site = browser()
        answer = site.log_in_form(name, "wrong")
        assert answer.forms[0]["username"].value == name
        alert = answer.html.select_one("[role=alert]").get_text(strip=True)
        headers = sorted(name for name in answer.headers if name != "Content-Length")
        seen[kind] = (answer.status_int, alert, headers, site.ice_calls, "sessionid" in site.cookies)
    assert seen["there"] == seen["nobody"] == seen["strange"]
    assert seen["there"][:2] == (403, "The user name or the password is wrong.")
    assert len(embedded.router.sessions()) == before


@pytest.mark.parametrize("kind", NAMES)
def test_each_is_counted_against_guessing(browser: MakeBrowser, kind: str) -> None:
    site = browser()
    statuses = [site.log_in_form(NAMES[kind], "wrong").status_int for _ in range(9)]
    assert statuses == [403] * 8 + [429]
