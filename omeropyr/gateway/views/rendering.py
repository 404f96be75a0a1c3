"""Planes, tiles and regions as pictures."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import rows
from omeropyr.errors import InvalidInput
from omeropyr.gateway.answers import picture
from omeropyr.gateway.lookups import find_image, limits, lookup_tables
from omeropyr.gateway.parameters import Region, RenderingParameters, Tile, region, rendering_parameters, tile
from omeropyr.gateway.projected import Tables
from omeropyr.gateway.rendering import FORMATS, Renderer
from omeropyr.gateway.strict import rendering_query, strict_parameters
from omeropyr.marshal.numbers import integer
from omeropyr.web.downloads import disposition


def render_image(request: Request) -> Response:
    """Render a whole plane, or a projection of the stack: `/render_image/<iid>/[<z>/[<t>/]]`."""
    return _plane(request, rendering_parameters(rendering_query(request)))


def render_image_rdef(request: Request) -> Response:
    """Render the same, with settings that leave nothing out."""
    return _plane(request, strict_parameters(rendering_query(request)))


def render_image_region(request: Request) -> Response:
    """Render `?tile=level,x,y[,w,h]` or `?region=x,y,w,h` of a plane; a tile wins where both are given."""
    return _part(request, rendering_parameters(rendering_query(request)))


def render_image_region_rdef(request: Request) -> Response:
    """Render the same, with settings that leave nothing out."""
    return _part(request, strict_parameters(rendering_query(request)))


def render_image_download(request: Request) -> Response:
    """Give a plane as a file to save: `?format=jpeg|png|tif`, of which the last two are without loss.

    Beyond OMERO.web, `tile` or `region` give a part of it.
    """
    query = rendering_query(request)
    form = query.get("format") or "jpeg"
    if form not in FORMATS:
        raise InvalidInput(f"format must be one of {', '.join(FORMATS)}")
    asked = rendering_parameters(query)
    part = "tile" in request.GET or "region" in request.GET
    if part and "z" not in request.matchdict:
        raise InvalidInput("a part needs the plane in the address: /render_image_download/<image>/<z>/<t>/")
    response = _part(request, asked, form) if part else _plane(request, asked, form)
    if response.status_int == 200:
        image_id = int(request.matchdict["iid"])
        name = rows(request.conn, "select i.name from Image i where i.id = :id", id=image_id)[0][0] or str(image_id)
        ending = f".{form}"
        response.headers["Content-Disposition"] = disposition(name if name.endswith(ending) else name + ending)
    return response


def _plane(request: Request, asked: RenderingParameters, form: str = "jpeg") -> Response:
    z, t = _place(request, "z"), _place(request, "t")
    fixed = asked.fixes_everything and z is not None and t is not None
    image = find_image(request, recent_will_do=fixed)

    def produce() -> bytes:
        return _renderer(request, image, asked, form).plane(z, t)

    return picture(request, image, produce, fixed=fixed, content_type=FORMATS[form])


def _part(request: Request, asked: RenderingParameters, form: str = "jpeg") -> Response:
    z, t = integer(request.matchdict["z"], "z"), integer(request.matchdict["t"], "t")
    image = find_image(request, recent_will_do=asked.fixes_everything)
    wanted = _box(request)

    def produce() -> bytes:
        renderer = _renderer(request, image, asked, form)
        return renderer.tile(z, t, wanted) if isinstance(wanted, Tile) else renderer.region(z, t, wanted)

    return picture(request, image, produce, fixed=asked.fixes_everything, content_type=FORMATS[form])


def _box(request: Request) -> Tile | Region:
    if "tile" in request.GET:
        return tile(request.GET["tile"])
    if "region" in request.GET:
        return region(request.GET["region"])
    raise InvalidInput("tile=level,x,y[,width,height] or region=x,y,width,height is required")


def _renderer(request: Request, image: ImageFacts, asked: RenderingParameters, form: str) -> Renderer:
    def tables() -> Tables:
        return lookup_tables(request).by_name(request.omero.server_id, request.conn)

    return Renderer(request.conn, image, asked, limits(request), form, tables)


def _place(request: Request, name: str) -> int | None:
    text = request.matchdict.get(name)
    return None if text is None else integer(text, name)
