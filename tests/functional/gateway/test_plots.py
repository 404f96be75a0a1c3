"""Split channels, plots and histograms against omero-py's own answers for the same image."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omeropyr.gateway.line_plots import scaled
from omeropyr.gateway.split_channels import label_height
from omeropyr.marshal.channels import Channel
from omeropyr.testing import OmeroData, WebApp

USER = "gateway-greta"
HEIGHT, WIDTH = 90, 140


@pytest.fixture(scope="module")
def plotted(scene: Any, omero_data: OmeroData) -> tuple[int, np.ndarray]:
    """An image whose channels begin with 0, as omero-py's plots presume; planes (T, C, Z, Y, X)."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = np.empty((1, 3, 2, HEIGHT, WIDTH), np.uint16)
    for c in range(3):
        for z in range(2):
            planes[0, c, z] = 500 * (c + 1) * (1 + np.sin(x / (9 + c) + y / 30 + z))
        planes[0, c, 0, 0, 0] = 0
    return omero_data.add_image(planes, "plotted", user=USER, Channel={"Name": ["DAPI", "GFP", "TRITC"]}), planes


@pytest.fixture
def image(plotted: Any, gateway_of: Callable[..., Any]) -> Any:
    found = gateway_of(USER).getObject("Image", plotted[0])
    yield found
    found._closeRE()


def set_up(image: Any, *active: int, colour: bool = True) -> None:
    windows, colours = [[0, 1000], [0, 2000], [0, 3000]], ["FF0000", "00FF00", "0000FF"]
    image.set_active_channels(list(active), windows, colours, set_inactive=True)
    image.setColorRenderingModel() if colour else image.setGreyscaleRenderingModel()


def query(*active: int, model: str = "c") -> str:
    texts = ["1|0:1000$FF0000", "2|0:2000$00FF00", "3|0:3000$0000FF"]
    signs = ["" if number in active else "-" for number in (1, 2, 3)]
    return f"c={','.join(sign + text for sign, text in zip(signs, texts, strict=True))}&m={model}"


@pytest.mark.parametrize("path", ["webgateway", "webclient"])
@pytest.mark.parametrize("active", [(1, 2, 3), (1, -2, 3)], ids=["all", "two"])
def test_split_channels(app: WebApp, plotted: Any, image: Any, decoded: Any, path: str, active: Any) -> None:
    shown = [number for number in active if number > 0]
    found = decoded(app.get(f"/{path}/render_split_channel/{plotted[0]}/1/0/?{query(*shown)}&q=1"))
    set_up(image, *active)
    expected = np.asarray(image.renderSplitChannelImage(1, 0, compression=1.0)).astype(int)
    assert found.shape == expected.shape == (2 * HEIGHT + 6, 2 * WIDTH + 6, 3)
    assert np.abs(found - expected).mean() < 2
    if len(shown) == 2:  # nothing is where the second channel would be
        assert found[6 : HEIGHT - 2, WIDTH + 8 : 2 * WIDTH].min() > 245


def test_split_channels_in_grey_have_no_merged_panel(app: WebApp, plotted: Any, image: Any, decoded: Any) -> None:
    found = decoded(app.get(f"/webgateway/render_split_channel/{plotted[0]}/0/0/?{query(1, 2, 3, model='g')}&q=1"))
    set_up(image, 1, 2, 3, colour=False)
    expected = np.asarray(image.renderSplitChannelImage(0, 0, compression=1.0)).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected)[: HEIGHT + 4].mean() < 2
    assert found[HEIGHT + 10 : -6, WIDTH + 10 : -6].min() > 245


def test_labels_are_as_tall_as_there_is_room() -> None:
    assert [label_height(width) for width in (50, 96, 213, 300, 512, 700, 900, 5000)] == [0, 8, 10, 14, 24, 24, 40, 64]


def gif(answer: Any) -> np.ndarray:
    assert answer.content_type == "image/gif"
    return np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGBA")).astype(int)


