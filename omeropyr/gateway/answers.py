"""The two kinds of answer: pictures with an ETag, and JSON that nobody keeps."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.images import ImageFacts
from omeropyr.errors import InvalidInput, ObjectNotFound

_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,99}(?:\.[A-Za-z_$][\w$]{0,99}){0,5}", re.ASCII)


def picture(request: Request, image: ImageFacts, produce: Callable[[], bytes], *, fixed: bool = False) -> Response:
    """Answer a JPEG, or 304 without making it when the browser's copy is of this image's present version.

    `fixed` says that the address holds every setting, so that saved ones don't count.
    """
    tag = _etag(request, image, fixed)
    if tag in request.if_none_match:
        response = Response(status=304)
        response.content_type = None
    else:
        body = produce()
        if not body:
            raise ObjectNotFound(f"OMERO has no picture of image {image.id} at the moment.")
        response = Response(body=body, content_type="image/jpeg", charset=None)
    response.etag = tag
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary = ["Cookie"]
    return response


def answer_json(request: Request, data: Any) -> Response:
    """Answer `data` as JSON, or as JSONP where a well-formed `callback` is named; not to be kept by anybody."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    callback = request.GET.get("callback")
    content_type = "application/json"
    if callback is not None:
        if not _CALLBACK.fullmatch(callback):
            raise InvalidInput("callback must be the name of a JavaScript function")
        safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        content_type, text = "application/javascript", f"/**/{callback}({safe});"
    response = Response(body=text.encode(), content_type=content_type, charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _etag(request: Request, image: ImageFacts, fixed: bool) -> str:
    user = (request.omero.server_id, request.omero.user_id)
    settings = () if fixed else image.settings
    what = repr((user, request.path_qs, image.pixels_id, image.version, settings))
    return hashlib.sha256(what.encode()).hexdigest()[:32]
