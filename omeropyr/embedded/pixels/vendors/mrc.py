"""MRC and CCP4 maps of electron microscopy, by mrcfile. Rows come bottom up in these files; images top down."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ReaderError, Series, check_sizes, pixels_type
from omeropyr.embedded.pixels.vendors.base import BLOCK, Array, VendorReader, library, line

MARK = (208, b"MAP ")
"""Where MRC2014 files say what they are."""

_ANGSTROM = 1e-4  # micrometres
_MODES = {0: np.int8, 1: np.int16, 2: np.float32, 6: np.uint16, 12: np.float16}


class MrcReader(VendorReader):
    """A map: sections are focal planes, volumes of a stack of volumes time points."""

    format = "MRC"

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        super().__init__(path, cache)
        made = library("mrcfile", "MRC")
        self._header(made, path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                file = made.mmap(path, mode="r", permissive=True)
        except Exception as error:
            raise ReaderError(f"not a readable MRC: {line(error)}") from error
        self._hold(file.close)
        if file.data is None:
            raise ReaderError("the MRC is shorter than its header says")
        volumes = (
            file.data if file.data.ndim == 4 else file.data[None] if file.data.ndim == 3 else file.data[None, None]
        )
        self._volumes: Array = volumes
        size_t, size_z, size_y, size_x = volumes.shape
        check_sizes(size_x, size_y, size_z, 1, size_t)
        dtype = np.dtype(np.float32) if volumes.dtype.itemsize == 2 and volumes.dtype.kind == "f" else volumes.dtype
        known = [_step(file.header, axis) for axis in "xyz"]
        labels = [one for one in file.get_labels() if one] if 0 <= int(file.header.nlabl) <= 10 else []
        self.series = (
            Series(
                0, path.name, size_x, size_y, size_z, 1, size_t, pixels_type(dtype),
                levels=((size_x, size_y),), tile_size=(BLOCK, BLOCK),
                physical_size_x=known[0], physical_size_y=known[1], physical_size_z=known[2] if size_z > 1 else None,
                description="\n".join(labels) or None, metadata=_metadata(file.header),
            ),
        )  # fmt: skip

    @staticmethod
    def _header(made: Any, path: Path) -> None:
        """Refuse what no image has before anything is mapped."""
        try:
            with path.open("rb") as stream:
                data = stream.read(1024)
            header = np.frombuffer(data, made.dtypes.HEADER_DTYPE)[0]
            if header["machst"][0] == 0x11:  # big-endian
                header = np.frombuffer(data, made.dtypes.HEADER_DTYPE.newbyteorder(">"))[0]
        except (OSError, ValueError, IndexError) as error:
            raise ReaderError(f"not a readable MRC: {line(error)}") from error
        if int(header["mode"]) not in _MODES:
            raise ReaderError(f"MRC pixels of mode {int(header['mode'])} are not supported")
        check_sizes(int(header["nx"]), int(header["ny"]), int(header["nz"]))

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        bottom = self.series[0].size_y - y - h
        return self._volumes[t, z, bottom : bottom + h, x : x + w][::-1]


def _step(header: Any, axis: str) -> float | None:
    """Micrometres from one pixel to the next: the cell's side by its number of intervals."""
    side, count = float(header.cella[axis]), int(header[f"m{axis}"])
    known = count > 0 and np.isfinite(side) and side > 0
    return float(f"{side / count * _ANGSTROM:.6g}") if known else None


def _metadata(header: Any) -> tuple[tuple[str, str], ...]:
    """The numbers of the header, by the names that MRC2014 gives them."""
    names = ("mode", "mx", "my", "mz", "ispg", "dmin", "dmax", "dmean", "rms", "nversion")
    cell = [(f"cell {axis} (angstrom)", str(header.cella[axis].item())) for axis in "xyz"]
    return tuple((name, str(header[name].item())) for name in names) + tuple(cell)
