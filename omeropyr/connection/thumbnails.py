"""Thumbnails by a store that stays open with the pooled connection: one Ice call for any number of images."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import Ice
import omero
from omero.rtypes import rint

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context

log = logging.getLogger(__name__)

KEY = "thumbnails"


@contextmanager
def _store(conn: Any) -> Iterator[Any]:
    """Lend the connection's thumbnail store; one that failed is not kept."""
    store = conn.engines.pop(KEY, None) or conn.factory.createThumbnailStore()
    try:
        yield store
    except BaseException:
        _close(store)
        raise
    conn.engines[KEY] = store


def _close(store: Any) -> None:
    try:
        store.close()
    except (Ice.Exception, omero.ServerError) as error:
        log.debug("a thumbnail store did not close: %s", type(error).__name__)


def thumbnails(conn: Any, images: Iterable[ImageFacts], longest_side: int) -> dict[int, bytes]:
    """Give JPEG thumbnails by image id; an image whose thumbnail can't be made is left out."""
    wanted = {image.pixels_id: image for image in images}
    if not wanted:
        return {}
    try:
        made = _ask_for_set(conn, wanted, longest_side)
    except Ice.ObjectNotExistException:
        made = _ask_for_set(conn, wanted, longest_side)
    found = {wanted[pixels_id].id: bytes(jpeg) for pixels_id, jpeg in made.items() if jpeg}
    for image in wanted.values():
        if image.id not in found and (jpeg := _first_ever(conn, image, longest_side)):
            found[image.id] = jpeg
    return found


def _ask_for_set(conn: Any, wanted: dict[int, ImageFacts], longest_side: int) -> dict[int, bytes]:
    with _store(conn) as store:
        made: dict[int, bytes] = store.getThumbnailByLongestSideSet(
            rint(longest_side), list(wanted), context(conn, _group(wanted.values()))
        )
    return made


def section_thumbnail(
    conn: Any,
    image: ImageFacts,
    size: tuple[int, ...],
    *,
    plane: tuple[int, int] | None = None,
    rendering_def_id: int | None = None,
) -> bytes:
    """Give a thumbnail made for this request: of a `plane` (z, t), by other settings, or in an exact box.

    `size` is (longest side,) or (width, height), in pixels. Empty when OMERO can't make it.
    """
    ctx = context(conn, image.group_id)
    sides = [rint(side) for side in size]
    with _store(conn) as store:
        _choose(store, image, ctx, rendering_def_id)
        if plane is not None:
            name = "ForSectionByLongestSideDirect" if len(size) == 1 else "ForSectionDirect"
            jpeg = getattr(store, f"getThumbnail{name}")(*plane, *sides, ctx)
        else:
            name = "ByLongestSideDirect" if len(size) == 1 else "Direct"
            jpeg = getattr(store, f"getThumbnail{name}")(*sides, ctx)
    return bytes(jpeg or b"")


def _first_ever(conn: Any, image: ImageFacts, longest_side: int) -> bytes:
    """Make settings for an image nobody looked at so far, then its thumbnail; empty where OMERO can't.

    One image whose file is gone, or whose pyramid is still being built, leaves the others of a batch alone.
    """
    try:
        return section_thumbnail(conn, image, (longest_side,))
    except omero.ServerError as error:
        log.info("no thumbnail of image %s: %s", image.id, type(error).__name__)
        return b""


def _choose(store: Any, image: ImageFacts, ctx: Any, rendering_def_id: int | None) -> None:
    has_settings = store.setPixelsId(image.pixels_id, ctx)
    if rendering_def_id is not None:
        store.setRenderingDefId(rendering_def_id, ctx)
    elif not has_settings:
        store.resetDefaults(ctx)
        store.setPixelsId(image.pixels_id, ctx)


def _group(images: Iterable[ImageFacts]) -> int:
    groups = {image.group_id for image in images}
    return groups.pop() if len(groups) == 1 else -1
