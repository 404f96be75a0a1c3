"""The settings of the gateway: how much one request may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings import between, setting


@dataclass(frozen=True)
class Settings:
    """What the gateway reads under `addon.gateway.`."""

    max_plane_pixels: int = setting(
        33_554_432,
        check=between(65_536, 2**30),
        doc="Pixels that a whole plane or a region may have when it is rendered as one picture.",
    )
    max_thumbnail_size: int = setting(
        2_048, check=between(96, 8_192), doc="Longest side of a thumbnail that may be asked for, in pixels."
    )
    max_projection_bytes: int = setting(
        268_435_456,
        check=between(1_048_576, 2**33),
        doc="Bytes of raw pixels that one projection of a tile or region may read, all channels and planes together.",
    )
