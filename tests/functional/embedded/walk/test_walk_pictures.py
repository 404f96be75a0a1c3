"""Pictures and pixels through omero-py's gateway, value by value: held against numpy and the plain reference."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import omero.model
import pytest
import tifffile
from PIL import Image

from omeropyr.rendering import lut, scale
from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.settings import FAMILIES, ChannelBinding, RenderingDef
from tests.functional.embedded.samples import TYPES, bits

HEIGHT, WIDTH = 60, 80
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
PLANES = np.stack(
    [
        [[1000 + 30 * X + 100 * z, 4000 - 40 * Y + 50 * z, 500 + 20 * X + 10 * Y + 10 * z] for z in range(4)]
        for _ in range(2)
    ]
).swapaxes(1, 2)
PLANES[1] += 300
PLANES = PLANES.astype(np.uint16)  # T, C, Z, Y, X
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def colored(color: tuple[int, int, int], start: float, end: float, **more: Any) -> ChannelBinding:
    red, green, blue = color
    return ChannelBinding(input_start=start, input_end=end, red=red, green=green, blue=blue, **more)


@pytest.fixture(scope="module")
def made(walk: Any, omero_data: Any) -> int:
    channels = {"Name": ["DAPI", "GFP", "Cy3"]}
    return int(omero_data.add_image(PLANES, "pictures.ome.tiff", user="walk-ann", Channel=channels, PhysicalSizeX=0.5))


@pytest.fixture
def image(walk: Any, made: int) -> Iterator[Any]:
    """Without settings of anybody's; shown in red, green and blue from 0 to 5000."""
    walk.conn.deleteObjects("Image/RenderingDef", [made], wait=True)
    found = walk.conn.getObject("Image", made)
    found.set_active_channels([1, 2, 3], [[0, 5000]] * 3, ["FF0000", "00FF00", "0000FF"])
    yield found
    found._closeRE()


THREE = RenderingDef((colored(RED, 0, 5000), colored(GREEN, 0, 5000), colored(BLUE, 0, 5000)))


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def like(found: Any, planes: Any, settings: RenderingDef) -> None:
    """A JPEG of the best quality differs from what was encoded by little."""
    expected = composite_reference([planes[c] for c in settings.shown], settings).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 2.5


def test_planes_and_regions(image: Any) -> None:
    like(decoded(image.renderJpeg(2, 1, compression=1.0)), PLANES[1, :, 2], THREE)
    like(np.asarray(image.renderImage(3, 0, compression=1.0)).astype(int), PLANES[0, :, 3], THREE)
    like(decoded(image.renderJpegRegion(1, 0, 17, 9, 40, 33, compression=1.0)), PLANES[0, :, 1, 9:42, 17:57], THREE)
    image.setDefaultZ(3)
    image.setDefaultT(1)
    image._pd.region = None  # omero-py itself keeps the last one
    like(decoded(image.renderJpeg(compression=1.0)), PLANES[1, :, 3], THREE)
    assert image.renderJpegRegion(0, 0, WIDTH, 0, 10, 10) is None


@pytest.mark.parametrize("name", lut.names())
def test_lookup_tables(image: Any, name: str) -> None:
    image.set_active_channels([-1, 2, -3], [[0, 1], [1500, 4000], [0, 1]], [None, name, None])
    channel = image.getChannels()[1]
    assert channel.getLut() == name
    settings = RenderingDef((ChannelBinding(input_start=1500, input_end=4000, lookup_table=name),))
    tolerance = 16 if name in ("3-3-2_rgb.lut", "16_colors.lut", "hilo.lut") else 3  # edges, which JPEG blurs
    found = decoded(image.renderJpeg(0, 0, compression=1.0))
    assert np.abs(found - composite_reference([PLANES[0, 1, 0]], settings)).mean() < tolerance
    image.set_active_channels([2], colors=["FF8000"])
    assert (channel.getLut(), channel.getColor().getHtml()) == (None, "FF8000")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("inverted", [True, False], ids=["inverted", "as it is"])
