"""What a site may set of its log-in page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omeropyr.addons.custom_login.colours import PANELS, contrast
from omeropyr.addons.custom_login.words import LANGUAGES
from omeropyr.settings import one_of, setting
from omeropyr.settings.files import colour, ends_in, wrong_file
from omeropyr.settings.parsers import Link, links

PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".webp")
LEAST_CONTRAST = 4.5  # WCAG 2.2 AA, text
LINKS = ("/", "https://", "http://", "mailto:")


def footer(text: str) -> tuple[Link, ...]:
    """Links whose addresses a browser follows without harm."""
    found = links(text)
    if any(not link.target.startswith(LINKS) or link.target.startswith("//") for link in found):
        raise ValueError(f"expected addresses that begin with {', '.join(LINKS)}")
    return found


@dataclass(frozen=True)
class Settings:
    """What the add-on reads under ``addon.custom_login.``."""

    live: bool = setting(
        True, doc="Show the page to everybody; false shows it to administrators only, at /custom_login/preview/."
    )
    title: str = setting("omeropyr", doc="Name of the site, above the form and in the browser's tab.")
    logo: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        check=ends_in(*PICTURES),
        doc="File of the picture above the form.",
        example="/etc/omeropyr/logo.svg",
    )
    logo_dark: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        check=ends_in(*PICTURES),
        doc="The same for dark pages; left out, the logo serves for both.",
        example="/etc/omeropyr/logo-dark.svg",
    )
    favicon: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        check=ends_in(*PICTURES, ".ico"),
        doc="File of the icon in the browser's tab.",
        example="/etc/omeropyr/favicon.svg",
    )
    welcome: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        check=ends_in(".md", ".txt"),
        doc="File of the text beside the form, in Markdown.",
        example="/etc/omeropyr/welcome.md",
    )
    footer_links: tuple[Link, ...] = setting(
        (),
        parse=footer,
        doc="Links below the form, as JSON: words, address.",
        example='[["Imprint", "https://www.example.org/imprint"], ["Help", "mailto:help@example.org"]]',
    )
    accent: str | None = setting(
        None, check=colour, doc="Colour of the button and of links on light pages.", example="#0b6b8a"
    )
    accent_dark: str | None = setting(None, check=colour, doc="The same on dark pages.", example="#5cc1e0")
    background: str | None = setting(None, check=colour, doc="Colour behind the form, light.", example="#f6f7f8")
    background_dark: str | None = setting(None, check=colour, doc="Colour behind the form, dark.", example="#121417")
    language: str = setting("en", check=one_of(*LANGUAGES), doc="Language of the words of the form.")

    def __post_init__(self) -> None:
        paths = {name: getattr(self, name) for name in ("logo", "logo_dark", "favicon", "welcome")}
        problems = [
            f"addon.custom_login.{name}: {line}"
            for name, path in paths.items()
            if path is not None and (line := wrong_file(path))
        ]
        problems += [line for name, ground in PANELS.items() if (line := self._pale(name, ground))]
        if problems:
            raise ValueError("\n".join(problems))

    def _pale(self, name: str, ground: str) -> str | None:
        """What is wrong where the accent cannot be read."""
        value: str | None = getattr(self, name)
        if value is None or (found := contrast(value, ground)) >= LEAST_CONTRAST:
            return None
        return (
            f"addon.custom_login.{name} = {value!r}: its contrast with {ground} is {found:.1f}, "
            f"and words need {LEAST_CONTRAST}; take a {'darker' if ground == PANELS['accent'] else 'lighter'} colour"
        )
