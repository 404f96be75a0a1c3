"""What a URL asks of the renderer: the grammar of OMERO.web's rendering parameters, read into plain values.

`c` is a comma list of `[-]N[|start:end][$COLOUR]` with N from 1; `COLOUR` has 3, 4, 6 or 8 hexadecimal digits or
names a lookup table (`cool.lut`). `m` is `g` or `c`, `p` is `intmax`, `intmean` or `intsum` with an optional range
`|first:last`, `q` is a JPEG quality from 0 to 1, `maps` a JSON list with one object per entry of `c`. `ia` is for
viewers, which swap Z and T in the addresses they ask for. As with OMERO.web a malformed entry of `c` is left out and a
malformed `maps` is ignored, so that old links keep working; whatever would cost memory or has no meaning at all is
refused with `InvalidInput`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import finite, integer

MAX_TEXT = 65_536
MAX_ENTRIES = 1_024
# Beyond this the difference of two window ends is no longer a finite double.
MAX_WINDOW = 1e300

_ENTRY = re.compile(r"(?P<off>-?)(?P<index>[0-9]{1,9})(?:\|(?P<window>[^$]*))?(?:\$(?P<colour>.*))?")
_HEX = re.compile(r"(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_LUT = re.compile(r"[\w. +()-]{1,250}\.lut", re.ASCII)
_MODELS = {"g": "greyscale", "c": "rgb"}
FAMILIES = ("linear", "polynomial", "exponential", "logarithmic")
PROJECTIONS = ("intmax", "intmean", "intsum")

RGBA = tuple[int, int, int, int]


@dataclass(frozen=True)
class ChannelRequest:
    """One entry of `c`: the channel (from 1), on or off, and what it fixes of the channel's settings."""

    index: int
    active: bool
    window: tuple[float, float] | None = None
    rgba: RGBA | None = None
    lut: str | None = None


@dataclass(frozen=True)
class MapRequest:
    """One entry of `maps`; `None` leaves the saved value as it is."""

    inverted: bool | None = None
    family: str | None = None
    coefficient: float | None = None


@dataclass(frozen=True)
class Projection:
    """A projection through Z; `first` and `last` (from 0, inclusive) are `None` for the whole stack."""

    kind: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class RenderingParameters:
    """Everything a URL says about how to render; `None` means "as saved"."""

    channels: tuple[ChannelRequest, ...] | None = None
    maps: tuple[MapRequest, ...] = field(default=())
    model: str | None = None
    projection: Projection | None = None
    quality: float | None = None

    @property
    def fixes_everything(self) -> bool:
        """Say whether the picture depends on no saved setting, so that another's save can't change it."""
        if self.channels is None or self.model is None:
            return False
        return all(self._fixes(place) for place, entry in enumerate(self.channels) if entry.active)

    def _fixes(self, place: int) -> bool:
        entry = self.channels[place] if self.channels else None
        if entry is None or entry.window is None or (entry.rgba is None and entry.lut is None):
            return False
        if place >= len(self.maps):
            return False
        mapping = self.maps[place]
        return mapping.inverted is not None and mapping.family is not None


@dataclass(frozen=True)
class Tile:
    """`tile=level,x,y[,w,h]`: level 0 is full resolution, x and y count tiles; size `None` is the engine's own."""

    level: int
    x: int
    y: int
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels of the level it is taken from."""

    x: int
    y: int
    width: int
    height: int


def rendering_parameters(query: Mapping[str, str]) -> RenderingParameters:
    """Read `c`, `m`, `p`, `q` and `maps`; raises `InvalidInput` for what can't be meant."""
    channels = _channels(query["c"]) if query.get("c") else None
    return RenderingParameters(
        channels=channels,
        maps=_maps(query.get("maps", "")),
        model=_MODELS.get(query.get("m", "")),
        projection=_projection(query.get("p", "")),
        quality=_quality(query.get("q", "")),
    )


def colour(text: str) -> RGBA | None:
    """Read 3, 4, 6 or 8 hexadecimal digits as red, green, blue, alpha (0 to 255); `None` when they aren't."""
    if not _HEX.fullmatch(text):
        return None
    if len(text) < 6:
        text = "".join(digit * 2 for digit in text)
    red, green, blue, alpha = bytes.fromhex(text.ljust(8, "f"))
    return red, green, blue, alpha


