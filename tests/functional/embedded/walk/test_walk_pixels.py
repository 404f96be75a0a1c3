"""Pixels, thumbnails and rendering as omero-py's gateway asks for them: shapes and values, not looks."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import omero.model
import pytest
from PIL import Image

PLANES = np.arange(2 * 3 * 4 * 16 * 20, dtype=np.uint16).reshape(2, 3, 4, 16, 20)


@pytest.fixture
def image(walk: Any) -> Any:
    """Ann's image, its settings as they were imported."""
    walk.conn.getObject("Image", walk.image).resetDefaults()
    return walk.conn.getObject("Image", walk.image)


def opened(data: Any) -> Any:
    return Image.open(io.BytesIO(data) if isinstance(data, bytes) else data)


@pytest.mark.walks("PixelsWrapper", "getPlane getPlanes getTile getTiles get_numpy_type")
@pytest.mark.walks("ImageWrapper", "getPixelRange getHistogram getPixelLine getRow getCol requiresPixelsPyramid")
def test_values(image: Any) -> None:
    pixels = image.getPrimaryPixels()
    assert (pixels.getPlane(1, 2, 1) == PLANES[1, 2, 1]).all()
    assert [int(one[0, 0]) for one in pixels.getPlanes([(0, 0, 0), (3, 1, 0)])] == [
        int(PLANES[0, 0, 0, 0, 0]),
        int(PLANES[0, 1, 3, 0, 0]),
    ]
    assert (pixels.getTile(0, 1, 0, (4, 2, 5, 3)) == PLANES[0, 1, 0, 2:5, 4:9]).all()
    assert [one.shape for one in pixels.getTiles([(0, 0, 0, (0, 0, 7, 4))])] == [(4, 7)]
    assert pixels.get_numpy_type() in ("H", "uint16", np.uint16)
    assert image.getPixelRange() == (0, 65535)
    histogram = image.getHistogram([0], 8, globalRange=False, theZ=0, theT=0)
    assert sum(histogram[0]) == 16 * 20
    row = image.getPixelLine(0, 0, 3, "h", channels=[0], range=32)
    assert len(row[0]) == 20
    assert len(image.getRow(0, 0, 3)[0]) == 20
    assert len(image.getCol(0, 0, 3)[0]) == 16
    assert image.requiresPixelsPyramid() is False


