"""What a site may set of its start page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omeropyr.settings import setting
from omeropyr.settings.files import ends_in, wrong_file, wrong_folder

TEMPLATES = (".pt", ".md")


def address(value: str) -> None:
    """An address on this site or elsewhere, but no script and no address that only looks like one of this site."""
    if not value.startswith(("/", "https://", "http://")) or value.startswith(("//", "/\\")):
        raise ValueError("expected an address like /webclient/ or https://www.example.org/")


@dataclass(frozen=True)
class Settings:
    """What the add-on reads under ``addon.custom_index.``."""

    live: bool = setting(
        True, doc="Let / lead to the page; false shows it to administrators only, at /welcome/preview/."
    )
    page: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        check=ends_in(*TEMPLATES),
        doc="File of the page: a Chameleon template (.pt) or Markdown (.md). Left out, omero.web.index_template; "
        "else a plain page.",
        example="/etc/omeropyr/index.md",
    )
    redirect: str | None = setting(
        None, check=address, doc="Where / leads instead of to a page.", example="https://www.example.org/microscopy/"
    )
    title: str = setting("Welcome", doc="Words in the browser's tab, of a page in Markdown.")
    static: Path | None = setting(  # noqa: RUF009 - setting() makes a field
        None,
        doc="Folder whose files everybody may read at /welcome/files/: pictures, style sheets.",
        example="/etc/omeropyr/static",
    )

    def __post_init__(self) -> None:
        problems = []
        if self.page is not None and (line := wrong_file(self.page)):
            problems.append(f"addon.custom_index.page: {line}")
        if self.static is not None and (line := wrong_folder(self.static)):
            problems.append(f"addon.custom_index.static: {line}")
        if self.page is not None and self.redirect is not None:
            problems.append(
                "addon.custom_index.page and addon.custom_index.redirect exclude each other; set one of them"
            )
        if problems:
            raise ValueError("\n".join(problems))
