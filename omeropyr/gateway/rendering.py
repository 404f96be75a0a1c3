"""Planes, tiles and regions as pictures: what a URL asks for, laid over the saved settings of the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from omeropyr.connection.engines import Box, Picture, WarmEngine, rendering_engine
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.raw_pixels import Stack
from omeropyr.connection.rendering_state import RenderingState
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.parameters import (
    ChannelRequest,
    MapRequest,
    Projection,
    Region,
    RenderingParameters,
    Tile,
)
from omeropyr.gateway.projected import Tables, project_box
from omeropyr.rendering import encode

DEFAULT_QUALITY = 0.85
"""JPEG quality of OMERO's engine, for what is encoded here."""
FORMATS = {"jpeg": "image/jpeg", "png": "image/png", "tif": "image/tiff"}
"""What a picture may be, and its media type; PNG and TIFF are without loss."""


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for: pixels of a picture, sides of a tile, bytes that are read for a projection."""

    picture_pixels: int
    tile_side: int
    projection_bytes: int


def wanted_state(saved: RenderingState, asked: RenderingParameters) -> RenderingState:
    """Lay what a URL asks over the saved settings: channels it does not list are off, the rest stays as saved."""
    model = saved.model if asked.model is None else asked.model
    if asked.channels is None:
        return replace(saved, model=model)
    changes: list[dict[str, Any]] = [{"active": False} for _ in saved.channels]
    for place, entry in enumerate(asked.channels):
        if entry.index <= len(changes):
            mapping = asked.maps[place] if place < len(asked.maps) else MapRequest()
            changes[entry.index - 1] |= _channel_changes(entry, mapping)
    channels = tuple(replace(one, **these) for one, these in zip(saved.channels, changes, strict=True))
    return replace(saved, model=model, channels=channels)


def _channel_changes(entry: ChannelRequest, mapping: MapRequest) -> dict[str, Any]:
    found: dict[str, Any] = {"active": entry.active}
    if entry.window is not None:
        found["start"], found["end"] = entry.window
    if entry.rgba is not None:
        found |= {"rgba": entry.rgba, "lut": None}
    elif entry.lut is not None:
        found["lut"] = entry.lut
    if mapping.inverted is not None:
        found["inverted"] = mapping.inverted
    if mapping.family is not None:
        found |= {"family": mapping.family, "coefficient": mapping.coefficient}
    return found


@dataclass(frozen=True)
class Renderer:
    """Renders one image as one request wants it: `form` is a key of `FORMATS`.

    `tables` gives the lookup tables of the server by name, asked for only where they are needed here.
    """

    conn: Any
    image: ImageFacts
    asked: RenderingParameters
    limits: Limits
    form: str = "jpeg"
    tables: Callable[[], Tables] = dict

    def plane(self, z: int | None, t: int | None) -> bytes:
        """Render a whole plane, or a projection through Z where one is asked for; z and t default to the saved ones."""
        image = self.image
        if image.size_x * image.size_y > self.limits.picture_pixels:
            raise InvalidInput(
                f"a plane of this image has {image.size_x} x {image.size_y} pixels, more than "
                f"{self.limits.picture_pixels}: ask for tiles or regions by render_image_region"
            )
        check_plane(image, z or 0, t or 0)
        with rendering_engine(self.conn, image) as engine:
            state = wanted_state(engine.saved, self.asked)
            z = min(engine.saved.default_z, image.size_z - 1) if z is None else z
            t = min(engine.saved.default_t, image.size_t - 1) if t is None else t
            if self.asked.projection is None:
                return self._normal(engine, state, z, t)
            if self.form != "jpeg":
                return encoded(plane_pixels(engine, state, self.asked, z, t), self.form)
            span = _span(image, self.asked.projection)
            return engine.render_projected(state, self.asked.projection.kind, t=t, **span, quality=self.asked.quality)

    def tile(self, z: int, t: int, tile: Tile) -> bytes:
        """Render one tile of a resolution level."""
        check_plane(self.image, z, t)
        with rendering_engine(self.conn, self.image) as engine:
            return self._box(engine, z, t, _tile_box(engine, tile, self.limits.tile_side), tile.level)

    def region(self, z: int, t: int, region: Region) -> bytes:
        """Render a rectangle of the full resolution, cropped to the image."""
        check_plane(self.image, z, t)
        size = self.image.size_x, self.image.size_y
        box = _crop(region.x, region.y, region.width, region.height, size)
        if box[2] * box[3] > self.limits.picture_pixels:
            raise InvalidInput(f"a region may have {self.limits.picture_pixels} pixels, not {box[2]} x {box[3]}")
        with rendering_engine(self.conn, self.image) as engine:
            return self._box(engine, z, t, box, 0)

    def _box(self, engine: WarmEngine, z: int, t: int, box: Box, level: int) -> bytes:
        state = wanted_state(engine.saved, self.asked)
        if self.asked.projection is None:
            return self._normal(engine, state, z, t, box=box, level=level)
        stack = Stack(
            t=t, box=box, level=level, levels=len(engine.levels()), **_span(self.image, self.asked.projection)
        )
        made = project_box(
            self.conn,
            self.image,
            state,
            self.asked.projection.kind,
            stack,
            tables=self.tables() if any(channel.active and channel.lut for channel in state.channels) else {},
            most_bytes=self.limits.projection_bytes,
        )
        return encoded(made, self.form, self.asked.quality)

    def _normal(self, engine: WarmEngine, state: RenderingState, z: int, t: int, **place: Any) -> bytes:
        if self.form == "jpeg":
            return engine.render(state, z=z, t=t, quality=self.asked.quality, **place)
        return encoded(engine.render_pixels(state, z=z, t=t, **place), self.form)


def plane_pixels(engine: WarmEngine, state: RenderingState, asked: RenderingParameters, z: int, t: int) -> Picture:
    """Render a plane, or the projection that is asked for, without loss, `(height, width, 3)`."""
    if asked.projection is None:
        return engine.render_pixels(state, z=z, t=t)
    return engine.render_projected_pixels(state, asked.projection.kind, t=t, **_span(engine.image, asked.projection))


def encoded(picture: Picture, form: str, quality: float | None = None) -> bytes:
    """Give the file of a picture `(height, width, 3)`."""
    if form == "png":
        return encode.png(picture)
    if form == "tif":
        return encode.tiff(picture)
    return encode.jpeg(picture, DEFAULT_QUALITY if quality is None else quality)


def check_plane(image: ImageFacts, z: int, t: int) -> None:
    """Raise `ObjectNotFound` where the image has no such plane."""
    if z >= image.size_z or t >= image.size_t:
        raise ObjectNotFound(f"image {image.id} has {image.size_z} z-sections and {image.size_t} time points")


def _span(image: ImageFacts, projection: Projection) -> dict[str, int]:
    top = image.size_z - 1
    last = top if projection.last is None else min(projection.last, top)
    return {"first": min(projection.first or 0, top), "last": last}


def _tile_box(engine: WarmEngine, tile: Tile, longest: int) -> Box:
    levels = engine.levels()
    if tile.level >= len(levels):
        raise InvalidInput(f"there is no resolution level {tile.level}: the image has {len(levels)}, counted from 0")
    own = engine.tile_size() if tile.width is None or tile.height is None else (longest, longest)
    width = min(tile.width or own[0], longest)
    height = min(tile.height or own[1], longest)
    return _crop(tile.x * width, tile.y * height, width, height, levels[tile.level])


def _crop(x: int, y: int, width: int, height: int, size: tuple[int, int]) -> Box:
    if x >= size[0] or y >= size[1]:
        raise ObjectNotFound(f"nothing is there: this level has {size[0]} x {size[1]} pixels")
    return x, y, min(width, size[0] - x), min(height, size[1] - y)
