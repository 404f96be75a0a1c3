"""Rendering settings as plain values, under the names OMERO's model gives them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Family = Literal["linear", "polynomial", "exponential", "logarithmic"]
Model = Literal["rgb", "greyscale"]
FAMILIES: tuple[Family, ...] = ("linear", "polynomial", "exponential", "logarithmic")


@dataclass(frozen=True)
class ChannelBinding:
    """How one channel is shown.

    ``red`` to ``alpha`` are 0..255; ``lookup_table`` is a name of :mod:`.lut` and wins over the colour.
    """

    active: bool = True
    input_start: float = 0.0
    input_end: float = 255.0
    family: Family = "linear"
    coefficient: float = 1.0
    noise_reduction: bool = False
    red: int = 255
    green: int = 255
    blue: int = 255
    alpha: int = 255
    lookup_table: str | None = None
    reverse_intensity: bool = False


@dataclass(frozen=True)
class RenderingDef:
    """How an image is shown: its channels in order, the colour model, the plane shown first.

    ``codomain`` holds the darkest and the brightest level that is used, within 0 to 255, and ``bit_resolution`` how
    many steps lie between them (a power of two less one; OMERO's ``QuantumDef``).
    """

    channels: tuple[ChannelBinding, ...]
    model: Model = "rgb"
    default_z: int = 0
    default_t: int = 0
    codomain: tuple[int, int] = (0, 255)
    bit_resolution: int = 255

    @property
    def shown(self) -> tuple[int, ...]:
        """The indices of the channels that make up the picture: all active ones.

        For greyscale only the first of them.
        """
        active = tuple(index for index, channel in enumerate(self.channels) if channel.active)
        return active[:1] if self.model == "greyscale" else active

    @cached_property
    def as_stored(self) -> bool:
        """Whether 8-bit red, green and blue come out of these settings as they went in."""
        primaries = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
        if len(self.channels) != 3 or self.model != "rgb" or (self.codomain, self.bit_resolution) != ((0, 255), 255):
            return False
        return all(
            channel == ChannelBinding(red=red, green=green, blue=blue, noise_reduction=channel.noise_reduction)
            for channel, (red, green, blue) in zip(self.channels, primaries, strict=True)
        )
