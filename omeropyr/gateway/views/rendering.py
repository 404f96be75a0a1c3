"""Planes, tiles and regions as JPEG."""

from __future__ import annotations

from functools import partial

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import InvalidInput
from omeropyr.gateway.answers import picture
from omeropyr.gateway.lookups import client_config, find_image
from omeropyr.gateway.parameters import region, rendering_parameters, tile
from omeropyr.gateway.rendering import render_plane, render_region, render_tile
from omeropyr.marshal.numbers import integer


def render_image(request: Request) -> Response:
    """Render a whole plane, or a projection of the stack: `/render_image/<iid>/[<z>/[<t>/]]`."""
    asked = rendering_parameters(request.GET)
    z, t = _place(request, "z"), _place(request, "t")
    fixed = asked.fixes_everything and z is not None and t is not None
    image = find_image(request, recent_will_do=fixed)
    most = request.addon_settings("gateway").max_plane_pixels
    return picture(
        request, image, lambda: render_plane(request.conn, image, asked, z, t, most_pixels=most), fixed=fixed
    )


def render_image_region(request: Request) -> Response:
    """Render `?tile=level,x,y[,w,h]` or `?region=x,y,w,h` of a plane; a tile wins where both are given."""
    asked = rendering_parameters(request.GET)
    z, t = integer(request.matchdict["z"], "z"), integer(request.matchdict["t"], "t")
    image = find_image(request, recent_will_do=asked.fixes_everything)
    if "tile" in request.GET:
        wanted = tile(request.GET["tile"])
        longest = client_config(request).max_tile_length
        render = partial(render_tile, request.conn, image, asked, z, t, wanted, longest=longest)
    elif "region" in request.GET:
        most = request.addon_settings("gateway").max_plane_pixels
        box = region(request.GET["region"])
        render = partial(render_region, request.conn, image, asked, z, t, box, most_pixels=most)
    else:
        raise InvalidInput("tile=level,x,y[,width,height] or region=x,y,width,height is required")
    return picture(request, image, render, fixed=asked.fixes_everything)


def _place(request: Request, name: str) -> int | None:
    text = request.matchdict.get(name)
    return None if text is None else integer(text, name)
