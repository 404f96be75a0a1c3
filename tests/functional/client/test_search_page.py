"""The page of a search, and the field that leads there."""

from __future__ import annotations

from typing import Any

import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, FRED, PLANE, Lab

URL = "/webclient/search/"


@pytest.fixture(scope="module")
def found(lab: Lab, omero_data: OmeroData) -> dict[str, int]:
    """Ella's things with a word in their name; one of them private."""
    return {
        "image": omero_data.add_image(PLANE, "wombat <b>&amp;", user=ELLA),
        "hidden": omero_data.add_image(PLANE, "wombat hidden", user=ELLA, group=lab.private),
        "project": omero_data.add_project("wombat project", user=ELLA),
        "screen": omero_data.add_screen("wombat screen", user=ELLA),
    }


@pytest.fixture
def fred(lab: Lab, web_application: Any, embedded: EmbeddedServer) -> WebApp:
    """A browser beside Ella's."""
    made = WebApp(web_application, embedded)
    made.log_in(FRED)
    return made


def lines(page: Any) -> dict[str, str]:
    """Names and addresses of what was found."""
    return {link.get_text(strip=True): link["href"] for link in page.html.select("tbody th a")}


def search(browser: WebApp, text: str, **narrowed: object) -> Any:
    return browser.get(URL, {"search_query": text, **narrowed}, status=200)


def test_what_is_found(ella: WebApp, found: dict[str, int], lab: Lab) -> None:
    page = search(ella, "wombat")
    base = "/webclient/?show="
    assert lines(page) == {
        "wombat <b>&amp;": f"{base}image-{found['image']}",
        "wombat hidden": f"{base}image-{found['hidden']}",
        "wombat project": f"{base}project-{found['project']}",
        "wombat screen": f"{base}screen-{found['screen']}",
    }
    assert page.html.select_one("input[type=search]")["value"] == "wombat"
    assert "1 to 4 of 4" in page.text
    pictures = [one["src"] for one in page.html.select("tbody img")]
    assert sorted(pictures) == sorted(f"/webgateway/render_thumbnail/{found[name]}/64/" for name in ("image", "hidden"))
    assert ella.get(pictures[0]).content_type == "image/jpeg"


def test_what_narrows_it(ella: WebApp, fred: WebApp, found: dict[str, int], lab: Lab) -> None:
    assert set(lines(search(ella, "wombat", datatype="projects"))) == {"wombat project"}
    assert set(lines(search(ella, "wombat", group=lab.private))) == {"wombat hidden"}
    assert set(lines(search(ella, "wombat", owner="mine", datatype="screens"))) == {"wombat screen"}
    assert lines(search(fred, "wombat", owner="mine")) == {}
    assert "wombat hidden" not in lines(search(fred, "wombat"))
    chosen = search(ella, "wombat", datatype="projects", group=lab.group, owner="mine").html.select("option[selected]")
    assert [one["value"] for one in chosen] == ["projects", "mine", str(lab.group)]


def test_by_id_and_by_what_was_written(ella: WebApp, found: dict[str, int]) -> None:
    by_id = search(ella, str(found["project"]), datatype="projects")
    assert f"/webclient/?show=project-{found['project']}" in lines(by_id).values()
    sent = {"image": found["image"], "comment": "seen near the burrow"}
    ella.post("/webclient/annotate_comment/", sent, headers=ella.csrf())
    assert set(lines(search(ella, "burrow"))) == {"wombat <b>&amp;"}


def test_pages(ella: WebApp, lab: Lab, omero_data: OmeroData) -> None:
    for number in range(120):
        omero_data.add_project(f"numbat {number}", user=ELLA)
    first = search(ella, "numbat", datatype="projects", owner="mine")
    second = first.click("Next")
    third = second.click("Next")
    assert [len(lines(page)) for page in (first, second, third)] == [50, 50, 20]
    assert len({*lines(first), *lines(second), *lines(third)}) == 120
    assert "101 to 120 of 120" in third.text
    assert lines(third.click("Previous")) == lines(second)
    assert "Next" not in [link.get_text(strip=True) for link in third.html.select("nav a")]


def test_nothing_and_nonsense(ella: WebApp, fred: WebApp, lab: Lab) -> None:
    assert "What are you looking for?" in ella.get(URL).text
    page = search(ella, "<qqscriptqq>zzalertzz</qqscriptqq>")
    assert "Nothing found for" in page.text
    assert "<qqscriptqq>" not in page.text
    wrong = ella.get(URL, {"search_query": "x" * 1001}, expect_errors=True)
    assert (wrong.status_int, wrong.html.select_one("[role=alert]").get_text(strip=True)) == (
        400,
        "This search could not be read: text has more than 1000 characters.",
    )
    ella.get(URL, {"search_query": "a", "group": "x"}, status=400)
    fred.get(URL, {"search_query": "a", "group": "0"}, status=403)
    assert lines(search(ella, "wombat", page=999_999)) == lines(search(ella, "wombat"))


def test_every_page_has_the_field(ella: WebApp) -> None:
    form = ella.get("/webclient/").html.select_one("form.header-search")
    assert (form["action"], form["method"], form.select_one("input")["name"]) == (URL, "get", "search_query")
    assert ella.get(URL).html.select_one("form.header-search") is None
