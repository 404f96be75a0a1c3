"""Image files as the field's libraries write them, with the planes that must come back.

``Sample.series`` holds for each image its resolution levels, full size first, as arrays ``(T, C, Z, Y, X)``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore
import tifffile
from PIL import Image

TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")
SHAPE = (2, 3, 2, 37, 53)
Array = np.ndarray


@dataclass
class Sample:
    """What to import and what it holds; *tolerance* is above 0 where two decoders of a lossy format may differ.

    ``pixel_size`` is that of the first image in micrometres (X, Y, Z), where the file tells it.
    """

    path: Path
    series: list[list[Array]]
    tolerance: int = 0
    pixel_size: tuple[float | None, float | None, float | None] = (None, None, None)


def bits(shape: tuple[int, ...], dtype: str, seed: int = 1) -> Array:
    """Every bit is random: numbers of any size, of floating-point types not-a-number and infinity, too."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    made: Array = np.frombuffer(np.random.default_rng(seed).bytes(count), dtype).reshape(shape).copy()
    return made


def plain(folder: Path, dtype: str) -> Sample:
    """One plane."""
    made = bits(SHAPE[-2:], dtype)
    tifffile.imwrite(folder / "plain.tif", made, byteorder=">", rowsperstrip=8)
    return Sample(folder / "plain.tif", [[made[None, None, None]]])


def ome(folder: Path, dtype: str, **options: Any) -> Sample:
    """Five dimensions in one OME-TIFF."""
    made = bits(SHAPE, dtype)
    tifffile.imwrite(
        folder / "five.ome.tif", made, ome=True, metadata={"axes": "TCZYX"}, photometric="minisblack", **options
    )
    return Sample(folder / "five.ome.tif", [[made]])


def big(folder: Path, dtype: str) -> Sample:
    """A BigTIFF of compressed tiles."""
    return ome(folder, dtype, bigtiff=True, tile=(16, 32), compression="zlib", predictor=True)


def imagej(folder: Path, dtype: str) -> Sample:
    """A hyperstack of ImageJ: T, Z, C."""
    made = bits(SHAPE, dtype)
    tifffile.imwrite(folder / "hyper.tif", made.swapaxes(1, 2), imagej=True, metadata={"axes": "TZCYX"})
    return Sample(folder / "hyper.tif", [[made]])


def pyramid(folder: Path, dtype: str, size_c: int = 2, size_z: int = 1) -> Sample:
    """An OME-TIFF with resolution levels in SubIFDs."""
    levels = [bits((1, size_c, size_z, 256 >> level, 384 >> level), dtype, level) for level in range(3)]
    options: dict[str, Any] = {"tile": (64, 64), "compression": "zlib", "photometric": "minisblack"}
    with tifffile.TiffWriter(folder / "levels.ome.tif", ome=True) as writer:
        writer.write(levels[0], subifds=2, metadata={"axes": "TCZYX"}, **options)
        for level in levels[1:]:
            writer.write(level, subfiletype=1, metadata=None, **options)
    return Sample(folder / "levels.ome.tif", [levels])


def series(folder: Path, dtype: str) -> Sample:
    """Two images of different sizes in one OME-TIFF."""
    made = [bits((1, 1, 1, 20, 30), dtype), bits((1, 2, 3, 25, 15), dtype)]
    with tifffile.TiffWriter(folder / "two.ome.tif", ome=True) as writer:
        for one in made:
            writer.write(one, metadata={"axes": "TCZYX"}, photometric="minisblack")
    return Sample(folder / "two.ome.tif", [[one] for one in made])


def files(folder: Path, dtype: str) -> Sample:
    """An OME-TIFF of two files, a time point in each."""
    made = bits((2, 1, 1, 20, 30), dtype)
    names = ["t0.ome.tif", "t1.ome.tif"]
    blocks = "".join(
        f'<TiffData IFD="0" FirstT="{t}" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{t}</UUID></TiffData>'
        for t, name in enumerate(names)
    )
    kind = {"float32": "float", "float64": "double"}.get(dtype, dtype)
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{}">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{kind}" SizeX="30" SizeY="20"'
        ' SizeZ="1" SizeC="1" SizeT="2"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        f"{blocks}</Pixels></Image></OME>"
    )
    (folder / "set").mkdir()
    for t, name in enumerate(names):
        tifffile.imwrite(folder / "set" / name, made[t, 0, 0], description=xml.format(t), metadata=None)
    return Sample(folder / "set", [[made]])


