"""Pixels read back equal those written, bit for bit, for every layout a TIFF can have.

Bad files are told apart quickly.
"""

from __future__ import annotations

import struct
import time
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from omeropyr.embedded.pixels.reader import Reader, ReaderError, open_reader
from omeropyr.embedded.pixels.statistics import plane_ranges

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def pixels(shape: tuple[int, ...], dtype: Any = np.uint16, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return random.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def whole(reader: Reader, z: int = 0, c: int = 0, t: int = 0, level: int = 0, series: int = 0) -> np.ndarray:
    width, height = reader.series[series].levels[level]
    return reader.read_tile(series, level, z, c, t, 0, 0, width, height)


def same(reader: Reader, expected: np.ndarray, **plane: int) -> None:
    """The whole plane, and windows that cross chunk borders, are *expected* ``(h, w)``."""
    found = whole(reader, **plane)
    assert found.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, expected)
    height, width = expected.shape
    for x, y, w, h in ((0, 0, 1, 1), (width - 1, height - 1, 1, 1), (width // 3, height // 4, width // 2, height // 2)):
        series, level, z, c, t = (plane.get(name, 0) for name in ("series", "level", "z", "c", "t"))
        tile = reader.read_tile(series, level, z, c, t, x, y, w, h)
        np.testing.assert_array_equal(tile, expected[y : y + h, x : x + w])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_pixel_type_and_byte_order(tmp_path: Path, dtype: str, byteorder: Any) -> None:
    image = pixels((150, 131), dtype)
    tifffile.imwrite(tmp_path / "a.tif", image, byteorder=byteorder)
    reader = open_reader([tmp_path / "a.tif"])
    kind = {"float32": "float", "float64": "double"}.get(dtype, dtype)
    assert reader.series[0].pixels_type == kind
    same(reader, image)


COMPRESSIONS = [
    *((name, False, dtype) for name in (None, "packbits", "lzw", "zlib", "zstd", "lzma") for dtype in ("u2", "f4")),
    *((name, True, dtype) for name in ("lzw", "zlib", "zstd", "lzma") for dtype in ("u2", "f4")),
    ("jpeg2000", False, "u2"),
]


@pytest.mark.parametrize(("compression", "predictor", "dtype"), COMPRESSIONS)
@pytest.mark.parametrize("tile", [None, (64, 80)])
def test_compressions_with_strips_and_tiles(
    tmp_path: Path, compression: Any, predictor: bool, tile: Any, dtype: str
) -> None:
    image = pixels((201, 170), dtype)
    options = {"rowsperstrip": 7} if tile is None else {"tile": tile}
    tifffile.imwrite(tmp_path / "a.tif", image, compression=compression, predictor=predictor or None, **options)
    same(open_reader([tmp_path / "a.tif"]), image)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (48, 64)])
def test_rgb_is_three_channels(tmp_path: Path, planar: str, compression: Any, tile: Any) -> None:
    image = pixels((100, 90, 3), np.uint8)
    stored = image if planar == "contig" else np.moveaxis(image, 2, 0).copy()
    predictor = True if compression else None
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, compression=compression, tile=tile,
        predictor=predictor, rowsperstrip=None if tile else 9,
    )  # fmt: skip
    reader = open_reader([tmp_path / "a.tif"])
    series = reader.series[0]
    assert (series.size_c, series.rgb) == (3, True)
    assert [channel.name for channel in series.channels] == ["Red", "Green", "Blue"]
    for c in range(3):
        same(reader, image[..., c], c=c)


def test_jpeg_tiles_equal_what_tifffile_decodes(tmp_path: Path) -> None:
    y, x = np.mgrid[0:300, 0:260]
    image = np.stack([x % 256, y % 256, (x + y) % 256], axis=2).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", compression="jpeg", tile=(128, 128))
    decoded = tifffile.imread(tmp_path / "a.tif")
    reader = open_reader([tmp_path / "a.tif"])
    for c in range(3):
        same(reader, decoded[..., c], c=c)


