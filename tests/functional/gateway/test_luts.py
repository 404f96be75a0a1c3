"""Lookup tables: the list of the server, their colours, and one picture of all."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omeropyr.connection.lookup_tables import parse
from omeropyr.rendering.lut import lookup_table
from omeropyr.testing import WebApp


@pytest.fixture
def scripts(gateway: Any) -> list[Any]:
    """What omero-py has of them, in the order of their names."""
    found = gateway.getScriptService().getScriptsByMimetype("text/x-lut")
    return sorted(found, key=lambda one: one.name.val.lower())


@pytest.mark.parametrize("path", ["webgateway", "webclient"])
def test_the_list(app: WebApp, scripts: list[Any], path: str) -> None:
    found = app.get(f"/{path}/luts/").json
    assert found["luts"] == [
        {
            "id": one.id.val,
            "path": one.path.val,
            "name": one.name.val,
            "size": one.size.val,
            "png_index": place,
            "png_index_new": place,
        }
        for place, one in enumerate(scripts)
    ]
    names = [f"{one.path.val}{one.name.val}" for one in scripts]
    assert found["png_luts_new"] == found["png_luts"] == [*names, "gradient.png"]
    assert len(names) > 30
    app.get(f"/{path}/luts/")
    assert app.ice_calls <= 1
    assert app.get(f"/{path}/luts/?callback=show").text.startswith("/**/show({")


def test_the_colours(app: WebApp, scripts: list[Any]) -> None:
    found = app.get("/webgateway/luts/?rgb=true").json["luts"]
    for one in found:
        np.testing.assert_array_equal(np.array(one["rgb"]), lookup_table(one["name"]), one["name"])
    app.get("/webgateway/luts/?rgb=true")
    assert app.ice_calls <= 1


@pytest.mark.parametrize("query", ["", "?cached=false"])
def test_the_picture(app: WebApp, scripts: list[Any], query: str) -> None:
    answer = app.get(f"/webgateway/luts_png/{query}")
    picture = np.asarray(Image.open(io.BytesIO(answer.body)))
    assert (answer.content_type, picture.shape) == ("image/png", (10 * len(scripts) + 10, 256, 4))
    for place, one in enumerate(scripts):
        rows = picture[10 * place : 10 * place + 10]
        assert (rows[..., 3] == 255).all()
        np.testing.assert_array_equal(rows[..., :3], np.tile(lookup_table(one.name.val), (10, 1, 1)), one.name.val)
    slider = picture[-10:]
    assert not slider[..., :3].any()
    assert (slider[:, 0, 3] == 255).all()
    assert (slider[:, 90, 3] == 128).all()
    assert not slider[:, 180:, 3].any()
    again = app.get(f"/webgateway/luts_png/{query}", headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    assert again.body == b""


PLANAR = np.arange(768, dtype=np.uint32).astype(np.uint8)
TABLE = PLANAR.reshape(3, 256).T
LINES = [f"{number}\t{red}\t{green}\t{blue}" for number, (red, green, blue) in enumerate(TABLE.tolist())]


@pytest.mark.parametrize(
    "data",
    [
        PLANAR.tobytes(),
        bytes(32) + PLANAR.tobytes(),
        "\n".join(["Index\tRed\tGreen\tBlue", *LINES]).encode(),
        "\r\n".join(line.partition("\t")[2].replace("\t", "  ") for line in LINES).encode(),
    ],
    ids=["planar", "with a header", "tabs", "blanks"],
)
def test_forms_of_files(data: bytes) -> None:
    np.testing.assert_array_equal(parse(data), TABLE)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 767, b"1 2 3\n" * 255, b"1 2 256\n" * 256, "\u0661 2 3\n".encode() * 256, b"<script>" * 96 + b"x"],
)
def test_files_that_hold_no_table(data: bytes) -> None:
    assert parse(data) is None


def test_a_projected_tile_uses_the_servers_table(app: WebApp, scene: Any, decoded: Callable[[Any], np.ndarray]) -> None:
    part = f"/webgateway/render_image_region/{scene.image}/0/1/?region=0,0,160,120&p=intmax&q=1&m=c"
    fire, grey = (decoded(app.get(f"{part}&c=1|0:4000${colour}")) for colour in ("fire.lut", "FFFFFF"))
    expected = lookup_table("fire.lut")[np.clip(grey[..., 0], 0, 255)].astype(int)
    assert np.abs(fire - expected).mean() < 4
    app.get(f"{part}&c=1|0:3999$fire.lut")
    assert app.ice_calls <= 3
