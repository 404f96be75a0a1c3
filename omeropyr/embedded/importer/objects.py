"""From what a reader knows about an image to OMERO's objects, not yet saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import omero.all  # before anything else of omero: makes omero.model a package
import omero.model
from omero.model.enums import UnitsLength, UnitsTime
from omero.rtypes import rdouble, rint, rlong, rstring, rtime

from omeropyr.embedded.importer.staging import StagedFile, mimetype
from omeropyr.embedded.pixels.reader import ChannelInfo, Series

Enumeration = Callable[[str, str], Any]
"""``enumeration("PixelsType", "uint16")`` gives the stored object of that value."""
Range = tuple[float, float]

# The channels of a picture that a colour camera took.
_CAMERA = ((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255))


def image(series: Series, name: str, ranges: Sequence[Range], file_format: str, enumeration: Enumeration) -> Any:
    """An Image with its Pixels and Channels."""
    made = omero.model.ImageI()
    made.name = rstring(name[:255])
    made.series = rint(series.index)
    made.format = enumeration("Format", file_format)
    if series.description:
        made.description = rstring(series.description)
    if series.acquisition_date is not None:
        made.acquisitionDate = rtime(int(series.acquisition_date.timestamp() * 1000))
    made.addPixels(pixels(series, ranges, enumeration))
    return made


def pixels(series: Series, ranges: Sequence[Range], enumeration: Enumeration) -> Any:
    """Pixels with sizes, physical sizes in micrometres and one Channel for each of *ranges*."""
    made = omero.model.PixelsI()
    made.sizeX, made.sizeY, made.sizeZ = rint(series.size_x), rint(series.size_y), rint(series.size_z)
    made.sizeC, made.sizeT = rint(series.size_c), rint(series.size_t)
    made.sha1 = rstring("Foo")  # what OMERO itself stores for imported pixels
    made.pixelsType = enumeration("PixelsType", series.pixels_type)
    made.dimensionOrder = enumeration("DimensionOrder", series.dimension_order)
    made.significantBits = rint(series.significant_bits or series.dtype.itemsize * 8)
    for axis in "XYZ":
        size = getattr(series, f"physical_size_{axis.lower()}")
        if size is not None and size > 0:
            setattr(made, f"physicalSize{axis}", omero.model.LengthI(float(size), UnitsLength.MICROMETER))
    if series.time_increment:
        made.timeIncrement = omero.model.TimeI(float(series.time_increment), UnitsTime.SECOND)
    for number, limits in enumerate(ranges):
        made.addChannel(_channel(series, number, limits))
    return made


def _channel(series: Series, number: int, limits: Range) -> Any:
    info = series.channels[number] if number < len(series.channels) else ChannelInfo()
    logical = omero.model.LogicalChannelI()
    if info.name:
        logical.name = rstring(info.name[:255])
    if info.emission:
        logical.emissionWave = omero.model.LengthI(float(info.emission), UnitsLength.NANOMETER)
    if info.excitation:
        logical.excitationWave = omero.model.LengthI(float(info.excitation), UnitsLength.NANOMETER)
    logical.samplesPerPixel = rint(1)
    statistics = omero.model.StatsInfoI()
    statistics.globalMin, statistics.globalMax = rdouble(limits[0]), rdouble(limits[1])
    made = omero.model.ChannelI()
    made.logicalChannel, made.statsInfo = logical, statistics
    # What the file does not say stays open: at first sight dyes and emission decide (embedded/pixels/defaults.py).
    told = info.color or (_CAMERA[number] if series.rgb and number < len(_CAMERA) else None)
    if told is not None:
        made.red, made.green, made.blue, made.alpha = (rint(part) for part in (*told[:3], told[3] or 255))
    return made


def fileset(files: Sequence[StagedFile], hashes: Sequence[str], prefix: str, enumeration: Enumeration) -> Any:
    """A Fileset with an entry and an OriginalFile for each file, which will lie below *prefix* in the repository."""
    made = omero.model.FilesetI()
    made.templatePrefix = rstring(prefix)
    for file, digest in zip(files, hashes, strict=True):
        original = omero.model.OriginalFileI()
        folder, _, base = file.name.rpartition("/")
        original.name, original.path = rstring(base), rstring(f"{prefix}{folder}/" if folder else prefix)
        original.size, original.hash = rlong(file.path.stat().st_size), rstring(digest)
        original.hasher = enumeration("ChecksumAlgorithm", "SHA1-160")
        original.mimetype = rstring(mimetype(base))
        entry = omero.model.FilesetEntryI()
        entry.clientPath, entry.originalFile = rstring(file.client_path), original
        made.addFilesetEntry(entry)
    return made


def dataset_link(dataset_id: int, image_id: int) -> Any:
    """What puts an image into a dataset."""
    link = omero.model.DatasetImageLinkI()
    link.parent = omero.model.DatasetI(dataset_id, False)
    link.child = omero.model.ImageI(image_id, False)
    return link


def unloaded(kind: str, object_id: int) -> Any:
    """A reference to a stored object."""
    return getattr(omero.model, f"{kind}I")(rlong(object_id), False)
