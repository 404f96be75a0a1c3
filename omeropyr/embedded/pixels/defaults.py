"""How an image is shown that nobody has set up yet: windows from the channels' statistics, colours from what is known
about them.

Colours as OMERO picks them: the channel's own, else by emission wavelength (up to 500 nm blue, to 600 green, above
red), else by the name of a dye, else red, green, blue and so on in the order of the channels. One channel without any
of these is shown in grey.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from omeropyr.rendering.settings import ChannelBinding, RenderingDef

Color = tuple[int, int, int, int]

_RED, _GREEN, _BLUE, _WHITE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)
_MAGENTA, _CYAN, _YELLOW = (255, 0, 255, 255), (0, 255, 255, 255), (255, 255, 0, 255)
_ORDER: tuple[Color, ...] = (_RED, _GREEN, _BLUE, _MAGENTA, _CYAN, _YELLOW)
_DYES: tuple[tuple[str, Color], ...] = (
    (r"dapi|hoechst|draq|cfp|bfp|alexa ?405|\bblue\b|^[bd]$", _BLUE),
    (r"gfp|yfp|fitc|alexa ?488|cy2|\bgreen\b|^[fg]$", _GREEN),
    (r"cy5|cy7|alexa ?(633|647)|far ?red|atto ?647", _MAGENTA),
    (r"cherry|rfp|tritc|cy3|texas|txred|rhodamine|dsred|phalloidin|alexa ?(5[4-9]\d)|\bred\b|^r$", _RED),
    (r"\bdic\b|phase|bright|trans", _WHITE),
)


@dataclass(frozen=True)
class ChannelFacts:
    """What is known about a channel: value range, own colour, emission wavelength in nanometres, name."""

    minimum: float
    maximum: float
    color: Color | None = None
    emission: float | None = None
    name: str | None = None
    lookup_table: str | None = None


def default_settings(channels: Sequence[ChannelFacts], size_z: int, *, rgb: bool = False) -> RenderingDef:
    """The settings of an image at first sight.

    *rgb*: 8-bit colour as a camera made it, shown as it is, without windows.
    """
    told = [_told(channel) for channel in channels]
    bindings = []
    for index, (channel, color) in enumerate(zip(channels, told, strict=True)):
        red, green, blue, alpha = color or (_WHITE if len(channels) == 1 else _ORDER[index % len(_ORDER)])
        if rgb and index < 3:
            red, green, blue, alpha = _ORDER[index]
        low, high = (0.0, 255.0) if rgb else (channel.minimum, channel.maximum)
        bindings.append(
            ChannelBinding(
                input_start=low,
                input_end=high,
                red=red,
                green=green,
                blue=blue,
                alpha=alpha,
                lookup_table=channel.lookup_table,
                active=not (rgb and index > 2),
            )
        )
    grey = len(channels) == 1 and told[0] in (None, _WHITE) and not channels[0].lookup_table
    return RenderingDef(tuple(bindings), "greyscale" if grey else "rgb", default_z=size_z // 2)


def _told(channel: ChannelFacts) -> Color | None:
    """The colour that the channel's metadata tell, if they do."""
    if channel.color is not None and any(channel.color[:3]):
        return (*channel.color[:3], channel.color[3] or 255)
    if channel.emission:
        return _BLUE if channel.emission <= 500 else _GREEN if channel.emission <= 600 else _RED
    name = (channel.name or "").lower()
    return next((color for pattern, color in _DYES if re.search(pattern, name)), None)
