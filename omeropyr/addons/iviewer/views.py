"""The views that OMERO.iviewer's scripts ask: read and check, call logic, answer."""

from __future__ import annotations

import json
from typing import Any

import omero
from pyramid.request import Request

from omeropyr import version
from omeropyr.addons.iviewer import images, measure, page, persist, projection, rois
from omeropyr.connection.client_config import ClientConfig
from omeropyr.errors import Forbidden, InvalidInput, OmeropyrError
from omeropyr.marshal.numbers import MAX_ID, integer

CONFIGS = "omeropyr.iviewer.client_configs"
MOST_IDS = 1000
Json = dict[str, Any]


def index(request: Request) -> Json:
    """Give the page."""
    query = dict(request.GET)
    if "iid" in request.matchdict:
        query["images"] = request.matchdict["iid"]
    addresses = {
        "WEBGATEWAY": f"{request.script_name}/webgateway/",
        "WEBCLIENT": f"{request.script_name}/webclient/",
        "WEB_API_BASE": f"{request.script_name}/api/v0/",
    }
    server = conn_version(request)
    versions = {"VERSION": version.__version__, "OMERO_VERSION": server}
    settings = request.addon_settings("iviewer")
    found = page.parameters(query, addresses, settings, _config(request), versions, request.script_name)
    request.response.headers["Cache-Control"] = "no-store"
    return {"parameters": json.dumps(found), "bundle": f"{request.script_name}/static/omero_iviewer"}


def conn_version(request: Request) -> str:
    """Give the version of the user's OMERO server."""
    return str(request.conn.getConfigService().getVersion())


def image_data(request: Request) -> Json:
    """Give an image and its settings."""
    return images.image_data(request.conn, _image(request), _config(request))


def region_image_data(request: Request) -> Json:
    """Give the image that a region or shape lies on."""
    image_id = images.image_of(request.conn, request.matchdict["kind"], _matched(request, "id"))
    return images.image_data(request.conn, images.find(request.conn, image_id), _config(request))


def region_page(request: Request) -> Json:
    """Give where a region is among those of its image."""
    return rois.page_data(request.conn, request.matchdict["kind"], _matched(request, "id"))


def delta_t(request: Request) -> Json | list[Any]:
    """Give the times of an image."""
    return images.delta_t(request.conn, _image(request))


def well_images(request: Request) -> Json:
    """Give the fields of a well."""
    return images.well_images(request.conn, _asked(request, "id"), _page(request))


def intensity(request: Request) -> Json:
    """Give values around a pixel; like OMERO.iviewer's own view, what goes wrong is told with status 200."""
    image = images.find(request.conn, _asked(request, "image"))
    try:
        plane, place = (_asked(request, "z"), _asked(request, "t")), (_asked(request, "x"), _asked(request, "y"))
        return measure.intensity(request.conn, image, plane, place, _several(request, "c"))
    except InvalidInput as error:
        return {"error": error.message}


def shape_stats(request: Request) -> Json:
    """Give statistics of shapes; ids may be written `region:shape`."""
    texts = [text.rpartition(":")[2] for text in request.GET.get("ids", "").split(",") if text.strip()]
    if len(texts) > MOST_IDS:
        raise InvalidInput(f"at most {MOST_IDS} shapes can be measured at once")
    ids = [integer(text, "ids", most=MAX_ID) for text in texts]
    channels = _several(request, "cs")
    return dict(measure.shape_stats(request.conn, ids, _asked(request, "z"), _asked(request, "t"), channels))


def rois_by_plane(request: Request) -> Json:
    """Give the regions of planes."""
    z, t = _span(request, "z"), _span(request, "t")
    return rois.by_plane(request.conn, _matched(request, "iid"), z, t, _page(request))


def plane_shape_counts(request: Request) -> Json:
    """Give the number of shapes on each plane."""
    return {"data": rois.counts(request.conn, _image(request))}


def persist_rois(request: Request) -> Json:
    """Save what was drawn, changed and removed."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body must be JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("rois"), dict):
        raise InvalidInput("the body needs imageId and rois")
    image = images.find(request.conn, integer(str(body.get("imageId")), "imageId", most=MAX_ID))
    return persist.persist(request.conn, image, body["rois"])


def save_projection(request: Request) -> Json:
    """Save a projection as a new image.

    OMERO.iviewer asks by GET for what changes data, so only a script of this very site may: no page of another site can
    send its header.
    """
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        raise Forbidden("This address is for the viewer's own scripts.")
    image = images.find(request.conn, _asked(request, "image"))
    dataset = _asked(request, "dataset") if request.GET.get("dataset") else None
    span = _asked(request, "start"), _asked(request, "end")
    most = request.addon_settings("iviewer").max_projection_bytes
    kind = request.GET.get("projection", "")
    try:
        return {"id": projection.save(request.conn, image, kind, span, dataset, most_bytes=most)}
    except OmeropyrError as error:
        return {"error": error.message}
    except omero.ServerError as error:
        return {"error": error.message}


def _image(request: Request) -> Any:
    return images.find(request.conn, _matched(request, "iid"))


def _config(request: Request) -> ClientConfig:
    config: ClientConfig = request.registry[CONFIGS].get(request.omero.server_id, request.conn)
    return config


def _matched(request: Request, name: str) -> int:
    return integer(request.matchdict[name], name, most=MAX_ID)


def _asked(request: Request, name: str) -> int:
    value = integer(request.GET.get(name, ""), name, most=MAX_ID)
    if value < 0:
        raise InvalidInput(f"{name} must not be negative")
    return value


def _several(request: Request, name: str) -> list[int]:
    texts = [text for text in request.GET.get(name, "").split(",") if text.strip()]
    if len(texts) > MOST_IDS:
        raise InvalidInput(f"{name} names too many")
    return [integer(text, name) for text in texts]


def _span(request: Request, name: str) -> tuple[int, int]:
    first, _, last = request.matchdict[name].partition("-")
    return integer(first, name), integer(last or first, name)


def _page(request: Request) -> tuple[int, int]:
    settings = request.addon_settings("iviewer")
    offset = _asked(request, "offset") if request.GET.get("offset") else 0
    limit = _asked(request, "limit") if request.GET.get("limit") else settings.roi_page_size
    return offset, min(limit, 500)
