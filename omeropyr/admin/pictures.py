"""Pictures of users: what is taken, how it is cropped, and what OMERO gets."""

from __future__ import annotations

import io
from typing import Any

import omero
from PIL import Image, ImageOps, UnidentifiedImageError

from omeropyr.admin.jobs import wait_for
from omeropyr.connection.query import rows
from omeropyr.errors import InvalidInput, TooLarge

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
SIDE = 256
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_OWN = """
    select a.id, f.id, f.mimetype from ExperimenterAnnotationLink l join l.child a join a.file f
    where l.parent.id = :me and a.ns = :ns and a.details.owner.id = :me order by f.id desc
"""
Box = tuple[float, float, float]


def square(data: bytes, box: Box | None) -> bytes:
    """A PNG of 256 x 256 pixels: the square *box* (left, top, side; parts of the picture's width) or the middle.

    TooLarge before anything is decoded that is larger than 40 megapixels; InvalidInput for what is no picture.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("A picture may have at most 10 MB.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise TooLarge("This picture has too many pixels: at most 40 million.")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput("This is no picture that can be read: choose a PNG, JPEG, GIF or WebP file.") from error
    cut = picture.crop(_pixels(picture.size, box)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    cut.save(out, "PNG", optimize=True)
    return out.getvalue()


def _pixels(size: tuple[int, int], box: Box | None) -> tuple[int, int, int, int]:
    width, height = size
    side = min(width, height)
    if box is None:
        left, top = (width - side) // 2, (height - side) // 2
    else:
        side = max(1, min(side, round(box[2] * width)))
        left = max(0, min(width - side, round(box[0] * width)))
        top = max(0, min(height - side, round(box[1] * width)))
    return left, top, left + side, top + side


def own_picture(conn: Any, user_id: int) -> tuple[int, int, str] | None:
    """Ids of the annotation and the file of the user's own picture, and its type: one Ice call."""
    found = rows(conn, _OWN, group_id=-1, me=user_id, ns=omero.constants.namespaces.NSEXPERIMENTERPHOTO)
    return (int(found[0][0]), int(found[0][1]), found[0][2] or "") if found else None


def upload(conn: Any, png: bytes) -> int:
    """Make this the user's own picture; the id of its file."""
    return int(conn.getAdminService().uploadMyUserPhoto("photo.png", "image/png", png))


def remove(conn: Any, annotation_id: int) -> None:
    """Delete the user's own picture."""
    wait_for(conn, omero.cmd.Delete2(targetObjects={"FileAnnotation": [annotation_id]}))
