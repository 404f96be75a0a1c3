"""Planes, tiles and regions as JPEG: what a URL asks for, laid over the saved settings of the image."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omeropyr.connection.engines import Box, WarmEngine, rendering_engine
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.rendering_state import RenderingState
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.parameters import ChannelRequest, MapRequest, Region, RenderingParameters, Tile


def wanted_state(saved: RenderingState, asked: RenderingParameters) -> RenderingState:
    """Lay what a URL asks over the saved settings: channels it does not list are off, the rest stays as saved."""
    state = saved if asked.model is None else replace(saved, model=asked.model)
    if asked.channels is None:
        return state
    for index in range(len(state.channels)):
        state = state.with_channel(index, active=False)
    for place, entry in enumerate(asked.channels):
        if entry.index <= len(state.channels):
            mapping = asked.maps[place] if place < len(asked.maps) else MapRequest()
            state = state.with_channel(entry.index - 1, **_channel_changes(entry, mapping))
    return state


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


def render_plane(
    conn: Any, image: ImageFacts, asked: RenderingParameters, z: int | None, t: int | None, *, most_pixels: int
) -> bytes:
    """Render a whole plane, or a projection through Z where one is asked for; z and t default to the saved ones."""
    if image.size_x * image.size_y > most_pixels:
        raise InvalidInput(
            f"a plane of this image has {image.size_x} x {image.size_y} pixels, more than {most_pixels}: "
            "ask for tiles or regions by render_image_region"
        )
    _check_plane(image, z or 0, t or 0)
    with rendering_engine(conn, image) as engine:
        state = wanted_state(engine.saved, asked)
        z = min(engine.saved.default_z, image.size_z - 1) if z is None else z
        t = min(engine.saved.default_t, image.size_t - 1) if t is None else t
        if asked.projection is None:
            return engine.render(state, z=z, t=t, quality=asked.quality)
        top = image.size_z - 1
        first = min(asked.projection.first or 0, top)
        last = top if asked.projection.last is None else min(asked.projection.last, top)
        return engine.render_projected(state, asked.projection.kind, t=t, first=first, last=last, quality=asked.quality)


def render_tile(
    conn: Any, image: ImageFacts, asked: RenderingParameters, z: int, t: int, tile: Tile, *, longest: int
) -> bytes:
    """Render one tile of a resolution level; `longest` is the server's limit for its sides, in pixels."""
    _check_plane(image, z, t)
    with rendering_engine(conn, image) as engine:
        box = _tile_box(engine, tile, longest)
        state = wanted_state(engine.saved, asked)
        return engine.render(state, z=z, t=t, box=box, level=tile.level, quality=asked.quality)


def render_region(
    conn: Any, image: ImageFacts, asked: RenderingParameters, z: int, t: int, region: Region, *, most_pixels: int
) -> bytes:
    """Render a rectangle of the full resolution, cropped to the image."""
    _check_plane(image, z, t)
    box = _crop(region.x, region.y, region.width, region.height, (image.size_x, image.size_y))
    if box[2] * box[3] > most_pixels:
        raise InvalidInput(f"a region may have {most_pixels} pixels, not {box[2]} x {box[3]}")
    with rendering_engine(conn, image) as engine:
        return engine.render(wanted_state(engine.saved, asked), z=z, t=t, box=box, quality=asked.quality)


def _check_plane(image: ImageFacts, z: int, t: int) -> None:
    if z >= image.size_z or t >= image.size_t:
        raise ObjectNotFound(f"image {image.id} has {image.size_z} z-sections and {image.size_t} time points")


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
