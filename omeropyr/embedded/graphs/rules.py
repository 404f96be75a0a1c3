"""What belongs to what in OMERO's model, as data: parts, things that are shared, and things that links hold.

Source of the facts: OMERO's documentation, "Model graph operations", and the rules of its server.
"""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.embedded.model import model


@dataclass(frozen=True)
class Part:
    """``part`` goes where ``whole`` goes, always.

    ``field`` is the part's pointer to the whole or, with ``forward``, the whole's to the part. A ``free`` part needs no
    permission of its own: who may delete an image deletes everybody's settings for it. ``chosen`` parts go only with a
    whole that was itself asked for.
    """

    whole: str
    part: str
    field: str
    forward: bool = False
    free: bool = False
    chosen: bool = False


@dataclass(frozen=True)
class Shared:
    """``target``, at which ``user.field`` points, goes with the last of its users.

    ``permitted``: only where the caller may delete the target; elsewhere it simply stays.
    """

    user: str
    field: str
    target: str
    permitted: bool = False
    free: bool = False


@dataclass(frozen=True)
class Member:
    """``member`` points at ``whole`` by ``field``; it goes along where the caller may delete it, and else stays."""

    whole: str
    member: str
    field: str


@dataclass(frozen=True)
class Hold:
    """Something keeps objects of the class ``target`` where they are: a row of ``user`` whose ``field`` points at them.

    For a link ``other`` is its other end, and the link holds as long as that end stays.
    """

    target: str
    user: str
    field: str
    other: str = ""


_PARTS_BY_BACK_REFERENCE = (
    ("Instrument", "instrument", "Detector Dichroic Filter FilterSet LightSource OTF Objective"),
    ("Detector", "detector", "DetectorSettings"),
    ("LightSource", "lightSource", "LightSettings"),
    ("Objective", "objective", "OTF ObjectiveSettings"),
    ("Experiment", "experiment", "MicrobeamManipulation"),
    ("Image", "image", "Pixels"),
    ("Pixels", "pixels", "Channel PlaneInfo"),
    ("RenderingDef", "renderingDef", "ChannelBinding ProjectionDef"),
    ("ChannelBinding", "channelBinding", "CodomainMapContext"),
    ("Fileset", "fileset", "FilesetEntry"),
    ("Roi", "roi", "Shape"),
    ("Screen", "screen", "Reagent"),
    ("Plate", "plate", "PlateAcquisition Well"),
    ("PlateAcquisition", "plateAcquisition", "WellSample"),
    ("Well", "well", "WellSample"),
)
PARTS = (
    *(Part(whole, part, field) for whole, field, parts in _PARTS_BY_BACK_REFERENCE for part in parts.split()),
    Part("Pixels", "RenderingDef", "pixels", free=True),
    Part("Pixels", "Thumbnail", "pixels", free=True),
    Part("Instrument", "Microscope", "microscope", forward=True),
    Part("Filter", "TransmittanceRange", "transmittanceRange", forward=True),
    Part("RenderingDef", "QuantumDef", "quantization", forward=True),
    Part("OriginalFile", "FileAnnotation", "file", free=True),
    Part("Fileset", "Image", "fileset", chosen=True),
    Part("LogicalChannel", "Channel", "logicalChannel", chosen=True),
)

SHARED = (
    Shared("Image", "imagingEnvironment", "ImagingEnvironment"),
    Shared("Image", "instrument", "Instrument"),
    Shared("Image", "stageLabel", "StageLabel"),
    Shared("Image", "objectiveSettings", "ObjectiveSettings"),
    Shared("Image", "experiment", "Experiment", permitted=True),
    Shared("Image", "fileset", "Fileset"),
    Shared("Channel", "logicalChannel", "LogicalChannel"),
    Shared("Channel", "statsInfo", "StatsInfo", free=True),
    Shared("LogicalChannel", "lightPath", "LightPath"),
    Shared("LogicalChannel", "detectorSettings", "DetectorSettings"),
    Shared("LogicalChannel", "lightSourceSettings", "LightSettings"),
    Shared("FileAnnotation", "file", "OriginalFile", free=True),
    Shared("FilesetEntry", "originalFile", "OriginalFile", free=True),
    Shared("Roi", "source", "OriginalFile", free=True),
    Shared("Shape", "transform", "AffineTransform"),
    Shared("WellSample", "image", "Image", permitted=True),
)

