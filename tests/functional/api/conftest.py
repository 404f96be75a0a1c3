"""Data of every type the API lists, of one user, and another user who sees them in the same group."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import omero.model
import pytest
import requests
from omero.model.enums import UnitsLength
from omero.rtypes import rdouble, rint, rstring, rtime

from omeropyr.testing import OmeroData, WebApp
from tests.functional.api.serving import served

USER, COLLEAGUE, STRANGER, ADMIN = "api-anna", "api-carl", "api-sten", "api-root"
SHAPES = ("Ellipse", "Label", "Line", "Mask", "Path", "Point", "Polygon", "Polyline", "Rectangle")
STARTED, TAKEN = 1_252_938_959_000, 1_235_730_332_000
AWAY = "anna@example.org"


@dataclass(frozen=True)
class Scene:
    """Ids of what there is: all of `USER` in `group`, unless its name says otherwise."""

    group: int
    user: int
    colleague: int
    stranger: int
    strange_group: int
    project: int
    dataset: int
    alone_dataset: int
    image: int
    alone_image: int
    screen: int
    plate: int
    alone_plate: int
    run: int
    well: int
    roi: int
    shape: int

    def of(self, singular: str) -> int:
        """The id of an object of a kind."""
        names = {"plateacquisition": "run", "experimenter": "user", "experimentergroup": "group"}
        found: int = getattr(self, names.get(singular, singular))
        return found


@pytest.fixture(scope="package")
def conn(gateway_of: Callable[..., Any], scene: Scene) -> Any:
    """Omero-py's own connection of the scene's user, looking into all groups."""
    found = gateway_of(USER)
    found.SERVICE_OPTS.setOmeroGroup(-1)
    return found


@pytest.fixture(scope="package")
def scene(omero_data: OmeroData, gateway_of: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(omero_data, lambda: gateway_of(USER), tmp_path_factory.mktemp("plates"))


def make_scene(omero_data: OmeroData, log_in: Callable[[], Any], folder: Path) -> Scene:
    """Put the scene into a server; `log_in` gives omero-py's connection of the user, once there is that user."""
    group = omero_data.add_group("api-lab", "rwra--")
    strange_group = omero_data.add_group("api-elsewhere", "rwr---")
    user = omero_data.add_user(USER, group, first_name="Anna", last_name="Äpi")
    colleague = omero_data.add_user(COLLEAGUE, group, first_name="Carl", last_name="Colleague")
    stranger = omero_data.add_user(STRANGER, strange_group, first_name="Sten", last_name="Stranger")
    omero_data.add_user(ADMIN, admin=True)
    project = omero_data.add_project("api project", user=USER)
    dataset = omero_data.add_dataset("api dataset", project=project, user=USER)
    alone_dataset = omero_data.add_dataset("api alone", user=USER)
    planes = np.arange(2 * 3 * 30 * 40, dtype=np.uint16).reshape(1, 2, 3, 30, 40)
    sizes: dict[str, Any] = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    named: dict[str, Any] = {"Channel": {"Name": ["DAPI", "GFP"]}}
    image = omero_data.add_image(planes, "api image", dataset=dataset, user=USER, **sizes, **named)
    alone_image = omero_data.add_image(planes, "api lonely image", user=USER)
    omero_data.add_project("elsewhere", user=STRANGER)
    omero = log_in()
    set_mail_date_and_colour(omero_data, omero, user, image)
    screen, plate, run, well, alone_plate = add_plates(omero_data, omero, folder)
    roi, shape = add_roi(omero, image)
    return Scene(
        *(group, user, colleague, stranger, strange_group, project, dataset, alone_dataset, image, alone_image),
        *(screen, plate, alone_plate, run, well, roi, shape),
    )


def set_mail_date_and_colour(omero_data: OmeroData, omero_py: Any, user: int, image: int) -> None:
    """An e-mail address for the user, a date for the image, a colour for its first channel."""
    admin = omero_py.getAdminService()
    me = admin.getExperimenter(user)
    me.email, me.institution = rstring(AWAY), rstring("Institute of Tests")
    admin.updateSelf(me)
    found = omero_py.getQueryService().get("Image", image)
    found.acquisitionDate = rtime(TAKEN)
    omero_py.getUpdateService().saveObject(found)
    hql = "select c from Image i join i.pixels p join p.channels c where i.id = :id order by c.id"
    channel = omero_py.getQueryService().findAllByQuery(hql, omero.sys.ParametersI().addId(image))[0]
    channel.red, channel.green, channel.blue, channel.alpha = rint(0), rint(255), rint(0), rint(255)
    omero_py.getUpdateService().saveObject(channel)


