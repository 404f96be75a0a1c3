"""Rendering settings saved by the web, read by omero-py; and the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import pytest

from omeropyr.testing import OmeroData, WebApp

USER = "settings-sara"
C = "1|100:900$FF0000,-2|5:600$cool.lut"
MAPS = [
    {"inverted": {"enabled": True}, "quantization": {"family": "polynomial", "coefficient": 0.5}},
    {"inverted": {"enabled": False}},
]


@pytest.fixture(scope="module")
def group(omero_data: OmeroData) -> int:
    group = omero_data.add_group("settings-lab", "rwra--")
    omero_data.add_user(USER, group, first_name="Sara", last_name="Settings")
    omero_data.add_user("settings-otto", group)
    return group


def planes(value: int = 0, dtype: Any = np.uint16, count: int = 2) -> np.ndarray:
    made = np.arange(3 * 20 * 24).reshape(3, 20, 24) % 1000 + value
    return np.stack([made.astype(dtype)] * count)[None]


@pytest.fixture
def sara(testapp: WebApp, group: int) -> WebApp:
    testapp.log_in(USER)
    return testapp


@pytest.fixture
def add(omero_data: OmeroData, group: int) -> Callable[..., int]:
    def make(dataset: int | None = None, user: str = USER, dtype: Any = np.uint16, count: int = 2) -> int:
        return omero_data.add_image(planes(dtype=dtype, count=count), dataset=dataset, user=user)

    return make


def settings_of(gateway_of: Callable[..., Any], image_id: int, user: str = USER) -> list[tuple[Any, ...]]:
    """What omero-py's own engine has of each channel."""
    image = gateway_of(user).getObject("Image", image_id)
    found = [
        (
            channel.isActive(),
            channel.getWindowStart(),
            channel.getWindowEnd(),
            channel.getLut() or channel.getColor().getHtml(),
            channel.isInverted(),
            channel.getFamily().getValue(),
            channel.getCoefficient(),
        )
        for channel in image.getChannels()
    ]
    found.append((image.isGreyscaleRenderingModel(), image.getDefaultZ(), image.getDefaultT()))
    image._closeRE()
    return found


SAVED = [
    (True, 100.0, 900.0, "FF0000", True, "polynomial", 0.5),
    (False, 5.0, 600.0, "cool.lut", False, "linear", 1.0),
    (False, 2, 0),
]
QUERY = {"c": C, "m": "c", "maps": json.dumps(MAPS), "z": "3", "t": "1", "q": "0.9", "ia": "0", "p": "normal"}


@pytest.mark.parametrize("path", ["webgateway", "webclient"])
def test_saved_by_a_form(sara: WebApp, add: Any, gateway_of: Any, path: str) -> None:
    image = add()
    answer = sara.post(f"/{path}/saveImgRDef/{image}/", QUERY, headers=sara.csrf())
    assert (answer.body, answer.content_type, answer.headers["Cache-Control"]) == (
        b"true",
        "application/json",
        "no-store",
    )
    assert settings_of(gateway_of, image) == SAVED


def test_saved_by_the_address_with_an_empty_body_of_json(sara: WebApp, add: Any, gateway_of: Any) -> None:
    """As QuPath sends it, which takes nothing but `true` for success."""
    image = add()
    headers = {**sara.csrf(), "Content-Type": "application/json", "Referer": "http://localhost/webclient/"}
    query = "m=c&c=1|100:900$FF0000,2|5:600$00FF00"
    answer = sara.request(f"/webgateway/saveImgRDef/{image}/?{query}", method="POST", headers=headers, body=b"")
    assert answer.body == b"true"
    assert [one[:4] for one in settings_of(gateway_of, image)[:2]] == [
        (True, 100.0, 900.0, "FF0000"),
        (True, 5.0, 600.0, "00FF00"),
    ]
    jsonp = sara.post(f"/webgateway/saveImgRDef/{image}/?{query}&callback=done", headers=sara.csrf())
    assert (jsonp.text, jsonp.content_type) == ("/**/done(true);", "application/javascript")


INCOMPLETE = {
    "nothing": {},
    "no model": {"c": C},
    "an unknown model": {"c": C, "m": "x"},
    "no window": {"c": "1$FF0000", "m": "c"},
    "no colour of one that is off": {"c": "1|0:5$FF0000,-2|0:5", "m": "c"},
    "an entry that can't be read": {"c": f"{C},x", "m": "c"},
    "maps that are no JSON": {"c": C, "m": "c", "maps": "["},
    "maps for other channels": {"c": C, "m": "c", "maps": "[{}]"},
    "a plane too far": {"c": C, "m": "c", "z": "4"},
    "no plane": {"c": C, "m": "c", "t": "0"},
}


@pytest.mark.parametrize("kind", INCOMPLETE)
def test_half_of_the_settings_are_not_saved(sara: WebApp, add: Any, gateway_of: Any, kind: str) -> None:
    image = add()
    before = settings_of(gateway_of, image)
    answer = sara.post(f"/webgateway/saveImgRDef/{image}/", INCOMPLETE[kind], headers=sara.csrf(), status=400)
    assert answer.json["code"] == "invalid_input"
    assert settings_of(gateway_of, image) == before


