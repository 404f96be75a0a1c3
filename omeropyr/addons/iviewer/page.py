"""What OMERO.iviewer's page tells its scripts: a map of texts, read before anything is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from omeropyr.addons.iviewer.settings import Settings
from omeropyr.connection.client_config import ClientConfig

_FLAGS = {True: "True", False: "False"}


def parameters(
    query: Mapping[str, str],
    addresses: Mapping[str, str],
    settings: Settings,
    server: ClientConfig,
    versions: Mapping[str, str],
    prefix: str,
) -> dict[str, str]:
    """The map: the query in capitals, *addresses* of the site's parts, settings, *versions*, and the site's *prefix*.

    The site's own words win over the query's.
    """
    found = {name.upper(): value for name, value in query.items()}
    found |= {**addresses, **versions}
    if prefix:
        found["URI_PREFIX"] = prefix
    return found | {
        "INTERPOLATE": _FLAGS[server.interpolate_pixels],
        "ROI_PAGE_SIZE": str(settings.roi_page_size),
        "MAX_PROJECTION_BYTES": str(settings.max_projection_bytes),
        "MAX_ACTIVE_CHANNELS": str(settings.max_active_channels),
        "NODEDESCRIPTORS": "None",
        "ROI_COLOR_PALETTE": settings.roi_color_palette,
        "SHOW_PALETTE_ONLY": _FLAGS[settings.show_palette_only],
        "ENABLE_MIRROR": _FLAGS[settings.enable_mirror],
    }