def tile(text: str) -> Tile:
    """Read `level,x,y[,w,h]`; raises `InvalidInput` naming what is wrong with it."""
    parts = text.split(",")
    if len(parts) not in (3, 5):
        raise InvalidInput("tile must be level,x,y or level,x,y,width,height")
    level, x, y = (integer(part, f"tile {name}") for name, part in zip(("level", "x", "y"), parts, strict=False))
    if level < 0 or x < 0 or y < 0:
        raise InvalidInput("tile level, x and y must not be negative")
    if len(parts) == 3:
        return Tile(level, x, y, None, None)
    width, height = integer(parts[3], "tile width"), integer(parts[4], "tile height")
    return Tile(level, x, y, width if width > 0 else None, height if height > 0 else None)


def region(text: str) -> Region:
    """Read `x,y,w,h` in pixels; raises `InvalidInput` naming what is wrong with it."""
    parts = text.split(",")
    if len(parts) != 4:
        raise InvalidInput("region must be x,y,width,height")
    x, y, width, height = (
        integer(part, f"region {name}") for name, part in zip(("x", "y", "width", "height"), parts, strict=True)
    )
    if x < 0 or y < 0 or width < 1 or height < 1:
        raise InvalidInput("region x and y must not be negative, width and height must be at least 1")
    return Region(x, y, width, height)


@lru_cache(maxsize=256)  # every tile of a picture comes with the same text
def _channels(text: str) -> tuple[ChannelRequest, ...]:
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"c is longer than {MAX_TEXT} characters")
    parts = text.split(",")
    if len(parts) > MAX_ENTRIES:
        raise InvalidInput(f"c has more than {MAX_ENTRIES} entries")
    return tuple(entry for part in parts if (entry := _channel(part.strip())) is not None)


def _channel(text: str) -> ChannelRequest | None:
    match = _ENTRY.fullmatch(text)
    if match is None or int(match["index"]) < 1:
        return None
    named = match["colour"] or ""
    return ChannelRequest(
        index=int(match["index"]),
        active=not match["off"],
        window=_window(match["window"] or ""),
        rgba=colour(named),
        lut=named if _LUT.fullmatch(named) else None,
    )


def _window(text: str) -> tuple[float, float] | None:
    start, colon, end = text.partition(":")
    low, high = finite(start), finite(end)
    if not colon or low is None or high is None or low > high or max(abs(low), abs(high)) > MAX_WINDOW:
        return None
    return low, high


def _quality(text: str) -> float | None:
    if not text:
        return None
    quality = finite(text)
    if quality is None or not 0 <= quality <= 1:
        raise InvalidInput("q must be a number from 0 to 1")
    return quality


def _projection(text: str) -> Projection | None:
    kind, bar, span = text.partition("|")
    if kind not in PROJECTIONS:
        return None
    if not bar:
        return Projection(kind)
    first, colon, last = span.partition(":")
    if not colon:
        raise InvalidInput("the range of p must be first:last, for example intmax|5:25")
    low, high = integer(first, "first plane of p"), integer(last, "last plane of p")
    if low > high:
        raise InvalidInput("the range of p must not end before it starts")
    return Projection(kind, max(low, 0), max(high, 0))


@lru_cache(maxsize=256)
def _maps(text: str) -> tuple[MapRequest, ...]:
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"maps is longer than {MAX_TEXT} characters")
    try:
        entries = json.loads(text, parse_constant=_no_constant) if text else []
    except (ValueError, RecursionError):
        return ()
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        return ()
    return tuple(_map(entry) for entry in entries)


def _map(entry: Any) -> MapRequest:
    if not isinstance(entry, dict):
        return MapRequest()
    inversion = entry.get("inverted", entry.get("reverse"))
    enabled = inversion.get("enabled") if isinstance(inversion, dict) else False
    family, coefficient = _quantization(entry.get("quantization"))
    return MapRequest(enabled is True or enabled == "true", family, coefficient)


def _quantization(value: Any) -> tuple[str | None, float | None]:
    if not isinstance(value, dict) or value.get("family") not in FAMILIES:
        return None, None
    coefficient = finite(str(value.get("coefficient", 1.0)))
    if coefficient is None or abs(coefficient) > 1_000:
        return str(value["family"]), 1.0
    return str(value["family"]), coefficient


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
