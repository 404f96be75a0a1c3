"""Rendering settings: saved, listed, reset, and carried from image to image by way of the session."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import omero
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.engines import rendering_engine
from omeropyr.connection.thumbnails import thumbnails
from omeropyr.errors import InvalidInput
from omeropyr.gateway import saved_settings as logic
from omeropyr.gateway.answers import answer_json
from omeropyr.gateway.lookups import client_config, find_image, find_images, forget_image
from omeropyr.gateway.parameters import rendering_parameters
from omeropyr.gateway.saved_settings import MOST_TARGETS, Settings
from omeropyr.gateway.strict import rendering_query, strict_parameters
from omeropyr.marshal.images import pixel_range
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.marshal.rendering_settings import saved_settings, settings_query

log = logging.getLogger(__name__)

# Keys of the session, which stands for the clipboard: an image to copy from, or settings.
FROM, SETTINGS = "gateway.fromid", "gateway.rdef"
MOST_KEPT = 16_384
COPY_TARGETS = ("image", "dataset", "plate", "acquisition")
_KEPT = ("c", "m", "pixel_range", "maps", "z", "t", "p", "imageId")


def save(request: Request) -> Response:
    """Save settings. The body is `true` alone: QuPath takes nothing else for success, and others read any JSON."""
    query = rendering_query(request)
    settings = _settings(query, strict=True)
    image = find_image(request)
    logic.save(request.conn, image, settings)
    forget_image(request, image.id)
    # So that OMERO makes the thumbnail anew; that it can't is no failure of the save.
    try:
        thumbnails(request.conn, [image], client_config(request).thumbnail_size)
    except omero.ServerError as error:
        log.info("no thumbnail after a save", extra={"image": image.id, "cause": type(error).__name__})
    return answer_json(request, True)


def all_settings(request: Request) -> Response:
    """List what each user saved for an image."""
    return answer_json(request, {"rdefs": saved_settings(request.conn, find_image(request))})


def clipboard(request: Request) -> Response:
    """Give the settings that were copied, or those of the image that was; null where there are none."""
    kept = request.session.get(SETTINGS)
    if kept is None and (source := request.session.get(FROM)) is not None:
        image = find_images(request, [source]).get(source)
        if image is not None:
            with rendering_engine(request.conn, image) as engine:
                kept = settings_query(engine.saved, pixel_range(image.pixels_type)) | {"imageId": source}
    return answer_json(request, {"rdef": kept}, jsonp=False)


def copy(request: Request) -> Response:
    """Keep an image (`fromid`) or settings in the session; by POST with `toids` apply what is given or kept."""
    targets = request.POST.getall("toids") if request.method == "POST" else []
    query = rendering_query(request)
    if not targets:
        return answer_json(request, _keep(request, query))
    kind = request.POST.get("to_type") or "image"
    if kind not in COPY_TARGETS:
        raise InvalidInput(f"to_type must be one of {', '.join(COPY_TARGETS)}")
    done = _paste(request, query, kind, _ids(targets))
    if done is None:
        return answer_json(request, False)
    for image_id in done["true"]:
        forget_image(request, image_id)
    # OMERO.web has the first two names, omero-iviewer reads the others.
    return answer_json(request, done | {"True": done["true"], "False": done["false"]})


def reset(request: Request) -> Response:
    """Bring the settings of `toids` back to those at import."""
    return answer_json(request, _reset(request, to_owners=False))


def apply_owners(request: Request) -> Response:
    """Take the settings of the images' owners for `toids`."""
    return answer_json(request, _reset(request, to_owners=True), jsonp=False)


def compatible(request: Request) -> Response:
    """List the images that settings of this one can be copied to."""
    return answer_json(request, logic.compatible(request.conn, find_image(request)))


def _reset(request: Request, *, to_owners: bool) -> list[int]:
    ids = _ids(request.POST.getall("toids"))
    if not ids:
        raise InvalidInput("toids is required, for example toids=1&toids=2&to_type=dataset")
    kind = (request.POST.get("to_type") or "image").lower()
    changed = logic.reset(request.conn, kind, ids, to_owners=to_owners)
    for image_id in changed:
        forget_image(request, image_id)
    return changed


def _keep(request: Request, query: Mapping[str, str]) -> bool:
    source = request.GET.get("fromid")
    if source:
        request.session[FROM] = integer(source, "fromid", most=MAX_ID)
        request.session.pop(SETTINGS, None)
        return True
    if not query.get("c") or not query.get("m"):
        return False
    kept: dict[str, Any] = {name: query[name] for name in _KEPT if query.get(name)}
    if sum(len(value) for value in kept.values()) > MOST_KEPT:
        raise InvalidInput(f"more than {MOST_KEPT} characters of settings can't be copied")
    if "maps" in kept:
        kept["maps"] = _json(kept["maps"])
    if "imageId" in kept:
        kept["imageId"] = integer(kept["imageId"], "imageId", most=MAX_ID)
    request.session[SETTINGS] = kept
    request.session.pop(FROM, None)
    return True


def _paste(request: Request, query: Mapping[str, str], kind: str, ids: list[int]) -> logic.Outcome | None:
    source = request.GET.get("fromid") or request.POST.get("fromid")
    if source:
        return logic.copy_from(request.conn, integer(source, "fromid", most=MAX_ID), kind, ids)
    if query.get("c"):
        like = request.GET.get("imageId") or request.POST.get("imageId")
        like_id = integer(like, "imageId", most=MAX_ID) if like else None
        return logic.copy_settings(request.conn, _settings(query), like_id, kind, ids)
    kept = request.session.get(SETTINGS)
    if kept is not None:
        texts = {name: str(kept[name]) for name in ("c", "m", "z", "t") if name in kept}
        texts["maps"] = json.dumps(kept.get("maps", []))
        return logic.copy_settings(request.conn, _settings(texts), kept.get("imageId"), kind, ids)
    kept_source = request.session.get(FROM)
    return None if kept_source is None else logic.copy_from(request.conn, kept_source, kind, ids)


def _settings(query: Mapping[str, str], *, strict: bool = False) -> Settings:
    asked = strict_parameters(query) if strict else rendering_parameters(query)
    z, t = (integer(query[name], name) - 1 if query.get(name) else None for name in ("z", "t"))
    return Settings(asked, z, t)


def _ids(texts: list[str]) -> list[int]:
    if len(texts) > MOST_TARGETS:
        raise InvalidInput(f"at most {MOST_TARGETS} toids can be given at once")
    return [integer(text, "toids", most=MAX_ID) for text in texts]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("maps must be JSON") from None
