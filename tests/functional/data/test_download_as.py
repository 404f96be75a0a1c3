"""Pictures to be saved, against what OMERO's rendering engine makes of the same image."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import omero
import pytest
from PIL import Image

from omeropyr.connection.filenames import without_ending
from omeropyr.testing import OmeroData, WebApp

USER = "pictures-petra"
BASE = "/webgateway/download_as/"


@pytest.fixture(scope="module")
def images(omero_data: OmeroData) -> list[int]:
    omero_data.add_user(USER)
    y, x = np.mgrid[0:60, 0:80]
    waves = (2000 + 1000 * np.sin(x / 9) + 900 * np.cos(y / 7)).astype(np.uint16)
    names = ("waves.ome.tiff", "waves.tif", "no ending", "../x.tif")
    return [omero_data.add_image(waves // (1 + place), name, user=USER) for place, name in enumerate(names)]


@pytest.fixture
def petra(testapp: WebApp, images: list[int]) -> WebApp:
    testapp.log_in(USER)
    return testapp


def rendered(gateway_of: Callable[..., Any], image_id: int) -> np.ndarray:
    """What OMERO's engine makes of the image without compression, (height, width, 3)."""
    image = gateway_of(USER).getObject("Image", image_id)
    assert image._prepareRenderingEngine()
    plane = omero.romio.PlaneDef(omero.romio.XY)
    plane.z = plane.t = 0
    packed = np.array(image._re.renderAsPackedInt(plane), dtype=np.int32).view(np.uint8)
    image._closeRE()
    return packed.reshape(image.getSizeY(), image.getSizeX(), 4)[..., 2::-1].astype(int)


def pixels(body: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


@pytest.mark.parametrize(
    ("form", "kind", "off"), [("png", "image/png", 0), ("tif", "image/tiff", 0), ("jpeg", "image/jpeg", 8)]
)
def test_one_picture(
    petra: WebApp, images: list[int], gateway_of: Callable[..., Any], form: str, kind: str, off: int
) -> None:
    answer = petra.get(f"{BASE}{images[0]}/?format={form}")
    assert answer.content_type == kind
    assert answer.headers["Content-Disposition"] == f'attachment; filename="waves.{form}"'
    assert np.abs(pixels(answer.body) - rendered(gateway_of, images[0])).max() <= off
    if form == "png":
        assert petra.get(f"{BASE}{images[0]}/").body == answer.body
        assert petra.get(f"{BASE}?image={images[0]}").body == answer.body


def test_settings_of_the_query(petra: WebApp, images: list[int]) -> None:
    red = pixels(petra.get(f"{BASE}{images[0]}/?c=1|0:4095$FF0000&m=c").body)
    assert red[..., 0].max() > 100
    assert red[..., 1:].max() == 0


def test_several_pictures(petra: WebApp, images: list[int], gateway_of: Callable[..., Any]) -> None:
    query = "&".join(f"image={one}" for one in images)
    answer = petra.get(f"{BASE}?{query}&format=png")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Download_as_png.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["waves.png", "waves (2).png", "no ending.png", "x.png"]
        for name, image_id in zip(archive.namelist(), images, strict=True):
            assert np.array_equal(pixels(archive.read(name)), rendered(gateway_of, image_id))


def test_what_is_asked_wrongly(petra: WebApp, images: list[int], browser: Callable[..., WebApp]) -> None:
    petra.get(f"{BASE}{images[0]}/?format=bmp", status=400)
    petra.get(BASE, status=400)
    petra.get(f"{BASE}?image={images[0]}&image=999999999", status=404)
    site = browser(**{"omero.web.maximum_multifile_download_size": "20000"})
    site.log_in(USER)
    site.get(f"{BASE}?image={images[0]}&image={images[1]}", status=413)
    site.get(f"{BASE}?image={images[0]}", status=200)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.ome.tiff", "a"),
        ("a.tif", "a"),
        ("a.b.c.tif", "a.b"),
        ("a", "a"),
        (".tif", ".tif"),
        ("v1.25", "v1.25"),
        ("a.lif [Image 1]", "a.lif [Image 1]"),
    ],
)
def test_names_without_ending(name: str, stem: str) -> None:
    assert without_ending(name) == stem
