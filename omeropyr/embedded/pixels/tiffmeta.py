"""Names, channels, physical sizes of a TIFF's images, from OME-XML, a maker's own words or the resolution tags."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from omeropyr.embedded.pixels import omexml
from omeropyr.embedded.pixels.reader import ChannelInfo, Series

_RGB = (
    ChannelInfo("Red", (255, 0, 0, 255)),
    ChannelInfo("Green", (0, 255, 0, 255)),
    ChannelInfo("Blue", (0, 0, 255, 255)),
)
_TEXT_TAGS = ("Artist", "DateTime", "HostComputer", "ImageDescription", "Make", "Model", "Software", "Copyright")
_LONGEST_TEXT = 4000
_MPP = re.compile(r"\|\s*MPP\s*=\s*([\d.]+)")
LARGEST_PIXEL = 50.0
"""Micrometres; a plain TIFF that claims more speaks of dots on paper."""


def describe(file: Any, series: Sequence[Series]) -> list[Series]:
    """The series with everything their file says about them."""
    if file.is_ome:
        described = _from_ome(file, series)
    elif file.is_imagej:
        described = [_from_imagej(file, one) for one in series]
    elif file.is_svs:
        described = [_from_svs(file, one) for one in series]
    elif file.is_lsm:
        described = [_from_lsm(file, one) for one in series]
    else:
        described = [_from_tags(file, one) for one in series]
    stem = Path(file.filehandle.name).name
    several = len(described) > 1
    return [
        replace(
            _channels(one),
            name=_name(one, stem, several, file.is_ome),
            metadata=_texts(file),
            acquisition_date=one.acquisition_date or _date(file),
        )
        for one in described
    ]


def _name(series: Series, stem: str, several: bool, named: bool) -> str:
    if named and series.name:
        return series.name
    return f"{stem} [{series.name or series.index}]" if several else stem


def _from_ome(file: Any, series: Sequence[Series]) -> list[Series]:
    found = omexml.images(file.ome_metadata)
    made = []
    for one in series:
        if one.index >= len(found):
            made.append(one)
            continue
        image = found[one.index]
        size_x, size_y, size_z = image.physical_size
        made.append(
            replace(
                one,
                name=image.name or "",
                description=image.description,
                acquisition_date=image.acquisition_date,
                dimension_order=image.dimension_order,
                significant_bits=image.significant_bits,
                physical_size_x=size_x,
                physical_size_y=size_y,
                physical_size_z=size_z,
                time_increment=image.time_increment,
                channels=image.channels,
            )
        )
    return made


def _from_imagej(file: Any, series: Series) -> Series:
    said = file.imagej_metadata or {}
    series = _from_tags(file, series)
    if str(said.get("unit", "")) in ("micron", "um", "µm", "\\u00B5m"):
        x, y = _pixels_per_unit(file)
        series = replace(series, physical_size_x=x, physical_size_y=y, physical_size_z=_positive(said.get("spacing")))
    channels = _imagej_channels(said, series) if not series.rgb else series.channels
    return replace(series, time_increment=_positive(said.get("finterval")), channels=channels)


def _imagej_channels(said: Mapping[str, Any], series: Series) -> tuple[ChannelInfo, ...]:
    """Names from slice labels when there is one for each channel; colours from the upper end of the channels' LUTs."""
    labels, luts = said.get("Labels") or [], said.get("LUTs") or []
    named = len(labels) == series.size_c and all(isinstance(label, str) and label for label in labels)
    coloured = series.size_c > 1 and len(luts) == series.size_c and all(lut[:, -1].any() for lut in luts)
    if not named and not coloured:
        return series.channels
    return tuple(
        ChannelInfo(
            labels[c] if named else None,
            (int(luts[c][0, -1]), int(luts[c][1, -1]), int(luts[c][2, -1]), 255) if coloured else None,
        )
        for c in range(series.size_c)
    )


def _from_svs(file: Any, series: Series) -> Series:
    """Aperio writes the size of a pixel ("MPP") into the text of the slide; its label and macro image have none."""
    found = _MPP.search(file.pages.first.description) if series.index == 0 else None
    size = _positive(found[1]) if found else None
    return replace(series, physical_size_x=size, physical_size_y=size)


def _from_lsm(file: Any, series: Series) -> Series:
    """Zeiss LSM has metres and seconds."""
    said = file.lsm_metadata or {}
    x, y, z = (_positive(said.get(f"VoxelSize{axis}")) for axis in "XYZ")
    return replace(
        series,
        physical_size_x=x and x * 1e6,
        physical_size_y=y and y * 1e6,
        physical_size_z=z and z * 1e6,
        time_increment=_positive(said.get("TimeIntervall")),
    )


def _from_tags(file: Any, series: Series) -> Series:
    page = file.pages.first
    unit = {2: 25400.0, 3: 10000.0}.get(int(getattr(page, "resolutionunit", 1) or 1))
    x, y = _pixels_per_unit(file)
    # 72, 96 or 150 dots an inch are about paper: no microscope's pixel is that large.
    if unit is None or x is None or y is None or max(x, y) * unit > LARGEST_PIXEL:
        return series
    return replace(series, physical_size_x=x * unit, physical_size_y=y * unit)


def _pixels_per_unit(file: Any) -> tuple[float | None, float | None]:
    """The length of a pixel in the tags' unit."""
    sizes: list[float | None] = []
    for name in ("XResolution", "YResolution"):
        tag = file.pages.first.tags.get(name)
        above, below = tag.value if tag is not None and isinstance(tag.value, tuple) and len(tag.value) == 2 else (0, 1)
        sizes.append(below / above if above and below else None)
    return sizes[0], sizes[1]


def _channels(series: Series) -> Series:
    if series.rgb and len(series.channels) < series.size_c:
        return replace(series, channels=(*_RGB, *[ChannelInfo()] * series.size_c)[: series.size_c])
    missing = series.size_c - len(series.channels)
    return replace(series, channels=(*series.channels, *[ChannelInfo()] * max(0, missing))[: series.size_c])


def _texts(file: Any) -> tuple[tuple[str, str], ...]:
    tags = file.pages.first.tags
    found = ((name, tags.get(name)) for name in _TEXT_TAGS)
    return tuple(
        (name, tag.value[:_LONGEST_TEXT])
        for name, tag in found
        if tag is not None and isinstance(tag.value, str) and tag.value.strip() and not tag.value.startswith("<?xml")
    )


def _date(file: Any) -> datetime | None:
    date = getattr(file.pages.first, "datetime", None)
    return date.replace(tzinfo=timezone.utc) if isinstance(date, datetime) else None


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
