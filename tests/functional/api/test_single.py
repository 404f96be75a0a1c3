"""Single objects, with and without the last slash, and what they say beyond lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.api.kinds import KINDS
from omeropyr.testing import WebApp
from tests.functional.api.conftest import ADMIN, AWAY, USER

Api = Callable[..., Any]
GREEN_AS_RGBA = 0x00FF00FF
BASE = "http://localhost/api/v0/m/"
MARSHALLED = {kind.singular: kind for kind in KINDS}


@pytest.mark.parametrize("singular", MARSHALLED)
def test_as_in_the_list_and_with_or_without_slash(api: Api, app: WebApp, scene: Any, singular: str) -> None:
    kind = MARSHALLED[singular]
    address = f"{kind.plural}/{scene.of(singular)}"
    answer = api(f"{address}/")
    assert api(address) == answer
    assert app.ice_calls <= 3
    one = answer["data"]
    assert one["@id"] == scene.of(singular)
    assert one[f"url:{singular}"] == f"{BASE}{address}/"
    where = f"plates/{scene.plate}/plateacquisitions/" if singular == "plateacquisition" else f"{kind.plural}/"
    (listed,) = [other for other in api(where)["data"] if other["@id"] == one["@id"]]
    for key, value in listed.items():
        if key not in ("Pixels", "WellSamples"):
            assert one[key] == value, key
    missing = api(f"{kind.plural}/999999/", status=404)
    assert (missing["code"], missing["message"][:12]) == ("not_found", "There is no ")
    api(f"{kind.plural}/{10**30}/", status=404)


def test_an_image_has_its_channels(api: Api, conn: Any, scene: Any) -> None:
    one = api(f"images/{scene.image}/")["data"]
    expected = conn.getObject("Image", scene.image).getChannels()
    channels = one["Pixels"]["Channels"]
    assert [channel["@id"] for channel in channels] == [channel.id for channel in expected]
    assert [channel["Name"] for channel in channels] == [channel.getLabel() for channel in expected] == ["DAPI", "GFP"]
    logical = [channel.getLogicalChannel().id for channel in expected]
    assert [channel["omero:LogicalChannelId"] for channel in channels] == logical
    assert [channel.get("Color") for channel in channels] == [GREEN_AS_RGBA, None]
    assert one["url:rois"] == f"{BASE}images/{scene.image}/rois/"


def test_a_well_has_the_pixels_of_its_images(api: Api, scene: Any) -> None:
    samples = api(f"wells/{scene.well}/")["data"]["WellSamples"]
    assert [(one["Image"]["Pixels"]["SizeX"], one["Image"]["Pixels"]["SizeY"]) for one in samples] == [(40, 30)] * 2
    assert samples[0]["Image"]["Pixels"]["Type"]["value"] == "uint8"
    assert samples[0]["Image"]["url:image"] == f"{BASE}images/{samples[0]['Image']['@id']}/"


def test_a_plate_says_which_fields_there_are(api: Api, conn: Any, scene: Any) -> None:
    one = api(f"plates/{scene.plate}/")["data"]
    plate = conn.getObject("Plate", scene.plate)
    assert one["omero:wellsampleIndex"] == list(plate.getNumberOfFields()) == [0, 1]
    own = f"{BASE}plates/{scene.plate}/"
    assert one["url:wellsampleindex_wells"] == [f"{own}wellsampleindex/{index}/wells/" for index in (0, 1)]
    assert (one["Columns"], one["Rows"]) == (plate._obj.columns.val, plate._obj.rows.val)
    run = api(f"plateacquisitions/{scene.run}/")["data"]
    assert run["omero:wellsampleIndex"] == list(plate.getNumberOfFields(scene.run)) == [1, 1]


@pytest.mark.parametrize(("singular", "count"), [("project", 1), ("dataset", 1), ("screen", 1)])
def test_children_are_counted_where_asked(api: Api, scene: Any, singular: str, count: int) -> None:
    address = f"{singular}s/{scene.of(singular)}/"
    assert api(f"{address}?childCount=true")["data"]["omero:childCount"] == count
    assert "omero:childCount" not in api(address)["data"]
    api(f"{address}?childCount=some", status=400)


def test_every_link_leads_somewhere(app: WebApp, scene: Any) -> None:
    """T: url:* of every object is one of the site's own addresses, and answers."""
    seen: set[str] = set()
    for kind in KINDS:
        one = app.get(f"/api/v0/m/{kind.plural}/{scene.of(kind.singular)}/").json["data"]
        for key, value in one.items():
            if key.startswith("url:"):
                seen.update(value if isinstance(value, list) else [value])
    seen.update(value for key, value in app.get("/api/v0/").json.items() if key not in ("url:schema", "url:login"))
    seen.discard(f"{BASE}save/")
    assert len(seen) > 30
    for address in seen:
        assert app.get(address).status_int == 200, address


def test_who_may_know_whom(testapp: WebApp, login: Callable[..., Any], scene: Any) -> None:
    """T10: colleagues are there, strangers are not; addresses are one's own, or an admin's to see."""
    login(USER)
    own = testapp.get(f"/api/v0/m/experimenters/{scene.user}/").json["data"]
    assert (own["Email"], own["Institution"]) == (AWAY, "Institute of Tests")
    assert "Email" not in testapp.get(f"/api/v0/m/experimenters/{scene.colleague}/").json["data"]
    for address in (f"experimenters/{scene.stranger}/", f"experimentergroups/{scene.strange_group}/"):
        answer = testapp.get(f"/api/v0/m/{address}", status=404)
        assert "api-sten" not in answer.text
        assert "Stranger" not in answer.text
    for address in (
        f"experimentergroups/{scene.strange_group}/experimenters/",
        f"experimenters/{scene.stranger}/experimentergroups/",
    ):
        names = {one.get("Name", one.get("UserName")) for one in testapp.get(f"/api/v0/m/{address}").json["data"]}
        assert names <= {"user"}
    testapp.log_out()
    login("api-carl")
    for address in (f"experimenters/{scene.user}/", "experimenters/", f"projects/{scene.project}/", "images/"):
        assert AWAY not in testapp.get(f"/api/v0/m/{address}").text
    testapp.log_out()
    login(ADMIN)
    assert testapp.get(f"/api/v0/m/experimenters/{scene.user}/").json["data"]["Email"] == AWAY
    count = testapp.get("/api/v0/m/experimenters/?limit=1").json["meta"]["totalCount"]
    pages = [testapp.get(f"/api/v0/m/experimenters/?limit=500&offset={start}").json for start in range(0, count, 500)]
    assert {scene.user, scene.colleague, scene.stranger} <= {one["@id"] for page in pages for one in page["data"]}


@pytest.mark.parametrize("singular", ["project", "dataset", "image", "screen", "plate", "well", "roi", "shape"])
def test_strangers_see_nothing(testapp: WebApp, login: Callable[..., Any], scene: Any, singular: str) -> None:
    login("api-sten")
    plural = MARSHALLED[singular].plural
    testapp.get(f"/api/v0/m/{plural}/{scene.of(singular)}/", status=404)
    listed = testapp.get(f"/api/v0/m/{plural}/?limit=500").json["data"]
    assert scene.of(singular) not in {one["@id"] for one in listed}
