"""What visitors without an account see, and what asks them to log in."""

from __future__ import annotations

from typing import Any

import pytest

from omeropyr.security.identity import VISITORS
from omeropyr.testing import WebApp
from omeropyr.testing.data import PASSWORD
from tests.functional.public.conftest import USER, Scene

REGION = "/webgateway/render_image_region/{}/0/0/?region=0,0,16,16"


def public_sessions(embedded: Any) -> list[str]:
    """Those of every site of this run."""
    return [
        one.uuid for one in embedded.sessions.all() if one.actor.user_name == USER and one.agent.startswith("OMERO.web")
    ]


def shared(app: Any) -> str:
    """The session of this site's visitors."""
    return str(app.registry[VISITORS]._made[0].session_uuid)


def test_they_browse_what_the_public_user_sees(visitor: WebApp, scene: Scene) -> None:
    page = visitor.get("/webclient/")
    assert "Log in" in page.text
    assert "Log out" not in page.text
    names = [
        one["name"]
        for one in visitor.get("/webclient/api/datasets/", {"id": ""}, expect_errors=True).json.get("datasets", [])
    ]
    names += [one["name"] for one in visitor.get("/webclient/api/containers/").json["datasets"]]
    assert "shown to all" in names
    images = visitor.get("/webclient/api/images/", {"id": scene.dataset}).json["images"]
    assert [one["id"] for one in images] == [scene.image]
    assert visitor.get(REGION.format(scene.image)).content_type == "image/jpeg"
    assert visitor.get(f"/api/v0/m/images/{scene.image}/").json["data"]["Name"] == "shown"
    assert visitor.get(f"/webclient/img_detail/{scene.image}/").status_int == 200
    visitor.get(f"/api/v0/m/images/{scene.hidden}/", status=404)
    visitor.get(REGION.format(scene.hidden), status=404)


def test_a_thousand_visitors_cost_one_session(open_site: Any, embedded: Any, scene: Scene) -> None:
    WebApp(open_site, embedded).get("/webclient/api/groups/")
    before = public_sessions(embedded)
    assert shared(open_site) in before
    for _ in range(20):
        WebApp(open_site, embedded).get(REGION.format(scene.image))
    assert public_sessions(embedded) == before


def test_no_web_session_is_made_for_them(visitor: WebApp) -> None:
    visitor.get("/webclient/")
    assert "sessionid" not in visitor.cookies


def test_the_session_is_made_anew_when_omero_ended_it(
    visitor: WebApp, open_site: Any, embedded: Any, scene: Scene
) -> None:
    visitor.get(REGION.format(scene.image))
    before, old = public_sessions(embedded), shared(open_site)
    embedded.sessions.close(old)
    assert visitor.get(f"/webclient/api/images/?id={scene.dataset}").json["images"][0]["id"] == scene.image
    assert shared(open_site) != old
    assert len(public_sessions(embedded)) == len(before)


def test_who_has_an_account_logs_in_and_out_without_ending_the_others(
    open_site: Any, embedded: Any, scene: Scene
) -> None:
    browser, other = WebApp(open_site, embedded), WebApp(open_site, embedded)
    shared = browser.get(f"/webclient/img_detail/{scene.image}/")
    assert shared.status_int == 200
    before = public_sessions(embedded)
    browser.log_in("private-pete")
    assert browser.get(f"/api/v0/m/images/{scene.hidden}/").json["data"]["Name"] == "hidden"
    browser.get(f"/api/v0/m/images/{scene.image}/", status=404)  # what the public sees is not the user's
    assert "Log out" in browser.get("/webclient/").text
    assert public_sessions(embedded) == before
    assert other.get(REGION.format(scene.image)).status_int == 200
    out = browser.log_out()
    assert out.follow().status_int == 200  # it does not lead in a circle
    assert "Log in" in browser.get("/webclient/").text
    assert browser.get(REGION.format(scene.image)).status_int == 200
    assert public_sessions(embedded) == before


