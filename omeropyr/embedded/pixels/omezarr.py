"""OME-Zarr 0.4 and 0.5: images with resolution levels, several in a folder (bioformats2raw), and plates.

Source: the OME-NGFF specification, versions 0.4 and 0.5 (ngff.openmicroscopy.org). Labels are not images and are left
alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.importer.wells import Position, Run
from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, check_tile, pixels_type
from omeropyr.embedded.pixels.zarr import ZarrArray, open_array, read_json

Array = npt.NDArray[Any]
METADATA = ("zarr.json", ".zattrs")
"""The files that tell a Zarr group, of version 3 and 2."""

MAX_IMAGES = 20_000
_AXES = frozenset("tczyx")
_MICROMETRES = {
    "angstrom": 1e-4, "picometer": 1e-6, "nanometer": 1e-3, "micrometer": 1.0, "millimeter": 1e3, "centimeter": 1e4,
    "meter": 1e6, "inch": 25400.0,
}  # fmt: skip
_SECONDS = {"microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


@dataclass(frozen=True)
class _Image:
    """One image of the folder: its levels, and for each axis before Y which of T, C and Z it is."""

    levels: tuple[ZarrArray, ...]
    leading: str


@dataclass(frozen=True)
class _Found:
    """Where an image lies, what is said of it, and where on a plate it was taken, if on one."""

    folder: Path
    meta: dict[str, Any]
    where: Position | None = None
    run: Run | None = None


class OmeZarrReader:
    """A folder of OME-Zarr. Wells of a plate come row by row, their fields in order."""

    format = "OMEZarr"
    ome_xml: str | None = None

    def __init__(self, root: Path, cache: ChunkCache) -> None:
        self._root = root
        self._cache = cache
        found = list(_images(root))
        if not found:
            raise ReaderError("the Zarr folder holds no OME-Zarr image")
        self.well_positions = tuple(one.where for one in found if one.where is not None)
        self.well_runs = tuple(one.run for one in found) if any(one.run for one in found) else ()
        made = [_open(root, index, one.folder, one.meta) for index, one in enumerate(found)]
        self.series: tuple[Series, ...] = tuple(series for series, _ in made)
        self._stored = [image for _, image in made]

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only; see :class:`omeropyr.embedded.pixels.reader.Reader`."""
        found = self.series[series]
        check_tile(found, level, z, c, t, x, y, w, h)
        stored = self._stored[series]
        index = {"z": z, "c": c, "t": t}
        tile = stored.levels[level].window(self._cache, [index[axis] for axis in stored.leading], y, x, h, w)
        return tile.astype(found.dtype, copy=False)

    def close(self) -> None:
        """Forget the decoded chunks; nothing stays open between calls."""
        for image in self._stored:
            for level in image.levels:
                self._cache.drop(str(level.folder))


def root_of(paths: Sequence[Path]) -> Path | None:
    """The folder of the OME-Zarr that *paths* (the folder itself, or the files in it) make up, if they do."""
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0]
    roots = sorted((path.parent for path in paths if path.name in METADATA), key=lambda path: len(path.parts))
    return roots[0] if roots else None


def attributes(folder: Path) -> dict[str, Any]:
    """What OME-Zarr says of a group, without the differences of version 0.4 and 0.5; empty when it says nothing."""
    if (meta := read_json(folder / "zarr.json")) is not None:
        found = (meta.get("attributes") or {}).get("ome")
        return found if isinstance(found, dict) else {}
    return read_json(folder / ".zattrs") or {}


def _images(root: Path) -> list[_Found]:
    """Each image of the folder; those of a plate with row, column, field and run."""
    meta = attributes(root)
    try:
        if "plate" in meta:
            return _fields(root, meta["plate"])
        if "multiscales" in meta:
            return [_Found(root, meta)]
        made: list[_Found] = []
        while len(made) < MAX_IMAGES and "multiscales" in (one := attributes(root / str(len(made)))):
            made.append(_Found(root / str(len(made)), one))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReaderError(f"the OME-Zarr is described wrongly: {error!r}") from error
    return made


def _fields(root: Path, plate: Mapping[str, Any]) -> list[_Found]:
    made: list[_Found] = []
    runs = {one["id"]: _run(one) for one in plate.get("acquisitions", [])}
    wells = sorted(plate["wells"], key=lambda well: (int(well["rowIndex"]), int(well["columnIndex"])))
    for well in wells:
        folder = _inside(root, root, well["path"])
        fields = attributes(folder).get("well", {}).get("images", [])
        for number, one in enumerate(fields):
            if len(made) >= MAX_IMAGES:
                raise ReaderError(f"the plate has more than {MAX_IMAGES} fields")
            path = _inside(root, folder, one["path"])
            position = Position(int(well["rowIndex"]), int(well["columnIndex"]), number)
            made.append(_Found(path, attributes(path), position, runs.get(one.get("acquisition"))))
    return made


