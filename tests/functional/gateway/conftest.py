"""One user with a small image of two channels, planes and times, and one that is large enough for resolution levels."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from omeropyr.testing import OmeroData, WebApp

USER = "gateway-greta"
HEIGHT, WIDTH = 120, 160
LARGE = 3200


@dataclass(frozen=True)
class Scene:
    """Ids, and the pixels behind them: `planes` (T, C, Z, Y, X) uint16 and `large_planes` (C, Y, X) uint8."""

    user_id: int
    project: int
    dataset: int
    image: int
    large: int
    planes: np.ndarray
    large_planes: np.ndarray


def smooth(shape: tuple[int, ...], top: float, dtype: Any) -> np.ndarray:
    """Waves of another length in each plane: JPEG changes them little."""
    y, x = np.mgrid[0 : shape[-2], 0 : shape[-1]]
    made = np.empty(shape, dtype)
    for number, index in enumerate(np.ndindex(*shape[:-2])):
        length = 0.02 + 0.004 * number
        made[index] = top / 4 * (2 + np.sin(x * length) + np.cos(y * length))
    return made


@pytest.fixture(scope="package")
def scene(omero_data: OmeroData) -> Scene:
    user_id = omero_data.add_user(USER, omero_data.add_group("gateway-lab", "rwra--"), first_name="Greta")
    project = omero_data.add_project("Waves", user=USER)
    dataset = omero_data.add_dataset("All waves", project=project, user=USER)
    planes = smooth((2, 2, 3, HEIGHT, WIDTH), 4000, np.uint16)
    large_planes = smooth((2, LARGE, LARGE), 255, np.uint8)
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    channels = {"Channel": {"Name": ["DAPI", "GFP"]}}
    image = omero_data.add_image(planes, "small waves", dataset=dataset, user=USER, **sizes, **channels)
    large = omero_data.add_image(large_planes[:, None], "large waves", dataset=dataset, user=USER)
    return Scene(user_id, project, dataset, image, large, planes, large_planes)


@pytest.fixture
def app(testapp: WebApp, login: Callable[..., Any], scene: Scene) -> WebApp:
    """A browser of the scene's user."""
    login(USER)
    return testapp


@pytest.fixture
def viewer_query(app: WebApp) -> Callable[..., str]:
    """A function `(image_id, off=())` to the query that the viewer's script makes of `imgData` (settings.js)."""

    def make(image_id: int, off: tuple[int, ...] = ()) -> str:
        channels = app.get(f"/webgateway/imgData/{image_id}/").json["channels"]
        texts, maps = [], []
        for index, channel in enumerate(channels):
            window = channel["window"]
            on = index not in off
            texts.append(f"{index + 1}|{window['start']}:{window['end']}${channel['color']}" if on else f"-{index + 1}")
            mapped = {
                "inverted": {"enabled": channel["inverted"]},
                "quantization": {"family": channel["family"], "coefficient": channel["coefficient"]},
            }
            maps.append(mapped if on else {})
        return f"c={quote(','.join(texts))}&m=c&maps={quote(json.dumps(maps))}"

    return make


def picture(response: Any) -> np.ndarray:
    """The JPEG of an answer as (height, width, 3) numbers that may be subtracted."""
    assert response.content_type == "image/jpeg"
    return np.asarray(Image.open(io.BytesIO(response.body)).convert("RGB")).astype(int)


@pytest.fixture
def decoded() -> Callable[[Any], np.ndarray]:
    return picture
