"""An image and its rendering settings as OMERO.web's `imgData` object: what viewers read first."""

from __future__ import annotations

import math
from typing import Any

import omero

from omeropyr.connection.client_config import ClientConfig
from omeropyr.connection.engines import WarmEngine, rendering_engine
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import Row, one, rows
from omeropyr.connection.rendering_state import ChannelState, RenderingState
from omeropyr.marshal.objects import acquired, full_name, micrometres, permissions, plain

_IMAGE = """
    select i from Image i
    join fetch i.details.owner
    join fetch i.details.creationEvent
    left outer join fetch i.objectiveSettings os
    left outer join fetch os.objective
    left outer join fetch i.pixels p
    left outer join fetch p.pixelsType
    left outer join fetch p.channels c
    left outer join fetch c.statsInfo
    left outer join fetch c.logicalChannel
    where i.id = :id
"""
_DATASETS = """
    select d.id, d.name, d.description, p.id, p.name, p.description
    from DatasetImageLink il join il.parent d
    left outer join d.projectLinks pl left outer join pl.parent p
    where il.child.id = :id order by d.id, p.id
"""
_WELLS = "select w.id from WellSample ws join ws.well w where ws.image.id = :id order by w.id"

# Bytes of a pixel and whether it has a sign, by OMERO's names.
_TYPES = {
    "bit": (1, False),
    "int8": (1, True),
    "uint8": (1, False),
    "int16": (2, True),
    "uint16": (2, False),
    "int32": (4, True),
    "uint32": (4, False),
    "float": (4, True),
    "double": (8, True),
    "complex": (8, True),
    "double-complex": (16, True),
}
_BORDER = 2


def image_data(conn: Any, image: ImageFacts, config: ClientConfig, *, defaults: bool = False) -> dict[str, Any] | None:
    """Give all of `imgData`: at most 6 Ice calls when the engine is warm; `None` if the image is gone.

    `defaults` gives the settings as imported instead of the saved ones. While OMERO still builds the image's pyramid
    the object is `{"ConcurrencyException": {"backOff": milliseconds}}`.
    """
    loaded = one(conn, _IMAGE, id=image.id)
    if loaded is None:
        return None
    found = _description(conn, loaded, image)
    try:
        with rendering_engine(conn, image) as engine:
            found |= _scene(loaded, image, engine, config)
            state = engine.imported_state() if defaults else engine.saved
    except omero.ConcurrencyException as error:
        return {"ConcurrencyException": {"backOff": error.backOff}}
    return found | _settings(loaded, state)


def pixel_range(pixels_type: str) -> list[float]:
    """Give least and greatest value of a pixel type; floats for types with a sign, as OMERO.web's programs know it."""
    width, signed = _TYPES.get(pixels_type, (1, False))
    values = 2 ** (8 * width)
    return [-values / 2, values / 2 - 1] if signed else [0, values - 1]


def split_channel(width: int, height: int, channels: int) -> dict[str, dict[str, int]]:
    """Give the layout of the split-channel picture: one panel a channel in grey, one more for all in colour."""
    return {"g": _grid(width, height, channels), "c": _grid(width, height, channels + 1)}


def _grid(width: int, height: int, panels: int) -> dict[str, int]:
    down = round(math.sqrt(panels))
    across = down + 1 if math.sqrt(panels) > down else down
    return {
        "width": width * across + _BORDER * (across + 1),
        "height": height * down + _BORDER * (down + 1),
        "border": _BORDER,
        "gridx": across,
        "gridy": down,
    }


