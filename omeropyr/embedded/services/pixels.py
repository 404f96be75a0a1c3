"""IPixels: descriptions of Pixels, their rendering settings, and new images without a file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import omero
from omero.rtypes import rdouble, rint, rlong, rstring, rtime, unwrap

from omeropyr.embedded.dispatch import Service
from omeropyr.embedded.pixels import renderdefs
from omeropyr.embedded.pixels.reader import PIXELS_TYPES, ReaderError, check_sizes

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call
    from omeropyr.embedded.store import Transaction


class PixelsService(Service):
    """``omero.api.IPixels``."""

    slice_type: ClassVar[type] = omero.api.IPixels

    def retrievePixDescription(self, call: Call, pixId: int) -> Any:
        """The Pixels with type, channels, logical channels and statistics."""
        with call.server.store.read(call.actor) as transaction:
            return renderdefs.load_pixels(transaction, pixId)

    def retrieveRndSettings(self, call: Call, pixId: int) -> Any:
        """The caller's settings of the Pixels, else their owner's, else nothing."""
        return self.retrieveRndSettingsFor(call, pixId, call.actor.user_id)

    def retrieveRndSettingsFor(self, call: Call, pixId: int, userId: int) -> Any:
        """One user's settings of the Pixels, else their owner's, else nothing."""
        with call.server.store.read(call.actor) as transaction:
            owner = renderdefs.load_pixels(transaction, pixId).details.owner.id.val
            return renderdefs.choose(renderdefs.load_all(transaction, [pixId]), userId, owner)

    def retrieveAllRndSettings(self, call: Call, pixId: int, userId: int) -> list[Any]:
        """All visible settings of the Pixels; *userId* below 0 for everybody's."""
        with call.server.store.read(call.actor) as transaction:
            found = renderdefs.load_all(transaction, [pixId])
        return [one for one in found if userId < 0 or one.details.owner.id.val == userId]

    def loadRndSettings(self, call: Call, renderingSettingsId: int) -> Any:
        """Settings by their id; ``omero.ValidationException`` when they are not there."""
        with call.server.store.read(call.actor) as transaction:
            found = renderdefs.load(transaction, renderingSettingsId)
        if found is None:
            raise omero.ValidationException(None, None, f"No RenderingDef with id {renderingSettingsId}")
        return found

    def saveRndSettings(self, call: Call, rndSettings: Any) -> None:
        """Save a RenderingDef with everything below it."""
        with call.server.store.write(call.actor) as transaction:
            transaction.save(rndSettings)

    def getBitDepth(self, _call: Call, type: Any) -> int:
        """Bits of one value of a PixelsType."""
        name = unwrap(type.value)
        if name not in PIXELS_TYPES:
            raise omero.ApiUsageException(None, None, f"no pixel type {name!r}")
        return 1 if name == "bit" else 8 * PIXELS_TYPES[name].itemsize

    def getEnumeration(self, call: Call, enumClass: str, value: str) -> Any:
        """One value of an enumeration or nothing."""
        found = [one for one in self.getAllEnumerations(call, enumClass) if unwrap(one.value) == value]
        return found[0] if found else None

    def getAllEnumerations(self, call: Call, enumClass: str) -> list[Any]:
        """All values of an enumeration, by its class name."""
        name = enumClass.rpartition(".")[2]
        if not name.isidentifier():
            raise omero.ApiUsageException(None, None, f"no enumeration {enumClass!r}")
        with call.server.store.read(call.actor) as transaction:
            found: list[Any] = transaction.find(f"select e from {name} e order by e.id")  # noqa: S608 # HQL; a plain name
            return found

    def createImage(
        self, call: Call, sizeX: int, sizeY: int, sizeZ: int, sizeT: int, channelList: Sequence[int], pixelsType: Any,
        name: str, description: str,
    ) -> Any:  # fmt: skip
        """A new Image of the caller with Pixels to be written through RawPixelsStore; returns its id."""
        try:
            check_sizes(sizeX, sizeY, sizeZ, len(channelList), sizeT)
        except ReaderError as error:
            raise omero.ValidationException(None, None, str(error)) from error
        with call.server.store.write(call.actor) as transaction:
            image = omero.model.ImageI()
            image.name, image.acquisitionDate = rstring(name or "Image"), rtime(time.time() * 1000)
            image.description = rstring(description) if description else None
            image.series = rint(0)
            sizes = sizeX, sizeY, sizeZ, len(channelList), sizeT
            image.addPixels(_new_pixels(transaction, sizes, pixelsType))
            return rlong(transaction.save(image).id.val)

    def copyAndResizeImage(
        self, call: Call, imageId: int, sizeX: Any, sizeY: Any, sizeZ: Any, sizeT: Any, channelList: Sequence[int],
        methodology: str, copyStats: bool,
    ) -> Any:  # fmt: skip
        """A new Image like another one in name, type, physical sizes and channels, without its pixels.

        Returns its id.
        """
        with call.server.store.read(call.actor) as transaction:
            found = transaction.values("select p.id from Pixels p where p.image.id = :id", {"id": imageId})
            if not found:
                raise omero.ValidationException(None, None, f"No Image with id {imageId}")
            source = renderdefs.load_pixels(transaction, found[0][0])
        with call.server.store.write(call.actor) as transaction:
            pixels = _resized(transaction, source, (sizeX, sizeY, sizeZ, sizeT), channelList, copyStats)
            pixels.methodology = rstring(methodology) if methodology else None
            image = omero.model.ImageI()
            image.name, image.acquisitionDate = source.image.name, source.image.acquisitionDate
            image.description, image.series = source.image.description, rint(0)
            image.addPixels(pixels)
            return rlong(transaction.save(image).id.val)

    def copyAndResizePixels(
        self, call: Call, pixelsId: int, sizeX: Any, sizeY: Any, sizeZ: Any, sizeT: Any, channelList: Sequence[int],
        methodology: str, copyStats: bool,
    ) -> Any:  # fmt: skip
        """New Pixels of the same Image like others in type, physical sizes and channels, without their pixels.

        Returns their id.
        """
        with call.server.store.read(call.actor) as transaction:
            source = renderdefs.load_pixels(transaction, pixelsId)
        with call.server.store.write(call.actor) as transaction:
            pixels = _resized(transaction, source, (sizeX, sizeY, sizeZ, sizeT), channelList, copyStats)
            pixels.methodology = rstring(methodology) if methodology else None
            pixels.image = omero.model.ImageI(source.image.id.val, False)
            return rlong(transaction.save(pixels).id.val)

    def setChannelGlobalMinMax(self, call: Call, pixelsId: int, channelIndex: int, min: float, max: float) -> None:
        """Set the value range of a channel."""
        with call.server.store.read(call.actor) as transaction:
            pixels = renderdefs.load_pixels(transaction, pixelsId)
        if not 0 <= channelIndex < pixels.sizeC.val:
            raise omero.ApiUsageException(None, None, f"no channel {channelIndex}")
        channel = list(pixels.copyChannels())[channelIndex]
        with call.server.store.write(call.actor.in_group(pixels.details.group.id.val)) as transaction:
            if channel.statsInfo is None:
                channel.statsInfo = omero.model.StatsInfoI()
            channel.statsInfo.globalMin, channel.statsInfo.globalMax = rdouble(min), rdouble(max)
            transaction.save(channel)


