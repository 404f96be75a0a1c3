"""Java packages of OMERO's classes, which HQL may name and which ``type()`` and the log of events answer."""

from __future__ import annotations

from functools import cache

from omeropyr.embedded.model import Kind, model

_BY_ROOT = {
    "acquisition": "Arc Detector DetectorSettings Dichroic Filter FilterSet GenericExcitationSource ImagingEnvironment "
    "Instrument LightPath LightSettings LightSource Microscope OTF Objective ObjectiveSettings StageLabel "
    "TransmittanceRange FilterSetEmissionFilterLink FilterSetExcitationFilterLink LightPathEmissionFilterLink "
    "LightPathExcitationFilterLink",
    "annotations": "Annotation Namespace",
    "containers": "Dataset DatasetImageLink Folder FolderImageLink FolderRoiLink Project ProjectDatasetLink",
    "core": "Channel Image LogicalChannel OriginalFile Pixels PixelsOriginalFileMap PlaneInfo",
    "display": "ChannelBinding CodomainMapContext ProjectionDef QuantumDef RenderingDef Thumbnail",
    "experiment": "Experiment MicrobeamManipulation",
    "fs": "Fileset FilesetEntry FilesetJobLink",
    "jobs": "Job JobOriginalFileLink",
    "meta": "DBPatch Event EventLog Experimenter ExperimenterGroup ExternalInfo GroupExperimenterMap Node Session "
    "Share ShareMember",
    "roi": "AffineTransform Roi Shape",
    "screen": "Plate PlateAcquisition Reagent Screen ScreenPlateLink Well WellReagentLink WellSample",
    "stats": "StatsInfo",
}


@cache
def _packages() -> dict[str, str]:
    return {root: package for package, roots in _BY_ROOT.items() for root in roots.split()}


def java_name(kind: Kind) -> str:
    """``ome.model.core.Image`` for ``Image``; what is in no list is a link of annotations or an enumeration."""
    root = kind.root.name
    package = _packages().get(root) or ("annotations" if root.endswith("AnnotationLink") else "enums")
    return f"ome.model.{package}.{kind.name}"


@cache
def java_names() -> dict[str, str]:
    """The full name of every class by its short one."""
    return {kind.name: java_name(kind) for kind in model()}