def _run(said: Mapping[str, Any]) -> Run:
    """An acquisition of the plate. Its times are "epoch" numbers; too large ones for seconds are milliseconds."""
    times = [said.get(name) for name in ("starttime", "endtime")]
    start, end = (_milliseconds(time) for time in times)
    most = said.get("maximumfieldcount")
    return Run(
        int(said["id"]),
        str(said["name"]) if said.get("name") else None,
        str(said["description"]) if said.get("description") else None,
        start,
        end,
        int(most) if most is not None else None,
    )


def _milliseconds(time: Any) -> int | None:
    if time is None or int(time) < 0:
        return None
    return int(time) * 1000 if int(time) < 10**11 else int(time)


def _inside(root: Path, folder: Path, path: Any) -> Path:
    """A folder that the metadata name, if it lies in the root, links followed."""
    parts = PurePosixPath(str(path)).parts
    target = folder.joinpath(*parts)
    real, top = os.path.realpath(target), os.path.realpath(root)
    if not parts or ".." in parts or parts[0] == "/" or os.path.commonpath((real, top)) != top:
        raise ReaderError(f"the OME-Zarr points outside of its folder: {path!r}")
    return target


def _open(root: Path, index: int, folder: Path, meta: Mapping[str, Any]) -> tuple[Series, _Image]:
    try:
        scales = meta["multiscales"][0]
        axes = _axes(scales)
        levels = tuple(open_array(_inside(root, folder, one["path"])) for one in scales["datasets"])
        return _series(index, folder, root, meta, axes, levels)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ReaderError(f"the OME-Zarr image {folder.name} is described wrongly: {error!r}") from error


def _axes(scales: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = scales.get("axes") or list("tczyx")
    axes = [{"name": one} if isinstance(one, str) else dict(one) for one in given]
    names = "".join(str(axis["name"]) for axis in axes)
    if not set(names) <= _AXES or len(set(names)) != len(names) or not names.endswith("yx"):
        raise ReaderError(f"an OME-Zarr image of axes {names!r} is not supported")
    return axes


def _series(
    index: int,
    folder: Path,
    root: Path,
    meta: Mapping[str, Any],
    axes: Sequence[Mapping[str, Any]],
    levels: tuple[ZarrArray, ...],
) -> tuple[Series, _Image]:
    names = "".join(str(axis["name"]) for axis in axes)
    full = levels[0]
    if any(len(level.shape) != len(names) or level.shape[:-2] != full.shape[:-2] for level in levels):
        raise ReaderError("the levels of the OME-Zarr image do not have the same planes")
    size = {name: 1 for name in "tcz"} | dict(zip(names, full.shape, strict=True))
    for level in levels:
        check_sizes(level.shape[-1], level.shape[-2], size["z"], size["c"], size["t"])
    scale = _scale(meta["multiscales"][0], axes)
    told = meta.get("omero") or {}
    dtype = np.dtype(np.float32) if full.dtype == np.float16 else full.dtype
    kind = "bit" if dtype.kind == "b" else pixels_type(dtype)
    name = meta["multiscales"][0].get("name") or told.get("name") or ""
    series = Series(
        index=index,
        name=str(name) if str(name).strip("/") else (root if folder == root else folder).name,
        size_x=size["x"],
        size_y=size["y"],
        size_z=size["z"],
        size_c=size["c"],
        size_t=size["t"],
        pixels_type=kind,
        channels=tuple(_channel(one) for one in (told.get("channels") or [])[: size["c"]]),
        levels=tuple((level.shape[-1], level.shape[-2]) for level in levels),
        tile_size=(min(full.chunks[-1], 1024), min(full.chunks[-2], 1024)),
        physical_size_x=scale.get("x"),
        physical_size_y=scale.get("y"),
        physical_size_z=scale.get("z"),
        time_increment=scale.get("t"),
    )
    return series, _Image(levels, names[:-2])


def _scale(scales: Mapping[str, Any], axes: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Micrometres (x, y, z) and seconds (t) of a step on each axis that has a unit."""
    factors = [1.0] * len(axes)
    for given in (scales["datasets"][0], scales):
        for one in given.get("coordinateTransformations") or []:
            if one.get("type") == "scale" and len(one.get("scale") or ()) == len(axes):
                factors = [factor * float(step) for factor, step in zip(factors, one["scale"], strict=True)]
    found: dict[str, float] = {}
    for axis, factor in zip(axes, factors, strict=True):
        units = _SECONDS if axis["name"] == "t" else _MICROMETRES
        unit = units.get(str(axis.get("unit")))
        if unit is not None and factor > 0:
            found[str(axis["name"])] = factor * unit
    return found


def _channel(given: Mapping[str, Any]) -> ChannelInfo:
    color = str(given.get("color") or "").lstrip("#")
    try:
        rgb = bytes.fromhex(color[:6])
    except ValueError:
        rgb = b""
    return ChannelInfo(
        name=str(given["label"]) if given.get("label") else None,
        color=(rgb[0], rgb[1], rgb[2], 255) if len(rgb) == 3 else None,
    )
