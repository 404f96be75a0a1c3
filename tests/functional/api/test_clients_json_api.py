"""The flow of OMERO's example of the JSON API, and that of ezomero, over HTTP as they do it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from omeropyr.testing.data import PASSWORD
from tests.functional.api.conftest import USER
from tests.functional.api.serving import SERVER


def begin(web: str, session: requests.Session) -> dict[str, str]:
    """Find the base by the versions, then the token, which goes with all that follows."""
    versions = session.get(f"{web}/api/").json()["data"]
    assert versions[-1]["version"] == "0"
    urls: dict[str, str] = session.get(versions[-1]["url:base"]).json()
    assert all(value.startswith(f"{web}/api/v0/") for key, value in urls.items() if key != "url:schema")
    assert all(value.endswith("/") for key, value in urls.items() if key not in ("url:schema", "url:openapi"))
    token = session.get(urls["url:token"]).json()["data"]
    session.headers.update({"X-CSRFToken": token, "Referer": urls["url:login"]})
    return urls


def log_in(session: requests.Session, urls: dict[str, str], password: str = PASSWORD) -> requests.Response:
    servers = session.get(urls["url:servers"]).json()["data"]
    (server,) = [one for one in servers if one["server"] == SERVER]
    assert (server["id"], server["host"], type(server["port"])) == (1, "127.0.0.1", int)
    data = {"username": USER, "password": password, "server": server["id"]}
    return session.post(urls["url:login"], data=data)


def test_the_example(web: str, session: requests.Session, scene: Any, conn: Any) -> None:
    urls = begin(web, session)
    answer = log_in(session, urls)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    group = answer.json()["eventContext"]["groupId"]
    assert group == scene.group

    listed = session.get(urls["url:projects"], params={"limit": 2}).json()
    assert 0 < len(listed["data"]) < 3
    assert [(type(one["@id"]), type(one["Name"])) for one in listed["data"]] == [(int, str)] * len(listed["data"])

    made = session.post(
        f"{urls['url:save']}?group={group}", json={"Name": "API TEST", "@type": f"{urls['url:schema']}#Project"}
    )
    assert made.status_code == 201
    project_id = made.json()["data"]["@id"]
    assert conn.getObject("Project", project_id).getName() == "API TEST"

    address = f"{urls['url:projects']}{project_id}/"
    project = session.get(address).json()["data"]
    assert (project["@id"], project["Name"]) == (project_id, "API TEST")
    project["Name"] = "API test updated"
    updated = session.put(urls["url:save"], json=project)
    assert (updated.status_code, updated.json()["data"]["Name"]) == (200, "API test updated")
    assert conn.getObject("Project", project_id).getName() == "API test updated"

    assert session.delete(address).json()["data"]["@id"] == project_id
    assert session.get(address).status_code == 404
    assert conn.getObject("Project", project_id) is None


def test_without_the_last_slash(web: str, session: requests.Session, scene: Any) -> None:
    urls = begin(web, session)
    log_in(session, urls)
    made = {"Name": "no slash", "@type": f"{urls['url:schema']}#Screen"}
    answer = session.post(f"{urls['url:save'][:-1]}?group={scene.group}", json=made)
    assert answer.status_code == 201
    gone = session.delete(f"{urls['url:screens']}{answer.json()['data']['@id']}")
    assert (gone.status_code, gone.json()["data"]["Name"], gone.history) == (200, "no slash", [])


def test_ezomero(web: str, session: requests.Session, scene: Any) -> None:
    urls = begin(web, session)
    refused = log_in(session, urls, "not the password")
    with pytest.raises(requests.HTTPError):
        refused.raise_for_status()
    answer = log_in(session, urls)
    answer.raise_for_status()
    assert answer.json()["success"]
    image = session.get(f"{urls['url:images']}{scene.image}/").json()["data"]
    assert (image["Pixels"]["SizeX"], image["Pixels"]["SizeY"]) == (40, 30)


def test_a_page_of_another_site_shows_who_is_not_logged_in(web: str, session: requests.Session, scene: Any) -> None:
    urls = begin(web, session)
    answer = session.get(urls["url:projects"])
    assert (answer.status_code, answer.json()["message"]) == (403, "Not logged in")
    log_in(session, urls)
    assert session.get(urls["url:projects"]).status_code == 200
    assert session.post(f"{web}/webclient/logout/", allow_redirects=False).status_code == 303
    assert session.get(urls["url:projects"]).status_code == 403
