"""Microscope makers' files: pixels read back equal those written, bit for bit; what the files say is kept.

CZI and MRC come from the makers' own writers; LIF and ND2 are written byte by byte, for want of files of microscopes.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest
import tifffile
from pylibCZIrw import czi

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, Reader, ReaderError, open_reader
from tests.unit.embedded.vendor_files import (
    lif_channel,
    lif_image,
    read_all,
    with_level,
    write_czi,
    write_lif,
    write_nd2,
)

GREEN, BLUE = (0, 255, 0, 255), (0, 0, 255, 255)


def noise(shape: tuple[int, ...], dtype: Any = np.uint16, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return random.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def same(reader: Reader, expected: np.ndarray, series: int = 0, level: int = 0, **plane: int) -> None:
    """The whole plane, and windows within and across blocks, are *expected* ``(h, w)``."""
    height, width = expected.shape
    assert reader.series[series].levels[level] == (width, height)
    z, c, t = (plane.get(axis, 0) for axis in "zct")
    windows = [(0, 0, width, height), (width - 1, height - 1, 1, 1), (width // 3, height // 4, width // 2, height // 2)]
    for x, y, w, h in windows:
        tile = reader.read_tile(series, level, z, c, t, x, y, w, h)
        assert tile.dtype == expected.dtype.newbyteorder("=")
        np.testing.assert_array_equal(tile, expected[y : y + h, x : x + w])


# --- CZI ---


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_czi_planes_of_every_type(tmp_path: Path, dtype: Any) -> None:
    planes = {
        (0, z, c, t): noise((600, 530), dtype, 12 * z + 4 * c + t) for z in range(2) for c in range(2) for t in (0, 1)
    }
    with closing(open_reader([write_czi(tmp_path / "a.czi", planes)])) as reader:
        (series,) = reader.series
        assert (series.size_z, series.size_c, series.size_t, series.name) == (2, 2, 2, "a.czi")
        for (_, z, c, t), plane in planes.items():
            same(reader, plane, z=z, c=c, t=t)


@pytest.mark.parametrize("compression", ["zstd0:ExplicitLevel=3", "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack"])
def test_czi_compressed(tmp_path: Path, compression: str) -> None:
    plane = noise((300, 401))
    with czi.create_czi(str(tmp_path / "a.czi"), compression_options=compression) as file:
        file.write(plane)
    assert (tmp_path / "a.czi").stat().st_size != plane.nbytes
    with closing(open_reader([tmp_path / "a.czi"])) as reader:
        same(reader, plane)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_czi_colour_is_blue_green_red_in_the_file(tmp_path: Path, dtype: Any) -> None:
    picture = noise((550, 620, 3), dtype)
    with closing(open_reader([write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): picture[..., ::-1]})])) as reader:
        assert (reader.series[0].rgb, reader.series[0].size_c) == (True, 3)
        for channel in range(3):
            same(reader, picture[..., channel], c=channel)


def test_czi_scenes_are_series(tmp_path: Path) -> None:
    planes = {(scene, 0, 0, 0): noise((40 + scene, 70 - scene), seed=scene) for scene in range(3)}
    with closing(open_reader([write_czi(tmp_path / "a.czi", planes)])) as reader:
        assert [one.name for one in reader.series] == ["Scene 1", "Scene 2", "Scene 3"]
        for (scene, *_), plane in planes.items():
            same(reader, plane, series=scene)


def test_czi_tiles_of_a_mosaic_are_one_image(tmp_path: Path) -> None:
    whole = noise((900, 1100))
    with czi.create_czi(str(tmp_path / "a.czi")) as file:
        for x in range(0, 1100, 220):
            for y in range(0, 900, 300):
                file.write(whole[y : y + 300, x : x + 220], location=(x - 500, y + 7))
    with closing(open_reader([tmp_path / "a.czi"])) as reader:
        same(reader, whole)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_czi_level_is_the_files_own(tmp_path: Path, scale: int) -> None:
    full, small = noise((300 * scale, 325 * scale)), noise((300, 325), seed=2)
    with closing(open_reader([with_level(tmp_path / "a.czi", full, small, scale)])) as reader:
        assert len(reader.series[0].levels) == 2
        same(reader, full)
        same(reader, small, level=1)


def test_czi_metadata(tmp_path: Path) -> None:
    blue = czi.ChannelDisplaySettingsDataClass(True, czi.TintingMode.Color, czi.Rgb8Color(0, 0, 255), 0.0, 1.0)
    path = write_czi(
        tmp_path / "a.czi",
        {(0, 0, c, 0): noise((20, 30)) for c in range(2)},
        document_name="cells",
        channel_names={0: "DAPI", 1: "GFP"},
        scale_x=1e-7,
        scale_y=2e-7,
        scale_z=5e-7,
        display_settings={0: blue},
    )
    with closing(open_reader([path])) as reader:
        (series,) = reader.series
        assert reader.format == "ZeissCZI"
        assert (series.physical_size_x, series.physical_size_y, series.physical_size_z) == (0.1, 0.2, 0.5)
        assert series.channels == (ChannelInfo("DAPI", BLUE), ChannelInfo("GFP"))
        assert dict(series.metadata)["Information Document Title"] == "cells"


def children() -> list[str]:
    """Processes of ours that read a CZI; those of other tests in this run are none of them."""
    every = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [child for child in every if b"czi" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_czi_is_closed_when_nobody_holds_it(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): noise((20, 30))})
    reader = open_reader([path])
    assert len(children()) == 1
    reader.read_tile(0, 0, 0, 0, 0, 0, 0, 30, 20)
    del reader
    gc.collect()
    assert children() == []
    closed = open_reader([path])
    closed.close()
    closed.close()
    with pytest.raises(ReaderError, match="the file is closed"):
        closed.read_tile(0, 0, 0, 0, 0, 0, 0, 30, 20)


def test_czi_goes_on_when_its_process_has_ended(tmp_path: Path) -> None:
    plane = noise((20, 30))
    with closing(open_reader([write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): plane})])) as reader:
        (child,) = children()
        os.kill(int(child), signal.SIGKILL)
        same(reader, plane)
        assert children() not in ([], [child])


def test_decoded_blocks_stay_in_the_cache_and_go_with_the_reader(tmp_path: Path) -> None:
    path, cache = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): noise((1024, 1024))}), ChunkCache(2**24)
    reader = open_reader([path], cache=cache)
    for _ in range(2):
        reader.read_tile(0, 0, 0, 0, 0, 500, 500, 100, 100)
    assert (cache.misses, cache.hits) == (4, 4)
    assert cache.size >= 4 * 512 * 512 * 2
    reader.close()
    assert cache.size == 0


# --- MRC ---


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint16, np.float32, np.float16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_mrc_volumes_with_rows_bottom_up(tmp_path: Path, dtype: Any, order: str) -> None:
    volume = noise((3, 520, 530), dtype).astype(np.dtype(dtype).newbyteorder(order))
    with mrcfile.new(tmp_path / "a.mrc", volume) as file:
        file.voxel_size = (2.5, 2.5, 10.0)
    with closing(open_reader([tmp_path / "a.mrc"])) as reader:
        (series,) = reader.series
        assert (series.size_z, series.size_t, reader.format) == (3, 1, "MRC")
        assert series.physical_size_x == pytest.approx(2.5e-4, rel=1e-6)
        assert series.physical_size_z == pytest.approx(1e-3, rel=1e-6)
        for z in range(3):
            plane = volume[z, ::-1]
            same(reader, plane.astype(np.float32) if dtype == np.float16 else plane, z=z)


def test_mrc_stack_of_volumes_is_a_time_lapse(tmp_path: Path) -> None:
    stack = noise((2, 3, 20, 30), np.int16)
    with mrcfile.new(tmp_path / "a.mrc", stack):
        pass
    with closing(open_reader([tmp_path / "a.mrc"])) as reader:
        assert (reader.series[0].size_t, reader.series[0].size_z) == (2, 3)
        for t in range(2):
            same(reader, stack[t, 2, ::-1], z=2, t=t)


def test_mrc_of_complex_numbers_is_refused(tmp_path: Path) -> None:
    with mrcfile.new(tmp_path / "a.mrc", np.zeros((20, 30), np.complex64)):
        pass
    with pytest.raises(ReaderError, match="MRC pixels of mode 4 are not supported"):
        open_reader([tmp_path / "a.mrc"])


# --- LIF ---


def lif_stack() -> tuple[str, np.ndarray]:
    planes = noise((2, 3, 2, 40, 50))  # T, Z, C, Y, X
    axes = [(1, 50, 49e-7, "m", 2), (2, 40, 78e-7, "m", 100), (3, 3, 1e-6, "m", 8000), (4, 2, 2.5, "s", 24000)]
    return lif_image("stack", "B0", axes, [lif_channel(0, "Green"), lif_channel(4000, "Blue")]), planes


@pytest.mark.parametrize("tags", [(1, 2, 3), (3, 2, 1)], ids=["rgb", "bgr"])
def test_lif_images_are_series(tmp_path: Path, tags: tuple[int, ...]) -> None:
    stack, planes = lif_stack()
    picture = noise((30, 20, 3), np.uint8)
    samples = [lif_channel(place, bits=8, tag=tag) for place, tag in enumerate(tags)]
    colour = lif_image("colour", "B1", [(1, 20, 19e-6, "m", 3), (2, 30, 29e-6, "m", 60)], samples)
    path = write_lif(tmp_path / "a.lif", [stack, colour], {"B0": planes.tobytes(), "B1": picture.tobytes()})
    with closing(open_reader([path])) as reader:
        first, second = reader.series
        assert (first.name, first.size_z, first.size_c, first.size_t, first.rgb) == ("stack", 3, 2, 2, False)
        assert (first.physical_size_x, first.physical_size_y, first.physical_size_z) == (0.1, 0.2, 0.5)
        assert (first.time_increment, first.channels[0]) == (2.5, ChannelInfo("Green", GREEN))
        assert (second.name, second.size_c, second.rgb, second.pixels_type) == ("colour", 3, True, "uint8")
        for t, z, c in np.ndindex(2, 3, 2):
            same(reader, planes[t, z, c], z=z, c=c, t=t)
        for c in range(3):
            same(reader, picture[..., tags.index(c + 1)], series=1, c=c)


def test_lif_fields_of_a_mosaic_are_series(tmp_path: Path) -> None:
    fields = noise((3, 40, 50))
    axes = [(1, 50, 49e-6, "m", 2), (2, 40, 39e-6, "m", 100), (10, 3, 2, "", 4000)]
    path = write_lif(tmp_path / "a.lif", [lif_image("tiles", "B0", axes, [lif_channel(0)])], {"B0": fields.tobytes()})
    with closing(open_reader([path])) as reader:
        assert [one.name for one in reader.series] == ["tiles field 1", "tiles field 2", "tiles field 3"]
        for number, field in enumerate(fields):
            same(reader, field, series=number)


# --- ND2 ---


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_nd2_positions_are_series(tmp_path: Path, packed: bool) -> None:
    frames = noise((2, 2, 3, 540, 530, 2))  # T, position, Z, Y, X, C
    points = {f"i{number:010}": {"dPosX": 1.0 * number, "dPosY": 2.0, "dPosZ": 0.0} for number in range(2)}
    loops: list[dict[str, Any]] = [
        {"eType": 1, "uLoopPars": {"uiCount": 2, "dStart": 0.0, "dPeriod": 2500.0, "dDuration": 5000.0}},
        {"eType": 2, "uLoopPars": {"uiCount": 2, "bUseZ": False, "Points": points}},
        {"eType": 4, "uLoopPars": {"uiCount": 3, "dZLow": 0.0, "dZHigh": 1.0, "dZStep": 0.5, "dZHome": 0.5}},
    ]
    path = write_nd2(tmp_path / "a.nd2", frames.reshape(-1, 540, 530, 2), loops, ["DAPI", "GFP"], packed=packed)
    with closing(open_reader([path])) as reader:
        assert [one.name for one in reader.series] == ["Position 1", "Position 2"]
        first = reader.series[0]
        assert (first.size_z, first.size_c, first.size_t, first.significant_bits) == (3, 2, 2, 12)
        assert (first.physical_size_x, first.physical_size_z, first.time_increment) == (0.25, 0.5, 2.5)
        assert first.channels[0] == ChannelInfo("DAPI", BLUE, 461.0, 358.0)
        assert first.description == "a field of cells"
        for t, position, z, c in np.ndindex(2, 2, 3, 2):
            same(reader, frames[t, position, z, ..., c], series=position, z=z, c=c, t=t)


def test_nd2_of_one_frame(tmp_path: Path) -> None:
    frame = noise((1, 40, 50, 1))
    with closing(open_reader([write_nd2(tmp_path / "a.nd2", frame, [], ["DIC"], packed=False)])) as reader:
        assert [one.name for one in reader.series] == ["a.nd2"]
        same(reader, frame[0, ..., 0])


# --- slides that are TIFF ---


def test_svs_as_aperio_writes_it(tmp_path: Path) -> None:
    full = noise((1024, 1280, 3), np.uint8)
    small, thumbnail = full[::4, ::4].copy(), full[::8, ::8].copy()
    said = "Aperio Image Library v11\n1280x1024 [0,0 1280x1024] (256x256) JPEG/RGB Q=70|AppMag = 20|MPP = 0.4990"
    options: dict[str, Any] = {"description": said, "metadata": None, "photometric": "rgb"}
    with tifffile.TiffWriter(tmp_path / "a.svs") as file:
        file.write(full, tile=(256, 256), compression="zlib", **options)
        file.write(thumbnail, **options)
        file.write(small, tile=(256, 256), compression="zlib", **options)
    with closing(open_reader([tmp_path / "a.svs"])) as reader:
        slide, second = reader.series
        assert (slide.levels, slide.rgb, slide.physical_size_x) == (((1280, 1024), (320, 256)), True, 0.499)
        assert second.levels == ((160, 128),)
        for c in range(3):
            same(reader, full[..., c], c=c)
            same(reader, small[..., c], level=1, c=c)


def test_qptiff_as_perkin_elmer_writes_it(tmp_path: Path) -> None:
    dyes = noise((4, 512, 640), np.uint8)

    def said(kind: str) -> dict[str, Any]:
        inside = f"<DescriptionVersion>2</DescriptionVersion><ImageType>{kind}</ImageType><Name>dye</Name>"
        xml = f"<PerkinElmer-QPI-ImageDescription>{inside}</PerkinElmer-QPI-ImageDescription>"
        return {"description": xml, "software": "PerkinElmer-QPI", "metadata": None}

    with tifffile.TiffWriter(tmp_path / "a.qptiff") as file:
        for dye in dyes:
            file.write(dye, tile=(256, 256), compression="lzw", **said("FullResolution"))
        file.write(np.zeros((64, 80, 3), np.uint8), photometric="rgb", **said("Thumbnail"))
        for dye in dyes:
            file.write(dye[::2, ::2].copy(), tile=(256, 256), compression="lzw", **said("ReducedResolution"))
    with closing(open_reader([tmp_path / "a.qptiff"])) as reader:
        assert reader.series[0].levels == ((640, 512), (320, 256))
        assert reader.series[0].size_c == 4
        for c, dye in enumerate(dyes):
            same(reader, dye, c=c)
            same(reader, dye[::2, ::2], level=1, c=c)


def test_stk_of_metamorph(tmp_path: Path) -> None:
    """Planes follow each other behind the one that the file's only page describes."""
    planes, path = noise((3, 40, 50)), tmp_path / "a.stk"
    times = [value for plane in range(3) for value in (plane, 1, 2455000, plane * 1000, 2455000, 0)]
    uic = [(33628, 4, 2, (0, 1), True), (33629, 4, 18, times, True)]
    tifffile.imwrite(path, planes.reshape(120, 50), metadata=None, rowsperstrip=120, extratags=uic)
    with tifffile.TiffFile(path) as file:
        at = {tag.code: tag.offset for tag in file.pages[0].tags}
    data = bytearray(path.read_bytes())
    struct.pack_into("<HHI", data, at[33629], 33629, 5, 3)  # six numbers for each plane, said to be rationals
    for code, value in ((257, 40), (278, 40), (279, 4000)):  # height, rows and bytes of the strip
        struct.pack_into("<HHII", data, at[code], code, 4, 1, value)
    path.write_bytes(data)
    with closing(open_reader([path])) as reader:
        assert reader.series[0].size_t == 3
        for t, plane in enumerate(planes):
            same(reader, plane, t=t)


