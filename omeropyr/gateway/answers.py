"""The two kinds of answer: pictures with an ETag, and JSON that nobody keeps."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Hashable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.images import ImageFacts
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.lookups import find_images

_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,99}(?:\.[A-Za-z_$][\w$]{0,99}){0,5}", re.ASCII)


def picture(
    request: Request,
    image: ImageFacts,
    produce: Callable[[], bytes],
    *,
    fixed: bool = False,
    content_type: str = "image/jpeg",
) -> Response:
    """Answer a picture of an image, or 304 without making it when the browser's copy is of its present version.

    `fixed` says that the address holds every setting, so that saved ones don't count.
    """
    response = kept_picture(request, _version(image, fixed), produce, content_type)
    if response.etag is not None and response.status_int == 200 and not (fixed or image.settings):
        # The first look at an image makes its settings: what was sent is of these.
        now = find_images(request, [image.id]).get(image.id, image)
        response.etag = etag(request, _version(now, fixed))
    return response


def _version(image: ImageFacts, fixed: bool) -> Hashable:
    return image.pixels_id, image.version, () if fixed else image.settings


def kept_picture(
    request: Request, version: Hashable, produce: Callable[[], bytes], content_type: str = "image/jpeg"
) -> Response:
    """Answer bytes that this user's browser may keep while `version` is the same; what a POST asked for it may not."""
    keep = request.method != "POST"
    tag = etag(request, version)
    if keep and tag in request.if_none_match:
        response = Response(status=304)
        response.content_type = None
    else:
        body = produce()
        if not body:
            raise ObjectNotFound("OMERO has no such picture at the moment.")
        response = Response(body=body, content_type=content_type, charset=None)
    if keep:
        response.etag = tag
    response.headers["Cache-Control"] = "private, no-cache" if keep else "private, no-store"
    response.vary = ["Cookie"]
    return response


def answer_json(request: Request, data: Any, *, jsonp: bool = True) -> Response:
    """Answer `data` as JSON, or as JSONP where a well-formed `callback` is named; not to be kept by anybody.

    `jsonp` is for the addresses that OMERO.web answers so; elsewhere a callback means nothing.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    callback = request.GET.get("callback") if jsonp else None
    content_type = "application/json"
    if callback is not None:
        if not _CALLBACK.fullmatch(callback):
            raise InvalidInput("callback must be the name of a JavaScript function")
        safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        content_type, text = "application/javascript", f"/**/{callback}({safe});"
    response = Response(body=text.encode(), content_type=content_type, charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def etag(request: Request, version: Hashable) -> str:
    """Give a validator for this user, address and version."""
    what = repr((request.omero.server_id, request.omero.user_id, request.path_qs, version))
    return hashlib.sha256(what.encode()).hexdigest()[:32]
