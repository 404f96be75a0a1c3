"""The settings of the add-on `iviewer`, by the names that OMERO.iviewer gives them."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings import between, setting


@dataclass(frozen=True)
class Settings:
    """What the add-on reads under `addon.iviewer.`."""

    static: str | None = setting(
        None,
        doc="Folder of OMERO.iviewer's static files (main.js is in it); left out, that of the installed package.",
        example="/opt/omero-iviewer/omero_iviewer/static/omero_iviewer",
    )
    max_projection_bytes: int = setting(
        268_435_456, check=between(0, 2**40), doc="Bytes of a channel's stack that may be projected along Z."
    )
    max_active_channels: int = setting(10, check=between(1, 100), doc="Channels that may be shown at the same time.")
    roi_page_size: int = setting(
        500,
        check=between(1, 500),
        doc="Regions read at once; of images with more, those of the plane in view are read.",
    )
    roi_color_palette: str = setting(
        "", doc="Colours offered for regions: rows in brackets, separated by commas.", example="[red,green],[blue]"
    )
    show_palette_only: bool = setting(False, doc="Offer the colours of the palette only.")
    enable_mirror: bool = setting(False, doc="Offer to mirror an image.")