def stk(folder: Path, dtype: str) -> Sample:
    """MetaMorph's stack: one page, whose planes follow each other, and tags (UIC1, UIC2) that count and describe."""
    made, path = bits((1, 1, 3, 20, 30), dtype), folder / "stack.stk"
    tags = {33628: (2, [0, 0, 2, 0]), 33629: (3, [1, 1, 2_450_000, 0, 0, 0] * 3)}
    extra = [(code, 4, len(values), values, True) for code, (_, values) in tags.items()]
    tifffile.imwrite(path, made.reshape(60, 30), rowsperstrip=60, metadata=None, extratags=extra)
    with tifffile.TiffFile(path, mode="r+b") as file:
        written = file.pages.first.tags
        places = {code: written[code].offset for code in tags}
        for name, value in (("ImageLength", 20), ("RowsPerStrip", 20), ("StripByteCounts", 600 * made.itemsize)):
            written[name].overwrite(value)
    data = bytearray(path.read_bytes())
    for code, (count, _) in tags.items():  # pairs in the one, six numbers for each plane in the other
        struct.pack_into("<HI", data, places[code] + 2, 5 if code == 33629 else 4, count)
    path.write_bytes(data)
    return Sample(path, [[made]])


def lsm(folder: Path, dtype: str) -> Sample:
    """Zeiss LSM: each focal plane's channels in one page, a small picture after each; a tag says the sizes."""
    made, path = bits((1, 3, 2, 20, 30), dtype), folder / "confocal.lsm"
    about = np.zeros(1, dtype=np.dtype(tifffile.TIFF.CZ_LSMINFO))
    about["MagicNumber"], about["StructureSize"] = 67127628, about.itemsize
    for axis, size in (("X", 30), ("Y", 20), ("Z", 2), ("Channels", 3), ("Time", 1)):
        about[f"Dimension{axis}"] = size
    about["VoxelSizeX"], about["VoxelSizeY"], about["VoxelSizeZ"] = 2e-7, 2.5e-7, 1e-6
    with tifffile.TiffWriter(path) as writer:
        for z in range(2):
            extra = [(34412, 1, about.nbytes, about.tobytes(), True)] if z == 0 else []
            pages = {"photometric": "minisblack", "metadata": None}
            writer.write(made[0, :, z], planarconfig="separate", extratags=extra, **pages)
            small = np.zeros((5, 8, 3), np.uint8)
            writer.write(small, subfiletype=1, photometric="rgb", metadata=None)
    return Sample(path, [[made]], pixel_size=(0.2, 0.25, 1.0))


def svs(folder: Path, _: str) -> Sample:
    """Aperio's slide: JPEG tiles, a smaller level, and pictures of the whole slide, which are images of their own."""
    path = folder / "slide.svs"
    y, x = np.mgrid[0:300, 0:400]
    slide = np.stack([x % 256, y % 256, (x + y) % 256], axis=-1).astype(np.uint8)
    head, jpeg = (
        "Aperio Image Library v11.2.1\n400x300",
        {"photometric": "rgb", "compression": "jpeg", "metadata": None},
    )
    pages: list[tuple[Array, str, dict[str, Any]]] = [
        (slide, "[0,0 400x300] (128x128) JPEG/RGB Q=75|AppMag = 20|MPP = 0.4990", {"tile": (128, 128)}),
        (slide[::8, ::8], "-> 50x38 - |AppMag = 20|MPP = 0.4990", {"rowsperstrip": 16}),
        (slide[::4, ::4], "[0,0 400x300] (128x128) -> 100x75 JPEG/RGB Q=75", {"tile": (128, 128)}),
        (slide[:60, :50], "label 50x60", {"rowsperstrip": 60, "subfiletype": 1}),
        (slide[:50, :120], "macro 120x50", {"rowsperstrip": 50, "subfiletype": 9}),
    ]
    with tifffile.TiffWriter(path) as writer:
        for picture_, words, options in pages:
            writer.write(picture_, description=f"{head} {words}", **jpeg, **options)
    with tifffile.TiffFile(path) as file:
        decoded = [page.asarray().transpose(2, 0, 1)[None, :, None] for page in file.pages]
    whole, small, level, label, macro = decoded
    return Sample(path, [[whole, level], [small], [label], [macro]], pixel_size=(0.499, 0.499, None))


def channels(folder: Path, dtype: str) -> Sample:
    """Plain files, of which each is a channel by its name."""
    made = bits((1, 3, 1, 20, 30), dtype)
    (folder / "set").mkdir()
    for c in range(3):
        tifffile.imwrite(folder / "set" / f"cells_w{c + 1}.tif", made[0, c, 0])
    return Sample(folder / "set", [[made]])


def rgb(folder: Path, dtype: str) -> Sample:
    """Colour, the samples side by side."""
    made = bits((20, 30, 3), dtype)
    tifffile.imwrite(folder / "rgb.tif", made, photometric="rgb")
    return Sample(folder / "rgb.tif", [[made.transpose(2, 0, 1)[None, :, None]]])


