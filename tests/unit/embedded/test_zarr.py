"""OME-Zarr as tensorstore writes it, version 2 and 3: pixels come back bit for bit, and hostile folders do not."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tensorstore

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.checksum import crc32c
from omeropyr.embedded.pixels.omezarr import OmeZarrReader
from omeropyr.embedded.pixels.reader import ReaderError, open_reader

AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "nanometer"},
    {"name": "x", "type": "space", "unit": "nanometer"},
]
V2_PACKED: dict[str, dict[str, Any]] = {
    "raw": {"compressor": None},
    "blosc": {"compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}},
    "zlib": {"compressor": {"id": "zlib", "level": 1}},
    "zstd": {"compressor": {"id": "zstd", "level": 1}},
    "bz2": {"compressor": {"id": "bz2", "level": 1}},
    "dots": {"compressor": None, "dimension_separator": "."},
    "fortran": {"compressor": None, "order": "F"},
}
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
V3_PACKED: dict[str, list[dict[str, Any]]] = {
    "raw": [BYTES],
    "big": [{"name": "bytes", "configuration": {"endian": "big"}}],
    "gzip": [BYTES, {"name": "gzip", "configuration": {"level": 1}}],
    "zstd": [BYTES, {"name": "zstd", "configuration": {"level": 1}}],
    "blosc": [BYTES, {"name": "blosc", "configuration": {"cname": "zstd", "clevel": 3, "shuffle": "bitshuffle"}}],
    "checked": [BYTES, {"name": "crc32c"}],
    "transposed": [{"name": "transpose", "configuration": {"order": [0, 1, 2, 4, 3]}}, BYTES],
}


def pixels(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    random = np.random.default_rng(7)
    return (random.random(shape) * 60000).astype(dtype)


def write(folder: Path, data: np.ndarray, spec: dict[str, Any]) -> None:
    store = {"kvstore": {"driver": "file", "path": str(folder)}, **spec}
    array = tensorstore.open(store, create=True, dtype=data.dtype, shape=data.shape).result()
    array.write(data).result()


def v2(folder: Path, data: np.ndarray, chunks: list[int], **metadata: Any) -> None:
    write(folder, data, {"driver": "zarr", "metadata": {"chunks": chunks, "dimension_separator": "/", **metadata}})


def v3(folder: Path, data: np.ndarray, chunks: list[int], codecs: list[dict[str, Any]]) -> None:
    grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
    write(folder, data, {"driver": "zarr3", "metadata": {"chunk_grid": grid, "codecs": codecs}})


def described(levels: int, axes: list[dict[str, Any]] = AXES, scale: tuple[float, ...] = (2, 1, 0.5, 250, 125)) -> Any:
    sets = []
    for level in range(levels):
        steps = [*scale[:-2], scale[-2] * 2**level, scale[-1] * 2**level][-len(axes) :]
        sets.append({"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": steps}]})
    return {"axes": axes, "datasets": sets, "name": "cells"}


def v04(folder: Path, levels: int = 1, **more: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    (folder / ".zattrs").write_text(json.dumps({"multiscales": [{"version": "0.4", **described(levels)}], **more}))


def v05(folder: Path, levels: int = 1, **more: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ome = {"version": "0.5", "multiscales": [described(levels)], **more}
    (folder / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}))


def same(reader: Any, data: np.ndarray, series: int = 0) -> None:
    """Every plane of ``(T, C, Z, Y, X)`` data, whole and in windows over the borders of chunks."""
    height, width = data.shape[-2:]
    for t, c, z in np.ndindex(data.shape[:3]):
        for x, y, w, h in ((0, 0, width, height), (width - 1, height - 1, 1, 1), (15, 17, width // 2, height // 2)):
            found = reader.read_tile(series, 0, z, c, t, x, y, w, h)
            assert found.dtype == data.dtype
            np.testing.assert_array_equal(found, data[t, c, z, y : y + h, x : x + w])


@pytest.mark.parametrize("packed", V2_PACKED)
def test_version_04(tmp_path: Path, packed: str) -> None:
    data = pixels((2, 2, 3, 70, 90))
    v2(tmp_path / "a.zarr" / "0", data, [1, 1, 2, 32, 32], **V2_PACKED[packed])
    v04(tmp_path / "a.zarr")
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        same(reader, data)


@pytest.mark.parametrize("packed", V3_PACKED)
def test_version_05(tmp_path: Path, packed: str) -> None:
    data = pixels((2, 1, 2, 70, 90))
    v3(tmp_path / "a.zarr" / "0", data, [1, 1, 1, 32, 48], V3_PACKED[packed])
    v05(tmp_path / "a.zarr")
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        same(reader, data)


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards(tmp_path: Path, location: str) -> None:
    data = pixels((1, 2, 2, 130, 100))
    data[0, 1, 0, :64, :64] = 0  # a shard without some of its chunks, and one that is not written at all
    inner = {"chunk_shape": [1, 1, 1, 32, 32], "codecs": [BYTES, V3_PACKED["zstd"][1]], "index_location": location}
    inner["index_codecs"] = [BYTES, {"name": "crc32c"}]
    shards = [{"name": "sharding_indexed", "configuration": inner}]
    v3(tmp_path / "a.zarr" / "0", data, [1, 1, 2, 64, 64], shards)
    v05(tmp_path / "a.zarr")
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        assert reader.series[0].tile_size == (32, 32)
        same(reader, data)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_pixel_types(tmp_path: Path, dtype: str) -> None:
    data = pixels((1, 1, 1, 40, 50), dtype)
    v2(tmp_path / "a.zarr" / "0", data, [1, 1, 1, 16, 16], **V2_PACKED["blosc"])
    v04(tmp_path / "a.zarr")
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        assert reader.series[0].pixels_type == {"float32": "float", "float64": "double"}.get(dtype, dtype)
        same(reader, data)


def test_levels_sizes_channels_and_units(tmp_path: Path) -> None:
    full = pixels((3, 2, 4, 64, 80))
    for level in range(3):
        v2(tmp_path / "a.zarr" / str(level), full[..., :: 2**level, :: 2**level], [1, 1, 1, 32, 32])
    channels = [{"label": "DAPI", "color": "0000FF"}, {"label": "GFP", "color": "00ff00"}]
    v04(tmp_path / "a.zarr", 3, omero={"channels": channels})
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        series = reader.series[0]
        np.testing.assert_array_equal(reader.read_tile(0, 2, 3, 1, 2, 5, 2, 10, 8), full[2, 1, 3, ::4, ::4][2:10, 5:15])
    assert reader.format == "OMEZarr"
    assert series.levels == ((80, 64), (40, 32), (20, 16))
    assert (series.size_x, series.size_y, series.size_z, series.size_c, series.size_t) == (80, 64, 4, 2, 3)
    assert [(channel.name, channel.color) for channel in series.channels] == [
        ("DAPI", (0, 0, 255, 255)),
        ("GFP", (0, 255, 0, 255)),
    ]
    assert (series.physical_size_x, series.physical_size_y, series.physical_size_z) == (0.125, 0.25, 0.5)
    assert (series.time_increment, series.name) == (2.0, "cells")


def test_an_image_of_two_axes(tmp_path: Path) -> None:
    data = pixels((40, 50), "uint8")
    v2(tmp_path / "a.zarr" / "0", data, [16, 16])
    (tmp_path / "a.zarr" / ".zattrs").write_text(json.dumps({"multiscales": [described(1, AXES[-2:])]}))
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        np.testing.assert_array_equal(reader.read_tile(0, 0, 0, 0, 0, 0, 0, 50, 40), data)


def test_a_chunk_that_was_never_written_is_the_fill_value(tmp_path: Path) -> None:
    data = np.full((1, 1, 1, 64, 64), 7, np.uint16)
    data[..., :32, :32] = 9
    v2(tmp_path / "a.zarr" / "0", data, [1, 1, 1, 32, 32], fill_value=7, dtype="<u2")
    assert len([path for path in (tmp_path / "a.zarr" / "0").rglob("*") if path.is_file()]) == 2  # .zarray, one chunk
    v04(tmp_path / "a.zarr")
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        same(reader, data)


def test_several_images_in_a_folder(tmp_path: Path) -> None:
    data = [pixels((1, 1, 1, 40 + n, 50)) for n in range(2)]
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / ".zattrs").write_text(json.dumps({"bioformats2raw.layout": 3}))
    for number, one in enumerate(data):
        v2(tmp_path / "a.zarr" / str(number) / "0", one, [1, 1, 1, 32, 32])
        v04(tmp_path / "a.zarr" / str(number))
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        assert [series.size_y for series in reader.series] == [40, 41]
        for number, one in enumerate(data):
            same(reader, one, number)


def test_a_plate(tmp_path: Path) -> None:
    root = tmp_path / "p.zarr"
    wells = [{"path": "B/2", "rowIndex": 1, "columnIndex": 1}, {"path": "A/1", "rowIndex": 0, "columnIndex": 0}]
    root.mkdir()
    (root / ".zattrs").write_text(json.dumps({"plate": {"wells": wells}}))
    data = {}
    for number, well in enumerate(("A/1", "B/2")):
        (root / well).mkdir(parents=True)
        (root / well / ".zattrs").write_text(json.dumps({"well": {"images": [{"path": "0"}, {"path": "1"}]}}))
        for field in range(2):
            data[number * 2 + field] = one = pixels((1, 1, 1, 40, 50)) + np.uint16(number * 10 + field)
            v2(root / well / str(field) / "0", one, [1, 1, 1, 32, 32])
            v04(root / well / str(field))
    with closing(OmeZarrReader(root, ChunkCache(2**20))) as reader:
        assert [(one.well, one.field) for one in reader.well_positions] == [("A1", 0), ("A1", 1), ("B2", 0), ("B2", 1)]
        for number, one in data.items():
            same(reader, one, number)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"datasets": [{"path": "../../outside"}]}, "outside of its folder"),
        ({"datasets": [{"path": "/etc"}]}, "outside of its folder"),
        ({"datasets": [{"path": "link"}]}, "outside of its folder"),
        ({"datasets": [{"path": "gone"}]}, "there is no Zarr array gone"),
        ({"datasets": []}, "described wrongly"),
        ({"datasets": 7}, "described wrongly"),
        ({"axes": ["x", "y", "z", "c", "t"]}, "axes 'xyzct'"),
        ({"axes": [{"name": "q"}]}, "axes 'q'"),
    ],
    ids=str,
)
def test_a_hostile_group_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    v2(tmp_path / "a.zarr" / "0", pixels((1, 1, 1, 8, 8)), [1, 1, 1, 8, 8])
    v2(tmp_path / "outside", pixels((1, 1, 1, 8, 8)), [1, 1, 1, 8, 8])
    (tmp_path / "a.zarr" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "a.zarr" / ".zattrs").write_text(json.dumps({"multiscales": [{**described(1), **change}]}))
    with pytest.raises(ReaderError, match=words):
        open_reader([tmp_path / "a.zarr"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": [1, 1, 1, 10**9, 10**9]}, "claims 1000000000 x 1000000000"),
        ({"chunks": [1, 1, 1, 10**6, 10**6]}, "chunks of"),
        ({"dtype": "|O"}, "object"),
        ({"dtype": "<i8"}, "int64"),
        ({"compressor": {"id": "pickle"}}, "'pickle'"),
        ({"dimension_separator": "/../../"}, "chunk names"),
        ({"shape": [0, 1, 1, 8, 8]}, "not an image"),
    ],
    ids=str,
)
def test_a_hostile_array_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    v2(tmp_path / "a.zarr" / "0", pixels((1, 1, 1, 8, 8)), [1, 1, 1, 8, 8])
    v04(tmp_path / "a.zarr")
    path = tmp_path / "a.zarr" / "0" / ".zarray"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ReaderError, match=words):
        open_reader([tmp_path / "a.zarr"])


def test_a_damaged_chunk_is_an_error_of_that_tile(tmp_path: Path) -> None:
    data = pixels((1, 1, 1, 64, 64))
    v2(tmp_path / "a.zarr" / "0", data, [1, 1, 1, 32, 32], **V2_PACKED["blosc"])
    v04(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "0" / "0" / "0" / "0" / "0" / "0").write_bytes(b"nonsense")
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        with pytest.raises(ReaderError, match="cannot be decoded"):
            reader.read_tile(0, 0, 0, 0, 0, 0, 0, 8, 8)
        np.testing.assert_array_equal(reader.read_tile(0, 0, 0, 0, 0, 40, 40, 8, 8), data[0, 0, 0, 40:48, 40:48])


@pytest.mark.parametrize("name", ["blosc", "zstd", "gzip", "zlib", "lz4"])
def test_a_chunk_that_would_become_much_larger_takes_no_memory(tmp_path: Path, name: str) -> None:
    huge = bytes(2**26)
    packed = {
        "blosc": imagecodecs.blosc_encode, "zstd": imagecodecs.zstd_encode, "gzip": imagecodecs.gzip_encode,
        "zlib": imagecodecs.zlib_encode, "lz4": lambda data: imagecodecs.lz4_encode(data, header=True),
    }  # fmt: skip
    data = pixels((1, 1, 1, 64, 64))
    v2(tmp_path / "a.zarr" / "0", data, [1, 1, 1, 32, 32])
    v04(tmp_path / "a.zarr")
    meta = tmp_path / "a.zarr" / "0" / ".zarray"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "compressor": {"id": name}}))
    (tmp_path / "a.zarr" / "0" / "0" / "0" / "0" / "0" / "0").write_bytes(packed[name](huge))
    with closing(open_reader([tmp_path / "a.zarr"])) as reader:
        tracemalloc.start()
        with pytest.raises(ReaderError, match="cannot be decoded"):
            reader.read_tile(0, 0, 0, 0, 0, 0, 0, 8, 8)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 2**22


def test_the_checksum_of_rfc_3720() -> None:
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
