"""What requests cost in Ice calls: the budgets of docs and benchmarks, held here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from omeropyr.testing import OmeroData, WebApp

Cost = Callable[[str], int]


@pytest.fixture
def cost(app: WebApp) -> Cost:
    """A function that asks for a URL of the gateway or the client's API and gives the Ice calls."""

    def ask(url: str) -> int:
        assert app.get(url).status_int == 200
        return app.ice_calls

    return ask


def tile(image_id: int, level: int, x: int, y: int, query: str) -> str:
    return f"/webgateway/render_image_region/{image_id}/0/0/?tile={level},{x},{y},512,512&{query}"


def test_a_warm_tile_whose_url_fixes_every_setting(scene: Any, cost: Cost) -> None:
    maps = '[{"inverted":{"enabled":false},"quantization":{"family":"linear","coefficient":1}}]'
    query = f"c=1|0:200$FF0000&m=c&maps={maps}"
    cost(tile(scene.large, 0, 0, 0, query))
    assert cost(tile(scene.large, 0, 1, 0, query)) == 1
    assert cost(tile(scene.large, 0, 1, 1, query.replace("0:200", "0:201"))) == 2


def test_a_warm_tile_as_the_viewer_asks_for_it(scene: Any, cost: Cost, viewer_query: Callable[..., str]) -> None:
    query = viewer_query(scene.large)
    cost(tile(scene.large, 0, 0, 0, query))
    assert cost(tile(scene.large, 0, 2, 0, query)) == 1
    assert cost(tile(scene.large, 1, 1, 1, query)) == 2  # and setResolutionLevel
    assert cost(tile(scene.large, 1, 1, 0, query)) == 1


def test_a_channel_switched_off_costs_one_call_more(scene: Any, cost: Cost, viewer_query: Callable[..., str]) -> None:
    cost(tile(scene.large, 0, 0, 0, viewer_query(scene.large)))
    one_off = viewer_query(scene.large, off=(1,))
    assert cost(tile(scene.large, 0, 0, 0, one_off)) == 2
    assert cost(tile(scene.large, 0, 0, 1, one_off)) == 1


def test_a_warm_tile_by_the_saved_settings(scene: Any, cost: Cost) -> None:
    cost(tile(scene.large, 0, 0, 0, ""))
    assert cost(tile(scene.large, 0, 1, 0, "")) == 2


def test_a_plane_of_the_viewer(scene: Any, cost: Cost, viewer_query: Callable[..., str]) -> None:
    query = viewer_query(scene.image)
    cost(f"/webgateway/render_image/{scene.image}/0/0/?{query}")
    assert cost(f"/webgateway/render_image/{scene.image}/2/1/?{query}") == 1


def test_a_picture_the_browser_has_costs_nothing(app: WebApp, scene: Any, viewer_query: Callable[..., str]) -> None:
    url = tile(scene.large, 0, 0, 0, viewer_query(scene.large))
    first = app.get(url)
    again = app.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_int, app.ice_calls) == (304, 0)


def test_thumbnails(scene: Any, cost: Cost) -> None:
    single = f"/webgateway/render_thumbnail/{scene.image}/96/"
    batch = f"/webgateway/get_thumbnails/96/?id={scene.image}&id={scene.large}"
    cost(single)
    assert cost(single) <= 2
    cost(batch)
    assert cost(batch) <= 3


def test_fifty_thumbnails(cost: Cost, scene: Any, omero_data: OmeroData) -> None:
    images = [omero_data.add_image(np.full((9, 9), number, np.uint8), user="gateway-greta") for number in range(50)]
    address = f"/webgateway/get_thumbnails/?{'&'.join(f'id={one}' for one in images)}"
    cost(address)
    assert cost(address) <= 3


def test_a_birds_eye_view(scene: Any, cost: Cost) -> None:
    address = f"/webgateway/render_birds_eye_view/{scene.large}/200/"
    cost(address)
    assert cost(address) <= 2


def test_a_projected_tile(scene: Any, cost: Cost, viewer_query: Callable[..., str]) -> None:
    """One call for the planes of each channel."""
    query = f"{viewer_query(scene.image)}&p=intmax|0:2"
    address = f"/webgateway/render_image_region/{scene.image}/0/0/?region=0,0,64,64&{query}"
    cost(address)
    assert cost(address) <= 3


def test_a_form(app: WebApp, scene: Any, viewer_query: Callable[..., str]) -> None:
    """Settings that are posted cost what they do in an address."""
    address = f"/webgateway/render_image_region/{scene.large}/0/0/?tile=0,1,1,256,256"
    form = dict(parse_qsl(viewer_query(scene.large)))
    for _ in range(2):
        app.post(address, form, headers=app.csrf())
    assert app.ice_calls <= 2


def test_saving_settings(app: WebApp, omero_data: OmeroData, scene: Any) -> None:
    """An engine is opened, told what differs, and saves; OMERO makes the thumbnail anew."""
    image = omero_data.add_image(np.zeros((9, 9), np.uint8), user="gateway-greta")
    for end in (5, 6):
        app.post(f"/webgateway/saveImgRDef/{image}/?m=c&c=1|0:{end}$FF0000", headers=app.csrf())
    assert app.ice_calls <= 12


def test_image_data(scene: Any, cost: Cost) -> None:
    for image_id in (scene.image, scene.large):
        cost(f"/webgateway/imgData/{image_id}/")
        assert cost(f"/webgateway/imgData/{image_id}/") <= 8


def test_lists_of_the_client(scene: Any, cost: Cost) -> None:
    containers = f"/webclient/api/containers/?id={scene.user_id}&group=-1"
    cost(containers)
    assert cost(containers) <= 5
    images = f"/webclient/api/images/?id={scene.dataset}&page=1&sizeXYZ=true&date=true&thumbVersion=true"
    assert cost(images) <= 3
    assert cost(f"/webclient/api/datasets/?id={scene.project}") <= 3
    assert cost("/webclient/api/groups/") <= 3