# --- what is wrong ---

SAMPLES = ("czi", "lif", "nd2", "mrc")


def sample(kind: str, folder: Path) -> Path:
    path, plane = folder / f"a.{kind}", noise((40, 50))
    if kind == "czi":
        return write_czi(path, {(0, 0, 0, 0): plane})
    if kind == "nd2":
        return write_nd2(path, [plane[..., None]], [], ["DIC"], packed=False)
    if kind == "lif":
        stack, planes = lif_stack()
        return write_lif(path, [stack], {"B0": planes.tobytes()})
    with mrcfile.new(path, plane):
        pass
    return path


@pytest.mark.parametrize("kind", SAMPLES)
def test_without_the_library_it_says_what_to_install(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sample(kind, tmp_path)
    module = {"czi": "pylibCZIrw", "nd2": "nd2", "lif": "liffile", "mrc": "mrcfile"}[kind]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ReaderError, match=rf"^{kind.upper()} files need `pip install omeropyr\[formats\]`$"):
        open_reader([path])


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.98])
def test_cut_off(tmp_path: Path, kind: str, part: float) -> None:
    path = sample(kind, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: max(300, int(len(data) * part))])
    with pytest.raises(ReaderError) as caught:
        read_all(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "times"),
    [("czi", 30), pytest.param("czi", 200, marks=pytest.mark.long), ("lif", 200), ("nd2", 200), ("mrc", 200)],
)
def test_changed_at_random(tmp_path: Path, kind: str, times: int) -> None:
    """Files with other bytes here and there: each is read or refused in a line, and the process lives on."""
    path = sample(kind, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.embedded.vendor_files", str(path), str(times)],
        cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    read, refused, slowest, memory = json.loads(done.stdout.splitlines()[-1])
    assert read + refused == times
    assert refused > 5
    assert slowest < 5.0
    assert memory < 500 * 2**20


def test_czi_that_ends_the_process_of_its_library(tmp_path: Path) -> None:
    """libCZI 6.1 of the wheels ends by a signal over a compressed block that claims to be terabytes long."""
    path = tmp_path / "a.czi"
    with czi.create_czi(str(path), compression_options="zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack") as file:
        file.write(noise((200, 300)) // 500)
    data = bytearray(path.read_bytes())
    size = data.index(b"DV", data.index(b"ZISRAWSUBBLOCK")) - 8
    data[size + 6] = 0x7F
    path.write_bytes(data)
    with closing(open_reader([path])) as reader:
        with pytest.raises(ReaderError, match="the pixels cannot be read"):
            reader.read_tile(0, 0, 0, 0, 0, 0, 0, 300, 200)
        assert reader.series[0].levels == ((300, 200),)


@pytest.mark.parametrize("head", ["<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!ENTITY b SYSTEM 'file:///etc/hostname'>"])
def test_lif_with_a_document_type_is_refused(tmp_path: Path, head: str) -> None:
    stack, planes = lif_stack()
    with pytest.raises(ReaderError, match="document type declaration are refused"):
        open_reader([write_lif(tmp_path / "a.lif", [stack], {"B0": planes.tobytes()}, head=head)])


def test_czi_with_a_document_type_expands_nothing(tmp_path: Path) -> None:
    head = b"<!DOCTYPE a [<!ENTITY b 'expanded'>]>"
    name = "x" * len(head) + "&b;"
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): noise((20, 30))}, document_name=name)
    data = path.read_bytes().replace(b"x" * len(head), b"").replace(b"&amp;b;", b"&b;    ")
    path.write_bytes(data.replace(b"<ImageDocument>", head + b"<ImageDocument>"))
    with closing(open_reader([path])) as reader:
        assert dict(reader.series[0].metadata)["Information Document Title"] == "&b;"


def test_mrc_of_giant_size_is_refused(tmp_path: Path) -> None:
    path = sample("mrc", tmp_path)
    data = path.read_bytes()
    path.write_bytes(np.array([10**9, 10**9, 1], "<i4").tobytes() + data[12:])
    with pytest.raises(ReaderError, match="the header claims 1000000000 x 1000000000 pixels"):
        open_reader([path])


def test_lif_of_giant_size_is_refused(tmp_path: Path) -> None:
    axes = [(1, 10**6, 1.0, "m", 2), (2, 10**6, 1.0, "m", 2 * 10**6)]
    path = write_lif(tmp_path / "a.lif", [lif_image("giant", "B0", axes, [lif_channel(0)])], {"B0": bytes(100)})
    with pytest.raises(ReaderError, match="giant is shorter than its description says"):
        open_reader([path])
