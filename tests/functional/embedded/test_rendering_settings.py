"""IRenderingSettings on projects, datasets, images, screens and plates: what changes, and whose settings change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
import pytest

from omeropyr.testing import OmeroData

PLANES = np.full((2, 2, 8, 8), 200, np.uint8)  # C, Z, Y, X
PLANES[:, :, 1:] = np.array([10, 20])[:, None, None, None]
FIRST = [(10.0, 200.0), (20.0, 200.0)]
"""The ranges of both channels, which settings begin with."""


@dataclass
class Data:
    """Ann's images, of which Bob is allowed to annotate; ids of Pixels lie under those of their images."""

    ann: Any
    bob: Any
    project: int
    dataset: int
    screen: int
    plate: int
    images: list[int]
    """Two channels of 8 bits, all in the dataset."""
    fields: list[int]
    """The same, in wells of the plate."""
    other: int
    """Of another pixel type, in the dataset."""

    def pixels(self, image: int) -> int:
        return int(self.ann.getObject("Image", image).getPixelsId())


@pytest.fixture(scope="module")
def data(omero_data: OmeroData, gateway_of: Any) -> Data:
    group = omero_data.add_group("settings of sets", "rwra--")
    for name in ("sets-ann", "sets-bob"):
        omero_data.add_user(name, group)
    ann, bob = gateway_of("sets-ann"), gateway_of("sets-bob")
    project = omero_data.add_project(user="sets-ann")
    dataset = omero_data.add_dataset(project=project, user="sets-ann")
    images = [omero_data.add_image(PLANES, dataset=dataset, user="sets-ann") for _ in range(3)]
    other = omero_data.add_image(PLANES.astype(np.uint16), dataset=dataset, user="sets-ann")
    fields = [omero_data.add_image(PLANES, user="sets-ann") for _ in range(2)]
    screen, plate = _plate(ann, fields)
    return Data(ann, bob, project, dataset, screen, plate, images, fields, other)


def _plate(conn: Any, images: list[int]) -> tuple[int, int]:
    screen, plate = omero.model.ScreenI(), omero.model.PlateI()
    run = omero.model.PlateAcquisitionI()
    plate.addPlateAcquisition(run)
    screen.name = plate.name = omero.rtypes.rstring("sets")
    for column, image in enumerate(images):
        well, sample = omero.model.WellI(), omero.model.WellSampleI()
        sample.plateAcquisition = run
        well.row, well.column = omero.rtypes.rint(0), omero.rtypes.rint(column)
        sample.image = omero.model.ImageI(image, False)
        well.addWellSample(sample)
        plate.addWell(well)
    screen.linkPlate(plate)
    saved = conn.getUpdateService().saveAndReturnObject(screen)
    return saved.id.val, saved.linkedPlateList()[0].id.val


def windows(conn: Any, pixels: int) -> list[tuple[float, float]] | None:
    """Of the caller's own settings."""
    found = conn.getPixelsService().retrieveAllRndSettings(pixels, conn.getUserId())
    return [(c.inputStart.val, c.inputEnd.val) for c in found[-1].copyWaveRendering()] if found else None


def shown(conn: Any, pixels: int, start: float, end: float, **more: Any) -> None:
    """Save settings of the caller's with this window for every channel."""
    engine = conn.c.sf.createRenderingEngine()
    try:
        engine.lookupPixels(pixels)
        engine.resetDefaultSettings(False)
        for c in range(2):
            engine.setChannelWindow(c, start, end)
            engine.setRGBA(c, *more.get("color", (255, 0, 0, 255)))
        engine.setDefaultZ(more.get("z", 0))
        engine.saveCurrentSettings()
    finally:
        engine.close()


def service(conn: Any) -> Any:
    return conn.c.sf.getRenderingSettingsService()


def everything(data: Data) -> list[int]:
    return [*data.images, *data.fields, data.other]