def test_warm_engines_and_kept_pictures_notice(sara: WebApp, add: Any, decoded: Any) -> None:
    image = add()
    address = f"/webgateway/render_image/{image}/0/0/?q=1"
    thumbnail = f"/webclient/render_thumbnail/{image}/"
    before, small = sara.get(address), sara.get(thumbnail)
    for settings in ("1|0:100$00FF00,-2|0:1$FF0000", "-1|0:1$00FF00,2|0:100$0000FF"):
        sara.post(f"/webgateway/saveImgRDef/{image}/?c={settings}&m=c", headers=sara.csrf())
        after = sara.get(address, headers={"If-None-Match": before.headers["ETag"]}, status=200)
        assert np.abs(decoded(before) - decoded(after)).mean() > 20
        smaller = sara.get(thumbnail, headers={"If-None-Match": small.headers["ETag"]}, status=200)
        assert np.abs(decoded(small) - decoded(smaller)).mean() > 20
        before, small = after, smaller
    channels = sara.get(f"/webgateway/imgData/{image}/").json["channels"]
    assert [one["active"] for one in channels] == [False, True]


def test_who_may_only_look_saves_nothing_of_others(testapp: WebApp, omero_data: OmeroData, gateway_of: Any) -> None:
    group = omero_data.add_group(permissions="rwr---")
    omero_data.add_user("settings-owner", group)
    omero_data.add_user("settings-reader", group)
    image = omero_data.add_image(planes(), user="settings-owner")
    before = settings_of(gateway_of, image, "settings-owner")
    testapp.log_in("settings-reader")
    testapp.post(f"/webgateway/saveImgRDef/{image}/", QUERY, headers=testapp.csrf())
    assert settings_of(gateway_of, image, "settings-reader") == SAVED
    assert settings_of(gateway_of, image, "settings-owner") == before
    testapp.log_out()
    omero_data.add_user("settings-stranger")
    testapp.log_in("settings-stranger")
    testapp.post(f"/webgateway/saveImgRDef/{image}/", QUERY, headers=testapp.csrf(), status=404)
    for path in ("get_image_rdefs_json", "compatImgRDef"):
        testapp.get(f"/webgateway/{path}/{image}/", status=404)
    testapp.post("/webgateway/resetRDef/", {"toids": image}, headers=testapp.csrf(), status=404)
    testapp.post(f"/webgateway/copyImgRDef/?fromid={image}", {"toids": image}, headers=testapp.csrf(), status=404)


def test_everybodys_settings(sara: WebApp, testapp: WebApp, add: Any, gateway_of: Any) -> None:
    image = add()
    sara.post(f"/webgateway/saveImgRDef/{image}/", QUERY, headers=sara.csrf())
    testapp.log_out()
    testapp.log_in("settings-otto")
    testapp.post(f"/webgateway/saveImgRDef/{image}/", {"c": C, "m": "g"}, headers=testapp.csrf())
    assert settings_of(gateway_of, image) == SAVED  # Sara keeps her own
    found = testapp.get(f"/webgateway/get_image_rdefs_json/{image}/").json["rdefs"]
    expected = gateway_of("settings-otto").getObject("Image", image).getAllRenderingDefs()
    assert found == expected
    assert [(one["owner"]["firstName"], one["model"]) for one in found] == [("Sara", "rgb"), ("Test", "greyscale")]
    assert found[0]["c"][1]["lut"] == "cool.lut"
    answer = testapp.get(f"/webgateway/get_image_rdefs_json/{image}/?callback=show")
    assert answer.text.startswith("/**/show({")


@pytest.mark.parametrize("path", ["webgateway", "webclient"])
def test_settings_of_an_image_by_the_clipboard(sara: WebApp, add: Any, gateway_of: Any, path: str) -> None:
    source, target, other = add(), add(), add(dtype=np.uint8)
    assert sara.get(f"/{path}/getImgRDef/").json == {"rdef": None}
    assert sara.post(f"/{path}/copyImgRDef/", {"toids": target}, headers=sara.csrf()).json is False
    sara.post(f"/webgateway/saveImgRDef/{source}/", QUERY, headers=sara.csrf())
    assert sara.get(f"/{path}/copyImgRDef/?fromid={source}").json is True
    kept = sara.get(f"/{path}/getImgRDef/").json["rdef"]
    assert kept["c"] == "1|100.0:900.0$FF0000,-2|5.0:600.0$cool.lut"
    assert (kept["m"], kept["pixel_range"]) == ("c", "0:65535")
    assert [one["inverted"]["enabled"] for one in kept["maps"]] == [True, False]
    done = sara.post(f"/{path}/copyImgRDef/", [("toids", target), ("toids", other)], headers=sara.csrf()).json
    assert done == {"true": [target], "false": [other], "True": [target], "False": [other]}
    assert settings_of(gateway_of, target) == SAVED


