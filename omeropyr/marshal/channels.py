"""The few facts about channels that labels and plots need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import rows
from omeropyr.marshal.images import label_of, pixel_range

_CHANNELS = """
    select lc.name, lc.emissionWave.value, s.globalMin, s.globalMax, index(c)
    from Pixels p join p.channels c join c.logicalChannel lc left outer join c.statsInfo s
    where p.id = :id order by index(c)
"""


@dataclass(frozen=True)
class Channel:
    """A channel's label, and the least and greatest value of its pixels."""

    label: str
    low: float
    high: float


def channels(conn: Any, image: ImageFacts) -> list[Channel]:
    """Give the channels of an image by one Ice call; where values aren't known, the range of their type."""
    lowest, highest = pixel_range(image.pixels_type)
    return [
        Channel(
            label_of(index, name, emission),
            float(lowest if low is None else low),
            float(highest if high is None else high),
        )
        for index, (name, emission, low, high, _) in enumerate(rows(conn, _CHANNELS, id=image.pixels_id))
    ]
