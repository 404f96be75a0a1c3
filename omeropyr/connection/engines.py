"""Warm rendering engines, kept with the pooled connection: one per image, set up once, told only what differs.

    with rendering_engine(conn, facts) as engine:
        jpeg = engine.render(engine.saved.with_channel(0, active=False), z=0, t=0)

A lease is used by one request at a time, so nothing here is locked. OMERO drops idle engines by itself; one that
is gone is opened again, once. An engine that failed half-way is closed: nobody knows how it was set.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import Ice
import numpy as np
import numpy.typing as npt
import omero
import omero.gateway  # loads the Slice modules that omero.romio and omero.constants stand in
from omero.constants.projection import ProjectionType

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context
from omeropyr.connection.rendering_state import (
    RenderingState,
    changes,
    differences,
    engine_state,
    reached,
    saved_state,
)

log = logging.getLogger(__name__)

# How many engines a connection keeps: each holds an open pixel buffer on the server.
MOST = 6

PROJECTIONS = {
    "intmax": ProjectionType.MAXIMUMINTENSITY,
    "intmean": ProjectionType.MEANINTENSITY,
    "intsum": ProjectionType.SUMINTENSITY,
}

Box = tuple[int, int, int, int]
Picture = npt.NDArray[np.uint8]
T = TypeVar("T")
# No JPEG has the quality 0 that an address may ask for.
LEAST_QUALITY = 0.01


class WarmEngine:
    """A rendering engine of one image that remembers how it was last set.

    `image` is what the engine was opened for, `saved` the settings it began with: the user's own, else the owner's;
    `made` is the id of those that had to be made for it, for nobody had looked at the image before.
    """

    def __init__(self, conn: Any, image: ImageFacts) -> None:
        self._conn = conn
        self.image = image
        self.made: int | None = None
        self.broken = False
        self._ctx = context(conn, image.group_id)
        self._levels: tuple[tuple[int, int], ...] = ()
        self._tile_size: tuple[int, int] = (0, 0)
        self._open()

    def close(self) -> None:
        """Let the server drop the engine; one that is gone already is fine."""
        try:
            self._engine.close()
        except (Ice.Exception, omero.ServerError) as error:
            log.debug("engine of image %s did not close: %s", self.image.id, type(error).__name__)

    def levels(self) -> tuple[tuple[int, int], ...]:
        """Give width and height of each resolution level, full resolution first."""
        return self._levels or self._retry(self._describe)

    def tile_size(self) -> tuple[int, int]:
        """Give the width and height of the tiles that suit the file best."""
        if self._tile_size == (0, 0):
            width, height = self._retry(lambda: self._engine.getTileSize(self._ctx))
            self._tile_size = (int(width), int(height))
        return self._tile_size

    def render(
        self,
        state: RenderingState,
        *,
        z: int,
        t: int,
        box: Box | None = None,
        level: int = 0,
        quality: float | None = None,
    ) -> bytes:
        """Render a plane or its `box` (x, y, width, height at `level`, 0 = full resolution) as JPEG."""

        def call() -> bytes:
            self._apply(state, quality)
            self._set_level(level)
            return bytes(self._engine.renderCompressed(_plane(z, t, box), self._ctx))

        return self._retry(call)

    def render_pixels(
        self, state: RenderingState, *, z: int, t: int, box: Box | None = None, level: int = 0
    ) -> Picture:
        """Render the same without loss: red, green and blue, `(height, width, 3)`."""

        def call() -> Picture:
            self._apply(state, self._quality)
            self._set_level(level)
            made = self._engine.render(_plane(z, t, box), self._ctx)
            bands = [np.frombuffer(band, np.uint8) for band in made.bands[:3]]
            return np.stack(bands, axis=-1).reshape(made.sizeX2, made.sizeX1, 3)

        return self._retry(call)

    def render_projected(
        self, state: RenderingState, kind: str, *, t: int, first: int, last: int, quality: float | None = None
    ) -> bytes:
        """Render the projection `kind` (of `PROJECTIONS`) of planes `first` to `last`, both included, as JPEG."""

        def call() -> bytes:
            self._apply(state, quality)
            self._set_level(0)
            projection = PROJECTIONS[kind]
            return bytes(self._engine.renderProjectedCompressed(projection, t, 1, first, last, self._ctx))

        return self._retry(call)

    def render_projected_pixels(self, state: RenderingState, kind: str, *, t: int, first: int, last: int) -> Picture:
        """Render the same projection without loss, `(height, width, 3)`."""

        def call() -> Picture:
            self._apply(state, self._quality)
            self._set_level(0)
            projection = PROJECTIONS[kind]
            packed = self._engine.renderProjectedAsPackedInt(projection, t, 1, first, last, self._ctx)
            argb = np.array(packed, np.int32).astype(">i4").view(np.uint8)
            return argb.reshape(self.image.size_y, self.image.size_x, 4)[..., 1:]

        return self._retry(call)

    def save(self, state: RenderingState) -> None:
        """Save `state`, that of channels which are off too, as the user's own; the engine is not used again."""
        self.broken = True
        for operation, arguments in differences(self._now, state):
            getattr(self, f"_{operation}", self._plain(operation))(*arguments)
        self._engine.saveCurrentSettings(self._ctx)

    def imported_state(self) -> RenderingState:
        """Give the settings the image had when it was imported, saving nothing; the engine is not used again."""
        self.broken = True
        self._engine.resetDefaultSettings(False, self._ctx)
        return engine_state(self._engine, self.image.size_c, self._ctx)

    def _describe(self) -> tuple[tuple[int, int], ...]:
        if not self._levels:
            described = self._engine.getResolutionDescriptions(self._ctx)
            self._levels = tuple((level.sizeX, level.sizeY) for level in described)
        return self._levels

    def _open(self) -> None:
        self._engine = self._conn.factory.createRenderingEngine()
        self._levels, self._tile_size = (), (0, 0)
        self._level = 0
        self._quality: float | None = None
        self._default_quality: float | None = None
        self._enumerations: dict[str, Any] = {}
        try:
            self.saved = self._now = self._look_up()
        except BaseException:
            self.close()
            raise

    def _look_up(self) -> RenderingState:
        pixels_id, ctx = self.image.pixels_id, self._ctx
        self._engine.lookupPixels(pixels_id, ctx)
        saved = self._engine.lookupRenderingDef(pixels_id, ctx) or self._make_settings()
        self._engine.load(ctx)
        definition = self._engine.getRenderingDefId(ctx) if saved else None
        if not self.image.settings:
            self.made = definition
        state = saved_state(self._conn, definition) if definition is not None else None
        return state or engine_state(self._engine, self.image.size_c, ctx)

    def _make_settings(self) -> bool:
        """Let OMERO make settings for an image that has none; where the user may not, for this engine only."""
        try:
            self._engine.resetDefaultSettings(True, self._ctx)
        except omero.SecurityViolation:
            self._engine.resetDefaultSettings(False, self._ctx)
            return False
        return bool(self._engine.lookupRenderingDef(self.image.pixels_id, self._ctx))

    def _retry(self, call: Callable[[], T]) -> T:
        """Run `call`; when the server has dropped the engine, open another and run it once more."""
        self.broken = True
        try:
            result = call()
        except Ice.ObjectNotExistException:
            log.info("engine of image %s was gone: opened again", self.image.id)
            self._open()
            result = call()
        self.broken = False
        return result

    def _apply(self, state: RenderingState, quality: float | None) -> None:
        if state != self._now:
            for operation, arguments in changes(self._now, state):
                getattr(self, f"_{operation}", self._plain(operation))(*arguments)
            self._now = reached(self._now, state)
        if quality != self._quality:
            if self._default_quality is None:
                self._default_quality = self._engine.getCompressionLevel(self._ctx)
            level = self._default_quality if quality is None else max(quality, LEAST_QUALITY)
            self._engine.setCompressionLevel(level, self._ctx)
            self._quality = quality

    def _set_level(self, level: int) -> None:
        if level != self._level:
            self._engine.setResolutionLevel(len(self._describe()) - 1 - level, self._ctx)
            self._level = level

    def _plain(self, operation: str) -> Callable[..., Any]:
        return lambda *arguments: getattr(self._engine, operation)(*arguments, self._ctx)

    def _setModel(self, model: str) -> None:
        self._engine.setModel(self._enumeration("getAvailableModels", model), self._ctx)

    def _setQuantizationMap(self, index: int, family: str, coefficient: float) -> None:
        entry = self._enumeration("getAvailableFamilies", family)
        self._engine.setQuantizationMap(index, entry, coefficient, False, self._ctx)

    def _addCodomainMapToChannel(self, index: int) -> None:
        self._engine.addCodomainMapToChannel(omero.romio.ReverseIntensityMapContext(), index, self._ctx)

    def _removeCodomainMapFromChannel(self, index: int) -> None:
        self._engine.removeCodomainMapFromChannel(omero.romio.ReverseIntensityMapContext(), index, self._ctx)

    def _enumeration(self, getter: str, value: str) -> Any:
        if getter not in self._enumerations:
            entries = getattr(self._engine, getter)(self._ctx)
            self._enumerations[getter] = {entry.getValue().getValue(): entry for entry in entries}
        return self._enumerations[getter][value]


