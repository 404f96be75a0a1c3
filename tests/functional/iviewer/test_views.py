"""What OMERO.iviewer's scripts read, value by value."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import WebApp


def parameters(page: str) -> Any:
    found = re.search(r'data-parameters="([^"]*)"', page)
    assert found is not None
    return json.loads(html.unescape(found[1]))


def test_the_page_tells_its_scripts_where_everything_is(app: WebApp, scene: Any) -> None:
    page = app.get(f"/iviewer/?images={scene.image}&dataset=7&c=1|0:9$FF0000")
    said = parameters(page.text)
    assert (said["IMAGES"], said["DATASET"], said["C"]) == (str(scene.image), "7", "1|0:9$FF0000")
    assert (said["WEBGATEWAY"], said["WEBCLIENT"], said["WEB_API_BASE"]) == ("/webgateway/", "/webclient/", "/api/v0/")
    assert (said["INTERPOLATE"], said["ENABLE_MIRROR"], said["NODEDESCRIPTORS"]) == ("True", "False", "None")
    assert (said["ROI_PAGE_SIZE"], said["MAX_ACTIVE_CHANNELS"], "URI_PREFIX" in said) == ("500", "10", False)
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", said["OMERO_VERSION"])
    assert all(isinstance(value, str) for value in said.values())
    scripts = re.findall(r'<script src="([^"]*)"', page.text)
    assert [one.rpartition("/")[2] for one in scripts] == ["start.js", "vendors.js", "main.js", "deps.js"]
    for address in scripts:
        assert app.get(address).content_type in ("application/javascript", "text/javascript")
    assert parameters(app.get(f"/iviewer/image/{scene.image}/").text)["IMAGES"] == str(scene.image)


def test_words_of_the_address_do_not_become_markup(app: WebApp) -> None:
    page = app.get("/iviewer/?images=1&x=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&webgateway=https://evil.example/")
    assert "<script>alert" not in page.text
    assert "evil.example" not in page.text


def test_image_data_is_that_of_the_gateway_and_more(app: WebApp, scene: Any, gateway_of: Any) -> None:
    found = app.get(f"/iviewer/image_data/{scene.image}/").json
    of_gateway = app.get(f"/webgateway/imgData/{scene.image}/").json
    more = ("roi_count", "families", "import_date", "delta_t_unit_symbol", "pixel_size", "acquisition_date")
    assert {name: value for name, value in found.items() if name not in more} == {
        name: value for name, value in of_gateway.items() if name != "pixel_size"
    }
    assert found["pixel_size"] == {
        "x": 0.25, "y": 0.5, "z": None, "unit_x": 0.25, "unit_y": 0.5, "symbol_x": "µm", "symbol_y": "µm",
        "unit_id_x": "MICROMETER", "unit_id_y": "MICROMETER",
    }  # fmt: skip
    assert found["families"] == ["linear", "polynomial", "exponential", "logarithmic"]
    assert (found["roi_count"], found["delta_t_unit_symbol"]) == (3, None)
    image = gateway_of("iviewer-ida").getObject("Image", scene.image)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", found["import_date"])
    assert found["meta"]["imageName"] == image.getName()
    assert app.get("/iviewer/image_data/999999/", status=404).json["code"] == "not_found"


def test_the_image_of_a_region_and_where_the_region_is(app: WebApp, scene: Any) -> None:
    (first, shapes), (second, (lone,)), _ = scene.rois.items()
    assert app.get(f"/iviewer/roi/{first}/image_data/").json["id"] == scene.image
    assert app.get(f"/iviewer/shape/{lone}/image_data/").json["id"] == scene.image
    assert app.get(f"/iviewer/roi/{second}/page_data/").json == {
        "image": {"id": scene.image}, "roi": {"id": second}, "roi_index": 1, "roi_count": 3,
    }  # fmt: skip
    assert app.get(f"/iviewer/shape/{shapes[1]}/page_data/").json == {
        "image": {"id": scene.image}, "roi": {"id": first}, "roi_index": 0, "roi_count": 3, "theZ": 2, "theT": 1,
    }  # fmt: skip
    app.get("/iviewer/roi/999999/page_data/", status=404)
    app.get("/iviewer/shape/999999/image_data/", status=404)


def test_regions_of_planes(app: WebApp, scene: Any) -> None:
    first, second, third = scene.rois

    def on(z: str, t: str, **query: int) -> tuple[list[int], int]:
        found = app.get(f"/iviewer/rois_by_plane/{scene.image}/{z}/{t}/", query).json
        return [roi["@id"] for roi in found["data"]], found["meta"]["totalCount"]

    assert on("0", "0") == ([first, third], 2)
    assert on("1", "0") == ([third], 1)
    assert on("1", "1") == ([second, third], 2)
    assert on("0-2", "0-1") == ([first, second, third], 3)
    assert on("0-2", "0-1", limit=1, offset=1) == ([second], 3)
    roi = app.get(f"/iviewer/rois_by_plane/{scene.image}/0/0/").json["data"][0]
    assert sorted(shape["@id"] for shape in roi["shapes"]) == scene.rois[first]
    shape = roi["shapes"][0]
    assert (shape["X"], shape["Width"], shape["omero:details"]["permissions"]["canEdit"]) in (
        (1.0, 6.0, True),
        (20.0, 6.0, True),
    )
    counts = app.get(f"/iviewer/plane_shape_counts/{scene.image}/").json["data"]
    assert counts == [[2, 2], [1, 2], [1, 3]]


def test_values_around_a_pixel(app: WebApp, scene: Any) -> None:
    query = {"image": scene.image, "z": 1, "t": 1, "x": 3, "y": 58, "c": "0,1"}
    found = app.get("/iviewer/get_intensity/", query).json
    assert found["count"] == len(found["pixels"]) == 29 * 27
    assert found["pixels"]["3-58"] == {str(c): int(scene.planes[1, c, 1, 58, 3]) for c in range(2)}
    assert found["pixels"]["0-33"]["1"] == int(scene.planes[1, 1, 1, 33, 0])
    assert app.get("/iviewer/get_intensity/", {**query, "x": 80}).json == {
        "error": "there is no such pixel, plane or channel in the image"
    }
    app.get("/iviewer/get_intensity/", {**query, "image": 999999}, status=404)


def test_statistics_under_a_shape(app: WebApp, scene: Any) -> None:
    (lone,) = scene.rois[list(scene.rois)[2]]
    query = {"ids": f"{list(scene.rois)[2]}:{lone}", "z": 1, "t": 0, "cs": "0,1"}
    found = app.get("/iviewer/shape_stats/", query).json
    assert list(found) == [str(lone)]
    for channel, stats in enumerate(found[str(lone)]):
        under = scene.planes[0, channel, 1, 10:14, 40:46].astype(float)
        assert (stats["index"], stats["points"]) == (channel, 24)
        assert (stats["min"], stats["max"], stats["sum"]) == (under.min(), under.max(), under.sum())
        assert stats["mean"] == pytest.approx(under.mean())
        assert stats["std_dev"] == pytest.approx(under.std(ddof=1))


def test_times_and_fields(app: WebApp, scene: Any) -> None:
    assert app.get(f"/iviewer/image_data/{scene.image}/delta_t/").json == {
        "delta_t": [0.0, 0.0], "delta_t_unit_symbol": "s", "image_id": scene.image,
    }  # fmt: skip
    assert app.get("/iviewer/well_images/", {"id": 999999}).json["meta"]["totalCount"] == 0


BAD: dict[str, Callable[[int], str]] = {
    "id of letters": lambda image: "/iviewer/get_intensity/?image=x&z=0&t=0&x=0&y=0",
    "negative plane": lambda image: f"/iviewer/get_intensity/?image={image}&z=-1&t=0&x=0&y=0&c=0",
    "too many shapes": lambda image: f"/iviewer/shape_stats/?z=0&t=0&cs=0&ids={'1,' * 1001}",
    "negative offset": lambda image: f"/iviewer/rois_by_plane/{image}/0/0/?offset=-1",
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told(app: WebApp, scene: Any, case: str) -> None:
    answer = app.get(BAD[case](scene.image), expect_errors=True)
    said = answer.json
    assert (answer.status_int == 400 and said["code"] == "invalid_input") or "error" in said


def test_a_projection_becomes_an_image(app: WebApp, scene: Any, gateway_of: Any) -> None:
    address = f"/iviewer/save_projection/?image={scene.image}&projection=intmax&start=0&end=1&dataset={scene.dataset}"
    script = app.extra_environ.pop("HTTP_X_REQUESTED_WITH")
    app.get(address, status=403)  # a link of another site may not
    app.extra_environ["HTTP_X_REQUESTED_WITH"] = script
    made = app.get(address).json["id"]
    image = gateway_of("iviewer-ida").getObject("Image", made)
    assert (image.getName(), image.getSizeZ(), image.getSizeT(), image.getSizeC()) == ("stack_proj", 1, 2, 2)
    assert image.getParent().getId() == scene.dataset
    plane = image.getPrimaryPixels().getPlane(0, 1, 1)
    assert np.array_equal(plane, scene.planes[1, 1, :2].max(axis=0))
    assert "error" in app.get(address.replace("intmax", "median")).json
    assert "error" in app.get(address.replace("end=1", "end=3")).json
