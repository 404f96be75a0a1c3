"""Annotating: OMERO.web's `annotate_map`, `_comment`, `_rating`, `_tags` and `_file`."""

from __future__ import annotations

import re
from typing import Any

from omero.constants.metadata import NSCLIENTMAPANNOTATION
from pyramid.request import Request

from omeropyr.addons.events import AnnotationsChanged, announce
from omeropyr.client import annotating
from omeropyr.client.attaching import Upload, attach
from omeropyr.client.forms import id_list, json_text, named_objects, text_field
from omeropyr.errors import InvalidInput, TooLarge
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.security.csrf import require_header_token

_NEW_TAG = re.compile(r"newtags-([0-9]{1,6})-tag")
FORM_EXTRA = 1_000_000
"""Bytes of a form beside the files in it."""


def annotate_map(request: Request) -> dict[str, Any]:
    """Put key-value pairs on the objects named, or replace (or with none, delete) those of `annId`."""
    pairs = annotating.checked_pairs(json_text(text_field(request, "mapAnnotation"), "mapAnnotation", list))
    known = id_list(request.POST, "annId")
    if known:
        left = annotating.change_pairs(request.conn, known, pairs)
        _announce(request, named_objects(request.POST) or {"MapAnnotation": known})
        return {"annId": left or None}
    if not pairs:
        return {"annId": None}
    ns = text_field(request, "ns") or NSCLIENTMAPANNOTATION
    one_each = text_field(request, "duplicate").lower() == "true"
    named = named_objects(request.POST)
    made = annotating.add_pairs(request.conn, named, pairs, ns, one_each=one_each)
    _announce(request, named)
    return {"annId": made}


def annotate_comment(request: Request) -> dict[str, Any]:
    """Put a comment on the objects named."""
    text = text_field(request, "comment")
    if not text:
        raise InvalidInput("comment must not be empty")
    named = named_objects(request.POST)
    made = annotating.add_comment(request.conn, named, text)
    _announce(request, named)
    return {"annId": made, "added_by": request.omero.user_id}


def annotate_rating(request: Request) -> dict[str, Any]:
    """Rate the objects named by 1 to 5 stars; 0 takes the user's rating away."""
    stars = integer(text_field(request, "rating"), "rating")
    if not 0 <= stars <= 5:
        raise InvalidInput("rating must be from 0 to 5")
    named = named_objects(request.POST)
    annotating.rate(request.conn, named, stars, request.omero.user_id)
    _announce(request, named)
    return {"success": True}


def annotate_tags(request: Request) -> dict[str, Any]:
    """Have the user's tags on the objects named be those of `tags` and new ones (`newtags-0-tag`, `-description`)."""
    new = []
    for place in sorted(int(found[1]) for found in map(_NEW_TAG.fullmatch, request.POST) if found):
        text = text_field(request, f"newtags-{place}-tag")
        if text:
            tagset = text_field(request, f"newtags-{place}-tagset")
            set_id = integer(tagset, "tagset", most=MAX_ID) if tagset else None
            description = text_field(request, f"newtags-{place}-description")
            new.append(annotating.NewTag(text, description, set_id if set_id else None))
    tags = id_list(request.POST, "tags")
    named = named_objects(request.POST)
    done = annotating.set_tags(request.conn, named, tags, new, request.omero.user_id)
    _announce(request, named)
    return {"added": done.added, "removed": done.removed, "new": done.new}


def annotate_file(request: Request) -> dict[str, Any]:
    """Attach the uploads of `annotation_file` and the file annotations of `files` to the objects named.

    The token has to come as a header: nothing of the body is read for a request that is not the site's own.
    """
    require_header_token(request)
    most = request.settings.web.max_upload_size
    if request.content_length is None:
        raise InvalidInput("an upload must say its length (Content-Length)")
    if request.content_length > most + FORM_EXTRA:
        raise TooLarge(f"an upload must not be larger than {most} bytes")
    uploads = [_upload(field) for field in request.POST.getall("annotation_file") if hasattr(field, "file")]
    existing = id_list(request.POST, "files")
    if not uploads and not existing:
        raise InvalidInput("annotation_file must hold a file, or files name some that are there")
    named = named_objects(request.POST)
    made = attach(request.conn, named, existing, uploads, request.settings.web.chunk_size)
    _announce(request, named)
    return {"fileIds": made}


def _announce(request: Request, named: annotating.Named) -> None:
    announce(AnnotationsChanged(request, {name: tuple(ids) for name, ids in named.items()}))


def _upload(field: Any) -> Upload:
    field.file.seek(0, 2)
    size = field.file.tell()
    field.file.seek(0)
    return Upload(field.filename or "", field.type or "", size, field.file)
