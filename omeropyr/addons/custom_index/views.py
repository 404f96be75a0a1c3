"""The start page, its files, and its preview."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from pyramid.httpexceptions import HTTPFound
from pyramid.renderers import render, render_to_response
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.addons.custom_index.page import MARKDOWN, BrokenPage, check, markdown
from omeropyr.errors import ObjectNotFound

log = logging.getLogger(__name__)
PAGE = "omeropyr.addons.custom_index.page"
FILES = "omeropyr.addons.custom_index.files"
SHELL = "omeropyr.addons.custom_index:templates/{}.pt"


def show_page(request: Request) -> Response:
    """The page of the site, or the way to where it leads instead."""
    own = request.addon_settings("custom_index")
    if own.redirect is not None:
        prefix = request.script_name if own.redirect.startswith("/") else ""
        return HTTPFound(location=prefix + own.redirect)
    return Response(page(request))


def show_nothing(_request: Request) -> Response:
    """Answer as if there were no page while it is not live."""
    raise ObjectNotFound


def show_preview(request: Request) -> Response:
    """The page for administrators: the page itself, or what is wrong with its file as it is now."""
    own, file = request.addon_settings("custom_index"), request.registry[PAGE]
    values = {"live": own.live, "redirect": own.redirect, "problem": "", "file": file, "html": ""}
    if file is not None:
        try:
            check(file)
            values["html"] = page(request)
        except BrokenPage as error:
            values["problem"] = str(error)
        except Exception as error:
            # A site's template may raise anything; who writes it must see what.
            log.exception("the site's start page failed")
            values["problem"] = _words(file, error)
    return render_to_response(SHELL.format("preview"), values, request=request)


def _words(file: Path, error: Exception) -> str:
    """File, line and the first line of *error*; Chameleon's further lines hold the values of the page."""
    said = str(error)
    line = re.search(r"Location:\s+\(line (\d+)", said)
    place = f", line {line[1]}" if line and file.name in said else ""
    return f"{file}{place}: {type(error).__name__}: {said.partition(chr(10))[0]}"


def show_draft(request: Request) -> Response:
    """The page alone, for the frame of the preview."""
    if request.registry[PAGE] is None:
        raise ObjectNotFound
    return Response(page(request))


def show_file(context: object, request: Request) -> Response:
    """A file of the site's folder; one whose name begins with a dot is not for readers."""
    if any(part.startswith(".") for part in request.matchdict["subpath"]):
        raise ObjectNotFound
    response: Response = request.registry[FILES](context, request)
    return response


def page(request: Request) -> str:
    """The HTML of the page. A template gets `files`, the address of the site's folder, and what every template gets."""
    file: Path = request.registry[PAGE]
    if file.suffix == MARKDOWN:
        values = {"html": markdown(file), "title": request.addon_settings("custom_index").title}
        return str(render(SHELL.format("markdown"), values, request=request))
    who = request.omero if request.is_authenticated else None
    files = f"{request.route_path('custom_index.page')}files/"
    return str(render(str(file), {"files": files, "user": who}, request=request))