def test_curves_and_inversion(image: Any, family: Any, inverted: bool) -> None:
    image.set_active_channels([1, 2], [[1000, 3500], [0, 4000]], ["FFFFFF", "00FF00"], invertMaps=[inverted, None])
    image.setQuantizationMaps([{"family": family, "coefficient": 0.5}])
    first = colored((255, 255, 255), 1000, 3500, family=family, coefficient=0.5, reverse_intensity=inverted)
    settings = RenderingDef((first, colored(GREEN, 0, 4000), replace(THREE.channels[2], active=False)))
    like(decoded(image.renderJpeg(0, 0, compression=1.0)), PLANES[0, :, 0], settings)


def test_greyscale(image: Any) -> None:
    image.set_active_channels([2, 3])
    image.setGreyscaleRenderingModel()
    found = decoded(image.renderJpeg(0, 0, compression=1.0))
    settings = RenderingDef((colored((255, 255, 255), 0, 5000),))
    like(found, [PLANES[0, 1, 0]], settings)
    assert (found[..., 0] == found[..., 2]).all()


@pytest.mark.parametrize("name", ["intmax", "intmean", "intsum"])
@pytest.mark.parametrize("between", [(None, None), (1, 2), (2, 99)], ids=str)
def test_projections(image: Any, name: str, between: Any) -> None:
    image.set_active_channels([1, 2, 3], [[0, 15000]] * 3)
    image.setProjection(name)
    image.setProjectionRange(*between)
    first, last = between[0] or 0, 3 if between[1] is None else min(between[1], 3)
    stack = PLANES[1, :, first : last + 1].astype(int)
    reduced = {"intmax": stack.max(axis=1), "intmean": stack.mean(axis=1), "intsum": stack.sum(axis=1)}[name]
    settings = replace(THREE, channels=tuple(replace(one, input_end=15000.0) for one in THREE.channels))
    like(decoded(image.renderJpeg(0, 1, compression=1.0)), reduced.astype(np.uint16), settings)


@pytest.mark.filterwarnings("ignore:setActiveChannels:DeprecationWarning")
def test_split_channels(image: Any) -> None:
    canvas = np.asarray(image.renderSplitChannelImage(1, 0, compression=1.0, border=3)).astype(int)
    dims = image.splitChannelDims(border=3)
    assert (dims["c"]["gridx"], dims["c"]["gridy"], dims["g"]["gridx"]) == (2, 2, 2)
    assert canvas.shape == (2 * HEIGHT + 9, 2 * WIDTH + 9, 3)
    for place in range(4):
        top, left = 3 + place // 2 * (HEIGHT + 3), 3 + place % 2 * (WIDTH + 3)
        active = tuple(replace(one, active=place in (c, 3)) for c, one in enumerate(THREE.channels))
        panel = canvas[top : top + HEIGHT, left : left + WIDTH]
        like(panel, PLANES[0, :, 1], replace(THREE, channels=active))
    assert (canvas[:3] == 255).all()


def test_lines_and_histograms(image: Any) -> None:
    highest = [float(PLANES[:, c].max()) for c in range(3)]
    lowest = [float(PLANES[:, c].min()) for c in range(3)]
    row = image.getRow(2, 1, 7)
    for c in range(3):
        np.testing.assert_allclose(row[c], (PLANES[1, c, 2, 7] - lowest[c]) / highest[c] * (HEIGHT - 1))
    (column,) = image.getCol(0, 0, 11, channels=[1], range=101)
    np.testing.assert_allclose(column, (PLANES[0, 1, 0, :, 11] - lowest[1]) / highest[1] * 100)
    assert image.getPixelLine(0, 0, 11, "v", channels=1, range=101) == [column]
    counts = image.getHistogram([0, 2], 20, globalRange=True, theZ=1, theT=1)
    for c in (0, 2):
        assert list(counts[c]) == np.histogram(PLANES[1, c, 1], 20, (lowest[c], highest[c]))[0].tolist()
    assert list(image.getHistogram([1], 7, globalRange=False)[1]) == np.histogram(PLANES[0, 1, 0], 7)[0].tolist()


def test_line_plots(image: Any) -> None:
    image.set_active_channels([2])
    canvas, width, height = image.prepareLinePlotCanvas()
    assert (canvas.size, width, height) == ((WIDTH, HEIGHT), WIDTH, HEIGHT)
    assert canvas.getpalette()[9:12] == list(GREEN)
    across = decoded(image.renderRowLinePlotGif(0, 0, 20))
    assert (across[20, 0] == 255).all()  # the line itself, in white
    (values,) = image.getRow(0, 0, 20)
    assert (across[HEIGHT - 1 - round(values[30]), 30] == GREEN).all()
    down = decoded(image.renderColLinePlotGif(0, 0, 25))
    (values,) = image.getCol(0, 0, 25)
    assert (down[0, 25] == 255).all()
    assert (down == np.array(GREEN)).all(axis=-1).any(axis=1).all()  # the curve goes from top to bottom