@pytest.mark.parametrize("operation", ["resetDefaultsInSet", "setOriginalSettingsInSet"])
@pytest.mark.parametrize("kind", ["Pixels", "Image", "Dataset", "Project", "Screen", "Plate"])
def test_back_to_the_first_settings(data: Data, operation: str, kind: str) -> None:
    for image in everything(data):
        shown(data.ann, data.pixels(image), 1, 2)
    inside = {"Dataset": [*data.images, data.other], "Project": [*data.images, data.other]}
    inside |= {"Plate": data.fields, "Screen": data.fields, "Pixels": data.images[:1], "Image": data.images[:1]}
    ids = {"Dataset": data.dataset, "Project": data.project, "Plate": data.plate, "Screen": data.screen}
    target = ids.get(kind, data.images[0] if kind == "Image" else data.pixels(data.images[0]))
    changed = getattr(service(data.ann), operation)(kind, [target])
    assert sorted(changed) == sorted(inside[kind])
    for image in everything(data):
        expected = FIRST if image in inside[kind] else [(1.0, 2.0)] * 2
        assert windows(data.ann, data.pixels(image)) == expected


@pytest.mark.parametrize("kind", ["PlateAcquisition", "Well", "WellSample"])
def test_parts_of_a_plate(data: Data, kind: str) -> None:
    query = {
        "PlateAcquisition": "select a.id from PlateAcquisition a where a.plate.id = :id",
        "Well": "select w.id from Well w where w.plate.id = :id order by w.column",
        "WellSample": "select s.id from WellSample s where s.well.plate.id = :id order by s.well.column",
    }[kind]
    params = omero.sys.ParametersI().addId(data.plate)
    ids = [row[0].val for row in data.ann.getQueryService().projection(query, params)]
    for image in data.fields:
        shown(data.ann, data.pixels(image), 1, 2)
    expected = data.fields if kind == "PlateAcquisition" else data.fields[:1]
    assert service(data.ann).resetDefaultsInSet(kind, ids[:1]) == expected
    assert windows(data.ann, data.pixels(data.fields[0])) == FIRST
    assert (windows(data.ann, data.pixels(data.fields[1])) == FIRST) is (kind == "PlateAcquisition")


@pytest.mark.parametrize(
    ("of_pixels", "of_image", "of_dataset"),
    [
        ("resetDefaultsForPixels", "resetDefaultsInImage", "resetDefaultsInDataset"),
        ("setOriginalSettingsForPixels", "setOriginalSettingsInImage", "setOriginalSettingsInDataset"),
    ],
)
def test_back_one_by_one(data: Data, of_pixels: str, of_image: str, of_dataset: str) -> None:
    first, second, _ = data.images
    for image in everything(data):
        shown(data.ann, data.pixels(image), 1, 2)
    getattr(service(data.ann), of_pixels)(data.pixels(first))
    getattr(service(data.ann), of_image)(second)
    assert [windows(data.ann, data.pixels(one)) for one in data.images] == [FIRST, FIRST, [(1.0, 2.0)] * 2]
    changed = getattr(service(data.ann), of_dataset)(data.dataset)
    assert sorted(changed) == sorted([*data.images, data.other])
    assert windows(data.ann, data.pixels(data.images[2])) == FIRST


def test_the_settings_in_hand(data: Data) -> None:
    pixels = data.pixels(data.images[0])
    shown(data.ann, pixels, 1, 2)
    own = service(data.ann).getRenderingSettings(pixels)
    described = data.ann.getPixelsService().retrievePixDescription(pixels)
    made = service(data.ann).resetDefaultsNoSave(own, described)
    assert [(c.inputStart.val, c.inputEnd.val) for c in made.copyWaveRendering()] == FIRST
    assert windows(data.ann, pixels) == [(1.0, 2.0)] * 2
    service(data.ann).resetDefaults(own, described)
    assert windows(data.ann, pixels) == FIRST
    more = service(data.ann).createNewRenderingDef(described)
    assert (more.id.val != own.id.val, more.details.owner.id.val) == (True, data.ann.getUserId())
    data.ann.deleteObjects("RenderingDef", [more.id.val], wait=True)


