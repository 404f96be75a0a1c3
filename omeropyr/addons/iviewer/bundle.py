"""Where OMERO.iviewer's static files are. Its package is never imported: that would import Django."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "omero_iviewer"


def find_bundle(given: str | None) -> Path:
    """The folder with ``main.js``. Raises ValueError with what to do where it is not there."""
    if given:
        folder = Path(given)
    else:
        spec = find_spec(PACKAGE)
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not places:
            raise ValueError(
                "OMERO.iviewer is not installed: pip install --no-deps omero-iviewer, or name its static files in "
                "addon.iviewer.static"
            )
        folder = Path(places[0]) / "static" / PACKAGE
    if not (folder / "main.js").is_file():
        raise ValueError(f"addon.iviewer.static: there is no main.js in {folder}")
    return folder
