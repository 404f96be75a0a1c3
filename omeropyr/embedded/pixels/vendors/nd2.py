"""Nikon ND2 by the library nd2: stage positions become series."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, pixels_type
from omeropyr.embedded.pixels.vendors.base import BLOCK, Array, VendorReader, library, line

MAGIC = b"\xda\xce\xbe\x0a"
LEGACY = b"\x00\x00\x00\x0cjP  "
"""How files of before 2007 begin: as JPEG 2000 does."""

_log = logging.getLogger(__name__)
_MAX_POSITIONS = 20_000


class Nd2Reader(VendorReader):
    """An ND2 file; the channels of a frame lie pixel by pixel and are read together."""

    format = "ND2"

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        super().__init__(path, cache)
        made = library("nd2", "ND2")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._file = made.ND2File(path)
                self._hold(self._file.close)
                self._describe(path.name)
        except ReaderError:
            raise
        except Exception as error:
            raise ReaderError(f"not a readable ND2: {line(error)}") from error

    def _describe(self, name: str) -> None:
        file = self._file
        told = file.attributes
        self._packed = told.compressionType not in (None, "none")
        sizes = {"P": 1, "T": 1, "Z": 1, "C": 1, "S": 1} | dict(file.sizes)
        for axis in sorted(set(sizes) - set("PTZCSYX")):
            raise ReaderError(f"an ND2 with {sizes[axis]} images along the loop {axis} is not supported")
        self._channels, self._components = sizes["C"], sizes["S"]
        size_c = self._channels * self._components
        check_sizes(sizes.get("X", 1), sizes.get("Y", 1), sizes["Z"], size_c, sizes["T"])
        if sizes["P"] > _MAX_POSITIONS:
            raise ReaderError(f"the ND2 has more than {_MAX_POSITIONS} positions")
        self._frames = self._places(sizes)
        width, height = sizes.get("X", 1), sizes.get("Y", 1)
        metadata = self._metadata()
        size_x, size_y, size_z = _voxel(metadata)
        increment = _increment(file.experiment)
        self.series = tuple(
            Series(
                index, name if sizes["P"] == 1 else f"Position {index + 1}",
                width, height, sizes["Z"], size_c, sizes["T"], pixels_type(file.dtype),
                channels=_channels(metadata, self._components), levels=((width, height),),
                tile_size=(min(width, BLOCK), min(height, BLOCK)), rgb=self._components == 3 and self._channels == 1,
                significant_bits=told.bitsPerComponentSignificant,
                physical_size_x=size_x, physical_size_y=size_y, physical_size_z=size_z, time_increment=increment,
                description=file.text_info.get("description") or None,
                metadata=tuple((str(key), str(value)[:1000]) for key, value in file.text_info.items()),
            )
            for index in range(sizes["P"])
        )  # fmt: skip

    def _metadata(self) -> Any:
        """What is said of channels and sizes; nothing where the library stumbles over it: the pixels are there."""
        try:
            return self._file.metadata
        except Exception as error:  # noqa: BLE001 # whatever it is, it is said
            _log.warning("the metadata of %s cannot be read: %s", self._path.name, line(error))
            return None

    def _places(self, sizes: Mapping[str, int]) -> dict[tuple[int, int, int], int]:
        """The number of the frame of each (position, time, focal plane)."""
        if sizes["P"] * sizes["T"] * sizes["Z"] == 1:
            return {(0, 0, 0): 0}
        found = {}
        for number, at in enumerate(self._file.loop_indices):
            found[at.get("P", 0), at.get("T", 0), at.get("Z", 0)] = number
        return found

    def _samples(self, series: Series) -> int:
        return series.size_c

    def _block(self, series: Series, level: int) -> tuple[int, int]:
        # A frame that is packed is unpacked as a whole; of others only what is looked at is read.
        return (series.size_x, series.size_y) if self._packed else (BLOCK, BLOCK)

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        found = self.series[series]
        frame: Array = self._file.read_frame(self._frames[series, t, z])
        shaped = frame.reshape(self._channels, found.size_y, found.size_x, self._components)
        window = shaped[:, y : y + h, x : x + w, :]
        ordered: Array = window.transpose(1, 2, 0, 3).reshape(h, w, found.size_c)
        return ordered


def _channels(metadata: Any, components: int) -> tuple[ChannelInfo, ...]:
    if components > 1:
        return ()
    made = []
    for one in getattr(metadata, "channels", None) or ():
        told = one.channel
        made.append(
            ChannelInfo(
                told.name or None,
                (told.color.r, told.color.g, told.color.b, 255) if told.color else None,
                _positive(told.emissionLambdaNm),
                _positive(told.excitationLambdaNm),
            )
        )
    return tuple(made)


def _voxel(metadata: Any) -> tuple[float | None, float | None, float | None]:
    """Micrometres in x, y and z, of the axes that are calibrated."""
    for one in getattr(metadata, "channels", None) or ():
        sizes, known = one.volume.axesCalibration, one.volume.axesCalibrated
        x, y, z = (_positive(size) if sure else None for size, sure in zip(sizes, known, strict=True))
        return x, y, z
    return None, None, None


def _increment(loops: Any) -> float | None:
    """Seconds from one time point to the next, where the experiment has one period."""
    for loop in loops:
        period = getattr(loop.parameters, "periodMs", None)
        if loop.type == "TimeLoop" and period:
            return _positive(period / 1000)
    return None


def _positive(value: float | None) -> float | None:
    return float(value) if value is not None and value > 0 else None