def _new_pixels(transaction: Transaction, sizes: tuple[int, ...], pixels_type: Any) -> Any:
    """Unsaved Pixels with channels; *sizes* are X, Y, Z, C, T."""
    pixels = omero.model.PixelsI()
    pixels.sizeX, pixels.sizeY, pixels.sizeZ, pixels.sizeC, pixels.sizeT = (rint(size) for size in sizes)
    value = unwrap(pixels_type.value) if pixels_type.isLoaded() else None
    known = pixels_type.id.val if pixels_type.id is not None else -1
    query = "select e from PixelsType e where e.value = :value or e.id = :id"
    found = transaction.find(query, {"value": value or "", "id": known})
    order = transaction.find("select e from DimensionOrder e where e.value = 'XYZCT'")
    if not found or not order:
        raise omero.ValidationException(None, None, f"no pixel type {value!r}")
    pixels.pixelsType, pixels.dimensionOrder, pixels.sha1 = found[0], order[0], rstring("Pending...")
    for _ in range(sizes[3]):
        channel = omero.model.ChannelI()
        channel.logicalChannel = omero.model.LogicalChannelI()
        pixels.addChannel(channel)
    return pixels


def _resized(
    transaction: Transaction, source: Any, sizes: tuple[Any, ...], channels: Sequence[int], copy_stats: bool
) -> Any:
    """Unsaved Pixels like *source*; *sizes* are X, Y, Z, T, null where they stay."""
    originals = list(source.copyChannels())
    if not channels or not all(0 <= index < len(originals) for index in channels):
        raise omero.ApiUsageException(None, None, f"there are no channels {list(channels)}")
    x, y, z, t = (
        unwrap(new) if new is not None else unwrap(getattr(source, name))
        for name, new in zip(("sizeX", "sizeY", "sizeZ", "sizeT"), sizes, strict=True)
    )
    try:
        check_sizes(x, y, z, len(channels), t)
    except ReaderError as error:
        raise omero.ValidationException(None, None, str(error)) from error
    pixels = _new_pixels(transaction, (x, y, z, len(channels), t), source.pixelsType)
    for side in ("physicalSizeX", "physicalSizeY", "physicalSizeZ"):
        setattr(pixels, side, getattr(source, side))
    for channel, index in zip(pixels.copyChannels(), channels, strict=True):
        _copy_channel(originals[index], channel, copy_stats)
    return pixels


def _copy_channel(source: Any, target: Any, stats: bool) -> None:
    for name in ("red", "green", "blue", "alpha", "lookupTable"):
        setattr(target, name, getattr(source, name))
    logical = source.logicalChannel
    if logical is not None and logical.isLoaded():
        for name in ("name", "emissionWave", "excitationWave"):
            setattr(target.logicalChannel, name, getattr(logical, name))
    if stats and source.statsInfo is not None and source.statsInfo.isLoaded():
        target.statsInfo = omero.model.StatsInfoI()
        target.statsInfo.globalMin, target.statsInfo.globalMax = source.statsInfo.globalMin, source.statsInfo.globalMax
