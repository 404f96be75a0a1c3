"""Wells, files, searches and ways to open things, as short JSON."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway import image_lists, search
from omeropyr.gateway.answers import answer_json
from omeropyr.gateway.lookups import client_config, find_images, image_id
from omeropyr.gateway.open_with import open_with as entries
from omeropyr.gateway.views.image_data import part
from omeropyr.marshal.images import image_data
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.web.table_parameters import not_negative

MOST_DATA = 50
"""Images whose whole `imgData` one search gives."""


def well_data(request: Request) -> Response:
    """Give the first image of a well, and where the well is."""
    return answer_json(request, image_lists.well(request.conn, _id(request), thumb_url(request)))


def well_images(request: Request) -> Response:
    """Give the images of a well, of one run or of all."""
    run = not_negative(request, "run", None)
    return answer_json(request, image_lists.well_images(request.conn, _id(request), run, thumb_url(request)))


def original_file_paths(request: Request) -> Response:
    """Give where the files of an image are in OMERO, and where they came from."""
    return answer_json(request, image_lists.file_paths(request.conn, image_id(request)))


def open_with(request: Request) -> Response:
    """Give what selected objects may be opened with; it is the same for everybody."""
    return answer_json(request, {"open_with_options": entries(request)})


def find(request: Request) -> Response:
    """Give what a text finds: short forms, or with ``grabData`` the whole `imgData` of images."""
    asked = request.GET
    only_images = asked.get("ctx") == "imgs"
    kinds = ("Image",) if only_images else search.KINDS
    start, limit = not_negative(request, "start", 0) or 0, not_negative(request, "limit", 0)
    found = search.find(request.conn, search.Wanted(asked.get("text", ""), kinds, asked.get("author", "").strip()))
    page = found[start : start + limit] if limit else found[start:]
    if only_images and _yes(asked.get("grabData", "")):
        return answer_json(request, _whole(request, page))
    short = search.present(request.conn, page, thumb_url(request), parents=_yes(asked.get("parents", "")))
    return answer_json(request, short)


def thumb_url(request: Request) -> image_lists.ThumbUrl:
    """A function from an image's id to the address of its thumbnail."""

    def address(image: int) -> str:
        found: str = request.route_path("gateway.render_thumbnail_default", iid=image)
        return found

    return address


def _whole(request: Request, page: list[tuple[str, int]]) -> list[Any]:
    if len(page) > MOST_DATA:
        raise InvalidInput(f"grabData is for at most {MOST_DATA} images at once: use start and limit")
    key = request.GET.get("key")
    facts = find_images(request, [object_id for _, object_id in page])
    config = client_config(request)
    found = [image_data(request.conn, facts[object_id], config) for _, object_id in page if object_id in facts]
    return [part(data, key) if key else data for data in found if data is not None]


def _yes(text: str) -> bool:
    return text.lower() not in ("", "false", "0")


def _id(request: Request) -> int:
    found = integer(request.matchdict["id"], "id", most=MAX_ID)
    if found < 0:
        raise ObjectNotFound
    return found
