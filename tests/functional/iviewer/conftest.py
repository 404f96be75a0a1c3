"""A site with OMERO.iviewer on it, and an image with regions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.model
import pytest
from omero.rtypes import rdouble, rint

from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.web import close_web_app, web_app, web_settings

BUNDLE = Path(sys.prefix) / "foreign" / "omero_iviewer" / "static" / "omero_iviewer"
USER = "iviewer-ida"
SHAPE = (2, 2, 3, 60, 80)  # T, C, Z, Y, X


@dataclass(frozen=True)
class Scene:
    """Ids, and the pixels behind them (T, C, Z, Y, X) uint16; `rois` maps a region to its shapes."""

    dataset: int
    image: int
    planes: np.ndarray
    rois: dict[int, list[int]]


@pytest.fixture(scope="session")
def iviewer_application(embedded: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The WSGI application with the add-on and the real bundle."""
    if not BUNDLE.is_dir():
        pytest.fail("OMERO.iviewer is missing: python3 tools/bootstrap.py test")
    folder = tmp_path_factory.mktemp("iviewer")
    folder.chmod(0o700)
    more = {"omeropyr__addons": "gateway client viewer api iviewer", "addon__iviewer__static": str(BUNDLE)}
    app = web_app(web_settings(embedded, folder, **more))
    yield app
    close_web_app(app)


def rectangle(x: float, z: int | None = None, t: int | None = None) -> Any:
    shape = omero.model.RectangleI()
    shape.x, shape.y, shape.width, shape.height = rdouble(x), rdouble(10), rdouble(6), rdouble(4)
    shape.theZ = rint(z) if z is not None else None
    shape.theT = rint(t) if t is not None else None
    return shape


@pytest.fixture(scope="package")
def scene(omero_data: OmeroData, gateway_of: Any) -> Scene:
    omero_data.add_user(USER, omero_data.add_group("iviewer-lab", "rwra--"), first_name="Ida")
    planes = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
    dataset = omero_data.add_dataset("iviewer set", user=USER)
    sizes: dict[str, Any] = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeXUnit": "µm"}
    image = omero_data.add_image(planes, "stack", dataset=dataset, user=USER, **sizes)
    conn = gateway_of(USER)
    rois = {}
    for places in ([(1.0, 0, 0), (20.0, 2, 1)], [(30.0, None, 1)], [(40.0, None, None)]):
        roi = omero.model.RoiI()
        roi.image = omero.model.ImageI(image, False)
        for x, z, t in places:
            roi.addShape(rectangle(x, z, t))
        saved = conn.getUpdateService().saveAndReturnObject(roi)
        rois[saved.id.val] = [shape.id.val for shape in saved.copyShapes()]
    return Scene(dataset, image, planes, rois)


@pytest.fixture
def app(iviewer_application: Any, embedded: Any, scene: Scene) -> WebApp:
    """A browser of the scene's user."""
    browser = WebApp(iviewer_application, embedded)
    browser.log_in(USER)
    browser.extra_environ["HTTP_X_REQUESTED_WITH"] = "XMLHttpRequest"  # as the bundle's jQuery sends it
    return browser