def test_nothing_of_the_public_is_kept_for_users_or_the_other_way_round(
    open_site: Any, embedded: Any, scene: Scene
) -> None:
    visitor, user = WebApp(open_site, embedded), WebApp(open_site, embedded)
    user.log_in(USER)
    address = REGION.format(scene.image)
    tags = set()
    for browser in (visitor, user):
        answer = browser.get(address)
        assert answer.headers["Cache-Control"].startswith("private")
        assert "Cookie" in answer.headers["Vary"]
        tags.add(answer.headers["ETag"])
    for browser in (visitor, user):
        assert browser.get("/webclient/api/containers/").headers["Cache-Control"].endswith("no-store")
    assert len(tags) == 1  # the same OMERO user, who sees the same


def test_they_change_nothing(visitor: WebApp, scene: Scene, gateway_of: Any) -> None:
    token = visitor.get("/webclient/login/").forms[0]["csrfmiddlewaretoken"].value
    headers = {"X-CSRFToken": token, "X-Requested-With": "XMLHttpRequest"}
    for address in (
        f"/webgateway/saveImgRDef/{scene.image}/?c=1|0:9$FF0000",
        "/webclient/annotate_comment/",
        f"/webclient/action/delete/image/{scene.image}/",
        f"/webclient/action/savename/image/{scene.image}/",
        REGION.format(scene.image),
    ):
        answer = visitor.post(
            address, {"comment": "x", "image": str(scene.image), "name": "x"}, headers=headers, status=403
        )
        assert answer.json["code"] == "not_logged_in"
    assert gateway_of(USER).getObject("Image", scene.image).getName() == "shown"


@pytest.mark.parametrize("address", ["/webadmin/experimenters/", "/webclient/api/links/", "/webgateway/getImgRDef/"])
def test_what_is_not_for_them_asks_for_log_in(visitor: WebApp, address: str) -> None:
    answer = visitor.get(address, headers={"Accept": "text/html"}, expect_errors=True)
    assert (answer.status_int, "/webclient/login/?url=" in answer.headers.get("Location", "")) in (
        (302, True),
        (403, False),
        (405, False),
    )


def test_the_uuid_of_the_shared_session_is_in_no_answer(visitor: WebApp, open_site: Any, scene: Scene) -> None:
    answers = [
        visitor.get(path).text
        for path in ("/webclient/", "/webclient/api/containers/", f"/webgateway/imgData/{scene.image}/")
    ]
    uuid = shared(open_site)
    assert all(uuid not in text for text in answers)


BAD = {
    "a wrong password": {
        "omero__web__public__user": "private-pete",
        "omero__web__public__password": "env:PUBLIC_WRONG",
    },
    "nobody": {"omero__web__public__user": "nobody-there"},
    "an administrator": {"omero__web__public__user": "root"},
}


@pytest.mark.parametrize("case", BAD)
def test_a_public_user_that_will_not_do_is_said_in_the_log_and_visitors_log_in(
    site: Any, embedded: Any, scene: Scene, case: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_WRONG", "wrong")
    browser = WebApp(site(**BAD[case]), embedded)
    for _ in range(2):
        browser.get("/webclient/", headers={"Accept": "text/html"}, status=302)
    said = [record.message for record in caplog.records if "the public user cannot log in" in record.getMessage()]
    assert len(said) == 1  # and OMERO is not asked again at once
    assert PASSWORD not in said[0]
    browser.log_in("private-pete")
    assert browser.get("/webclient/").status_int == 200


def test_a_site_without_it_shows_nothing(site: Any, embedded: Any, scene: Scene) -> None:
    for more in ({"omero__web__public__enabled": "false"}, {"omeropyr__addons": "gateway client viewer api admin"}):
        WebApp(site(**more), embedded).get("/webclient/", headers={"Accept": "text/html"}, status=302)
