"""Rendering parameters where half of them would be a mistake: to be saved, and for the `_rdef` addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyramid.request import Request

from omeropyr.errors import InvalidInput
from omeropyr.gateway.parameters import MAX_TEXT, RenderingParameters, rendering_parameters

EXAMPLE = "for example c=1|0:255$FF0000,-2|0:255$cool.lut&m=c"


def rendering_query(request: Request) -> Mapping[str, str]:
    """Give where the parameters stand: in the address, or in the form of a POST whose address has no `c`."""
    if request.method == "POST" and "c" not in request.GET:
        form: Mapping[str, str] = request.POST
        return form
    query: Mapping[str, str] = request.GET
    return query


def strict_parameters(query: Mapping[str, str]) -> RenderingParameters:
    """Read parameters that say everything; `InvalidInput` names what is missing or can't be read.

    `c` is required, and each entry of it, one that is off too, needs a window and a colour or lookup table; `m` is
    required; `maps`, if given, is JSON with one entry per entry of `c`.
    """
    found = rendering_parameters(query)
    entries = [entry for entry in query.get("c", "").split(",") if entry.strip()]
    if not entries:
        raise InvalidInput(f"c is required: {EXAMPLE}")
    if found.channels is None or len(found.channels) != len(entries):
        raise InvalidInput(f"an entry of c can't be read: {EXAMPLE}")
    if any(entry.window is None or (entry.rgba is None and entry.lut is None) for entry in found.channels):
        raise InvalidInput(f"each entry of c needs a window and a colour, one that is off too: {EXAMPLE}")
    if found.model is None:
        raise InvalidInput("m must be c (colour) or g (greyscale)")
    if query.get("maps"):
        _check_maps(query["maps"], len(entries))
    return found


def _check_maps(text: str, count: int) -> None:
    try:
        maps = json.loads(text) if len(text) <= MAX_TEXT else None
    except (ValueError, RecursionError):
        raise InvalidInput("maps must be JSON") from None
    if not isinstance(maps, list) or len(maps) != count:
        raise InvalidInput("maps must be a JSON list with one object per entry of c")
