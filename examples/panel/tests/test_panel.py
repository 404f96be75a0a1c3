"""The add-on keeps the contract, and shows up in every place that it says."""

import json
from typing import Any

import numpy as np
import pytest
from omeropyr_panel import addon

from omeropyr.testing import AddonContract

PLANE = np.zeros((8, 16), np.uint16)


class TestContract(AddonContract):
    """What holds for every add-on."""

    addon = addon
    public = frozenset({"panel.welcome"})


@pytest.fixture
def two(omero_data: Any, login: Any) -> tuple[int, int, int]:
    """A dataset with two images, of a new user who is logged in."""
    user = f"panel{len(seen)}"
    seen.append(user)
    omero_data.add_user(user)
    dataset = omero_data.add_dataset("Sections", user=user)
    first, second = (omero_data.add_image(PLANE, name, user=user, dataset=dataset) for name in ("one", "<b>two</b>"))
    login(user)
    return dataset, first, second


seen: list[str] = []


def test_the_link_at_the_top_and_open_with(testapp: Any, two: tuple[int, int, int]) -> None:
    assert testapp.get("/webclient/").html.find("a", string="Facts")["href"] == "/panel/"
    offered = {entry["id"]: entry for entry in testapp.get("/webgateway/open_with/").json["open_with_options"]}
    assert offered["panel.index"]["url"] == "/panel/"
    page = testapp.get(f"/panel/?image={two[1]}&image={two[2]}")
    assert [item.text for item in page.html.ul("li")] == ["one: 16 × 8 px", "<b>two</b>: 16 × 8 px"]


def test_the_panels_get_what_is_selected(testapp: Any, two: tuple[int, int, int]) -> None:
    given = json.loads(testapp.get("/webclient/").html.find(id="browse")["data-panels"])
    assert [(one["id"], one["where"], one["url"], one["supports"]) for one in given] == [
        ("panel.right", "right", "/panel/right/", ["images"]),
        ("panel.centre", "center", "/panel/centre/", ["dataset"]),
    ]
    right = testapp.get(f"/panel/right/?image={two[2]}").html
    assert [right.h1.text, right.dt.text, right.dd.text] == ["At a glance", "<b>two</b>", "16 × 8 px"]
    assert right.header is None
    centre = testapp.get(f"/panel/centre/?dataset={two[0]}").html
    assert [row("td")[1].text for row in centre.tbody("tr")] == ["one", "<b>two</b>"]


def test_the_viewer(testapp: Any, two: tuple[int, int, int]) -> None:
    page = testapp.get(f"/panel/view/{two[1]}/").html
    assert page.find("main").img["src"] == f"/webgateway/render_image/{two[1]}/0/0/"
    assert testapp.get("/panel/view/999999999/", status=404)


def test_the_page_of_administration_is_for_administrators(testapp: Any, two: tuple[int, int, int]) -> None:
    testapp.get("/panel/admin/", status=403)
    testapp.log_out()
    testapp.log_in("root")
    page = testapp.get("/panel/admin/").html
    counts = {name.text: int(count.text) for name, count in zip(page("dt"), page("dd"), strict=True)}
    assert counts["UserLoggedIn"] >= 2
    assert counts["UserLoggedOut"] >= 1
    assert page.find("nav", {"aria-label": "Administration"}).a["href"] == "/panel/admin/"


def test_the_start_page_is_everybodys_and_the_replaced_template_is_shown(testapp: Any, login: Any) -> None:
    assert testapp.get("/").location.endswith("/panel/welcome/")
    assert testapp.get("/panel/welcome/").html.h1.text == "Welcome"
    login()
    assert testapp.get("/webclient/logout/").html.h1.text == "Leaving already?"


def test_csp_and_health(testapp: Any, login: Any) -> None:
    login()
    assert "https://tiles.example.org" in testapp.get("/panel/").headers["Content-Security-Policy"]
    assert "https://tiles.example.org" not in testapp.get("/webclient/").headers["Content-Security-Policy"]
    assert testapp.get("/health/ready").json["checks"]["panel.tally"] == "ok"