@pytest.mark.walks(
    "ChannelWrapper",
    "getCoefficient getColor getFamily getLut getWindowEnd getWindowMax getWindowMin getWindowStart isActive "
    "isInverted isReverseIntensity setWindow setWindowEnd setWindowStart",
)
@pytest.mark.walks(
    "ImageWrapper",
    "setActiveChannels set_active_channels setChannelInverted setReverseIntensity setQuantizationMap "
    "setQuantizationMaps getFamilies",
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_channels_as_rendered(image: Any) -> None:
    first, second, third = image.getChannels()
    assert (first.isActive(), first.isInverted(), first.getLut(), first.getCoefficient()) == (True, False, None, 1.0)
    assert first.getColor().getRGB() == (0, 0, 255)
    assert (first.getWindowMin(), first.getWindowMax()) == (0.0, float(PLANES[:, 0].max()))
    first.setWindow(10, 20)
    second.setWindowStart(5)
    second.setWindowEnd(50)
    assert (first.getWindowStart(), first.getWindowEnd()) == (10.0, 20.0)
    assert (second.getWindowStart(), second.getWindowEnd()) == (5.0, 50.0)
    image.setChannelInverted(2, True)
    assert (third.isInverted(), third.isReverseIntensity()) == (True, True)
    image.setReverseIntensity(2, False)
    assert third.isInverted() is False
    assert {"linear", "logarithmic"} <= set(image.getFamilies())
    image.setQuantizationMap(0, "exponential", 1.5)
    image.setQuantizationMaps([None, {"family": "logarithmic", "coefficient": 1.0}])
    assert (first.getFamily().getValue(), first.getCoefficient()) == ("exponential", 1.5)
    assert second.getFamily().getValue() == "logarithmic"
    image.setActiveChannels([2], [[0, 100]], ["FF0000"])
    assert [one.isActive() for one in image.getChannels()] == [False, True, False]
    image.set_active_channels([1, 3])
    assert [one.isActive() for one in image.getChannels()] == [True, False, True]


@pytest.mark.walks(
    "ImageWrapper",
    "getDefaultZ setDefaultZ getDefaultT setDefaultT getRenderingDefId getRenderingModel getRenderingModels "
    "setGreyscaleRenderingModel setColorRenderingModel isGreyscaleRenderingModel getProjections getProjection "
    "setProjection getProjectionRange setProjectionRange isInvertedAxis setInvertedAxis getZoomLevelScaling "
    "getAllRenderingDefs loadRenderOptions saveDefaults resetDefaults resetRDefs clearDefaults",
)
def test_settings(image: Any) -> None:
    image.setDefaultZ(2)
    image.setDefaultT(1)
    assert (image.getDefaultZ(), image.getDefaultT()) == (2, 1)
    image.setGreyscaleRenderingModel()
    assert (image.isGreyscaleRenderingModel(), image.getRenderingModel().getValue()) == (True, "greyscale")
    image.setColorRenderingModel()
    assert (image.isGreyscaleRenderingModel(), image.getRenderingModel().getValue()) == (False, "rgb")
    assert {"rgb", "greyscale"} <= {one.getValue() for one in image.getRenderingModels()}
    assert {"normal", "intmax", "intmean"} <= set(image.getProjections())
    image.setProjection("intmax")
    image.setProjectionRange(1, 3)
    assert (image.getProjection(), image.getProjectionRange()) == ("intmax", (1, 3))
    image.setInvertedAxis(True)
    assert image.isInvertedAxis() is True
    assert image.loadRenderOptions() is True
    assert image.getZoomLevelScaling() is None
    assert image.saveDefaults() is True
    own = [one for one in image.getAllRenderingDefs() if one["owner"]["id"] == image.getOwner().getId()]
    assert [one["id"] for one in own] == [image.getRenderingDefId()]
    assert image.resetDefaults() is True
    assert image.resetRDefs() is True
    assert image.clearDefaults() is True


@pytest.mark.walks(
    "ImageWrapper",
    "renderImage renderJpeg renderJpegRegion renderSplitChannel renderSplitChannelImage splitChannelDims "
    "renderRowLinePlotGif renderColLinePlotGif prepareLinePlotCanvas renderBirdsEyeView getThumbnail getThumbVersion",
)
def test_pictures(image: Any) -> None:
    assert image.renderImage(0, 0).size == (20, 16)
    assert opened(image.renderJpeg(0, 0)).size == (20, 16)
    assert opened(image.renderJpegRegion(0, 0, 2, 3, 8, 6)).size == (8, 6)
    dims = image.splitChannelDims()
    split = image.renderSplitChannelImage(0, 0)
    assert split.size == (dims["c"]["width"], dims["c"]["height"])
    assert opened(image.renderSplitChannel(0, 0)).size == split.size
    assert opened(image.renderRowLinePlotGif(0, 0, 5)).size == (20, 16)
    assert opened(image.renderColLinePlotGif(0, 0, 5)).size == (20, 16)
    assert image.prepareLinePlotCanvas()[1:] == (20, 16)
    assert opened(image.renderBirdsEyeView(10)).size == (10, 8)
    assert max(opened(image.getThumbnail(32)).size) == 32
    assert image.getThumbVersion() is None or image.getThumbVersion() >= 0


@pytest.mark.walks(
    "BlitzGateway",
    "createRawPixelsStore createRenderingEngine createThumbnailStore createExporter getRenderingSettingsService "
    "getThumbnailSet applySettingsToSet createImageFromNumpySeq",
)
def test_the_connection_makes_and_copies(walk: Any, image: Any) -> None:
    conn = walk.conn
    raw, engine = conn.createRawPixelsStore(), conn.createRenderingEngine()
    thumbnails, exporter = conn.createThumbnailStore(), conn.createExporter()
    raw.setPixelsId(image.getPixelsId(), True)
    assert (raw.getByteWidth(), thumbnails.setPixelsId(image.getPixelsId())) == (2, True)
    assert engine.lookupPixels(image.getPixelsId()) is None
    exporter.addImage(walk.image)
    assert exporter.generateTiff() > PLANES.nbytes
    for store in (raw, engine, thumbnails, exporter):
        store.close()
    assert conn.getRenderingSettingsService().sanityCheckPixels(
        image.getPrimaryPixels()._obj, image.getPrimaryPixels()._obj
    )
    assert list(conn.getThumbnailSet([walk.image], 32)) == [walk.image]
    planes = [np.full((6, 5), n, dtype=np.uint8) for n in range(2)]
    made = conn.createImageFromNumpySeq(iter(planes), "made", sizeZ=1, sizeC=2, sizeT=1)
    assert [int(one.max()) for one in made.getPrimaryPixels().getPlanes([(0, 0, 0), (0, 1, 0)])] == [0, 1]
    twin = conn.createImageFromNumpySeq(iter(planes), "twin", sizeZ=1, sizeC=2, sizeT=1)
    made.saveDefaults()
    applied = conn.applySettingsToSet(made.getId(), "Image", [twin.getId()])
    assert applied[True] == [twin.getId()]


@pytest.mark.walks("PlateWrapper", "exportOmeTiff")
@pytest.mark.walks("ImageWrapper", "exportOmeTiff createMovie")
def test_exports(walk: Any, image: Any, tmp_path: Any) -> None:
    assert image.exportOmeTiff()[:4] in (b"II*\0", b"MM\0*", b"II+\0")
    plate = omero.gateway.PlateWrapper(walk.conn, omero.model.PlateI())
    assert plate.exportOmeTiff() is None
    assert image.createMovie(str(tmp_path), 0, 0, 0, 0) == (None, None)  # no such script here
