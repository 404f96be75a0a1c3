"""Files of microscope makers as the tests need them: by the makers' libraries, or byte by byte."""

from __future__ import annotations

import json
import resource
import struct
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from pylibCZIrw import czi

from omeropyr.embedded.pixels.reader import ReaderError, open_reader


def write_czi(path: Path, planes: Mapping[tuple[int, int, int, int], np.ndarray], **metadata: Any) -> Path:
    """A CZI with a plane ``(h, w)`` or ``(h, w, 3)`` for each (scene, z, c, t), scenes side by side."""
    with czi.create_czi(str(path)) as file:
        for (scene, z, c, t), plane in planes.items():
            file.write(plane, plane={"Z": z, "C": c, "T": t}, scene=scene, location=(100 + 5000 * scene, -20))
        file.write_metadata(**metadata)
    return path


def with_level(path: Path, full: np.ndarray, small: np.ndarray, scale: int) -> Path:
    """A CZI of one plane with a second resolution level; pylibCZIrw writes none, so its size is written over."""
    height, width = small.shape
    with czi.create_czi(str(path)) as file:
        file.write(full)
        file.write(small)
        file.write_metadata()
    data = path.read_bytes()
    for axis, size in ((b"X", width), (b"Y", height)):
        entry = axis + bytes(3) + struct.pack("<iifi", 0, size, 0.0, size)
        assert data.count(entry) == 2  # in the directory, and before the pixels
        data = data.replace(entry, axis + bytes(3) + struct.pack("<iifi", 0, size * scale, 0.0, size))
    path.write_bytes(data)
    return path


def lif_image(name: str, block: str, axes: Sequence[tuple[int, int, float, str, int]], channels: Sequence[str]) -> str:
    """The description of an image: axes as (kind, size, length, unit, bytes to the next), ready-made channels."""
    described = "".join(
        f'<DimensionDescription DimID="{kind}" NumberOfElements="{size}" Origin="0" Length="{length}" Unit="{unit}"'
        f' BitInc="0" BytesInc="{step}"/>'
        for kind, size, length, unit, step in axes
    )
    return (
        f'<Element Name="{name}"><Data><Image><ImageDescription><Channels>{"".join(channels)}</Channels>'
        f"<Dimensions>{described}</Dimensions></ImageDescription></Image></Data>"
        f'<Memory Size="0" MemoryBlockID="{block}"/></Element>'
    )


def lif_channel(step: int, lut: str = "Gray", *, bits: int = 16, tag: int = 0) -> str:
    """The description of a channel that begins *step* bytes behind the first."""
    return (
        f'<ChannelDescription DataType="0" ChannelTag="{tag}" Resolution="{bits}" NameOfMeasuredQuantity="" Min="0"'
        f' Max="1" Unit="" LUTName="{lut}" IsLUTInverted="0" BytesInc="{step}" BitInc="0"/>'
    )