def test_settings_in_the_address_by_the_clipboard(sara: WebApp, add: Any, gateway_of: Any) -> None:
    source, target = add(), add()
    untouched = settings_of(gateway_of, source)
    query = {**QUERY, "pixel_range": "0:65535", "imageId": str(source)}
    assert sara.get(f"/webgateway/copyImgRDef/?{urlencode(query)}&callback=done").text == "/**/done(true);"
    kept = sara.get("/webgateway/getImgRDef/").json["rdef"]
    assert kept == {name: query[name] for name in ("c", "m", "pixel_range", "z", "t", "p")} | {
        "maps": MAPS,
        "imageId": source,
    }
    done = sara.post("/webgateway/copyImgRDef/", {"toids": target}, headers=sara.csrf()).json
    assert done["True"] == [target]
    assert settings_of(gateway_of, target) == SAVED
    assert settings_of(gateway_of, source) == untouched


def test_settings_for_a_whole_dataset(sara: WebApp, add: Any, omero_data: OmeroData, gateway_of: Any) -> None:
    """As omero-iviewer sends it: settings in the address, the dataset in the form."""
    dataset = omero_data.add_dataset(user=USER)
    members = [add(dataset) for _ in range(3)]
    other = add(dataset, count=1)
    query = urlencode({"m": "c", "p": "normal", "ia": "0", "c": C, "maps": json.dumps(MAPS), "z": "3"})
    form = {"dataType": "json", "toids": dataset, "to_type": "dataset", "imageId": members[1]}
    done = sara.post(f"/webgateway/copyImgRDef/?{query}", form, headers=sara.csrf()).json
    assert (sorted(done["True"]), done["False"]) == (members, [other])
    for image in members:
        assert settings_of(gateway_of, image) == SAVED
    reset = sara.post("/webgateway/resetRDef/", {"toids": dataset, "to_type": "dataset"}, headers=sara.csrf()).json
    assert sorted(reset) == [*members, other]
    for image in members:
        assert settings_of(gateway_of, image)[0][:3] == (True, 0.0, 999.0)


def test_the_owners_settings(sara: WebApp, testapp: WebApp, add: Any, gateway_of: Any) -> None:
    image = add()
    sara.post(f"/webgateway/saveImgRDef/{image}/", QUERY, headers=sara.csrf())
    testapp.log_out()
    testapp.log_in("settings-otto")
    testapp.post(
        f"/webgateway/saveImgRDef/{image}/", {"c": "1|0:7$00FF00,2|0:8$00FF00", "m": "c"}, headers=testapp.csrf()
    )
    assert settings_of(gateway_of, image, "settings-otto")[0][2] == 7.0
    form = {"toids": image, "to_type": "image"}
    assert testapp.post("/webgateway/applyOwnersRDef/", form, headers=testapp.csrf()).json == [image]
    assert settings_of(gateway_of, image, "settings-otto") == SAVED


def test_images_that_settings_can_be_copied_to(sara: WebApp, add: Any, omero_data: OmeroData) -> None:
    project = omero_data.add_project(user=USER)
    datasets = [omero_data.add_dataset(project=project, user=USER) for _ in range(2)]
    first, second, third = add(datasets[0]), add(datasets[0]), add(datasets[1])
    add(datasets[1], dtype=np.uint8)
    add(datasets[1], count=3)
    add()
    assert sara.get(f"/webgateway/compatImgRDef/{first}/").json == [second, third]
    alone = add()
    assert sara.get(f"/webgateway/compatImgRDef/{alone}/").json == []


WRONG = [
    ("copyImgRDef/", {"toids": "x"}),
    ("copyImgRDef/?fromid=1", {"toids": "1", "to_type": "group"}),
    ("copyImgRDef/?fromid=9999999999999999999999", {"toids": "1"}),
    ("copyImgRDef/?fromid=1", [("toids", str(number)) for number in range(1001)]),
    ("resetRDef/", {}),
    ("resetRDef/", {"toids": "1", "to_type": "Image o where 1=1 or o"}),
    ("applyOwnersRDef/", {"toids": "1 or 1=1"}),
    (f"copyImgRDef/?m=c&c={quote(','.join(['1|0:5$FF0000'] * 1500))}&store=1", {}),
]


@pytest.mark.parametrize(("path", "form"), WRONG, ids=range(len(WRONG)))
def test_what_makes_no_sense(sara: WebApp, path: str, form: Any) -> None:
    answer = sara.post(f"/webgateway/{path}", form, headers=sara.csrf(), status=400)
    assert answer.json["code"] == "invalid_input"


def test_nothing_is_saved_without_the_token(sara: WebApp, add: Any) -> None:
    image = add()
    for path in (f"saveImgRDef/{image}/", "resetRDef/", "applyOwnersRDef/", "copyImgRDef/"):
        assert "CSRF" in sara.post(f"/webgateway/{path}", QUERY, status=403).json["message"]
    for path in (f"saveImgRDef/{image}/", "resetRDef/", "applyOwnersRDef/"):
        sara.get(f"/webgateway/{path}", status=405)