def _axes(levels: int) -> dict[str, Any]:
    sets = [
        {"path": str(n), "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1, 2**n, 2**n]}]}
        for n in range(levels)
    ]
    return {"axes": [{"name": name} for name in "tczyx"], "datasets": sets, "name": "cells"}


def _zarr(folder: Path, spec: dict[str, Any], made: Array) -> None:
    store = {"kvstore": {"driver": "file", "path": str(folder)}, **spec}
    tensorstore.open(store, create=True, dtype=made.dtype, shape=made.shape).result().write(made).result()


def zarr4(folder: Path, dtype: str) -> Sample:
    """OME-Zarr 0.4 with two levels."""
    root, levels = folder / "cells.ome.zarr", [bits(SHAPE, dtype), bits((2, 3, 2, 18, 26), dtype, 2)]
    packed = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}
    chunks = {"chunks": [1, 1, 2, 16, 20], "dimension_separator": "/", "compressor": packed}
    for number, level in enumerate(levels):
        _zarr(root / str(number), {"driver": "zarr", "metadata": chunks}, level)
    (root / ".zattrs").write_text(json.dumps({"multiscales": [{"version": "0.4", **_axes(2)}]}))
    return Sample(root, [levels])


def zarr5(folder: Path, dtype: str) -> Sample:
    """OME-Zarr 0.5 with chunks in shards."""
    root, made = folder / "cells.ome.zarr", bits(SHAPE, dtype)
    number: dict[str, Any] = (
        {"name": "bytes", "configuration": {"endian": "little"}} if made.itemsize > 1 else {"name": "bytes"}
    )
    inner = {"chunk_shape": [1, 1, 1, 16, 32], "codecs": [number, {"name": "zstd", "configuration": {"level": 1}}]}
    outer = {"name": "regular", "configuration": {"chunk_shape": [1, 1, 1, 32, 64]}}
    metadata = {"chunk_grid": outer, "codecs": [{"name": "sharding_indexed", "configuration": inner}]}
    _zarr(root / "0", {"driver": "zarr3", "metadata": metadata}, made)
    attributes = {"ome": {"version": "0.5", "multiscales": [_axes(1)]}}
    (root / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}))
    return Sample(root, [[made]])


def png(folder: Path, dtype: str) -> Sample:
    """Grey, 8 or 16 bits."""
    made = bits((20, 30), dtype)
    Image.fromarray(made).save(folder / "grey.png")
    return Sample(folder / "grey.png", [[made[None, None, None]]])


def picture(folder: Path, suffix: str) -> Sample:
    """Colour as Pillow reads it."""
    path = folder / f"color.{suffix}"
    y, x = np.mgrid[0:60, 0:80]
    made = np.stack([x * 3, y * 4, x + y], axis=-1).astype(np.uint8)
    Image.fromarray(made).save(path)
    found = np.asarray(Image.open(path).convert("RGB"))
    return Sample(path, [[found.transpose(2, 0, 1)[None, :, None]]], tolerance=1 if suffix == "jpg" else 0)


def fake(folder: Path, kind: str) -> Sample:
    """A file that says all in its name: a ramp along x, the numbers of the plane in squares at its top."""
    path = folder / f"ramp&sizeX=60&sizeY=25&sizeZ=2&sizeC=3&sizeT=2&pixelType={kind}.fake"
    path.touch()
    dtype = {"float": "float32", "double": "float64", "bit": "uint8"}.get(kind, kind)
    most = 2 if kind == "bit" else 2**16 if kind in ("float", "double", "int32", "uint32") else np.iinfo(dtype).max + 1
    made = np.empty((2, 3, 2, 25, 60), dtype)
    made[:] = np.arange(60) % most
    for t, c, z in np.ndindex(2, 3, 2):
        for place, value in enumerate((0, (t * 3 + c) * 2 + z, z, c, t)):
            made[t, c, z, :10, place * 10 : place * 10 + 10] = value % most
    return Sample(path, [[made]])


CASES: dict[str, tuple[Callable[[Path, str], Sample], tuple[str, ...]]] = {
    "tiff": (plain, TYPES),
    "ome-tiff": (ome, TYPES),
    "bigtiff": (big, TYPES),
    "imagej": (imagej, ("uint8", "uint16", "float32")),
    "subifds": (pyramid, TYPES),
    "series": (series, ("uint16",)),
    "files": (files, TYPES),
    "stk": (stk, ("uint8", "uint16")),
    "lsm": (lsm, ("uint8", "uint16")),
    "svs": (svs, ("uint8",)),
    "channels": (channels, ("uint8", "uint16")),
    "rgb": (rgb, ("uint8", "uint16")),
    "zarr-0.4": (zarr4, TYPES),
    "zarr-0.5": (zarr5, TYPES),
    "png": (png, ("uint8", "uint16")),
    "picture": (picture, ("png", "jpg")),
    "fake": (fake, ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double", "bit")),
}
"""What writes a sample, and of which types."""