MEMBERS = (Member("Image", "Roi", "image"), Member("Folder", "Folder", "parentFolder"))

CONTENT_LINKS = ("ProjectDatasetLink", "DatasetImageLink", "FolderImageLink", "FolderRoiLink", "ScreenPlateLink")
"""Links whose child goes with the last of its parents."""

ANNOTATION_LINKS = tuple(kind.name for kind in model() if kind.name.endswith("AnnotationLink"))
LINKS = tuple(
    kind.name
    for kind in model().roots
    if {"parent", "child"} <= set(kind.fields) and not kind.is_global and kind.is_link
)
"""Every class of links between objects that have owners."""

HOLDS = (
    *(Hold(rule.target, rule.user, rule.field) for rule in SHARED),
    *(Hold(model()[name].fields["child"].type, name, "child", "parent") for name in CONTENT_LINKS),
    *(Hold("Annotation", name, "child", "parent") for name in ANNOTATION_LINKS),
    Hold("OriginalFile", "JobOriginalFileLink", "child", "parent"),
    Hold("OriginalFile", "PixelsOriginalFileMap", "parent", "child"),
)

OWN_LIFE = frozenset({"FileAnnotation", "TagAnnotation"})
"""Annotations that people share: one goes with an object only where both have the same owner."""
REMARKS = ("BasicAnnotation", "CommentAnnotation")
"""Annotations that go with the last object they are on, whoever wrote them."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ANYWHERE = _names(
    "Annotation Dataset Experiment Fileset Folder Image Instrument Job Link OriginalFile Plate Project RenderingDef Roi"
    " Screen Thumbnail"
)
_WITH_LINKS = (
    _ANYWHERE
    | frozenset(ANNOTATION_LINKS)
    | _names(
        "DatasetImageLink FolderImageLink FolderRoiLink JobOriginalFileLink ProjectDatasetLink Reagent ScreenPlateLink"
        " WellReagentLink"
    )
)
_WITH_DETAILS = _WITH_LINKS | _names(
    "AffineTransform Channel ExternalInfo FilesetJobLink LogicalChannel MicrobeamManipulation PlateAcquisition Shape"
    " StatsInfo Well WellSample"
)
_WITH_PIXELS = _WITH_DETAILS | _names("ChannelBinding CodomainMapContext Pixels PlaneInfo QuantumDef")
_FOUND = _WITH_PIXELS | _names("FilesetEntry PixelsOriginalFileMap ProjectionDef")

TARGETS: dict[str, frozenset[str]] = {
    "Delete2": _WITH_DETAILS
    | _names(
        "DetectorSettings FilterSetEmissionFilterLink FilterSetExcitationFilterLink"
        " ImagingEnvironment LightPathEmissionFilterLink LightPathExcitationFilterLink LightSettings Microscope"
        " Namespace ObjectiveSettings PixelsOriginalFileMap ProjectionDef StageLabel TransmittanceRange"
    ),
    "Chgrp2": _ANYWHERE,
    "Chown2": _WITH_LINKS,
    "Chmod2": _names("ExperimenterGroup"),
    "Duplicate": _WITH_PIXELS,
    "DiskUsage2": _FOUND | _names("Experimenter ExperimenterGroup"),
    "FindParents": _FOUND,
    "FindChildren": _FOUND,
}
"""The classes that each request can be pointed at, their subclasses included.

OMERO's, but for memberships of groups and shares: those have conditions, which IAdmin and IShare keep.
"""