def add_plates(omero_data: OmeroData, omero_py: Any, folder: Path) -> tuple[int, int, int, int, int]:
    """A screen with a plate of 2 x 3 wells, two fields each, of which the second is an acquisition's; a lone plate."""
    query, update = omero_py.getQueryService(), omero_py.getUpdateService()
    plates = []
    for name in ("first", "second"):
        file = folder / f"{name}&plateRows=2&plateCols=3&fields=2&sizeX=40&sizeY=30.fake"
        file.touch()
        image_id = omero_data.import_file(file, user=USER)
        hql = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image_id}"
        plates.append(query.projection(hql, None)[0][0].val)
    screen = omero.model.ScreenI()
    screen.name, screen.protocolIdentifier = rstring("api screen"), rstring("protocol 7")
    screen = update.saveAndReturnObject(screen)
    link = omero.model.ScreenPlateLinkI()
    link.parent, link.child = omero.model.ScreenI(screen.id.val, False), omero.model.PlateI(plates[0], False)
    update.saveObject(link)
    for number, plate_id in enumerate(plates):
        plate = query.get("Plate", plate_id)
        plate.name = rstring(f"api plate {number}")
        update.saveObject(plate)
    run = omero.model.PlateAcquisitionI()
    run.plate, run.name = omero.model.PlateI(plates[0], False), rstring("api run")
    run.startTime, run.maximumFieldCount = rtime(STARTED), rint(1)
    run = update.saveAndReturnObject(run)
    hql = "select s from Well w join w.wellSamples s where w.plate.id = :id and index(s) = 1"
    parameters = omero.sys.ParametersI().addId(plates[0])
    for sample in query.findAllByQuery(hql, parameters):
        sample.plateAcquisition = omero.model.PlateAcquisitionI(run.id.val, False)
        sample.posX = omero.model.LengthI(1.5, UnitsLength.REFERENCEFRAME)
        update.saveObject(sample)
    wells = query.projection(f"select min(w.id) from Well w where w.plate.id = {plates[0]}", None)
    return screen.id.val, plates[0], run.id.val, wells[0][0].val, plates[1]


def add_roi(omero_py: Any, image: int) -> tuple[int, int]:
    """A region with one shape of each class; the id of the rectangle, which has all that a shape can have."""
    roi = omero.model.RoiI()
    roi.image, roi.name = omero.model.ImageI(image, False), rstring("api roi")
    for place, name in enumerate(SHAPES):
        # Path is deprecated, which is said once, whatever filters there are.
        with warnings.catch_warnings(record=True):
            shape = getattr(omero.model, f"{name}I")()
        shape.theZ, shape.theT, shape.textValue = rint(place % 3), rint(0), rstring(f"a {name}")
        for field in ("x", "y", "width", "height", "x1", "y1", "x2", "y2", "radiusX", "radiusY"):
            if hasattr(shape, field):
                setattr(shape, field, rdouble(len(field) + place + 0.5))
        if hasattr(shape, "points"):
            shape.points = rstring("1,2 3,4 5.5,6")
        roi.addShape(shape)
    box = roi.copyShapes()[-1]
    box.fillColor, box.strokeColor = rint(-256), rint(1073741824)
    box.strokeWidth = omero.model.LengthI(2.5, UnitsLength.PIXEL)
    box.fontSize = omero.model.LengthI(12.0, UnitsLength.POINT)
    box.fontFamily, box.fontStyle = rstring("sans-serif"), rstring("Normal")
    box.transform = omero.model.AffineTransformI()
    for number, name in enumerate(("a00", "a10", "a01", "a11", "a02", "a12")):
        setattr(box.transform, name, rdouble(number / 2))
    saved = omero_py.getUpdateService().saveAndReturnObject(roi)
    found = omero_py.getQueryService().projection(f"select s.id from Rectangle s where s.roi.id = {saved.id.val}", None)
    return saved.id.val, found[0][0].val


@pytest.fixture
def app(testapp: WebApp, login: Callable[..., Any], scene: Scene) -> WebApp:
    """A browser of the scene's user."""
    login(USER)
    return testapp


@pytest.fixture
def api(app: WebApp) -> Callable[..., Any]:
    """A function from an address below /api/v0/m/ to the JSON there."""
    return lambda address, status=200: app.get(f"/api/v0/m/{address}", status=status).json


@pytest.fixture
def plain() -> Callable[[Any], Any]:
    """A function from an rtype to its value."""
    return lambda value: None if value is None else value.getValue()


@pytest.fixture(scope="package")
def web(embedded: Any, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site at a port."""
    with served(embedded, tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A program's session, with its cookies."""
    with requests.Session() as found:
        yield found