def test_windows_alone_go_back(data: Data) -> None:
    pixels = data.pixels(data.images[0])
    shown(data.ann, pixels, 1, 2, color=(1, 2, 3, 255), z=1)
    assert sorted(service(data.ann).resetMinMaxInSet("Image", data.images)) == sorted(data.images)
    definition = service(data.ann).getRenderingSettings(pixels)
    assert windows(data.ann, pixels) == FIRST
    assert [(c.red.val, c.green.val, c.blue.val) for c in definition.copyWaveRendering()] == [(1, 2, 3)] * 2
    assert definition.defaultZ.val == 1


def test_the_owners_settings_become_ones_own(data: Data) -> None:
    shown(data.ann, data.pixels(data.images[0]), 5, 50)
    shown(data.bob, data.pixels(data.images[0]), 7, 70)
    data.ann.deleteObjects("Image/RenderingDef", [data.images[1]], wait=True)
    service(data.ann).resetDefaultsInSet("Image", [data.images[2], data.other])
    changed = service(data.bob).resetDefaultsByOwnerInSet("Dataset", [data.dataset])
    assert sorted(changed) == sorted([data.images[0], data.images[2], data.other])
    for conn in (data.ann, data.bob):
        assert windows(conn, data.pixels(data.images[0])) == [(5.0, 50.0)] * 2
    assert len(data.ann.getPixelsService().retrieveAllRndSettings(data.pixels(data.images[0]), -1)) == 2


@pytest.mark.parametrize("kind", ["Image", "Dataset", "Project", "Plate", "Screen"])
def test_settings_are_applied_to_all_that_fit(data: Data, kind: str) -> None:
    source = data.pixels(data.images[0])
    for image in everything(data):
        shown(data.ann, data.pixels(image), 1, 2)
    shown(data.ann, source, 33, 44, z=1)
    dataset = {True: sorted(data.images), False: [data.other]}
    plate = {True: sorted(data.fields), False: []}
    ids = {"Dataset": data.dataset, "Project": data.project, "Plate": data.plate, "Screen": data.screen}
    targets = [ids[kind]] if kind in ids else [*data.images, data.other]
    outcome = service(data.ann).applySettingsToSet(source, kind, targets)
    expected = plate if kind in ("Plate", "Screen") else dataset
    assert {done: sorted(images) for done, images in outcome.items()} == expected
    for image in everything(data):
        hit = image in expected[True] or image == data.images[0]
        assert windows(data.ann, data.pixels(image)) == [(33.0, 44.0) if hit else (1.0, 2.0)] * 2


def test_settings_are_applied_one_by_one(data: Data) -> None:
    first, second, third = (data.pixels(image) for image in data.images)
    shown(data.ann, first, 8, 9)
    every = service(data.ann)
    assert every.applySettingsToPixels(first, second) is True
    assert every.applySettingsToImage(first, data.images[2]) is True
    assert windows(data.ann, second) == windows(data.ann, third) == [(8.0, 9.0)] * 2
    assert every.applySettingsToPixels(first, data.pixels(data.other)) is False
    shown(data.ann, first, 18, 19)
    assert every.applySettingsToImages(first, [data.images[1], data.other]) == {
        True: [data.images[1]],
        False: [data.other],
    }
    assert windows(data.ann, second) == [(18.0, 19.0)] * 2
    shown(data.ann, first, 28, 29)
    for apply, target in ((every.applySettingsToDataset, data.dataset), (every.applySettingsToProject, data.project)):
        outcome = apply(first, target)
        assert (sorted(outcome[True]), outcome[False]) == (sorted(data.images), [data.other])
    assert windows(data.ann, third) == [(28.0, 29.0)] * 2


def test_only_ones_own_settings_change(data: Data) -> None:
    first, second = (data.pixels(image) for image in data.images[:2])
    shown(data.ann, first, 3, 30)
    shown(data.ann, second, 3, 30)
    shown(data.bob, first, 6, 60)
    assert service(data.bob).applySettingsToPixels(first, second) is True
    assert (windows(data.ann, second), windows(data.bob, second)) == ([(3.0, 30.0)] * 2, [(6.0, 60.0)] * 2)
    service(data.bob).resetDefaultsInSet("Image", [data.images[1]])
    assert (windows(data.ann, second), windows(data.bob, second)) == ([(3.0, 30.0)] * 2, FIRST)