def _description(conn: Any, loaded: Any, image: ImageFacts) -> dict[str, Any]:
    wells = rows(conn, _WELLS, id=image.id)
    taken = acquired(loaded) or loaded.getDetails().getCreationEvent().getTime().getValue()
    meta = {
        "imageName": plain(loaded.getName()) or "",
        "imageDescription": plain(loaded.getDescription()) or "",
        "imageAuthor": full_name(loaded.getDetails().getOwner()),
        "imageArchived": bool(plain(loaded.getArchived())),
        **_parents(rows(conn, _DATASETS, id=image.id)),
        "wellSampleId": "",
        "wellId": wells[0][0] if wells else "",
        "imageTimestamp": float(taken // 1000),
        "imageId": image.id,
        "pixelsType": image.pixels_type,
    }
    return {"id": image.id, "meta": meta, "perms": permissions(loaded)}


def _parents(links: list[Row]) -> dict[str, Any]:
    """Give the one dataset and the one project of the image; where there are none or several, "Multiple"."""
    datasets = {link[0]: link[:3] for link in links}
    projects = {link[3]: link[3:] for link in links if link[3] is not None}
    none = (None, "Multiple", None)
    dataset = next(iter(datasets.values())) if len(datasets) == 1 else none
    project = next(iter(projects.values())) if len(projects) == 1 else none
    return {
        "projectName": project[1],
        "projectId": project[0],
        "projectDescription": project[2] or "",
        "datasetName": dataset[1],
        "datasetId": dataset[0],
        "datasetDescription": dataset[2] or "",
    }


def _scene(loaded: Any, image: ImageFacts, engine: WarmEngine, config: ClientConfig) -> dict[str, Any]:
    levels = engine.levels()
    pixels = loaded.getPrimaryPixels()
    zoom = config.initial_zoom_level
    found: dict[str, Any] = {
        "tiles": len(levels) > 1,
        "interpolate": config.interpolate_pixels,
        "size": {
            "width": image.size_x,
            "height": image.size_y,
            "z": image.size_z,
            "t": image.size_t,
            "c": image.size_c,
        },
        "pixel_size": {
            "x": micrometres(pixels.getPhysicalSizeX()),
            "y": micrometres(pixels.getPhysicalSizeY()),
            "z": micrometres(pixels.getPhysicalSizeZ()),
        },
        "init_zoom": max(0, zoom + len(levels) if zoom < 0 else zoom),
        "pixel_range": pixel_range(image.pixels_type),
        "split_channel": split_channel(image.size_x, image.size_y, image.size_c),
    }
    if len(levels) > 1:
        width, height = engine.tile_size()
        found["tile_size"] = {"width": width, "height": height}
        found["levels"] = len(levels)
        found["resolutions"] = {str(place): {"sizeX": x, "sizeY": y} for place, (x, y) in enumerate(levels)}
        found["zoomLevelScaling"] = {str(place): x / levels[0][0] for place, (x, _) in enumerate(levels)}
    if (magnification := _magnification(loaded)) is not None:
        found["nominalMagnification"] = magnification
    return found


def _magnification(loaded: Any) -> float | None:
    settings = loaded.getObjectiveSettings()
    objective = settings.getObjective() if settings else None
    return plain(objective.getNominalMagnification()) if objective else None


def _settings(loaded: Any, state: RenderingState) -> dict[str, Any]:
    pixels = loaded.getPrimaryPixels()
    channels = [
        _channel(index, channel, settings, plain(pixels.getPixelsType().getValue()))
        for index, (channel, settings) in enumerate(zip(pixels.copyChannels(), state.channels, strict=False))
    ]
    rdefs = {
        "model": "greyscale" if state.model == "greyscale" else "color",
        "projection": "normal",
        "defaultZ": state.default_z,
        "defaultT": state.default_t,
        "invertAxis": False,
    }
    return {"channels": channels, "rdefs": rdefs}


def _channel(index: int, channel: Any, settings: ChannelState, pixels_type: str) -> dict[str, Any]:
    stats = channel.getStatsInfo()
    low, high = pixel_range(pixels_type)
    if stats is not None:
        low, high = plain(stats.getGlobalMin()), plain(stats.getGlobalMax())
    wave = channel.getLogicalChannel().getEmissionWave()
    found: dict[str, Any] = {
        "emissionWave": wave.getValue() if wave else None,
        "label": channel_label(index, channel),
        "color": "{:02X}{:02X}{:02X}".format(*settings.rgba[:3]),
        "inverted": settings.inverted,
        "reverseIntensity": settings.inverted,
        "family": settings.family,
        "coefficient": settings.coefficient,
        "window": {"min": low, "max": high, "start": settings.start, "end": settings.end},
        "active": settings.active,
    }
    if settings.lut:
        found["lut"] = settings.lut
    return found


def channel_label(index: int, channel: Any) -> str:
    """Give a channel's name, else its emission wavelength, else its place counted from 0."""
    logical = channel.getLogicalChannel()
    wave = logical.getEmissionWave()
    return label_of(index, plain(logical.getName()), wave.getValue() if wave is not None else None)


def label_of(index: int, name: str | None, emission: float | None) -> str:
    """Give the same of the plain values."""
    if name and name.strip():
        return name
    if emission is None:
        return str(index)
    return str(int(emission) if int(emission) == emission else emission)


def simple_image(image: Any, author: str, created: int, thumb_url: str) -> dict[str, Any]:
    """Give the short form of an image that lists hold; `created` is when it was imported, in milliseconds."""
    return {
        "type": "Image",
        "id": image.getId().getValue(),
        "name": plain(image.getName()) or "",
        "description": plain(image.getDescription()) or "",
        "author": author,
        "date": float((acquired(image) or created) // 1000),
        "thumb_url": thumb_url,
    }
