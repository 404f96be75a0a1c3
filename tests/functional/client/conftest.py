"""What the tests of the browser client share: people with images and a plate, and what they wrote about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rint, rstring

from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.web import close_web_app, web_app, web_settings

ELLA, FRED = "notes-ella", "notes-fred"
PLANE = np.arange(12, dtype=np.uint16).reshape(3, 4)
CLIENT_NS = "openmicroscopy.org/omero/client/mapAnnotation"


@dataclass(frozen=True)
class Lab:
    """Ella and Fred are in a read-annotate group; in the private one Ella has things of her own."""

    ella: int
    fred: int
    group: int
    private: int
    project: int
    dataset: int
    image: int
    second: int
    hidden: int
    hidden_dataset: int


@dataclass(frozen=True)
class Plate:
    """A screen with a plate, one run, one well with two fields."""

    screen: int
    plate: int
    run: int
    well: int
    fields: tuple[int, int]


@pytest.fixture(scope="package")
def lab(omero_data: OmeroData) -> Lab:
    group = omero_data.add_group("notes-shared", "rwra--")
    private = omero_data.add_group("notes-private", "rw----")
    ella = omero_data.add_user(ELLA, group, private, first_name="Ella", last_name="Ehrlich")
    fred = omero_data.add_user(FRED, group, private, first_name="Fred", last_name="Fleming")
    project = omero_data.add_project("Neurons", user=ELLA)
    dataset = omero_data.add_dataset("Week 1", project=project, user=ELLA)
    image, second = (omero_data.add_image(PLANE, name, dataset=dataset, user=ELLA) for name in ("axon", "bouton"))
    hidden_dataset = omero_data.add_dataset("Unpublished", user=ELLA, group=private)
    hidden = omero_data.add_image(PLANE, "unpublished", dataset=hidden_dataset, user=ELLA, group=private)
    return Lab(ella, fred, group, private, project, dataset, image, second, hidden, hidden_dataset)


@pytest.fixture(scope="package")
def plate(lab: Lab, omero_data: OmeroData, gateway_of: Callable[..., Any]) -> Plate:
    fields = tuple(omero_data.add_image(PLANE, f"field {number}", user=ELLA) for number in (1, 2))
    made = omero.model.PlateI()
    made.name = rstring("Compounds")
    run = omero.model.PlateAcquisitionI()
    made.addPlateAcquisition(run)
    well = omero.model.WellI()
    well.row, well.column = rint(1), rint(2)
    for image in fields:
        sample = omero.model.WellSampleI()
        sample.image = omero.model.ImageI(image, False)
        well.addWellSample(sample)
        run.addWellSample(sample)
    made.addWell(well)
    link = omero.model.ScreenPlateLinkI()
    link.parent = omero.model.ScreenI()
    link.parent.name = rstring("Library")
    link.child = made
    conn = gateway_of(ELLA)
    link = conn.getUpdateService().saveAndReturnObject(link)
    plate_id = link.child.id.val
    query = conn.getQueryService().projection
    values = omero.sys.ParametersI().addId(plate_id)
    ((well_id, run_id),) = query(
        "select distinct w.id, r.id from WellSample s join s.well w join s.plateAcquisition r where w.plate.id = :id",
        values,
        conn.SERVICE_OPTS,
    )
    return Plate(link.parent.id.val, plate_id, run_id.val, well_id.val, (fields[0], fields[1]))


@pytest.fixture
def ella(testapp: WebApp, login: Callable[..., Any], lab: Lab) -> WebApp:
    login(ELLA)
    testapp.get("/webclient/api/groups/")  # joins OMERO's session, whose calls are no list's
    return testapp


@pytest.fixture
def fred(testapp: WebApp, login: Callable[..., Any], lab: Lab) -> WebApp:
    login(FRED)
    testapp.get("/webclient/api/groups/")
    return testapp


@pytest.fixture
def note(gateway_of: Callable[..., Any]) -> Callable[..., int]:
    """Annotates an object as a user and gives the annotation's id."""

    def make(annotation: Any, kind: str, object_id: int, user: str = ELLA) -> int:
        conn = gateway_of(user)
        conn.SERVICE_OPTS.setOmeroGroup(-1)
        group = conn.getObject(kind, object_id).getDetails().group.id.val
        context = conn.SERVICE_OPTS.copy()
        context.setOmeroGroup(group)
        link = getattr(omero.model, f"{kind}AnnotationLinkI")()
        link.parent, link.child = getattr(omero.model, f"{kind}I")(object_id, False), annotation
        return int(conn.getUpdateService().saveAndReturnObject(link, context).child.id.val)

    return make


@pytest.fixture
def browser_of(embedded: Any, tmp_path: Any) -> Iterator[Callable[..., WebApp]]:
    """Makes a site with settings of its own, and a browser in which a user is logged in."""
    applications = []

    def make(user: str, **settings: str) -> WebApp:
        folder = tmp_path / f"site-{len(applications)}"
        folder.mkdir(mode=0o700)
        app = web_app(web_settings(embedded, folder, **settings))
        applications.append(app)
        browser = WebApp(app, embedded)
        browser.log_in(user)
        return browser

    yield make
    for app in applications:
        close_web_app(app)
