"""Projects, datasets and their images as short JSON."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.gateway import containers as logic
from omeropyr.gateway import image_lists
from omeropyr.gateway.answers import answer_json
from omeropyr.gateway.views.lists import thumb_url
from omeropyr.marshal.numbers import MAX_ID, integer


def projects(request: Request) -> Response:
    """Give all projects."""
    return answer_json(request, logic.projects(request.conn))


def project(request: Request) -> Response:
    """Give name and description of a project."""
    return answer_json(request, logic.detail(request.conn, "Project", _id(request)))


def datasets(request: Request) -> Response:
    """Give the datasets of a project."""
    return answer_json(request, logic.datasets(request.conn, _id(request)))


def dataset(request: Request) -> Response:
    """Give name and description of a dataset."""
    return answer_json(request, logic.detail(request.conn, "Dataset", _id(request)))


def images(request: Request) -> Response:
    """Give the images of a dataset; with ``tiled`` their sizes, and whether OMERO reads them in tiles."""
    found = logic.image_ids(request.conn, _id(request))
    sizes = bool(request.GET.get("tiled"))
    return answer_json(request, image_lists.images(request.conn, found, thumb_url(request), sizes=sizes))


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
