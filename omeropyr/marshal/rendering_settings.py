"""All saved rendering settings of an image as the JSON of OMERO.web's `get_image_rdefs_json`."""

from __future__ import annotations

from typing import Any

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context
from omeropyr.connection.rendering_state import ChannelState, RenderingState, channel_state
from omeropyr.marshal.objects import plain

EVERYBODY = -1


def saved_settings(conn: Any, image: ImageFacts) -> list[dict[str, Any]]:
    """Give the settings of each user who saved some and whom the caller may see. One Ice call."""
    service = conn.getPixelsService()
    found = service.retrieveAllRndSettings(image.pixels_id, EVERYBODY, context(conn, image.group_id))
    return [_definition(one) for one in found]


def _definition(saved: Any) -> dict[str, Any]:
    owner = saved.getDetails().getOwner()
    return {
        "id": saved.getId().getValue(),
        "owner": {
            "id": owner.getId().getValue(),
            "firstName": plain(owner.getFirstName()) or "",
            "lastName": plain(owner.getLastName()) or "",
        },
        "z": saved.getDefaultZ().getValue(),
        "t": saved.getDefaultT().getValue(),
        "model": saved.getModel().getValue().getValue(),
        "c": [_channel(channel_state(one)) for one in saved.copyWaveRendering() if one is not None],
    }


def _channel(settings: ChannelState) -> dict[str, Any]:
    red, green, blue = settings.rgba[:3]
    found: dict[str, Any] = {
        "active": settings.active,
        "start": settings.start,
        "end": settings.end,
        "color": f"{red:02X}{green:02X}{blue:02X}",
        "inverted": settings.inverted,
        "reverseIntensity": settings.inverted,
        "family": settings.family,
        "coefficient": settings.coefficient,
        "rgb": {"red": red, "green": green, "blue": blue},
    }
    if settings.lut:
        found["lut"] = settings.lut
    return found


def settings_query(state: RenderingState, pixel_range: list[float]) -> dict[str, Any]:
    """Give settings as the parameters that ask for them: what OMERO.web's clipboard holds."""
    entries = []
    for index, channel in enumerate(state.channels, 1):
        colour = channel.lut or "{:02X}{:02X}{:02X}".format(*channel.rgba[:3])
        entries.append(f"{'' if channel.active else '-'}{index}|{channel.start}:{channel.end}${colour}")
    maps = [
        {
            "inverted": {"enabled": channel.inverted},
            "quantization": {"family": channel.family, "coefficient": channel.coefficient},
        }
        for channel in state.channels
    ]
    return {
        "c": ",".join(entries),
        "m": "g" if state.model == "greyscale" else "c",
        "pixel_range": ":".join(map(str, pixel_range)),
        "maps": maps,
    }
