"""The split-channel picture: a panel for each channel that is on, and in colour one for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import omero.gateway
from PIL import Image, ImageDraw, ImageFont

from omeropyr.connection.engines import Picture, WarmEngine, rendering_engine
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.rendering_state import RenderingState
from omeropyr.errors import InvalidInput
from omeropyr.gateway.parameters import RenderingParameters
from omeropyr.gateway.rendering import Limits, check_plane, encoded, plane_pixels, wanted_state
from omeropyr.marshal.channels import channels
from omeropyr.marshal.images import split_channel

QUALITY = 0.9
MERGED = "merged"
WHITE = (255, 255, 255)
# From this width of a panel on, in pixels, its label has this height; the fonts are those that come with omero-py.
_HEIGHTS = ((640, 24), (512, 24), (384, 18), (298, 14), (256, 12), (213, 10), (96, 8))
_FONTS = Path(omero.gateway.__file__).parent / "pilfonts"


def split_channels(conn: Any, image: ImageFacts, asked: RenderingParameters, z: int, t: int, limits: Limits) -> bytes:
    """Render the picture as JPEG; its layout is that of `imgData`'s `split_channel`. Raises `InvalidInput`."""
    check_plane(image, z, t)
    with rendering_engine(conn, image) as engine:
        state = wanted_state(engine.saved, asked)
        layout = split_channel(image.size_x, image.size_y, image.size_c)["g" if state.model == "greyscale" else "c"]
        if layout["width"] * layout["height"] > limits.picture_pixels:
            raise InvalidInput(
                f"the picture would have {layout['width']} x {layout['height']} pixels, more than "
                f"{limits.picture_pixels}"
            )
        canvas = Image.new("RGB", (layout["width"], layout["height"]), WHITE)
        labels = [channel.label for channel in channels(conn, image)]
        for place, label, panel in _panels(engine, state, asked, (z, t), labels):
            down, across = divmod(place, layout["gridx"])
            border = layout["border"]
            corner = border + across * (image.size_x + border), border + down * (image.size_y + border)
            canvas.paste(_labelled(panel, label), corner)
    quality = QUALITY if asked.quality is None else asked.quality
    return encoded(np.asarray(canvas), "jpeg", quality)


def _panels(
    engine: WarmEngine, state: RenderingState, asked: RenderingParameters, plane: tuple[int, int], labels: list[str]
) -> Any:
    """Give place in the grid, label and picture of each panel."""
    shown = [index for index, channel in enumerate(state.channels) if channel.active]
    for index in shown:
        only = state
        for other in shown:
            only = only.with_channel(other, active=other == index)
        yield index, labels[index] if index < len(labels) else str(index), plane_pixels(engine, only, asked, *plane)
    if state.model != "greyscale":
        yield len(state.channels), MERGED, plane_pixels(engine, state, asked, *plane)


def _labelled(panel: Picture, label: str) -> Image.Image:
    picture = Image.fromarray(panel)
    height = label_height(picture.width)
    if height:
        font = ImageFont.load(str(_FONTS / f"B{height:02d}.pil"))
        # The fonts have the letters of Latin-1 only.
        text = label.encode("latin-1", "replace").decode("latin-1")
        ImageDraw.Draw(picture).text((2, 2), text, font=font, fill=WHITE)
    return picture


def label_height(width: int) -> int:
    """Give the height of the letters on a panel of this width, in pixels; 0 where there is no room for any."""
    if width >= 640:
        return min(64, (width - 640) // 128 * 8 + 24)
    return next((height for least, height in _HEIGHTS if width >= least), 0)
