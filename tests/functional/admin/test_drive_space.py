"""Drive space: sums held against the sizes of files, in the lists of OMERO.web's programs, page, chart and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omeropyr.admin.tables import safe_cell, to_csv
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.testing import OmeroData, WebApp

SUM = "select sum(f.size) from OriginalFile f where f.details.owner.id = :user and f.details.group.id = :group"
Fresh = Callable[[str], str]
Browser = Callable[..., WebApp]


@pytest.fixture(scope="module")
def filled(omero_data: OmeroData) -> dict[str, Any]:
    """Two groups, three users, images of known size; *sizes* by (user, group)."""
    groups = {name: omero_data.add_group(name, "rwr---") for name in ("drive-a", "drive-b")}
    users = {
        "drive-ann": omero_data.add_user("drive-ann", *groups.values(), first_name="Ann", last_name="Äpfel"),
        "drive-ben": omero_data.add_user("drive-ben", groups["drive-b"], first_name="Ben", last_name="=cmd()"),
        "drive-eve": omero_data.add_user("drive-eve", omero_data.add_group("drive-e"), first_name="Eve"),
    }
    places = [("drive-ann", "drive-a", 64), ("drive-ann", "drive-b", 128), ("drive-ben", "drive-b", 256)]
    for user, group, side in places:
        omero_data.add_image(np.zeros((side, side), np.uint16), user=user, group=groups[group])
    sizes = {}
    with omero_data.server.store.read(SYSTEM) as tx:
        for user, group, _ in places:
            values = {"user": users[user], "group": groups[group]}
            sizes[user, group] = int(tx.values(SUM, values)[0][0])
    assert all(size > 0 for size in sizes.values())
    return {"groups": groups, "users": users, "sizes": sizes}


def test_lists_of_all(admin: WebApp, embedded: Any, filled: dict[str, Any]) -> None:
    sizes, users, groups = filled["sizes"], filled["users"], filled["groups"]
    admin.get("/webadmin/drivespace_json/users/")
    before = embedded.counter.calls()
    found = admin.get("/webadmin/drivespace_json/users/").json
    assert admin.ice_calls <= 4, embedded.counter.calls() - before
    mine = [one for one in found if one["userId"] in users.values()]
    ann = sizes["drive-ann", "drive-a"] + sizes["drive-ann", "drive-b"]
    assert mine == [
        {"label": "B. =cmd()", "data": sizes["drive-ben", "drive-b"], "userId": users["drive-ben"]},
        {"label": "A. Äpfel", "data": ann, "userId": users["drive-ann"]},
    ]
    assert [one["data"] for one in found] == sorted((one["data"] for one in found), reverse=True)
    admin.get("/webadmin/drivespace_json/groups/")
    found = admin.get("/webadmin/drivespace_json/groups/").json
    assert admin.ice_calls <= 4
    both = sizes["drive-ann", "drive-b"] + sizes["drive-ben", "drive-b"]
    wanted = [("drive-b", both, groups["drive-b"]), ("drive-a", sizes["drive-ann", "drive-a"], groups["drive-a"])]
    mine = [one for one in found if one["groupId"] in groups.values()]
    assert mine == [{"label": a, "data": b, "groupId": c, "memberOfGroup": False} for a, b, c in wanted]


def test_lists_of_one(admin: WebApp, filled: dict[str, Any]) -> None:
    sizes, users, groups = filled["sizes"], filled["users"], filled["groups"]
    assert admin.get(f"/webadmin/drivespace_json/group/{groups['drive-b']}/").json == [
        {"label": "B. =cmd()", "data": sizes["drive-ben", "drive-b"], "userId": users["drive-ben"]},
        {"label": "A. Äpfel", "data": sizes["drive-ann", "drive-b"], "userId": users["drive-ann"]},
    ]
    assert admin.get(f"/webadmin/drivespace_json/user/{users['drive-ann']}/").json == [
        {"label": "drive-b", "data": sizes["drive-ann", "drive-b"], "groupId": groups["drive-b"]},
        {"label": "drive-a", "data": sizes["drive-ann", "drive-a"], "groupId": groups["drive-a"]},
    ]


def test_a_user_sees_what_they_may_read(filled: dict[str, Any], other_browser: Browser) -> None:
    sizes, users, groups = filled["sizes"], filled["users"], filled["groups"]
    ben = other_browser("drive-ben")
    seen = {one["label"]: one["data"] for one in ben.get("/webadmin/drivespace_json/users/").json}
    assert seen == {"B. =cmd()": sizes["drive-ben", "drive-b"], "A. Äpfel": sizes["drive-ann", "drive-b"]}
    assert [one["label"] for one in ben.get("/webadmin/drivespace_json/groups/").json] == ["drive-b"]
    ben.get(f"/webadmin/drivespace_json/group/{groups['drive-a']}/", status=404)
    ben.get("/webadmin/stats/", {"group": groups["drive-a"]}, status=404)
    eve = other_browser("drive-eve")
    assert eve.get("/webadmin/drivespace_json/users/").json == []
    for address in (f"drivespace_json/user/{users['drive-ann']}/", f"stats/?user={users['drive-ann']}"):
        answer = eve.get(f"/webadmin/{address}", status=404)
        assert "Äpfel" not in answer.text
    assert "No data yet" in eve.get("/webadmin/stats/").text


def test_the_table_is_the_same(admin: WebApp, filled: dict[str, Any]) -> None:
    groups, sizes = filled["groups"], filled["sizes"]
    page = admin.get("/webadmin/stats/", {"group": groups["drive-b"]})
    assert "Users of drive-b" in page.text
    cells = [row.get_text("|", strip=True).split("|") for row in page.html.select("tbody tr")]
    assert [cell[0] for cell in cells] == ["Ben =cmd()", "Ann Äpfel"]
    titles = [int(cell["title"].split()[0]) for cell in page.html.select("td[title]")]
    assert titles == [sizes["drive-ben", "drive-b"], sizes["drive-ann", "drive-b"]]
    assert re.search(r"[\d.,\u2009]+ [GT]B free of|free of", page.html.get_text())
    table = admin.get("/webadmin/stats/table.csv", {"group": groups["drive-b"]})
    assert table.headers["Content-Disposition"] == 'attachment; filename="drive-space.csv"'
    lines = list(csv.reader(io.StringIO(table.body.decode("utf-8-sig"))))
    assert [line[1:] for line in lines] == [
        ["user", "bytes"],
        ["Ben =cmd()", str(sizes["drive-ben", "drive-b"])],
        ["Ann Äpfel", str(sizes["drive-ann", "drive-b"])],
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart(admin: WebApp, filled: dict[str, Any], theme: str) -> None:
    query = {"group": filled["groups"]["drive-b"], "theme": theme}
    svg = admin.get("/webadmin/stats/chart.svg", query)
    assert svg.content_type == "image/svg+xml"
    assert "Ben =cmd()" in svg.text
    assert "Ann Äpfel" in svg.text
    assert {"light": "#0b6b8a", "dark": "#5cc1e0"}[theme] in svg.text
    png = admin.get("/webadmin/stats/chart.png", query)
    assert Image.open(io.BytesIO(png.body)).size[0] > 800
    admin.get("/webadmin/stats/chart.svg?theme=x", status=400)


def test_names_that_matplotlib_would_read_as_something_else(admin: WebApp, omero_data: OmeroData, fresh: Fresh) -> None:
    user = fresh("chart")
    group = omero_data.add_group("drive $x^2$ 显微镜 <b>")
    omero_data.add_user(user, group)
    omero_data.add_image(np.zeros((16, 16), np.uint8), user=user)
    user_id = omero_data.actor(user).user_id
    svg = admin.get("/webadmin/stats/chart.svg", {"user": user_id}).text
    assert "显微镜" in svg
    assert "<b>" not in svg
    assert admin.get("/webadmin/stats/chart.png", {"user": user_id}).content_type == "image/png"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert to_csv(("a",), [(text,)]).decode("utf-8-sig").splitlines()[1].startswith(("'", "\"'"))


def test_numbers_stay_numbers() -> None:
    assert safe_cell(-5) == "-5"
    assert safe_cell(None) == ""


def test_a_chart_that_is_the_same_is_not_sent_again(admin: WebApp, filled: dict[str, Any]) -> None:
    address = f"/webadmin/stats/chart.svg?group={filled['groups']['drive-b']}"
    first = admin.get(address)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.vary == ("Cookie",)
    again = admin.get(address, headers={"If-None-Match": first.headers["ETag"]}, status=304)
    assert again.body == b""
