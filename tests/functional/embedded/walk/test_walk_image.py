"""Images without their pixels: sizes, names, files, acquisition metadata and the instrument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import omero.model
import pytest
from omero.gateway import ImageWrapper, InstrumentWrapper
from omero.model.enums import UnitsLength, UnitsTime
from omero.rtypes import rdouble, rint, rstring, rtime


@pytest.mark.walks(
    "ImageWrapper",
    "getSizeX getSizeY getSizeZ getSizeC getSizeT getPixelSizeX getPixelSizeY getPixelSizeZ getPixelsId getPixelsType "
    "getPrimaryPixels getChannelLabels getChannels fromPixelsId getZ getT shortname simpleMarshal getAuthor getProject "
    "getAcquisitionDate",
)
@pytest.mark.walks("PixelsWrapper", "getPixelsType")
def test_an_image(walk: Any) -> None:
    conn = walk.conn
    image = conn.getObject("Image", walk.image)
    assert [getattr(image, f"getSize{axis}")() for axis in "XYZCT"] == [20, 16, 4, 3, 2]
    assert [getattr(image, f"getPixelSize{axis}")() for axis in "XYZ"] == [0.5, 0.25, 2.0]
    assert image.getPixelSizeX(units=True).getUnit() == UnitsLength.MICROMETER
    assert image.getPixelsType() == "uint16"
    assert image.getPrimaryPixels().getPixelsType().getValue() == "uint16"
    assert image.getPrimaryPixels().getId() == image.getPixelsId()
    assert image.getChannelLabels() == ["DAPI", "GFP", "Cy5"]
    assert len(image.getChannels()) == 3
    assert ImageWrapper.fromPixelsId(conn, image.getPixelsId()).getId() == walk.image
    assert (image.getZ(), image.getT()) == (0, 0)
    assert (image.shortname(), image.getAuthor(), image.getProject().getId()) == (
        "walk.ome.tiff",
        "Ann Walker",
        walk.project,
    )
    assert image.getAcquisitionDate() is None or isinstance(image.getAcquisitionDate(), datetime)
    marshalled = image.simpleMarshal()
    assert (marshalled["id"], marshalled["name"], marshalled["type"]) == (walk.image, "walk.ome.tiff", "Image")


@pytest.mark.walks("ChannelWrapper", "getName getLabel getEmissionWave getExcitationWave getLogicalChannel save")
def test_channels(walk: Any) -> None:
    channels = walk.conn.getObject("Image", walk.image).getChannels(noRE=True)
    assert [one.getName() for one in channels] == ["DAPI", "GFP", "Cy5"]
    assert [one.getLabel() for one in channels] == ["DAPI", "GFP", "Cy5"]
    assert [one.getEmissionWave() for one in channels] == [460, 509, 670]
    assert [one.getExcitationWave() for one in channels] == [358, 488, 650]
    assert channels[0].getLogicalChannel().getName() == "DAPI"
    channels[2].save()
    assert [one.getName() for one in walk.conn.getObject("Image", walk.image).getChannels(noRE=True)][2] == "Cy5"


@pytest.mark.walks(
    "ImageWrapper",
    "countArchivedFiles countFilesetFiles countImportedImageFiles getArchivedFiles getFileset getImportedFilesInfo "
    "getImportedImageFilePaths getImportedImageFiles getInplaceImport loadOriginalMetadata",
)
@pytest.mark.walks("FilesetWrapper", "copyImages listFiles")
def test_files_of_an_image(walk: Any) -> None:
    image = walk.conn.getObject("Image", walk.image)
    assert (image.countArchivedFiles(), image.countFilesetFiles(), image.countImportedImageFiles()) == (0, 1, 1)
    (file,) = image.getImportedImageFiles()
    assert file.getName() == "array.ome.tiff"
    assert [one.getId() for one in image.getArchivedFiles()] == [file.getId()]
    assert image.getImportedFilesInfo()["size"] == file.getSize()
    paths = image.getImportedImageFilePaths()
    assert [path.rpartition("/")[2] for path in paths["server_paths"]] == ["array.ome.tiff"]
    assert [path.rpartition("/")[2] for path in paths["client_paths"]] == ["array.ome.tiff"]
    assert image.getInplaceImport() is None
    fileset = image.getFileset()
    assert [one.getId() for one in fileset.copyImages()] == [walk.image]
    assert [one.getId() for one in fileset.listFiles()] == [file.getId()]
    _, global_metadata, series_metadata = image.loadOriginalMetadata()
    assert isinstance(global_metadata, list)
    assert isinstance(series_metadata, list)


@dataclass
class Set:
    conn: Any
    image: int
    instrument: int


def enumeration(kind: str, value: str) -> Any:
    made = getattr(omero.model, f"{kind}I")()
    made.value = rstring(value)
    return made


def instrument_of(walk: Any) -> Any:
    """A microscope with a laser that a second one pumps, an objective, a detector, filters and what joins them."""
    made = omero.model.InstrumentI()
    microscope = omero.model.MicroscopeI()
    microscope.type, microscope.model = enumeration("MicroscopeType", "Inverted"), rstring("Eclipse")
    made.microscope = microscope
    objective = omero.model.ObjectiveI()
    objective.model, objective.nominalMagnification = rstring("Plan Apo"), rdouble(60)
    objective.immersion, objective.correction = enumeration("Immersion", "Oil"), enumeration("Correction", "PlanApo")
    made.addObjective(objective)
    detector = omero.model.DetectorI()
    detector.type, detector.model = enumeration("DetectorType", "CCD"), rstring("Orca")
    made.addDetector(detector)
    dichroic = omero.model.DichroicI()
    dichroic.model = rstring("D1")
    made.addDichroic(dichroic)
    band = omero.model.FilterI()
    band.model, band.type = rstring("F1"), enumeration("FilterType", "BandPass")
    made.addFilter(band)
    cube = omero.model.FilterSetI()
    cube.model, cube.dichroic = rstring("Cube"), dichroic
    made.addFilterSet(cube)
    pump, laser = omero.model.LaserI(), omero.model.LaserI()
    for one, name in ((pump, "pump"), (laser, "laser")):
        one.model, one.type = rstring(name), enumeration("LaserType", "Gas")
        one.laserMedium = enumeration("LaserMedium", "Ar")
        made.addLightSource(one)
    laser.pump = pump
    otf = omero.model.OTFI()
    otf.sizeX, otf.sizeY, otf.path = rint(4), rint(4), rstring("otf")
    otf.opticalAxisAveraged, otf.pixelsType = omero.rtypes.rbool(False), enumeration("PixelsType", "float")
    otf.objective = objective
    made.addOTF(otf)
    return walk.conn.getUpdateService().saveAndReturnObject(made)


@pytest.fixture(scope="module")
def microscope(walk: Any, omero_data: Any) -> Set:
    """The instrument, and an image of it with a light path, settings and facts on a plane."""
    import numpy as np

    conn, saved = walk.conn, instrument_of(walk)
    image_id = omero_data.add_image(np.zeros((1, 1, 8, 8), dtype=np.uint8), "taken.ome.tiff", user="walk-ann")
    query, update = conn.getQueryService(), conn.getUpdateService()
    image = query.findByQuery(
        "select i from Image i join fetch i.pixels p join fetch p.channels c join fetch c.logicalChannel "
        f"where i.id = {image_id}",
        None,
    )
    objective, laser = saved.copyObjective()[0], saved.copyLightSource()[1]
    image.instrument = omero.model.InstrumentI(saved.id.val, False)
    settings = omero.model.ObjectiveSettingsI()
    settings.objective = omero.model.ObjectiveI(objective.id.val, False)
    settings.medium = enumeration("Medium", "Oil")
    image.objectiveSettings = settings
    around = omero.model.ImagingEnvironmentI()
    around.humidity = rdouble(0.4)
    image.imagingEnvironment = around
    label = omero.model.StageLabelI()
    label.name = rstring("corner")
    image.stageLabel = label
    image.acquisitionDate = rtime(1_700_000_000_000)
    update.saveObject(image)
    channel = query.findByQuery(f"select c.logicalChannel from Channel c where c.pixels.image.id = {image_id}", None)
    path = omero.model.LightPathI()
    path.dichroic = omero.model.DichroicI(saved.copyDichroic()[0].id.val, False)
    path.linkEmissionFilter(omero.model.FilterI(saved.copyFilter()[0].id.val, False))
    path.linkExcitationFilter(omero.model.FilterI(saved.copyFilter()[0].id.val, False))
    channel.lightPath = path
    light = omero.model.LightSettingsI()
    light.lightSource = omero.model.LaserI(laser.id.val, False)
    channel.lightSourceSettings = light
    update.saveObject(channel)
    plane = omero.model.PlaneInfoI()
    plane.theC, plane.theZ, plane.theT = rint(0), rint(0), rint(0)
    plane.deltaT = omero.model.TimeI(1.5, UnitsTime.SECOND)
    plane.exposureTime = omero.model.TimeI(20, UnitsTime.MILLISECOND)
    plane.pixels = omero.model.PixelsI(image.copyPixels()[0].id.val, False)
    update.saveObject(plane)
    return Set(conn, image_id, saved.id.val)


@pytest.mark.walks(
    "InstrumentWrapper",
    "getDetectors getDichroics getFilterSets getFilters getLightSources getMicroscope getOTFs getObjectives "
    "simpleMarshal",
)
@pytest.mark.walks("MicroscopeWrapper", "getMicroscopeType")
@pytest.mark.walks("ObjectiveWrapper", "getCorrection getImmersion getIris")
@pytest.mark.walks("DetectorWrapper", "getDetectorType")
@pytest.mark.walks("FilterWrapper", "getFilterType")
@pytest.mark.walks("FilterSetWrapper", "copyEmissionFilters copyExcitationFilters")
@pytest.mark.walks("LaserWrapper", "getLaserMedium getPump")
@pytest.mark.walks("_LightSourceWrapper", "getLightSourceType")
@pytest.mark.walks("ImageWrapper", "getInstrument")
def test_an_instrument(microscope: Set) -> None:
    found = microscope.conn.getObject("Image", microscope.image).getInstrument()
    assert found.getId() == microscope.instrument
    assert (found.getMicroscope().getModel(), found.getMicroscope().getMicroscopeType().getValue()) == (
        "Eclipse",
        "Inverted",
    )
    (objective,) = found.getObjectives()
    assert (objective.getImmersion().getValue(), objective.getCorrection().getValue()) == ("Oil", "PlanApo")
    assert objective.getIris() is None
    assert [one.getDetectorType().getValue() for one in found.getDetectors()] == ["CCD"]
    assert [one.getModel() for one in found.getDichroics()] == ["D1"]
    assert [one.getFilterType().getValue() for one in found.getFilters()] == ["BandPass"]
    (cube,) = found.getFilterSets()
    assert (cube.getModel(), cube.copyEmissionFilters(), cube.copyExcitationFilters()) == ("Cube", None, None)
    assert [one.getSizeX() for one in found.getOTFs()] == [4]
    lasers = {one.getModel(): one for one in found.getLightSources()}
    assert (lasers["laser"].getLaserMedium().getValue(), lasers["laser"].getLightSourceType().getValue()) == (
        "Ar",
        "Gas",
    )
    assert lasers["laser"].getPump().getId() == lasers["pump"].getId()
    # With an OTF omero-py asks for a field of two names run together.
    plain, objective = omero.model.InstrumentI(), omero.model.ObjectiveI()
    objective.model = rstring("Plan Fluor")
    objective.immersion, objective.correction = enumeration("Immersion", "Air"), enumeration("Correction", "Other")
    plain.addObjective(objective)
    saved = microscope.conn.getUpdateService().saveAndReturnObject(plain)
    marshalled = InstrumentWrapper(microscope.conn, saved).simpleMarshal()
    assert [one["model"] for one in marshalled["objectives"]] == ["Plan Fluor"]


@pytest.mark.walks("ImageWrapper", "getObjectiveSettings getImagingEnvironment getStageLabel")
@pytest.mark.walks("ObjectiveSettingsWrapper", "getObjective getMedium")
@pytest.mark.walks("LogicalChannelWrapper", "getLightPath")
@pytest.mark.walks("LightPathWrapper", "getEmissionFilters getExcitationFilters")
@pytest.mark.walks("LightSettingsWrapper", "getLightSource")
def test_how_an_image_was_taken(microscope: Set) -> None:
    image = microscope.conn.getObject("Image", microscope.image)
    settings = image.getObjectiveSettings()
    assert (settings.getObjective().getModel(), settings.getMedium().getValue()) == ("Plan Apo", "Oil")
    assert image.getImagingEnvironment().getHumidity() == 0.4
    assert image.getStageLabel().getName() == "corner"
    assert image.getAcquisitionDate() == datetime.fromtimestamp(1_700_000_000)
    channel = image.getChannels(noRE=True)[0].getLogicalChannel()
    path = channel.getLightPath()
    assert [one.getModel() for one in path.getEmissionFilters()] == ["F1"]
    assert [one.getModel() for one in path.getExcitationFilters()] == ["F1"]
    assert channel.getLightSourceSettings().getLightSource().getModel() == "laser"


@pytest.mark.walks("PixelsWrapper", "copyPlaneInfo")
@pytest.mark.walks("PlaneInfoWrapper", "getDeltaT getExposureTime")
def test_facts_on_planes(microscope: Set) -> None:
    pixels = microscope.conn.getObject("Image", microscope.image).getPrimaryPixels()
    (plane,) = pixels.copyPlaneInfo(theC=0, theT=0, theZ=0)
    assert (plane.getDeltaT(), plane.getExposureTime(units="SECOND").getValue()) == (1.5, 0.02)
    assert list(pixels.copyPlaneInfo(theC=1)) == []