def test_bigtiff_with_levels_in_subifds(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    levels = [pixels((2, 512 >> level, 768 >> level), seed=level) for level in range(3)]
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        options: dict[str, Any] = {"tile": (128, 128), "compression": "zlib", "photometric": "minisblack"}
        metadata = {"axes": "CYX", "PhysicalSizeX": 0.25, "Channel": {"Name": ["DAPI", "GFP"]}}
        tif.write(levels[0], subifds=2, metadata=metadata, **options)
        for level in levels[1:]:
            tif.write(level, subfiletype=1, **options)
    reader = open_reader([path])
    series = reader.series[0]
    assert series.levels == ((768, 512), (384, 256), (192, 128))
    assert (series.tile_size, series.size_c, series.physical_size_x) == ((128, 128), 2, 0.25)
    assert [channel.name for channel in series.channels] == ["DAPI", "GFP"]
    for number, expected in enumerate(levels):
        for c in range(2):
            same(reader, expected[c], c=c, level=number)


@pytest.mark.parametrize("kind", ["ome", "imagej"])
def test_five_dimensions(tmp_path: Path, kind: str) -> None:
    image = pixels((3, 4, 2, 40, 50))
    path = tmp_path / ("a.ome.tif" if kind == "ome" else "a.tif")
    tifffile.imwrite(path, image, **{kind: True}, metadata={"axes": "TZCYX"})
    reader = open_reader([path])
    series = reader.series[0]
    assert (series.size_t, series.size_z, series.size_c, series.size_y, series.size_x) == image.shape
    for t in range(3):
        for z in range(4):
            for c in range(2):
                np.testing.assert_array_equal(whole(reader, z, c, t), image[t, z, c])


def test_pages_without_metadata_are_time_points(tmp_path: Path) -> None:
    image = pixels((5, 30, 40), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, metadata=None, photometric="minisblack")
    reader = open_reader([tmp_path / "a.tif"])
    assert (reader.series[0].size_t, reader.series[0].size_z) == (5, 1)
    for t in range(5):
        same(reader, image[t], t=t)


def test_png_and_jpeg(tmp_path: Path) -> None:
    grey, color = pixels((60, 70)), pixels((60, 70, 3), np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(color).save(tmp_path / "color.png")
    Image.fromarray(color).save(tmp_path / "color.jpg")
    same(open_reader([tmp_path / "grey.png"]), grey)
    reader, lossy = open_reader([tmp_path / "color.png"]), open_reader([tmp_path / "color.jpg"])
    decoded = np.asarray(Image.open(tmp_path / "color.jpg"))
    assert (reader.format, lossy.format, reader.series[0].size_c) == ("PNG", "JPEG", 3)
    for c in range(3):
        same(reader, color[..., c], c=c)
        same(lossy, decoded[..., c], c=c)


def test_files_of_single_planes_are_channels(tmp_path: Path) -> None:
    image = pixels((3, 64, 65))
    paths = [tmp_path / f"cells_{dye}.tif" for dye in ("DAPI", "GFP", "mCherry")]
    for path, plane in zip(paths, image, strict=True):
        tifffile.imwrite(path, plane)
    reader = open_reader(list(reversed(paths)))
    assert [channel.name for channel in reader.series[0].channels] == ["DAPI", "GFP", "mCherry"]
    for c in range(3):
        same(reader, image[c], c=c)
    tifffile.imwrite(paths[1], pixels((60, 65)))
    with pytest.raises(ReaderError, match="same size"):
        open_reader(paths)


@pytest.mark.real_images
def test_the_fly_is_read_as_three_channels() -> None:
    if not DATA.is_dir():
        pytest.skip("no real images here")
    paths = [DATA / "fly" / f"01_POS002_{letter}.TIF" for letter in "DFR"]
    reader = open_reader(paths)
    series = reader.series[0]
    assert (series.name, series.size_c) == ("01_POS002", 3)
    for c, path in enumerate(paths):
        same(reader, tifffile.imread(path), c=c)


def test_ranges_of_channels(tmp_path: Path) -> None:
    image = np.zeros((2, 3, 40, 50), np.float32)
    image[0, 1, 3, 4], image[1, 1, 3, 4], image[0, 2, 0, 0] = 7.5, -2.0, np.nan
    tifffile.imwrite(tmp_path / "a.ome.tif", image, ome=True, metadata={"axes": "TCYX"})
    assert plane_ranges(open_reader([tmp_path / "a.ome.tif"]), 0) == [(0.0, 0.0), (-2.0, 7.5), (0.0, 0.0)]


def test_a_tile_outside_is_an_index_error(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", pixels((40, 50)))
    reader = open_reader([tmp_path / "a.tif"])
    outside = [(0, 0, 0, 0, 51, 1), (0, 0, -1, 0, 2, 2), (0, 1, 0, 0, 1, 1), (1, 0, 0, 0, 1, 1), (0, 0, 0, 0, 0, 1)]
    for level, z, x, y, w, h in outside:
        with pytest.raises(IndexError):
            reader.read_tile(0, level, z, 0, 0, x, y, w, h)


def entry(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)


def hostile(path: Path, width: int, height: int, offsets: int = 1) -> Path:
    entries = [
        entry(256, 4, 1, width), entry(257, 4, 1, height), entry(258, 3, 1, 16), entry(259, 3, 1, 1),
        entry(262, 3, 1, 1), entry(273, 4, offsets, 8), entry(277, 3, 1, 1), entry(278, 4, 1, height),
        entry(279, 4, offsets, 8),
    ]  # fmt: skip
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + b"".join(entries) + struct.pack("<I", 0))
    return path


def test_bad_files_are_told_apart_quickly(tmp_path: Path) -> None:
    good = tmp_path / "good.tif"
    tifffile.imwrite(good, pixels((500, 500)))
    (tmp_path / "cut.tif").write_bytes(good.read_bytes()[:100_000])
    (tmp_path / "head.tif").write_bytes(good.read_bytes()[:6])
    (tmp_path / "empty.tif").write_bytes(b"")
    (tmp_path / "text.tif").write_bytes(b"hello")
    Image.fromarray(pixels((200, 200, 3), np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:20])
    hostile(tmp_path / "vast.tif", 10**9, 10**9)
    hostile(tmp_path / "wide.tif", 2**20, 2**20)
    hostile(tmp_path / "many.tif", 1000, 1000, offsets=10**9)
    bad = ["cut.tif", "head.tif", "empty.tif", "text.tif", "cut.png", "vast.tif", "wide.tif", "many.tif", "missing.tif"]
    tracemalloc.start()
    for name in bad:
        began = time.monotonic()
        with pytest.raises(ReaderError) as raised:
            open_reader([tmp_path / name])
        assert time.monotonic() - began < 1, name
        assert "\n" not in str(raised.value)
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>', "document type"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd">', "document type"),
    ],
)
def test_document_types_in_ome_xml_are_refused(tmp_path: Path, declared: str, message: str) -> None:
    xml = f'<?xml version="1.0"?>{declared}<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"></OME>'
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels((20, 20)), description=xml, metadata=None)
    with pytest.raises(ReaderError, match=message):
        open_reader([tmp_path / "a.ome.tif"])