def test_thumbnails(image: Any) -> None:
    image.setDefaultZ(2)
    image.saveDefaults()

    def small(t: int, z: int, width: int, height: int) -> np.ndarray:
        picture = composite_reference(list(PLANES[t, :, z]), THREE)
        return scale.thumbnail(picture, width, height).astype(int)

    for found, expected in (
        (image.getThumbnail(40), small(0, 2, 40, 30)),
        (image.getThumbnail((40,), direct=False), small(0, 2, 40, 30)),
        (image.getThumbnail((24, 30)), small(0, 2, 24, 30)),
        (image.getThumbnail((24, 30), direct=False), small(0, 2, 24, 30)),
        (image.getThumbnail((40,), z=0, t=1), small(1, 0, 40, 30)),
        (image.getThumbnail((20, 20), z=3), small(0, 3, 20, 20)),
        (image.getThumbnail((40,), rdefId=image.getRenderingDefId()), small(0, 2, 40, 30)),
    ):
        assert decoded(found).shape == expected.shape
        assert np.abs(decoded(found) - expected).mean() < 3
    image.setProjection("intmax")
    projected = composite_reference(list(PLANES[0].max(axis=1)), THREE).mean()
    assert abs(decoded(image.getThumbnail((WIDTH, HEIGHT), z=0, t=0)).mean() - projected) < 3


def test_settings_of_two_people(image: Any, walk: Any, gateway_of: Any) -> None:
    image.set_active_channels([1, -2, 3], [[10, 20], [1, 2], [30, 40]], ["123456", None, "ice.lut"], [True, None, None])
    image.setQuantizationMap(2, "polynomial", 1.5)
    image.setDefaultZ(1)
    assert image.saveDefaults() is True
    other = gateway_of("walk-bob").getObject("Image", image.getId())
    other.set_active_channels([2], [[7, 8]])
    other.saveDefaults()
    found = {one["owner"]["id"]: one for one in image.getAllRenderingDefs()}
    assert set(found) == {walk.ann, walk.bob}
    assert image.getAllRenderingDefs(walk.bob) == [found[walk.bob]]
    own = found[walk.ann]
    assert (own["id"], own["z"], own["t"], own["model"]) == (image.getRenderingDefId(), 1, 0, "rgb")
    assert own["owner"] == {"id": walk.ann, "firstName": "Ann", "lastName": "Walker"}
    first, second, third = own["c"]
    assert (first["active"], first["start"], first["end"], first["color"]) == (True, 10.0, 20.0, "123456")
    assert (first["inverted"], second["active"], third["lut"]) == (True, False, "ice.lut")
    assert (third["family"], third["coefficient"], third["start"]) == ("polynomial", 1.5, 30.0)
    assert [one["active"] for one in found[walk.bob]["c"]] == [False, True, False]
    assert other.getRenderingDefId() == found[walk.bob]["id"] != own["id"]
    other._closeRE()


def test_back_to_the_first_settings(image: Any, walk: Any) -> None:
    first = [(float(PLANES[:, c].min()), float(PLANES[:, c].max())) for c in range(3)]
    image.saveDefaults()
    assert image.resetDefaults(save=False) is True
    assert [(one.getWindowStart(), one.getWindowEnd()) for one in image.getChannels()] == first
    assert [one["end"] for one in image.getAllRenderingDefs()[0]["c"]] == [5000.0] * 3
    assert image.resetDefaults() is True
    assert [one["end"] for one in image.getAllRenderingDefs()[0]["c"]] == [end for _, end in first]
    assert image.resetRDefs() is True
    assert image.getAllRenderingDefs() == []


def test_axes_that_are_swapped(image: Any) -> None:
    assert (image.getSizeZ(), image.getSizeT()) == (4, 2)
    image.setInvertedAxis(True)
    assert (image.getSizeZ(), image.getSizeT()) == (2, 4)


