"""What the OMERO server's own configuration tells its web clients; asked once per server and application."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

_MAX_TILE = "omero.pixeldata.max_tile_length"
_MAX_WIDTH, _MAX_HEIGHT = "omero.pixeldata.max_plane_width", "omero.pixeldata.max_plane_height"


@dataclass(frozen=True)
class ClientConfig:
    """The server's values, or OMERO's defaults where it has none; sizes in pixels."""

    max_tile_length: int = 1024
    max_plane_width: int = 3192
    max_plane_height: int = 3192
    thumbnail_size: int = 96
    initial_zoom_level: int = 0
    interpolate_pixels: bool = True
    orphans_enabled: bool = True
    orphans_name: str = "Orphaned Images"


def read_client_config(conn: Any) -> ClientConfig:
    """Ask the server: five Ice calls."""
    service = conn.getConfigService()
    values = service.getClientConfigValues()
    default = ClientConfig()
    return ClientConfig(
        max_tile_length=_whole(service.getConfigValue(_MAX_TILE), default.max_tile_length),
        max_plane_width=_whole(service.getConfigValue(_MAX_WIDTH), default.max_plane_width),
        max_plane_height=_whole(service.getConfigValue(_MAX_HEIGHT), default.max_plane_height),
        thumbnail_size=_whole(values.get("omero.client.browser.thumb_default_size"), default.thumbnail_size),
        initial_zoom_level=_whole(values.get("omero.client.viewer.initial_zoom_level"), default.initial_zoom_level),
        interpolate_pixels=values.get("omero.client.viewer.interpolate_pixels", "true").lower() != "false",
        orphans_enabled=values.get("omero.client.ui.tree.orphans.enabled", "true").lower() != "false",
        orphans_name=values.get("omero.client.ui.tree.orphans.name") or default.orphans_name,
    )


def _whole(text: str | None, default: int) -> int:
    """Read a server's number; what is none counts as not set, as OMERO.web has it."""
    text = (text or "").strip()
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else default


class ClientConfigs:
    """The configurations read so far, by server, for `seconds`; one per application, safe for threads."""

    def __init__(self, seconds: float = 300.0) -> None:
        self._seconds = seconds
        self._known: dict[Hashable, tuple[float, ClientConfig]] = {}
        self._lock = threading.Lock()

    def get(self, server: Hashable, conn: Any) -> ClientConfig:
        """Give the configuration of `server`, asked over `conn` if it isn't known or is old."""
        with self._lock:
            seen, known = self._known.get(server, (0.0, None))
        if known is None or time.monotonic() - seen > self._seconds:
            known = read_client_config(conn)
            with self._lock:
                self._known[server] = (time.monotonic(), known)
        return known
