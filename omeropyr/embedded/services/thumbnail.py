"""ThumbnailStore: small JPEGs, kept on disk under a name made of everything that decides how they look."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import omero
from omero.rtypes import unwrap

from omeropyr.embedded.dispatch import StatefulService
from omeropyr.embedded.pixels import renderdefs
from omeropyr.embedded.pixels.errors import as_omero
from omeropyr.embedded.pixels.pyramids import PyramidMissing
from omeropyr.embedded.pixels.reader import ReaderError
from omeropyr.embedded.pixels.renderer import Renderer
from omeropyr.embedded.pixels.rendersets import load_facts, load_shown
from omeropyr.rendering import encode, scale
from omeropyr.rendering.settings import RenderingDef

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

log = logging.getLogger(__name__)

DEFAULT = 48
"""Width and height where the client gives none, as OMERO has it."""
LARGEST = 2048
QUALITY = 0.85


class ThumbnailStore(StatefulService):
    """``omero.api.ThumbnailStore``."""

    slice_type: ClassVar[type] = omero.api.ThumbnailStore

    def __init__(self) -> None:
        self._pixels: Any = None
        self._definition: Any = None

    def setPixelsId(self, call: Call, pixelsId: int) -> bool:
        """Choose the image; whether there are settings for it, the caller's or its owner's."""
        with call.server.store.read(call.actor) as transaction:
            self._pixels = renderdefs.load_pixels(transaction, pixelsId)
            found = renderdefs.load_all(transaction, [pixelsId])
        self._definition = renderdefs.choose(found, call.actor.user_id, self._pixels.details.owner.id.val)
        return self._definition is not None

    def isInProgress(self, call: Call) -> bool:
        """Whether the levels of a large image are still being made, so that there is nothing to show yet."""
        try:
            call.server.pixels.info(self._chosen().id.val)
        except PyramidMissing:
            return True
        except ReaderError as error:
            log.warning("Pixels %s cannot be read: %s", self._chosen().id.val, error)
        return False

    def setRenderingDefId(self, call: Call, renderingDefId: int) -> None:
        """Choose settings by their id; ``omero.ValidationException`` when they are not there."""
        with call.server.store.read(call.actor) as transaction:
            found = renderdefs.load(transaction, renderingDefId)
        if found is None:
            raise omero.ValidationException(None, None, f"No RenderingDef with id {renderingDefId}")
        self._definition = found

    def getRenderingDefId(self, _call: Call) -> int:
        """The id of the settings in use; ``omero.ApiUsageException`` when there are none."""
        if self._definition is None:
            raise omero.ApiUsageException(None, None, "no rendering settings")
        return int(self._definition.id.val)

    def resetDefaults(self, call: Call) -> None:
        """Make and save the settings of the first sight."""
        pixels = self._chosen()
        with as_omero():
            settings = renderdefs.defaults_of(pixels, call.server.pixels)
        made = renderdefs.save_first(call.server.store, call.actor, pixels, settings)
        self.setRenderingDefId(call, made)

    # --- one image ---------------------------------------------------------------------------------------------------

    def getThumbnail(self, call: Call, sizeX: Any, sizeY: Any) -> bytes:
        """A thumbnail of exactly this size."""
        return self._cached(call, self._chosen().id.val, self._settings(call), *_size(sizeX, sizeY))

    def getThumbnailWithoutDefault(self, call: Call, sizeX: Any, sizeY: Any) -> bytes:
        """The same; nothing when the image cannot be read."""
        with contextlib.suppress(omero.ResourceError):
            return self.getThumbnail(call, sizeX, sizeY)
        return b""

    def getThumbnailDirect(self, call: Call, sizeX: Any, sizeY: Any) -> bytes:
        """The same as ``getThumbnail``: the cache knows by the settings whether it is up to date."""
        return self.getThumbnail(call, sizeX, sizeY)

    def getThumbnailByLongestSide(self, call: Call, size: Any) -> bytes:
        """A thumbnail of the image's proportions whose longer side has *size* pixels."""
        pixels = self._chosen()
        return self._cached(call, pixels.id.val, self._settings(call), *_fit_of(pixels, size))

    def getThumbnailByLongestSideDirect(self, call: Call, size: Any) -> bytes:
        """The same as ``getThumbnailByLongestSide``."""
        return self.getThumbnailByLongestSide(call, size)

    def getThumbnailForSectionDirect(self, call: Call, theZ: int, theT: int, sizeX: Any, sizeY: Any) -> bytes:
        """A thumbnail of a given focal plane and time point; not kept."""
        return self._made(call, self._chosen().id.val, self._settings(call), *_size(sizeX, sizeY), theZ, theT)

    def getThumbnailForSectionByLongestSideDirect(self, call: Call, theZ: int, theT: int, size: Any) -> bytes:
        """The same by the longer side."""
        pixels = self._chosen()
        return self._made(call, pixels.id.val, self._settings(call), *_fit_of(pixels, size), theZ, theT)

    def thumbnailExists(self, call: Call, sizeX: Any, sizeY: Any) -> bool:
        """Whether such a thumbnail is in the cache."""
        pixels = self._chosen()
        return Path(self._path(call, pixels.id.val, self._settings(call), *_size(sizeX, sizeY))).exists()

    def createThumbnail(self, call: Call, sizeX: Any, sizeY: Any) -> None:
        """Put a thumbnail into the cache."""
        self.getThumbnail(call, sizeX, sizeY)

    def createThumbnails(self, call: Call) -> None:
        """Put the usual one, 96 pixels, into the cache."""
        pixels = self._chosen()
        self._cached(call, pixels.id.val, self._settings(call), *scale.fit(pixels.sizeX.val, pixels.sizeY.val, 96))

    # --- many images -------------------------------------------------------------------------------------------------

    def getThumbnailSet(self, call: Call, sizeX: Any, sizeY: Any, pixelsIds: Sequence[int]) -> dict[int, bytes]:
        """Thumbnails by Pixels id; those not visible are left out, unreadable ones are empty."""
        size = _size(sizeX, sizeY)
        return self._set(call, pixelsIds, lambda _width, _height: size)

    def getThumbnailByLongestSideSet(self, call: Call, size: Any, pixelsIds: Sequence[int]) -> dict[int, bytes]:
        """The same by the longer side."""
        longest = _checked(size)
        return self._set(call, pixelsIds, lambda width, height: scale.fit(width, height, longest))

    def createThumbnailsByLongestSideSet(self, call: Call, size: Any, pixelsIds: Sequence[int]) -> None:
        """Put many into the cache."""
        self.getThumbnailByLongestSideSet(call, size, pixelsIds)

    def _set(
        self, call: Call, pixelsIds: Sequence[int], size_of: Callable[[int, int], tuple[int, int]]
    ) -> dict[int, bytes]:
        with call.server.store.read(call.actor) as transaction:
            shown = load_shown(transaction, pixelsIds, call.actor.user_id)
            unset = [key for key, one in shown.items() if one.settings is None]
            facts = load_facts(transaction, unset)
            unread = renderdefs.load_pixels_set(transaction, [key for key in unset if key not in facts])
        made = {}
        for pixels_id, one in shown.items():
            try:
                settings = one.settings or (
                    renderdefs.defaults_from(pixels_id, facts[pixels_id], call.server.pixels)
                    if pixels_id in facts
                    else renderdefs.defaults_of(unread[pixels_id], call.server.pixels)
                )
                made[pixels_id] = self._cached(call, pixels_id, settings, *size_of(one.width, one.height))
            except (omero.ResourceError, omero.MissingPyramidException, ReaderError, PyramidMissing) as error:
                log.warning("no thumbnail of Pixels %s: %s", pixels_id, error)
                made[pixels_id] = b""
        return made

    # --- inner -------------------------------------------------------------------------------------------------------

    def _chosen(self) -> Any:
        if self._pixels is None:
            raise omero.ApiUsageException(None, None, "no pixels have been chosen")
        return self._pixels

    def _settings(self, call: Call) -> RenderingDef:
        with as_omero():
            return _settings_of(call, self._chosen(), self._definition)

    def _cached(self, call: Call, pixels_id: int, settings: RenderingDef, width: int, height: int) -> bytes:
        path = self._path(call, pixels_id, settings, width, height)
        with contextlib.suppress(FileNotFoundError), open(path, "rb", buffering=0) as file:  # noqa: PTH123 # 200 a call
            return file.read()
        data = self._made(call, pixels_id, settings, width, height)
        try:
            _keep(Path(path), data)
        except OSError as error:  # a full disk is no reason to show nothing
            log.warning("no thumbnail can be kept: %s", error)
        return data

    @staticmethod
    def _made(
        call: Call,
        pixels_id: int,
        settings: RenderingDef,
        width: int,
        height: int,
        z: int | None = None,
        t: int | None = None,
    ) -> bytes:
        with as_omero():
            renderer = Renderer(call.server.pixels, pixels_id, settings)
            return encode.jpeg(renderer.thumbnail(width, height, z, t), QUALITY)

    @staticmethod
    def _path(call: Call, pixels_id: int, settings: RenderingDef, width: int, height: int) -> str:
        version = hashlib.sha1(repr(settings).encode(), usedforsecurity=False).hexdigest()[:16]
        return f"{call.server.data}/Thumbnails/{pixels_id}/{version}-{width}x{height}.jpg"


def _keep(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _settings_of(call: Call, pixels: Any, definition: Any) -> RenderingDef:
    if definition is None:
        return renderdefs.defaults_of(pixels, call.server.pixels)
    return renderdefs.to_settings(definition)


def _checked(value: Any) -> int:
    size = DEFAULT if value is None else int(unwrap(value))
    if not 1 <= size <= LARGEST:
        raise omero.ApiUsageException(None, None, f"a thumbnail of {size} pixels is not from 1 to {LARGEST}")
    return size


def _size(size_x: Any, size_y: Any) -> tuple[int, int]:
    return _checked(size_x), _checked(size_y)


def _fit_of(pixels: Any, size: Any) -> tuple[int, int]:
    return scale.fit(pixels.sizeX.val, pixels.sizeY.val, _checked(size))
