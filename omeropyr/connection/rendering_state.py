"""Rendering settings as plain values: read from OMERO, compared, and the calls that turn one into another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import omero.model

from omeropyr.connection.query import one

_SAVED = """
    select r from RenderingDef r
    left outer join fetch r.model
    left outer join fetch r.waveRendering w
    left outer join fetch w.family
    left outer join fetch w.spatialDomainEnhancement
    where r.id = :id
"""


@dataclass(frozen=True)
class ChannelState:
    """The settings of one channel; the window in pixel values, the colour as red, green, blue, alpha 0 to 255."""

    active: bool
    start: float
    end: float
    rgba: tuple[int, int, int, int]
    lut: str | None = None
    inverted: bool = False
    family: str = "linear"
    coefficient: float = 1.0


@dataclass(frozen=True)
class RenderingState:
    """The settings of an image: `model` is `rgb` or `greyscale`, default planes count from 0."""

    model: str
    channels: tuple[ChannelState, ...]
    default_z: int = 0
    default_t: int = 0

    def with_channel(self, index: int, **changes: Any) -> RenderingState:
        """Give the same settings with those of channel `index` (from 0) changed."""
        channels = list(self.channels)
        channels[index] = replace(channels[index], **changes)
        return replace(self, channels=tuple(channels))


def saved_state(conn: Any, rendering_def_id: int) -> RenderingState | None:
    """Read a saved rendering definition: one Ice call."""
    saved = one(conn, _SAVED, id=rendering_def_id)
    if saved is None:
        return None
    return RenderingState(
        model=saved.getModel().getValue().getValue(),
        channels=tuple(channel_state(binding) for binding in saved.copyWaveRendering()),
        default_z=saved.getDefaultZ().getValue(),
        default_t=saved.getDefaultT().getValue(),
    )


def engine_state(engine: Any, size_c: int, ctx: Any) -> RenderingState:
    """Ask a loaded rendering engine for settings that are saved nowhere: 8 Ice calls a channel and 3 more."""
    return RenderingState(
        model=engine.getModel(ctx).getValue().getValue(),
        channels=tuple(_channel(engine, index, ctx) for index in range(size_c)),
        default_z=engine.getDefaultZ(ctx),
        default_t=engine.getDefaultT(ctx),
    )


def channel_state(binding: Any) -> ChannelState:
    """Give the settings in a loaded channel binding."""
    lut = binding.getLookupTable()
    return ChannelState(
        active=binding.getActive().getValue(),
        start=binding.getInputStart().getValue(),
        end=binding.getInputEnd().getValue(),
        rgba=(
            binding.getRed().getValue(),
            binding.getGreen().getValue(),
            binding.getBlue().getValue(),
            binding.getAlpha().getValue(),
        ),
        lut=(lut.getValue() or None) if lut else None,
        inverted=_inverts(binding.copySpatialDomainEnhancement()),
        family=binding.getFamily().getValue().getValue(),
        coefficient=binding.getCoefficient().getValue(),
    )


def _channel(engine: Any, index: int, ctx: Any) -> ChannelState:
    red, green, blue, alpha = engine.getRGBA(index, ctx)
    return ChannelState(
        active=engine.isActive(index, ctx),
        start=engine.getChannelWindowStart(index, ctx),
        end=engine.getChannelWindowEnd(index, ctx),
        rgba=(red, green, blue, alpha),
        lut=engine.getChannelLookupTable(index, ctx) or None,
        inverted=_inverts(engine.getCodomainMapContext(index, ctx) or ()),
        family=engine.getChannelFamily(index, ctx).getValue().getValue(),
        coefficient=engine.getChannelCurveCoefficient(index, ctx),
    )


def _inverts(contexts: Any) -> bool:
    return any(isinstance(context, omero.model.ReverseIntensityContext) for context in contexts)


Command = tuple[str, tuple[Any, ...]]


def changes(now: RenderingState, wanted: RenderingState) -> Iterator[Command]:
    """Give the calls that take an engine from `now` to `wanted`: nothing for what is the same.

    A channel that stays off is left alone, whatever its other settings: they don't show.
    """
    if now.model != wanted.model:
        yield "setModel", (wanted.model,)
    for index, (old, new) in enumerate(zip(now.channels, wanted.channels, strict=True)):
        if old.active != new.active:
            yield "setActive", (index, new.active)
        if new.active:
            yield from _channel_changes(index, old, new)


def differences(now: RenderingState, wanted: RenderingState) -> Iterator[Command]:
    """Give the calls for everything that differs, default planes and channels that are off too: before a save."""
    if now.model != wanted.model:
        yield "setModel", (wanted.model,)
    if now.default_z != wanted.default_z:
        yield "setDefaultZ", (wanted.default_z,)
    if now.default_t != wanted.default_t:
        yield "setDefaultT", (wanted.default_t,)
    for index, (old, new) in enumerate(zip(now.channels, wanted.channels, strict=True)):
        yield from _channel_changes(index, old, new)
        if old.active != new.active:
            yield "setActive", (index, new.active)


def _channel_changes(index: int, old: ChannelState, new: ChannelState) -> Iterator[Command]:
    if (old.start, old.end) != (new.start, new.end):
        yield "setChannelWindow", (index, new.start, new.end)
    if old.rgba != new.rgba:
        yield "setRGBA", (index, *new.rgba)
    if old.lut != new.lut:
        yield "setChannelLookupTable", (index, new.lut)
    if old.inverted != new.inverted:
        yield "addCodomainMapToChannel" if new.inverted else "removeCodomainMapFromChannel", (index,)
    if (old.family, old.coefficient) != (new.family, new.coefficient):
        yield "setQuantizationMap", (index, new.family, new.coefficient)


def reached(now: RenderingState, wanted: RenderingState) -> RenderingState:
    """Give the settings an engine has after all of `changes`: channels that are off keep what they had."""
    channels = tuple(
        new if new.active else replace(old, active=False)
        for old, new in zip(now.channels, wanted.channels, strict=True)
    )
    return replace(wanted, channels=channels)