def _plane(z: int, t: int, box: Box | None) -> Any:
    plane = omero.romio.PlaneDef(omero.romio.XY)
    plane.z, plane.t = z, t
    if box is not None:
        plane.region = omero.romio.RegionDef(*box)
    return plane


@contextmanager
def rendering_engine(conn: Any, image: ImageFacts) -> Iterator[WarmEngine]:
    """Lend the warm engine of an image, opened if need be; again, if settings were saved since it was."""
    engine: WarmEngine | None = conn.engines.pop(image.id, None)
    if engine is not None and not _current(engine, image):
        engine.close()
        engine = None
    engine = engine or WarmEngine(conn, image)
    try:
        yield engine
    finally:
        if engine.broken:
            engine.close()
        else:
            conn.engines[image.id] = engine
            _evict(conn.engines)


def _current(engine: WarmEngine, image: ImageFacts) -> bool:
    """Say whether the engine still has the settings that are saved; its own first ones are no change to it."""
    if not engine.image.settings and [one[:2] for one in image.settings] == [(engine.made, 0)]:
        engine.image = replace(engine.image, settings=image.settings)
    return replace(engine.image, version=image.version) == image


def _evict(engines: dict[Any, Any]) -> None:
    while len(engines) > MOST:
        engines.pop(next(iter(engines))).close()
