"""The wells of a plate as JSON."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import InvalidInput
from omeropyr.gateway.answers import answer_json
from omeropyr.gateway.plates import LAYOUTS, Wanted, plate_grid
from omeropyr.marshal.numbers import MAX_ID, integer

LARGEST = 2048


def plate(request: Request) -> Response:
    """Give the grid of the field in the address, by default the first."""
    path = request.matchdict
    run = path.get("acquisition")
    layout = request.GET.get("layout") or request.settings.web.plate_layout
    if layout not in LAYOUTS:
        raise InvalidInput(f"layout must be one of {', '.join(LAYOUTS)}")
    wanted = Wanted(
        field=integer(path.get("field", "0"), "field", most=10_000),
        acquisition=integer(run, "acquisition", most=MAX_ID) if run else None,
        layout=layout,
    )
    size = request.GET.get("size")
    side = integer(size, "size", most=LARGEST) if size else None
    if side is not None and side < 1:
        raise InvalidInput(f"size must be from 1 to {LARGEST} pixels")

    def thumb_url(image_id: int) -> str:
        route = "gateway.render_thumbnail_side" if side else "gateway.render_thumbnail_default"
        address: str = request.route_path(route, iid=image_id, **({"w": side} if side else {}))
        return address

    plate_id = integer(path["pid"], "plate", most=MAX_ID)
    return answer_json(request, plate_grid(request.conn, plate_id, wanted, thumb_url))
