"""The page in the site's file: compiled at the start, so that a mistake is found before anybody asks for it."""

from __future__ import annotations

from pathlib import Path

from chameleon.exc import TemplateError

from omeropyr.addons.custom_index.settings import TEMPLATES, Settings
from omeropyr.settings.files import wrong_file
from omeropyr.web.markdown import to_html
from omeropyr.web.templates import Template

MARKDOWN = ".md"
PLAIN = Path(__file__).parent / "templates" / "plain.pt"


class BrokenPage(Exception):
    """The file is no page; the text names file and line."""


def file_of(own: Settings, index_template: str | None) -> Path | None:
    """The file of the page: the add-on's setting, OMERO.web's, or a plain one; None where a redirect is set.

    BrokenPage where *index_template* is no file that can be one.
    """
    if own.redirect is not None:
        return None
    if own.page is not None or index_template is None:
        return own.page or PLAIN
    path = Path(index_template)
    wrong = "is no absolute path" if not path.is_absolute() else wrong_file(path)
    if wrong is None and path.suffix not in TEMPLATES:
        wrong = f"is neither {' nor '.join(TEMPLATES)}; a template for Django must be written anew"
    if wrong is not None:
        raise BrokenPage(f"omero.web.index_template = {index_template!r}: {wrong}")
    return path


def check(path: Path) -> None:
    """BrokenPage where *path* cannot be read or compiled."""
    if path.suffix == MARKDOWN:
        markdown(path)
        return
    try:
        Template(str(path)).cook_check()
    except TemplateError as error:
        raise BrokenPage(f"{path}, line {_line(error)}: {error.args[0]}: {error.args[-1]}") from error
    except SyntaxError as error:
        raise BrokenPage(f"{path}, line {error.lineno or '?'}: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenPage(f"{path} cannot be read ({error})") from error


def markdown(path: Path) -> str:
    """The Markdown of *path* as HTML; BrokenPage where it cannot be read."""
    try:
        return to_html(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BrokenPage(f"{path}, line {line}: is not UTF-8") from error
    except OSError as error:
        raise BrokenPage(f"{path} cannot be read ({error})") from error


def _line(error: TemplateError) -> str:
    location = getattr(error, "location", None) or getattr(getattr(error, "token", None), "location", None)
    return str(location[0]) if location else "?"
