"""`load_searching` finds what omero-py finds, as a list that QuPath reads and as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, PLANE, Lab

URL = "/webclient/load_searching/form/"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def found(lab: Lab, omero_data: OmeroData) -> dict[str, int]:
    """Things whose name has the word that is searched for, of Ella's; one of them private."""
    return {
        "image": omero_data.add_image(PLANE, "quokka <b>&amp;", user=ELLA),
        "hidden": omero_data.add_image(PLANE, "quokka hidden", user=ELLA, group=lab.private),
        "project": omero_data.add_project("quokka project", user=ELLA),
        "screen": omero_data.add_screen("quokka screen", user=ELLA),
    }


def ids(browser: WebApp, query: str) -> list[tuple[str, int]]:
    return [(one["type"], one["id"]) for one in browser.get(f"{URL}?{query}", headers=JSON).json["results"]]


def test_what_omero_py_finds(ella: WebApp, found: dict[str, int], lab: Lab, gateway_of: Callable[..., Any]) -> None:
    conn = gateway_of(ELLA)
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    theirs = conn.searchObjects(["Image"], "quokka", fields=("name",), rawQuery=False)
    everything = ids(ella, "query=quokka&datatype=images&field=name")
    assert {one for _, one in everything} == {one.id for one in theirs} == {found["image"], found["hidden"]}
    kinds = {kind for kind, _ in ids(ella, "query=quokka")}
    assert kinds == {"image", "project", "screen"}
    assert ids(ella, f"query=quokka&datatype=images&searchGroup={lab.private}") == [("image", found["hidden"])]
    assert ids(ella, f"query=quokka&ownedBy={lab.fred}") == []
    assert ids(ella, "query=quokka&field=description") == []
    assert ids(ella, f"query={found['project']}&datatype=projects") == [("project", found["project"])]
    assert ids(ella, "query=") == []


def test_days(ella: WebApp, found: dict[str, int]) -> None:
    base = "query=quokka&datatype=projects&field=name"
    assert ids(ella, f"{base}&startdateinput=2000-01-01&enddateinput=2099-01-01") == [("project", found["project"])]
    assert ids(ella, f"{base}&startdateinput=2000-01-01&enddateinput=2000-01-02") == []


def test_the_list_as_qupath_reads_it(ella: WebApp, found: dict[str, int], lab: Lab) -> None:
    query = f"query=quokka&field=name&datatype=images&searchGroup={lab.group}&ownedBy=-1&useAcquisitionDate=false"
    answer = ella.get(f"{URL}?{query}")
    assert answer.content_type == "text/html"
    (row,) = re.findall(r'<tr id="image-\d+".+?</tr>', answer.text, re.DOTALL)
    assert re.search(r'<tr id="([a-z]+)-(\d+)"', row).groups() == ("image", str(found["image"]))  # type: ignore[union-attr]
    assert re.findall(r'<td class="desc"><a>(.+?)</a></td>', row) == ["quokka &lt;b&gt;&amp;amp;"]
    dates = re.findall(r"<td class=\"date\" data-isodate='(.+?)'></td>", row)
    assert len(dates) == 2
    for date in dates:
        assert parsedate_to_datetime(date).year >= 2025
        assert date.endswith(" +0000")
    assert re.findall(r'<td class="group">(.+?)</td>', row) == ["notes-shared"]
    assert re.findall(r'<td><a href="(.+?)"', row) == [f"/webclient/?show=image-{found['image']}"]


def test_nobody_finds_what_is_private(fred: WebApp, found: dict[str, int], lab: Lab) -> None:
    assert ("image", found["hidden"]) not in ids(fred, "query=quokka&datatype=images")
    assert ids(fred, f"query={found['hidden']}&datatype=images") == []
    assert ids(fred, f"query=quokka&datatype=images&searchGroup={lab.private}") == []


@pytest.mark.parametrize("query", ["query=a&datatype=x", "query=a&field=x", "query=a&startdateinput=x", "query=%22"])
def test_searches_without_sense(ella: WebApp, query: str) -> None:
    answer = ella.get(f"{URL}?{query}", headers=JSON, expect_errors=True)
    assert answer.status_int == 400 or (query == "query=%22" and answer.json["results"] == [])
