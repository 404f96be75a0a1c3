"""Split channels, line plots and histograms."""

from __future__ import annotations

from functools import partial
from typing import Literal

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.raw_pixels import raw_pixels
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.answers import answer_json, picture
from omeropyr.gateway.line_plots import Line, line_plot
from omeropyr.gateway.lookups import find_image, limits
from omeropyr.gateway.parameters import rendering_parameters
from omeropyr.gateway.rendering import check_plane
from omeropyr.gateway.split_channels import split_channels
from omeropyr.gateway.strict import rendering_query
from omeropyr.marshal.numbers import integer

MOST_BINS = 65_536


def render_split_channel(request: Request) -> Response:
    """Render the channels beside each other."""
    asked = rendering_parameters(rendering_query(request))
    image = find_image(request)
    z, t = integer(request.matchdict["z"], "z"), integer(request.matchdict["t"], "t")

    def produce() -> bytes:
        return split_channels(request.conn, image, asked, z, t, limits(request))

    return picture(request, image, produce)


def render_row_plot(request: Request) -> Response:
    """Plot row `y`."""
    return _plot(request, "row", "y")


def render_col_plot(request: Request) -> Response:
    """Plot column `x`."""
    return _plot(request, "column", "x")


def histogram(request: Request) -> Response:
    """Count the values of a plane of one channel in `bins` parts of the channel's whole range."""
    image = find_image(request)
    channel = integer(request.matchdict["theC"], "channel")
    z, t = integer(request.GET.get("theZ", "0"), "theZ"), integer(request.GET.get("theT", "0"), "theT")
    bins = integer(request.GET.get("bins", "256"), "bins")
    if z < 0 or t < 0:
        raise InvalidInput("theZ and theT must not be negative")
    if not 1 <= bins <= MOST_BINS:
        raise InvalidInput(f"bins must be from 1 to {MOST_BINS}")
    check_plane(image, z, t)
    if channel >= image.size_c:
        raise ObjectNotFound(f"image {image.id} has {image.size_c} channels")
    with raw_pixels(request.conn, image) as raw:
        counts = raw.histogram(c=channel, z=z, t=t, bins=bins)
    return answer_json(request, {"data": counts}, jsonp=False)


def _plot(request: Request, axis: Literal["row", "column"], name: str) -> Response:
    asked = rendering_parameters(rendering_query(request))
    parts = request.matchdict
    line = Line(
        axis=axis,
        place=integer(parts[name], name),
        z=integer(parts["z"], "z"),
        t=integer(parts["t"], "t"),
        width=integer(parts.get("w", "1"), "the width of the line"),
    )
    image = find_image(request)
    produce = partial(line_plot, request.conn, image, asked, line, limits(request))
    return picture(request, image, produce, content_type="image/gif")
