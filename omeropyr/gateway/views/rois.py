"""Regions of interest: as JSON, as small pictures, masks as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import ObjectNotFound
from omeropyr.gateway.answers import answer_json, kept_picture
from omeropyr.gateway.lookups import find_image, find_images, limits
from omeropyr.gateway.masks import mask_png
from omeropyr.gateway.parameters import rendering_parameters
from omeropyr.gateway.roi_thumbnails import COLOURS, RED, shape_thumbnail
from omeropyr.gateway.strict import rendering_query
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.marshal.rois import find_roi, find_shape, rois_data, shape_data


def rois(request: Request) -> Response:
    """Give all regions of an image with their shapes."""
    image = find_image(request)
    return answer_json(request, rois_data(request.conn, image.id), jsonp=False)


def shape(request: Request) -> Response:
    """Give one shape of a region."""
    found = _shape(request)
    if found.getRoi().getId().getValue() != _id(request, "roi"):
        raise ObjectNotFound(f"Region {request.matchdict['roi']} has no such shape, or you may not see it.")
    return answer_json(request, shape_data(found), jsonp=False)


def render_roi_thumbnail(request: Request) -> Response:
    """Render a small picture of a region: of the shape that is on the plane shown first, else its first."""
    found = find_roi(request.conn, _id(request, "roi"))
    if found is None:
        raise ObjectNotFound("There is no such region, or you may not see it.")
    return _thumbnail(request, found.getImage(), [one for one in found.copyShapes() if one is not None])


def render_shape_thumbnail(request: Request) -> Response:
    """Render a small picture of one shape."""
    found = _shape(request)
    return _thumbnail(request, found.getRoi().getImage(), [found])


def render_shape_mask(request: Request) -> Response:
    """Render a mask as a transparent picture."""
    found = _shape(request)
    most = request.addon_settings("gateway").max_plane_pixels
    return kept_picture(request, _version(found), lambda: mask_png(found, most), "image/png")


def _thumbnail(request: Request, image_object: Any, shapes: Sequence[Any]) -> Response:
    image_id = image_object.getId().getValue() if image_object is not None else None
    image = find_images(request, [image_id]).get(image_id) if image_id is not None else None
    if image is None:
        raise ObjectNotFound("The image of this region is not there, or you may not see it.")
    asked = rendering_parameters(rendering_query(request))
    colour = COLOURS.get(request.GET.get("color", "fff"), RED)

    def produce() -> bytes:
        return shape_thumbnail(request.conn, image, shapes, asked, colour, limits(request))

    version = (image.pixels_id, image.version, image.settings, *sorted(_version(one) for one in shapes))
    return kept_picture(request, version, produce)


def _shape(request: Request) -> Any:
    found = find_shape(request.conn, _id(request, "shape"))
    if found is None:
        raise ObjectNotFound("There is no such shape, or you may not see it.")
    return found


def _version(one: Any) -> tuple[int, int]:
    event = one.getDetails().getUpdateEvent()
    return one.getId().getValue(), event.getId().getValue() if event is not None else 0


def _id(request: Request, name: str) -> int:
    return integer(request.matchdict[name], name, most=MAX_ID)