def test_levels_of_a_large_image(walk: Any, omero_data: Any, tmp_path: Path) -> None:
    path = tmp_path / "large&sizeX=4096&sizeY=4096&resolutions=4&pixelType=uint16.fake"
    path.touch()
    image = walk.conn.getObject("Image", omero_data.import_file(path, user="walk-ann"))
    assert image.requiresPixelsPyramid() is True
    assert image.getZoomLevelScaling() == {0: 1.0, 1: 0.5, 2: 0.25, 3: 0.125}
    image.set_active_channels([1], [[0, 4096]], ["FFFFFF"])
    settings = RenderingDef((colored((255, 255, 255), 0, 4096),))
    for level, step in ((3, 1), (1, 4), (0, 8)):
        ramp = np.broadcast_to(np.arange(200, 300) * step, (50, 100)).astype(np.uint16)
        like(decoded(image.renderJpegRegion(0, 0, 200, 60, 100, 50, level=level, compression=1.0)), [ramp], settings)
    whole = decoded(image.renderBirdsEyeView(128))
    assert whole.shape == (128, 128, 3)
    assert np.abs(whole[64, ::16, 0] - (np.arange(0, 128, 16) * 2 + 1)).max() < 4
    assert decoded(image.renderBirdsEyeView(None)).shape == (512, 512, 3)
    image._closeRE()


@pytest.mark.parametrize("dtype", TYPES)
def test_images_of_arrays(walk: Any, dtype: str) -> None:
    planes = bits((2, 2, 3, 7, 9), dtype)  # T, C, Z
    if planes.dtype.kind == "f":
        planes = np.nan_to_num(planes, posinf=1, neginf=-1)
    sequence = (planes[t, c, z] for z in range(3) for c in range(2) for t in range(2))
    dataset = omero.model.DatasetI(walk.dataset, False)
    made = walk.conn.createImageFromNumpySeq(sequence, f"array {dtype}", 3, 2, 2, "of an array", dataset)
    assert (made.getName(), made.getDescription(), made.getParent().getId()) == (
        f"array {dtype}",
        "of an array",
        walk.dataset,
    )
    assert made.getPixelsType() == {"float32": "float", "float64": "double"}.get(dtype, dtype)
    places = list(np.ndindex(3, 2, 2))
    for found, (z, c, t) in zip(made.getPrimaryPixels().getPlanes(places), places, strict=True):
        np.testing.assert_array_equal(found, planes[t, c, z])
    ranges = [(one.getWindowMin(), one.getWindowMax()) for one in made.getChannels()]
    assert ranges == [(float(planes[:, c].min()), float(planes[:, c].max())) for c in range(2)]
    made._closeRE()


def test_an_image_after_another_one(walk: Any, made: int) -> None:
    planes = (PLANES[0, c, 0] // 2 for c in (0, 2))
    twin = walk.conn.createImageFromNumpySeq(planes, "half", 1, 2, 1, sourceImageId=made, channelList=[0, 2])
    assert (twin.getName(), twin.getChannelLabels()) == ("half", ["DAPI", "Cy3"])
    assert (twin.getSizeX(), twin.getSizeZ(), twin.getSizeT(), twin.getPixelSizeX()) == (WIDTH, 1, 1, 0.5)
    np.testing.assert_array_equal(twin.getPrimaryPixels().getPlane(0, 1, 0), PLANES[0, 2, 0] // 2)


def test_an_ome_tiff_holds_the_same(image: Any, tmp_path: Path) -> None:
    path = tmp_path / "exported.ome.tif"
    path.write_bytes(image.exportOmeTiff())
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        found = file.asarray(series=0, squeeze=False)
        axes = file.series[0].get_axes(squeeze=False)
    order = [axes.index(axis) for axis in "TCZYX"]
    np.testing.assert_array_equal(np.moveaxis(found, order, range(5)).reshape(PLANES.shape), PLANES)


def test_the_imported_file_comes_back(image: Any) -> None:
    (file,) = image.getImportedImageFiles()
    data = b"".join(file.getFileInChunks(buf=5000))
    with tifffile.TiffFile(io.BytesIO(data)) as opened:
        np.testing.assert_array_equal(opened.asarray(), PLANES)
    info = image.getImportedFilesInfo()
    assert (len(data), info["count"], info["size"]) == (file.getSize(), 1, len(data))