def write_lif(path: Path, images: Sequence[str], blocks: Mapping[str, bytes], *, head: str = "") -> Path:
    """A LIF of version 2: the description in UTF-16, then a block of memory for each image."""
    inside = "".join(images)
    xml = f'{head}<LMSDataContainerHeader Version="2"><Element Name="all"><Children>{inside}</Children></Element>'
    text = f"{xml}</LMSDataContainerHeader>".encode("utf-16-le")
    made = [struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(text) // 2) + text]
    for name, data in blocks.items():
        own = name.encode("utf-16-le")
        made.append(struct.pack("<IIBQBI", 0x70, 14 + len(own), 0x2A, len(data), 0x2A, len(name)) + own + data)
    path.write_bytes(b"".join(made))
    return path


def _variant(name: str, value: Any) -> str:
    """A value of ND2's XML: its type stands in ``runtype``."""
    if isinstance(value, Mapping):
        return f'<{name} runtype="CLxListVariant">{"".join(_variant(*one) for one in value.items())}</{name}>'
    kinds = {bool: "bool", int: "lx_uint32", float: "double", str: "CLxStringW"}
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'<{name} runtype="{kinds[type(value)]}" value="{text}"/>'


def write_nd2(
    path: Path, frames: Sequence[np.ndarray], loops: Sequence[Mapping[str, Any]], names: Sequence[str], *, packed: bool
) -> Path:
    """An ND2 of version 2 with *frames* ``(Y, X, C) uint16``, loops from the outermost, channels of those names."""
    height, width, channels = frames[0].shape
    attributes = {
        "uiWidth": width, "uiWidthBytes": width * 2 * channels, "uiHeight": height, "uiComp": channels,
        "uiBpcInMemory": 16, "uiBpcSignificant": 12, "uiSequenceCount": len(frames),
        "uiTileWidth": width, "uiTileHeight": height, "eCompression": 0 if packed else 2, "dCompressionParam": 1.0,
    }  # fmt: skip
    probe = {"m_EmissionSpectrum": {"pPoint": {"Point0": {"eType": 4, "dWavelength": 461.0, "dTValue": 1.0}}}}
    probe |= {"m_ExcitationSpectrum": {"pPoint": {"Point0": {"eType": 4, "dWavelength": 358.0, "dTValue": 1.0}}}}
    planes = {
        f"a{place}": {"uiCompCount": 1, "sDescription": name, "uiColor": 0xFF0000, "pFluorescentProbe": probe}
        for place, name in enumerate(names)
    }
    picture = {"bCalibrated": True, "dCalibration": 0.25, "sPicturePlanes": {"uiCount": channels, "sPlaneNew": planes}}
    experiment: dict[str, Any] = {}
    for loop in reversed(loops):
        experiment = {**loop, "ppNextLevelEx": {"a0": experiment}} if experiment else dict(loop)
    chunks = {
        "ImageAttributes!": _variant("variant", {"no_name": attributes}).encode(),
        "ImageMetadataSeq|0!": _variant("variant", {"no_name": picture}).encode(),
        "ImageTextInfo!": _variant("variant", {"no_name": {"TextInfoItem_5": "a field of cells"}}).encode(),
    }
    if experiment:
        chunks["ImageMetadata!"] = _variant("variant", {"no_name": experiment}).encode()
    for number, frame in enumerate(frames):
        data = frame.astype("<u2").tobytes()
        chunks[f"ImageDataSeq|{number}!"] = bytes(8) + (zlib.compress(data) if packed else data)
    made = _nd2_chunk(b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver2.1".ljust(64, b"\0"), 32)
    places = b""
    for name, data in chunks.items():
        places += name.encode() + struct.pack("<QQ", len(made), len(data))
        # The pixels begin 4,096 bytes behind the start of their chunk: 16 of head, the name, 8 of time.
        made += _nd2_chunk(name.encode(), data, 4096 - 16 - 8)
    end = struct.pack("<32sQ", b"ND2 CHUNK MAP SIGNATURE 0000001!", len(made))
    path.write_bytes(made + _nd2_chunk(b"ND2 FILEMAP SIGNATURE NAME 0001!", places + end, 32) + end)
    return path


def _nd2_chunk(name: bytes, data: bytes, room: int) -> bytes:
    return struct.pack("<IIQ", 0x0ABECEDA, room, len(data)) + name.ljust(room, b"\0") + data


def read_all(path: Path) -> None:
    """Read every plane of every level."""
    with closing(open_reader([path])) as reader:
        for number, series in enumerate(reader.series):
            for z, c, t in np.ndindex(min(series.size_z, 3), min(series.size_c, 3), min(series.size_t, 3)):
                for level, (width, height) in enumerate(series.levels):
                    reader.read_tile(number, level, z, c, t, 0, 0, min(width, 512), min(height, 512))


def change_and_read(path: Path, times: int) -> tuple[int, int, float, int]:
    """How many of *times* changed copies were read and refused, the longest seconds, the bytes they added."""
    data, random = path.read_bytes(), np.random.default_rng(7)
    changed = path.with_name(f"changed{path.suffix}")
    read, lines, slowest = 0, 0, 0.0
    read_all(path)  # libraries are loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for turn in range(times):
        copy = bytearray(data)
        # Headers and directories are where it matters; half of the changes go to the first and last kilobyte.
        for _ in range(int(random.integers(1, 12))):
            near = int(random.integers(0, min(1024, len(copy))))
            place = (near, len(copy) - 1 - near, int(random.integers(0, len(copy))))[int(random.integers(0, 3))]
            copy[place] = int(random.choice([0, 1, 0x7F, 0x80, 0xFF, int(random.integers(0, 256))]))
        if turn % 20 == 0:
            start = int(random.integers(0, len(copy)))
            copy[start : start + 400] = bytes(len(copy[start : start + 400]))
        changed.write_bytes(copy)
        started = time.monotonic()
        try:
            read_all(changed)
            read += 1
        except ReaderError as error:
            lines = max(lines, str(error).count("\n") + 1)
        slowest = max(slowest, time.monotonic() - started)
    assert lines == 1
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return read, times - read, slowest, added


if __name__ == "__main__":
    print(json.dumps(change_and_read(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201
