"""RenderingEngine: one image made visible with settings that the client changes call by call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import omero
from omero.rtypes import rint

from omeropyr.embedded.dispatch import StatefulService
from omeropyr.embedded.pixels import overlays, renderdefs
from omeropyr.embedded.pixels.errors import as_omero
from omeropyr.embedded.pixels.renderer import Picture, Renderer
from omeropyr.embedded.services.mask_table import load_masks
from omeropyr.embedded.services.projection import KINDS
from omeropyr.embedded.services.pyramid import PyramidOperations
from omeropyr.rendering import encode
from omeropyr.rendering.composite import rgb_view
from omeropyr.rendering.settings import FAMILIES, ChannelBinding, RenderingDef

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

COMPRESSION = 0.85
"""OMERO's default JPEG quality."""
_STEPS = frozenset(2**bits - 1 for bits in range(1, 9))


class RenderingEngine(PyramidOperations, StatefulService):
    """``omero.api.RenderingEngine``. Settings live here until they are saved."""

    slice_type: ClassVar[type] = omero.api.RenderingEngine

    def __init__(self) -> None:
        super().__init__()
        self._pixels: Any = None
        self._definition_id: int | None = None
        self._settings: RenderingDef | None = None
        self._renderer: Renderer | None = None
        self._compression = COMPRESSION
        self._overlays: tuple[overlays.Overlay, ...] = ()

    # --- what is rendered --------------------------------------------------------------------------------------------

    def lookupPixels(self, call: Call, pixelsId: int) -> None:
        """Choose the image; ``omero.ValidationException`` when the caller may not see it."""
        with call.server.store.read(call.actor) as transaction:
            self._pixels = renderdefs.load_pixels(transaction, pixelsId)
        self._definition_id = self._settings = self._renderer = None
        self._overlays = ()
        self.use(call, pixelsId)

    def lookupRenderingDef(self, call: Call, pixelsId: int) -> bool:
        """Take the caller's own settings of the image, else its owner's; False when there are none."""
        with call.server.store.read(call.actor) as transaction:
            found = renderdefs.load_all(transaction, [pixelsId])
        owner = self._image(call).details.owner.id.val
        chosen = renderdefs.choose(found, call.actor.user_id, owner)
        if chosen is not None:
            self._take(chosen)
        return chosen is not None

    def loadRenderingDef(self, call: Call, renderingDefId: int) -> None:
        """Take settings by their id; ``omero.ValidationException`` when they are not there or of another image."""
        with call.server.store.read(call.actor) as transaction:
            found = renderdefs.load(transaction, renderingDefId)
        if found is None:
            raise omero.ValidationException(None, None, f"No RenderingDef with id {renderingDefId}")
        if len(found.copyWaveRendering()) != self._image(call).sizeC.val:
            raise omero.ValidationException(None, None, "the settings are for another number of channels")
        self._take(found)

    def load(self, call: Call) -> None:
        """Open the files; ``omero.ResourceError`` when they cannot be read."""
        settings = self._need()
        with as_omero():
            self._renderer = Renderer(call.server.pixels, self.pixels_id(), settings)
        self._renderer.overlays = self._overlays

    def getRenderingDefId(self, _call: Call) -> int:
        """The id of the settings that were taken."""
        if self._definition_id is None:
            raise omero.ApiUsageException(None, None, "no rendering settings have been looked up")
        return self._definition_id

    def getPixels(self, call: Call) -> Any:
        """The Pixels with channels and their statistics."""
        return self._image(call)

    # --- pictures ----------------------------------------------------------------------------------------------------

    def render(self, call: Call, planeDef: Any) -> Any:
        """Three bands of bytes."""
        picture = self._picture(call, planeDef)
        bands = [np.ascontiguousarray(rgb_view(picture)[..., band]).tobytes() for band in range(3)]
        return omero.romio.RGBBuffer(bands, picture.shape[1], picture.shape[0])

    def renderAsPackedInt(self, call: Call, planeDef: Any) -> Sequence[int]:
        """One signed 32-bit number a pixel: alpha, red, green, blue from the highest byte down."""
        return _packed(self._picture(call, planeDef))

    def renderCompressed(self, call: Call, planeDef: Any) -> bytes:
        """JPEG of a plane or region at the current resolution level.

        A tile that the file holds as a JPEG, of an image shown as it is, is given as it is: at the file's own quality.
        """
        stored = self._stored(call, planeDef)
        return stored if stored is not None else encode.jpeg(self._picture(call, planeDef), self._compression)

    def renderProjectedAsPackedInt(
        self, call: Call, algorithm: Any, timepoint: int, stepping: int, start: int, end: int
    ) -> Sequence[int]:
        """A projection over Z, as ``renderAsPackedInt``."""
        return _packed(self._projected(call, algorithm, timepoint, stepping, start, end))

    def renderProjectedCompressed(
        self, call: Call, algorithm: Any, timepoint: int, stepping: int, start: int, end: int
    ) -> bytes:
        """A projection over Z as JPEG; *end* is included."""
        return encode.jpeg(self._projected(call, algorithm, timepoint, stepping, start, end), self._compression)

    def setCompressionLevel(self, _call: Call, percentage: float) -> None:
        """JPEG quality from above 0 to 1."""
        if not 0 < percentage <= 1:
            raise omero.ApiUsageException(None, None, f"a compression level of {percentage} is not between 0 and 1")
        self._compression = percentage

    def getCompressionLevel(self, _call: Call) -> float:
        """JPEG quality."""
        return self._compression

    def setOverlays(self, call: Call, tablesId: Any, imageId: Any, rowColorMap: dict[int, int]) -> None:
        """Paint masks over every plane from now on: rows of a table by their colour 0xRRGGBB; none ends it.

        *tablesId* is the FileAnnotation of the table, as for ``IRoi.getTable``; *imageId* is not looked at, as in
        OMERO. ``omero.ApiUsageException`` when there is no such table, or it has no masks.
        """
        width, height = self._image(call).sizeX.val, self._image(call).sizeY.val
        made: tuple[overlays.Overlay, ...] = ()
        if rowColorMap:
            if tablesId is None:
                raise omero.ApiUsageException(None, None, "say which table the masks are in")
            column = load_masks(call, tablesId.val, list(rowColorMap))
            made = overlays.from_column(column, rowColorMap, (width, height))
        self._overlays = made
        if self._renderer is not None:
            self._renderer.overlays = made

    def _picture(self, call: Call, planeDef: Any) -> Picture:
        renderer = self._rendering(call)
        with as_omero():
            if planeDef.slice != omero.romio.XY:
                axis, place = ("xz", planeDef.y) if planeDef.slice == omero.romio.XZ else ("zy", planeDef.x)
                return renderer.section(axis, place, planeDef.t)
            region = planeDef.region
            box = (region.x, region.y, region.width, region.height) if region is not None else None
            return renderer.region(self.level(call), planeDef.z, planeDef.t, box)

    def _stored(self, call: Call, planeDef: Any) -> bytes | None:
        if planeDef.slice != omero.romio.XY:
            return None
        region = planeDef.region
        box = (region.x, region.y, region.width, region.height) if region is not None else None
        renderer = self._rendering(call)
        with as_omero():
            return renderer.stored_jpeg(self.level(call), planeDef.z, planeDef.t, box)

    def _projected(self, call: Call, algorithm: Any, timepoint: int, stepping: int, start: int, end: int) -> Picture:
        renderer = self._rendering(call)
        with as_omero():
            return renderer.projected(KINDS[algorithm], timepoint, start, end, stepping)

    # --- settings of the whole image ---------------------------------------------------------------------------------

    def getModel(self, call: Call) -> Any:
        """The RenderingModel in use."""
        return next(one for one in self.getAvailableModels(call) if one.value.val == self._need().model)

    def setModel(self, _call: Call, model: Any) -> None:
        """Greyscale or colour ("rgb"; OMERO's old "hsb" means the same)."""
        self._change(model="greyscale" if model.value.val == "greyscale" else "rgb")

    def getAvailableModels(self, call: Call) -> list[Any]:
        """The RenderingModel enumeration."""
        return _enumerations(call, "RenderingModel")

    def getAvailableFamilies(self, call: Call) -> list[Any]:
        """The Family enumeration."""
        return _enumerations(call, "Family")

    def getDefaultZ(self, _call: Call) -> int:
        """The focal plane shown first."""
        return self._need().default_z

    def getDefaultT(self, _call: Call) -> int:
        """The time point shown first."""
        return self._need().default_t

    def setDefaultZ(self, call: Call, z: int) -> None:
        """Set the focal plane shown first."""
        if not 0 <= z < self._image(call).sizeZ.val:
            raise omero.ApiUsageException(None, None, f"no focal plane {z}")
        self._change(default_z=z)

    def setDefaultT(self, call: Call, t: int) -> None:
        """Set the time point shown first."""
        if not 0 <= t < self._image(call).sizeT.val:
            raise omero.ApiUsageException(None, None, f"no time point {t}")
        self._change(default_t=t)

    def getQuantumDef(self, _call: Call) -> Any:
        """The codomain and its number of steps."""
        settings = self._need()
        made = omero.model.QuantumDefI()
        made.cdStart, made.cdEnd = (rint(level) for level in settings.codomain)
        made.bitResolution = rint(settings.bit_resolution)
        return made

    def setCodomainInterval(self, _call: Call, start: int, end: int) -> None:
        """The darkest and the brightest level that is used, within 0 to 255."""
        if not 0 <= start < end <= 255:
            raise omero.ApiUsageException(None, None, f"levels from {start} to {end} are not inside 0 to 255")
        self._change(codomain=(start, end))

    def setQuantumStrategy(self, _call: Call, bitResolution: int) -> None:
        """How many steps lie between them: 1, 3, 7 ... 255."""
        if bitResolution not in _STEPS:
            raise omero.ApiUsageException(None, None, f"{bitResolution} is not a power of two less one, up to 255")
        self._change(bit_resolution=bitResolution)

    # --- settings of a channel ---------------------------------------------------------------------------------------

    def setActive(self, _call: Call, w: int, active: bool) -> None:
        """Show or hide a channel."""
        self._change_channel(w, active=active)

    def isActive(self, _call: Call, w: int) -> bool:
        """Whether a channel is shown."""
        return self._channel(w).active

    def setChannelWindow(self, _call: Call, w: int, start: float, end: float) -> None:
        """The values that become black and full colour.

        ``omero.ApiUsageException`` when they are the wrong way round.
        """
        if not start <= end:
            raise omero.ApiUsageException(None, None, f"the window from {start} to {end} is the wrong way round")
        self._change_channel(w, input_start=start, input_end=end)

    def getChannelWindowStart(self, _call: Call, w: int) -> float:
        """The value that becomes black."""
        return self._channel(w).input_start

    def getChannelWindowEnd(self, _call: Call, w: int) -> float:
        """The value that becomes full colour."""
        return self._channel(w).input_end

    def setRGBA(self, _call: Call, w: int, red: int, green: int, blue: int, alpha: int) -> None:
        """The channel's colour, 0 to 255 each."""
        if not all(0 <= value <= 255 for value in (red, green, blue, alpha)):
            raise omero.ApiUsageException(None, None, "colours are from 0 to 255")
        self._change_channel(w, red=red, green=green, blue=blue, alpha=alpha)

    def getRGBA(self, _call: Call, w: int) -> list[int]:
        """The channel's colour."""
        channel = self._channel(w)
        return [channel.red, channel.green, channel.blue, channel.alpha]

    def setChannelLookupTable(self, _call: Call, w: int, lookup: str) -> None:
        """The name of a lookup table; an empty one goes back to the colour."""
        self._change_channel(w, lookup_table=lookup or None)

    def getChannelLookupTable(self, _call: Call, w: int) -> str:
        """The name of the channel's lookup table or nothing."""
        return self._channel(w).lookup_table or ""

    def setQuantizationMap(self, _call: Call, w: int, fam: Any, coefficient: float, noiseReduction: bool) -> None:
        """The channel's curve."""
        if fam.value.val not in FAMILIES:
            raise omero.ApiUsageException(None, None, f"no family {fam.value.val!r}")
        self._change_channel(w, family=fam.value.val, coefficient=coefficient, noise_reduction=noiseReduction)

    def getChannelFamily(self, call: Call, w: int) -> Any:
        """The Family of the channel's curve."""
        return next(one for one in self.getAvailableFamilies(call) if one.value.val == self._channel(w).family)

    def getChannelCurveCoefficient(self, _call: Call, w: int) -> float:
        """The coefficient of the channel's curve."""
        return self._channel(w).coefficient

    def getChannelNoiseReduction(self, _call: Call, w: int) -> bool:
        """As it was set; it changes nothing in the picture."""
        return self._channel(w).noise_reduction

    def getChannelStats(self, call: Call, w: int) -> list[float]:
        """Minimum and maximum of the channel's values."""
        self._channel(w)
        with as_omero():
            facts = renderdefs.channel_facts(self._image(call), call.server.pixels)[w]
        return [facts.minimum, facts.maximum]

    def addCodomainMapToChannel(self, _call: Call, mapCtx: Any, w: int) -> None:
        """Reverse the channel's intensities; ``omero.ApiUsageException`` for any other map."""
        _check_reverse(mapCtx)
        self._change_channel(w, reverse_intensity=True)

    def removeCodomainMapFromChannel(self, _call: Call, mapCtx: Any, w: int) -> None:
        """Undo it."""
        _check_reverse(mapCtx)
        self._change_channel(w, reverse_intensity=False)

    def addCodomainMap(self, _call: Call, mapCtx: Any) -> None:
        """Reverse the intensities of every channel."""
        _check_reverse(mapCtx)
        self._change(channels=tuple(replace(one, reverse_intensity=True) for one in self._need().channels))

    def updateCodomainMap(self, _call: Call, mapCtx: Any) -> None:
        """A reversal has nothing that could be changed; ``omero.ApiUsageException`` for any other map."""
        _check_reverse(mapCtx)

    def removeCodomainMap(self, _call: Call, mapCtx: Any) -> None:
        """Undo it for every channel."""
        _check_reverse(mapCtx)
        self._change(channels=tuple(replace(one, reverse_intensity=False) for one in self._need().channels))

    def getCodomainMapContext(self, _call: Call, w: int) -> list[Any]:
        """The channel's maps: one ReverseIntensityContext or none."""
        return [renderdefs.reverse_context()] if self._channel(w).reverse_intensity else []

    # --- pixel type --------------------------------------------------------------------------------------------------

    def isPixelsTypeSigned(self, call: Call) -> bool:
        """Whether values may be negative."""
        return self.info(call).dtype.kind != "u"

    def getPixelsTypeLowerBound(self, call: Call, w: int) -> float:
        """The smallest value of the pixel type; of floating-point types the channel's minimum."""
        dtype = self.info(call).dtype
        return self.getChannelStats(call, w)[0] if dtype.kind == "f" else float(np.iinfo(dtype).min)

    def getPixelsTypeUpperBound(self, call: Call, w: int) -> float:
        """The largest value of the pixel type; of floating-point types the channel's maximum."""
        dtype = self.info(call).dtype
        return self.getChannelStats(call, w)[1] if dtype.kind == "f" else float(np.iinfo(dtype).max)

    # --- saving ------------------------------------------------------------------------------------------------------

    def updateSettings(self, call: Call, settings: Any) -> None:
        """Take all settings of a loaded RenderingDef without saving them."""
        made = renderdefs.to_settings(settings)
        if len(made.channels) != self._image(call).sizeC.val:
            raise omero.ValidationException(None, None, "the settings are for another number of channels")
        self._set(made)

    def saveCurrentSettings(self, call: Call) -> None:
        """Save as the caller's own settings of the image."""
        self._definition_id = renderdefs.save_for(call.server.store, call.actor, self._image(call), self._need())

    def saveAsNewSettings(self, call: Call) -> int:
        """Save as one more RenderingDef; returns its id."""
        image = self._image(call)
        return renderdefs.save_for(call.server.store, call.actor, image, self._need(), new=True)

    def resetDefaultSettings(self, call: Call, save: bool) -> int:
        """Back to the settings of the first sight; returns the id of the RenderingDef when saved, else -1."""
        image = self._image(call)
        with as_omero():
            self._set(renderdefs.defaults_of(image, call.server.pixels))
        if not save:
            return -1
        self._definition_id = renderdefs.save_first(call.server.store, call.actor, image, self._need())
        return self._definition_id

    # --- inner -------------------------------------------------------------------------------------------------------

    def _image(self, _call: Call) -> Any:
        if self._pixels is None:
            raise omero.ApiUsageException(None, None, "no pixels have been looked up")
        return self._pixels

    def _need(self) -> RenderingDef:
        if self._settings is None:
            raise omero.ApiUsageException(None, None, "no rendering settings have been looked up")
        return self._settings

    def _rendering(self, call: Call) -> Renderer:
        if self._renderer is None:
            self.load(call)
        assert self._renderer is not None
        return self._renderer

    def _take(self, definition: Any) -> None:
        self._definition_id = definition.id.val
        self._set(renderdefs.to_settings(definition))

    def _set(self, settings: RenderingDef) -> None:
        self._settings = settings
        if self._renderer is not None:
            self._renderer.settings = settings

    def _change(self, **changes: Any) -> None:
        self._set(replace(self._need(), **changes))

    def _channel(self, w: int) -> ChannelBinding:
        channels = self._need().channels
        if not 0 <= w < len(channels):
            raise omero.ApiUsageException(None, None, f"no channel {w}")
        return channels[w]

    def _change_channel(self, w: int, **changes: Any) -> None:
        changed = replace(self._channel(w), **changes)
        channels = self._need().channels
        self._change(channels=(*channels[:w], changed, *channels[w + 1 :]))


def _packed(picture: Picture) -> Sequence[int]:
    """RGBX as OMERO's packed integers, which are ARGB from the highest byte."""
    swapped = picture.byteswap() >> np.uint32(8) | np.uint32(0xFF000000)
    packed: list[int] = swapped.view(np.int32).ravel().tolist()
    return packed


def _check_reverse(context: Any) -> None:
    if not isinstance(context, omero.romio.ReverseIntensityMapContext):
        raise omero.ApiUsageException(None, None, "only the reversal of intensities is supported")


def _enumerations(call: Call, kind: str) -> list[Any]:
    with call.server.store.read(call.actor) as transaction:
        found: list[Any] = transaction.find(f"select e from {kind} e order by e.id")  # noqa: S608 # HQL; *kind* is ours
        return found
