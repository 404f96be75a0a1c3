"""The page of the add-on: its route, its view, and where it can be reached from."""

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request


def includeme(config: Configurator) -> None:
    """Called once at the start, if a site has switched the add-on on."""
    config.add_route("hello.index", "/")
    config.add_view(show_hello, route_name="hello.index", request_method="GET", renderer="templates/hello.pt")
    config.add_nav_link("hello.index", "Hello", route="hello.index")
    config.add_open_with("hello.index", "Hello", route="hello.index", supports=("images",))


def show_hello(request: Request) -> dict[str, Any]:
    """Greet the user, and name the images of ``?image=1&image=2`` that they may see."""
    ids = [int(text) for text in request.GET.getall("image") if text.isdecimal() and len(text) < 19]
    images = request.conn.getObjects("Image", ids) if ids else []
    return {
        "greeting": request.addon_settings("hello").greeting,
        "name": request.omero.full_name,
        "images": [image.getName() for image in images],
    }
