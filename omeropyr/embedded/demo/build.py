"""Fill an embedded server with the demo: accounts, projects and datasets, and the imported pictures."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import omero.model
from omero.rtypes import rbool, rstring

from omeropyr.embedded.demo.content import GROUPS, PASSWORD, PICTURES, USERS, Group, Picture, User
from omeropyr.embedded.demo.files import Progress, cache_folder, ensure_files

if TYPE_CHECKING:
    from omeropyr.embedded.permissions import Actor
    from omeropyr.embedded.server import EmbeddedServer

MARKER = "demo.json"
"""The file in a data folder that says its demo data are complete."""


def is_complete(data: Path) -> bool:
    """Whether this version of the demo is all there in the data folder *data*."""
    with suppress(OSError, ValueError):
        return bool(json.loads((data / MARKER).read_text("utf-8")).get("version") == cache_folder().name)
    return False
