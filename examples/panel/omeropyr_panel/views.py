"""The pages: each reads its input, asks ``request.conn``, and gives its template values."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyramid.request import Request

from omeropyr.errors import ObjectNotFound
from omeropyr_panel.tally import TALLY

MOST_IDS = 300


class Fact(NamedTuple):
    """What is shown of one image."""

    id: int
    name: str
    size: str


def show_index(request: Request) -> dict[str, Any]:
    """The images it is opened with."""
    return {"facts": facts(request.conn, ids(request, "image"))}


def show_right(request: Request) -> dict[str, Any]:
    """The right panel: facts of the selected images."""
    return {
        "heading": request.addon_settings("panel").heading,
        "facts": facts(request.conn, ids(request, "image")),
    }


def show_centre(request: Request) -> dict[str, Any]:
    """The centre panel: the images of the selected dataset, as a table."""
    most = request.addon_settings("panel").most_images
    found = [one for id in ids(request, "dataset")[:1] for one in images_of(request.conn, id, most)]
    return {"facts": found, "most": most}


def show_viewer(request: Request) -> dict[str, Any]:
    """One image as a picture; 404 where there is none."""
    found = facts(request.conn, [int(request.matchdict["iid"])]) if len(request.matchdict["iid"]) < 19 else []
    if not found:
        raise ObjectNotFound
    return {"fact": found[0]}


def show_admin(request: Request) -> dict[str, Any]:
    """What happened since the start, for administrators."""
    return {"counts": sorted(request.registry[TALLY].counts().items()), "pages": request.admin_pages}


def show_welcome(_request: Request) -> dict[str, Any]:
    """Everybody's page."""
    return {}


def ids(request: Request, name: str) -> list[int]:
    """The ids of ``?image=1&image=2``; what is no id is left out."""
    texts = request.GET.getall(name)[:MOST_IDS]
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19]


def facts(conn: Any, image_ids: list[int]) -> list[Fact]:
    """Name and size of those images that the user may see."""
    return [_fact(image) for image in conn.getObjects("Image", image_ids)] if image_ids else []


def images_of(conn: Any, dataset_id: int, most: int) -> list[Fact]:
    """The first *most* images of a dataset."""
    found = conn.getObjects("Image", opts={"dataset": dataset_id, "limit": most, "offset": 0})
    return [_fact(image) for image in found]


def _fact(image: Any) -> Fact:
    pixels = image.getPrimaryPixels()
    size = f"{pixels.getSizeX()} × {pixels.getSizeY()} px" if pixels is not None else ""
    return Fact(image.getId(), image.getName(), size)