@pytest.mark.parametrize("path", ["webgateway", "webclient"])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("kind", ["row", "col"])
def test_line_plots(app: WebApp, plotted: Any, image: Any, path: str, kind: str, width: int) -> None:
    place = 37
    end = "" if width == 1 else f"{width}/"
    found = gif(app.get(f"/{path}/render_{kind}_plot/{plotted[0]}/1/0/{place}/{end}?{query(1, 3)}"))
    set_up(image, 1, -2, 3)
    draw = image.renderRowLinePlotGif if kind == "row" else image.renderColLinePlotGif
    expected = np.asarray(Image.open(io.BytesIO(draw(1, 0, place, width))).convert("RGBA")).astype(int)
    assert found.shape == expected.shape == (HEIGHT, WIDTH, 4)
    assert (found != expected).any(axis=-1).mean() < 0.01
    colours = {tuple(colour) for colour in found[found[..., 3] > 0].tolist()}
    assert colours == {(255, 255, 255, 255), (255, 0, 0, 255), (0, 0, 255, 255)}
    values = plotted[1][0, 0, 1, place] if kind == "row" else plotted[1][0, 0, 1, :, place]
    top = (HEIGHT if kind == "row" else WIDTH) - 1
    for at, value in enumerate(values):
        level = round(float(value) / plotted[1][0, 0].max() * top)
        spot = (
            found[max(0, top - level - 2) : top - level + 3, at]
            if kind == "row"
            else found[at, max(0, level - 2) : level + 3]
        )
        assert (spot[:, 3] > 0).any()


def test_values_of_any_range_are_drawn_within_the_picture() -> None:
    values = np.array([-100, 0, 100, 200], np.int16)
    np.testing.assert_allclose(scaled(values, Channel("", -100, 100), 50), [0, 25, 50, 50])
    np.testing.assert_allclose(scaled(values, Channel("", 7, 7), 50), 0)
    np.testing.assert_allclose(scaled(np.array([np.nan, np.inf, -np.inf]), Channel("", 0, 1), 50), [0, 50, 0])


@pytest.mark.parametrize(("z", "channel", "bins"), [(0, 0, 256), (1, 2, 20), (1, 1, 1)])
def test_a_histogram(app: WebApp, plotted: Any, image: Any, z: int, channel: int, bins: int) -> None:
    address = f"/webgateway/histogram_json/{plotted[0]}/channel/{channel}/?theZ={z}&theT=0&bins={bins}"
    found = app.get(address).json
    assert found == {"data": image.getHistogram([channel], bins, theZ=z, theT=0)[channel]}
    plane = plotted[1][0, channel, z]
    whole = plotted[1][0, channel]
    counted = np.histogram(plane, bins, (whole.min(), whole.max()))[0]
    assert sum(found["data"]) == plane.size
    assert np.abs(np.cumsum(found["data"]) - np.cumsum(counted)).max() <= plane.size * 0.02
    app.get(address)
    assert app.ice_calls <= 2
    assert app.get(f"/webgateway/histogram_json/{plotted[0]}/channel/{channel}/").json["data"][0] >= 0


def test_a_histogram_is_never_jsonp(app: WebApp, plotted: Any) -> None:
    answer = app.get(f"/webgateway/histogram_json/{plotted[0]}/channel/0/?callback=x")
    assert answer.content_type == "application/json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("histogram_json/{}/channel/3/", 404),
        ("histogram_json/{}/channel/0/?theZ=2", 404),
        ("histogram_json/{}/channel/0/?theT=1", 404),
        ("histogram_json/{}/channel/0/?theZ=-1", 400),
        ("histogram_json/{}/channel/0/?bins=0", 400),
        ("histogram_json/{}/channel/0/?bins=99999999", 400),
        ("histogram_json/{}/channel/0/?bins=x", 400),
        ("histogram_json/999999/channel/0/", 404),
        ("render_row_plot/{}/0/0/90/", 404),
        ("render_col_plot/{}/0/0/140/", 404),
        ("render_row_plot/{}/2/0/1/", 404),
        ("render_row_plot/{}/0/0/1/0/", 400),
        ("render_row_plot/{}/0/0/1/5000/", 400),
        ("render_split_channel/{}/0/1/", 404),
        ("render_split_channel/{}/0/0/?q=7", 400),
        ("render_row_plot/999999/0/0/1/", 404),
    ],
)
def test_what_is_not_there(app: WebApp, plotted: Any, path: str, status: int) -> None:
    assert app.get(f"/webgateway/{path.format(plotted[0])}", status=status).json["message"]


def test_a_large_image_has_no_picture_of_all_its_channels(app: WebApp, scene: Any) -> None:
    assert app.get(f"/webgateway/render_split_channel/{scene.large}/0/0/", status=400).json["code"] == "invalid_input"
