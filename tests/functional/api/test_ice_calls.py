"""What requests cost in Ice calls once the connection is warm: pages at most four, single objects at most three."""

from __future__ import annotations

from typing import Any

import pytest

from omeropyr.api.endpoints import ENDPOINTS
from omeropyr.testing import WebApp

# Whole lists say themselves how many there are; a page in the middle has to ask.
LISTS = {
    "projects/?childCount=true&normalize=true": 2,
    "datasets/?childCount=true&limit=1": 3,
    "images/?limit=1": 3,
    "screens/?childCount=true&offset=0&limit=1": 3,
    "plates/?orphaned=true": 2,
    "plates/{plate}/plateacquisitions/?limit=1": 4,
    "plates/{plate}/wells/?limit=1": 3,
    "plates/{plate}/wellsampleindex/1/wells/": 2,
    "rois/?image={image}&limit=500": 2,
    "shapes/?limit=1": 3,
    "experimenters/?limit=1": 3,
    "experimentergroups/": 2,
}
SINGLE = {"plate": 2, "plateacquisition": 2}


@pytest.mark.parametrize("path", LISTS)
def test_a_page_of_a_list(app: WebApp, scene: Any, path: str) -> None:
    app.get("/api/v0/m/projects/")
    app.get(f"/api/v0/m/{path.format(**vars(scene))}")
    assert app.ice_calls == LISTS[path] <= 4


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one.parts == ("id",)], ids=lambda one: one.name)
def test_a_single_object(app: WebApp, scene: Any, endpoint: Any) -> None:
    app.get("/api/v0/m/projects/")
    address = endpoint.path.format(id=scene.of(endpoint.kind.singular))
    app.get(address)
    assert app.ice_calls == SINGLE.get(endpoint.kind.singular, 1) <= 3
    if endpoint.kind.children:
        app.get(f"{address}?childCount=true")
        assert app.ice_calls == 2


@pytest.mark.parametrize("path", ["/api/", "/api/v0/", "/api/v0/token/", "/api/v0/servers/", "/api/v0/openapi.json"])
def test_where_programs_begin(app: WebApp, path: str) -> None:
    app.get(path)
    assert app.ice_calls == 0
