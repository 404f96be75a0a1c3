"""What the page shows, made of the settings and of the site's files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from omeropyr.addons.custom_login.colours import style_sheet
from omeropyr.addons.custom_login.settings import Settings
from omeropyr.settings.parsers import Link
from omeropyr.web.markdown import to_html

FILES = ("logo", "logo_dark", "favicon")
COLOURS = "colours"


@dataclass(frozen=True)
class Brand:
    """*versions* has the part of an address that changes with a file, for those of ``FILES`` that the site has."""

    title: str
    language: str
    welcome: str
    footer: tuple[Link, ...]
    colours: str
    files: dict[str, Path]
    versions: dict[str, str]


def make_brand(settings: Settings) -> Brand:
    """Read the site's files; OSError or UnicodeDecodeError where one cannot be read."""
    files = {name: path for name in FILES if (path := getattr(settings, name)) is not None}
    colours = style_sheet(settings.accent, settings.accent_dark, settings.background, settings.background_dark)
    versions = {name: version_of(path.read_bytes()) for name, path in files.items()}
    return Brand(
        title=settings.title,
        language=settings.language,
        welcome=to_html(settings.welcome.read_text("utf-8")) if settings.welcome else "",
        footer=settings.footer_links,
        colours=colours,
        files=files,
        versions={**versions, COLOURS: version_of(colours.encode())},
    )


def version_of(content: bytes) -> str:
    """Twelve hex digits of *content*."""
    return hashlib.sha256(content).hexdigest()[:12]
