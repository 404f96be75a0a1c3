"""Images as OME-TIFF: the pixels are those that were imported, archives are whole, nothing stays open."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.connection.pool import POOL
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp

USER = "tiff-tina"


@pytest.fixture(scope="module")
def exported(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> dict[str, Any]:
    omero_data.add_user(USER, omero_data.add_group(permissions="rwr---"))
    project = omero_data.add_project(user=USER)
    dataset = omero_data.add_dataset(project=project, user=USER)
    arrays = [np.random.default_rng(seed).integers(0, 4000, (2, 2, 3, 30, 40), np.uint16) for seed in range(3)]
    names = ["same name.tif", "same name.tif", "../third"]
    images = [
        omero_data.add_image(one, name, dataset=dataset, user=USER) for one, name in zip(arrays, names, strict=True)
    ]
    large = omero_data.add_image(np.zeros((3200, 3200), np.uint8), "large", dataset=dataset, user=USER)
    return {"project": project, "dataset": dataset, "images": images, "large": large, "arrays": arrays}


@pytest.fixture
def tina(testapp: WebApp, exported: Any) -> WebApp:
    testapp.log_in(USER)
    return testapp


def pixels(data: bytes) -> np.ndarray:
    return tifffile.TiffFile(io.BytesIO(data)).series[0].asarray()


def test_one_image(tina: WebApp, exported: Any, gateway_of: Any) -> None:
    answer = tina.get(f"/webgateway/render_ome_tiff/i/{exported['images'][0]}/")
    assert (answer.content_type, answer.content_length) == ("image/tiff", len(answer.body))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="same name.tif.ome.tiff"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    np.testing.assert_array_equal(pixels(answer.body).reshape(2, 2, 3, 30, 40), exported["arrays"][0])
    expected = gateway_of(USER).getObject("Image", exported["images"][0]).exportOmeTiff()
    assert len(answer.body) == len(expected)
    np.testing.assert_array_equal(pixels(answer.body), pixels(expected))
    again = tina.get(
        f"/webgateway/render_ome_tiff/i/{exported['images'][0]}/", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_int, again.body) == (304, b"")


@pytest.mark.parametrize("kind", ["d", "p"])
def test_several(tina: WebApp, exported: Any, kind: str) -> None:
    container = exported["dataset" if kind == "d" else "project"]
    address = f"/webgateway/render_ome_tiff/{kind}/{container}/"
    assert tina.get(f"{address}?dryrun=true").json == 3
    assert tina.get(f"{address}?dryrun=true&callback=show").text == "/**/show(3);"
    answer = tina.get(address)
    assert answer.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None
    assert archive.namelist() == ["same name.tif.ome.tiff", "same name (2).tif.ome.tiff", "third.ome.tiff"]
    for name, array in zip(archive.namelist(), exported["arrays"], strict=True):
        assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
        np.testing.assert_array_equal(pixels(archive.read(name)).reshape(array.shape), array)


def test_some_of_a_dataset(tina: WebApp, exported: Any) -> None:
    first, _, third = exported["images"]
    address = f"/webgateway/render_ome_tiff/d/{exported['dataset']}/?selection={third},{first}"
    assert tina.get(f"{address}&dryrun=1").json == 2
    archive = zipfile.ZipFile(io.BytesIO(tina.get(address).body))
    assert archive.namelist() == ["same name.tif.ome.tiff", "third.ome.tiff"]


def test_the_fields_of_a_well(testapp: WebApp, omero_data: OmeroData, gateway_of: Any, tmp_path: Any) -> None:
    omero_data.add_user("tiff-wells")
    file = tmp_path / "wells&plateRows=1&plateCols=2&fields=2&sizeX=16&sizeY=12.fake"
    file.touch()
    image = omero_data.import_file(file, user="tiff-wells")
    conn = gateway_of("tiff-wells")
    query = f"select s.well.id from WellSample s where s.image.id = {image}"
    well = conn.getQueryService().projection(query, None)[0][0].val
    testapp.log_in("tiff-wells")
    archive = zipfile.ZipFile(io.BytesIO(testapp.get(f"/webgateway/render_ome_tiff/w/{well}/").body))
    assert len(archive.namelist()) == 2
    assert pixels(archive.read(archive.namelist()[0])).shape[-2:] == (12, 16)


def test_what_can_not_be_exported(tina: WebApp, exported: Any, omero_data: OmeroData) -> None:
    large = f"/webgateway/render_ome_tiff/i/{exported['large']}/"
    assert tina.get(f"{large}?dryrun=true").json == 0
    assert tina.get(large, status=404).json["code"] == "not_found"
    tina.get("/webgateway/render_ome_tiff/i/99999999/", status=404)
    tina.get("/webgateway/render_ome_tiff/x/1/", status=400)
    tina.get(f"/webgateway/render_ome_tiff/d/{exported['dataset']}/?selection=x", status=400)
    omero_data.add_user("tiff-stranger")
    tina.log_out()
    tina.log_in("tiff-stranger")
    for path in (f"i/{exported['images'][0]}", f"d/{exported['dataset']}", f"p/{exported['project']}"):
        tina.get(f"/webgateway/render_ome_tiff/{path}/", status=404)


def test_clients_that_go_away_leave_nothing_open(tina: WebApp, exported: Any, embedded: EmbeddedServer) -> None:
    request = tina.RequestClass.blank(
        f"/webgateway/render_ome_tiff/d/{exported['dataset']}/",
        headers={"Cookie": "; ".join(f"{name}={value}" for name, value in tina.cookies.items())},
    )
    pool = tina.app.registry[POOL]
    folder = embedded.data / "Exports"
    for _ in range(20):
        answer = request.get_response(tina.app)
        body = iter(answer.app_iter)
        next(body)
        answer.app_iter.close()
    assert list(folder.iterdir()) == []
    assert not pool._lent