def test_ome_tiff_reads_no_files_that_were_not_given(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "secret.tif", pixels((20, 20)))
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">'
        '<Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16"'
        ' SizeX="20" SizeY="20" SizeZ="1" SizeC="1" SizeT="2">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        '<TiffData IFD="0" FirstT="0"><UUID FileName="a.ome.tif">urn:uuid:1</UUID>'
        '</TiffData><TiffData IFD="0" FirstT="1">'
        '<UUID FileName="../secret.tif">urn:uuid:2</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    image = pixels((20, 20))
    tifffile.imwrite(tmp_path / "in" / "a.ome.tif", image, description=xml, metadata=None)
    reader = open_reader([tmp_path / "in" / "a.ome.tif"])
    assert reader.series[0].size_t == 2
    same(reader, image)
    with pytest.raises(ReaderError, match="in a file that is not here"):
        whole(reader, t=1)


def test_ome_tiff_of_several_files_and_renamed_ones(tmp_path: Path) -> None:
    planes = pixels((2, 20, 20))
    for root, names in ((' UUID="urn:uuid:0"', ("a.ome.tif", "b.ome.tif")), ("", ("old.ome.tif",))):
        blocks = "".join(
            f'<TiffData IFD="0" FirstT="{t}" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{t}</UUID></TiffData>'
            for t, name in enumerate(names)
        )
        xml = (
            f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"{root}>'
            '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="20" SizeY="20"'
            f' SizeZ="1" SizeC="1" SizeT="{len(names)}"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>{blocks}'
            "</Pixels></Image></OME>"
        )
        paths = [tmp_path / (name if len(names) > 1 else "renamed.ome.tif") for name in names]
        for path, plane in zip(paths, planes, strict=False):
            tifffile.imwrite(path, plane, description=xml, metadata=None)
        reader = open_reader(paths)
        for t in range(len(names)):
            same(reader, planes[t], t=t)


@pytest.mark.parametrize(
    ("dots", "unit", "expected"),
    [(150, "INCH", None), (72, "INCH", None), (20000, "CENTIMETER", 0.5), (100000, "INCH", 0.254)],
)
def test_resolution_tags_count_where_they_can_be_a_microscopes(
    tmp_path: Path, dots: int, unit: str, expected: float | None
) -> None:
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), resolution=(dots, dots), resolutionunit=unit, metadata=None)
    with closing(open_reader([path])) as reader:
        size = reader.series[0].physical_size_x
    assert size == (None if expected is None else pytest.approx(expected))