def test_who_may_only_look_has_settings_too(omero_data: OmeroData, gateway_of: Any) -> None:
    """To read is enough in OMERO, too: settings belong to who looks."""
    group = omero_data.add_group("settings to look at", "rwr---")
    for name in ("look-ann", "look-bob"):
        omero_data.add_user(name, group)
    ann, bob = gateway_of("look-ann"), gateway_of("look-bob")
    image = omero_data.add_image(PLANES, user="look-ann")
    pixels = int(ann.getObject("Image", image).getPixelsId())
    shown(ann, pixels, 4, 40)
    assert service(bob).resetDefaultsInSet("Image", [image]) == [image]
    assert (windows(ann, pixels), windows(bob, pixels)) == ([(4.0, 40.0)] * 2, FIRST)
    of_ann = ann.getPixelsService().retrieveRndSettings(pixels)
    of_ann.defaultT = omero.rtypes.rint(0)
    of_ann.defaultZ = omero.rtypes.rint(1)
    with pytest.raises(omero.SecurityViolation):
        bob.getPixelsService().saveRndSettings(of_ann)


def test_in_a_private_group_only_the_owner_has_settings(omero_data: OmeroData, gateway_of: Any, gateway: Any) -> None:
    group = omero_data.add_group("settings of one", "rw----")
    omero_data.add_user("one-ann", group)
    omero_data.add_user("one-lea", group, owner=True)
    ann, lea = gateway_of("one-ann"), gateway_of("one-lea")
    pixels = int(ann.getObject("Image", omero_data.add_image(PLANES, user="one-ann")).getPixelsId())
    shown(ann, pixels, 4, 40)
    for conn in (lea, gateway):
        context = {"omero.group": str(group)}
        assert service(conn).getRenderingSettings(pixels, context).copyWaveRendering()[0].inputEnd.val == 40.0
        with pytest.raises(omero.SecurityViolation):
            service(conn).resetDefaultsForPixels(pixels, context)
    assert len(ann.getPixelsService().retrieveAllRndSettings(pixels, -1)) == 1
    assert windows(ann, pixels) == [(4.0, 40.0)] * 2


def test_others_see_nothing_of_a_private_group(omero_data: OmeroData, gateway_of: Any, data: Data) -> None:
    omero_data.add_user("sets-eve", omero_data.add_group("settings of eve", "rw----"))
    eve = gateway_of("sets-eve")
    eve.SERVICE_OPTS.setOmeroGroup(-1)
    context = dict(eve.SERVICE_OPTS)
    assert service(eve).resetDefaultsInSet("Image", data.images, context) == []
    with pytest.raises(omero.ValidationException):
        service(eve).applySettingsToPixels(data.pixels(data.images[0]), data.pixels(data.images[1]), context)
    with pytest.raises(omero.ApiUsageException):
        service(data.ann).resetDefaultsInSet("Experimenter", [0])


def test_a_save_shows_in_version_and_event(omero_data: OmeroData, data: Data) -> None:
    """Also where only a channel was changed: clients look at the RenderingDef alone. A reversal goes as it came."""
    image = omero_data.add_image(PLANES, user="sets-ann")
    pixels = data.pixels(image)
    query = data.ann.getQueryService()
    hql = f"select r from RenderingDef r where r.pixels.id = {pixels}"
    engine = data.ann.c.sf.createRenderingEngine()
    engine.lookupPixels(pixels)
    engine.resetDefaultSettings(True)
    engine.lookupRenderingDef(pixels)
    engine.load()
    seen = []
    reverse = omero.romio.ReverseIntensityMapContext()
    for change in (
        lambda: engine.setChannelWindow(0, 1.0, 2.0),
        lambda: engine.addCodomainMapToChannel(reverse, 0),
        lambda: engine.setRGBA(1, 1, 2, 3, 255),
        lambda: engine.resetDefaultSettings(True),
    ):
        change()
        engine.saveCurrentSettings()
        saved = query.findByQuery(hql, None)
        seen.append((saved.version.val, saved.details.updateEvent.id.val))
    engine.close()
    assert seen == sorted(set(seen))
    assert windows(data.ann, pixels) == FIRST
