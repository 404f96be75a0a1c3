"""10,000 users and 2,000 groups: lists, forms and completions stay a few Ice calls and one page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select

from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import SYSTEM, USER_GROUP
from omeropyr.embedded.schema import schema
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import WebApp
from omeropyr.testing.web import close_web_app, web_app, web_settings

USERS, GROUPS, FIRST = 10_000, 2_000, 1_000


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebApp]:
    """A server of its own with all of them, in one transaction, and a browser of root."""
    data, state = tmp_path_factory.mktemp("crowd"), tmp_path_factory.mktemp("state")
    state.chmod(0o700)
    with EmbeddedServer(data, port=0, ssl_port=0, instrument=True) as server:
        with server.store.write(SYSTEM) as tx:
            fill(tx)
        app = web_app(web_settings(server, state, omeropyr__addons="admin"))
        browser = WebApp(app, server)
        browser.log_in()
        browser.get("/webadmin/experimenters/")
        yield browser
        close_web_app(app)


def fill(tx: Any) -> None:
    """Rows of the tables themselves: through the model it would take minutes."""
    tables = {
        name: schema().of(model()[name]) for name in ("ExperimenterGroup", "Experimenter", "GroupExperimenterMap")
    }
    levels = [row[0] for row in tx.connection.execute(select(tables["ExperimenterGroup"].c["perm1__"]))]
    base = {"version": 0, "ldap": False}
    rows: dict[str, list[dict[str, Any]]] = {
        "ExperimenterGroup": [
            {**base, "id": FIRST + place, "name": f"group {place:04}", "perm1__": levels[0]} for place in range(GROUPS)
        ],
        "Experimenter": [
            {
                **base,
                "id": FIRST + place,
                "omeName": f"user{place:05}",
                "firstName": "Given",
                "lastName": f"Family {USERS - place:05}",
                "email": f"user{place:05}@example.org",
            }
            for place in range(USERS)
        ],
        "GroupExperimenterMap": [
            {
                "version": 0,
                "id": FIRST + 2 * place + turn,
                "parent": group,
                "child": FIRST + place,
                "owner": turn == 0 and place < GROUPS,
                "child__index": turn,
            }
            for place in range(USERS)
            for turn, group in enumerate((FIRST + place % GROUPS, USER_GROUP))
        ],
    }
    for name, every in rows.items():
        tx.connection.execute(insert(tables[name]), every)


@pytest.mark.parametrize(
    ("query", "first", "total"),
    [
        ("", "guest", USERS + 2),
        ("?sort=-name", "user09999", USERS + 2),
        ("?sort=last&show=active", "user09999", USERS + 1),
        ("?q=user0123", "user01230", 10),
        ("?page=100&sort=name", "user04949", USERS + 2),
        ("?show=admins", "root", 1),
    ],
)
def test_users(crowded: WebApp, query: str, first: str, total: int) -> None:
    page = crowded.get(f"/webadmin/experimenters/{query}")
    assert crowded.ice_calls <= 3
    assert f"{total} found" in page.text
    names = [cell.get_text(strip=True) for cell in page.html.select("tbody th")]
    assert names[0] == first or query.startswith(("?page", "?sort=last"))
    assert 1 <= len(names) <= 50
    assert len(page.body) < 150_000


@pytest.mark.parametrize(
    ("query", "total"),
    [("", GROUPS + 3), ("?sort=-members", GROUPS + 3), ("?q=group 19", 100), ("?page=41", GROUPS + 3)],
)
def test_groups(crowded: WebApp, query: str, total: int) -> None:
    page = crowded.get(f"/webadmin/groups/{query}")
    assert crowded.ice_calls <= 3
    assert f"{total} found" in page.text
    assert 1 <= len(page.html.select("tbody tr")) <= 50


def test_forms_hold_no_list_of_everybody(crowded: WebApp) -> None:
    for address in ("experimenter/new/", "group/new/", "email/", "stats/"):
        page = crowded.get(f"/webadmin/{address}")
        assert len(page.body) < 60_000, address
        assert crowded.ice_calls <= 8, address
    found = crowded.get("/webadmin/find/users/?q=family").json["found"]
    assert len(found) == 20


def test_a_group_with_everybody_shows_some_and_keeps_the_others(crowded: WebApp) -> None:
    page = crowded.get(f"/webadmin/group/edit/{USER_GROUP}/")
    assert crowded.ice_calls <= 4
    assert len(page.html.select("input[name=members]")) == 200
    assert "200 of 10001 members are shown below" in page.text
    page = crowded.get(f"/webadmin/group/edit/{USER_GROUP}/?member=user0123")
    assert len(page.html.select("input[name=members]")) == 10
    form = next(form for form in page.forms.values() if "permissions" in form.fields)
    form["description"] = "everybody"
    form.submit(status=303)
    page = crowded.get("/webadmin/groups/?q=user")
    assert page.html.select_one("td.members").get_text() == "10001"
