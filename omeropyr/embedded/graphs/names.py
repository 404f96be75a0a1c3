"""The full names of OMERO's classes, as the responses of its graph commands have them: ``ome.model.core.Image``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from omeropyr.embedded.model import Kind, model

_PACKAGES: dict[str, str] = {
    "acquisition": "Arc Detector DetectorSettings Dichroic Filament Filter FilterSet FilterSetEmissionFilterLink"
    " FilterSetExcitationFilterLink GenericExcitationSource ImagingEnvironment Instrument Laser LightEmittingDiode"
    " LightPath LightPathEmissionFilterLink LightPathExcitationFilterLink LightSettings LightSource Microscope OTF"
    " Objective ObjectiveSettings StageLabel TransmittanceRange",
    "containers": "Dataset DatasetImageLink Folder FolderImageLink FolderRoiLink Project ProjectDatasetLink",
    "core": "Channel Image LogicalChannel OriginalFile Pixels PixelsOriginalFileMap PlaneInfo",
    "display": "ChannelBinding CodomainMapContext ContrastStretchingContext PlaneSlicingContext ProjectionDef"
    " QuantumDef RenderingDef ReverseIntensityContext Thumbnail",
    "experiment": "Experiment MicrobeamManipulation",
    "fs": "Fileset FilesetEntry FilesetJobLink",
    "internal": "Link",
    "jobs": "Job JobOriginalFileLink",
    "meta": "DBPatch Event EventLog Experimenter ExperimenterGroup ExternalInfo GroupExperimenterMap Namespace Node"
    " Session Share ShareMember",
    "roi": "AffineTransform Ellipse Label Line Mask Path Point Polygon Polyline Rectangle Roi Shape",
    "screen": "Plate PlateAcquisition Reagent Screen ScreenPlateLink Well WellReagentLink WellSample",
    "stats": "StatsInfo",
}
_PACKAGE_OF = {name: package for package, names in _PACKAGES.items() for name in names.split()}


@cache
def full_name(name: str) -> str:
    """``ome.model.core.Image`` for ``Image``. What is in no package of its own is an enumeration."""
    if name.endswith(("Annotation", "AnnotationLink")):
        package = "annotations"
    elif name.endswith("Job"):
        package = "jobs"
    else:
        package = _PACKAGE_OF.get(name, "enums")
    return f"ome.model.{package}.{name}"


def short_name(name: str) -> str:
    """``Image`` for ``/Image``, ``ome.model.core.Image``, ``omero.model.Image`` and ``ImageI``; ``KeyError`` else."""
    return kind_named(name).name


def kind_named(name: str) -> Kind:
    """The class of any of these names; ``KeyError`` for one that is not in the model."""
    found = model().find(name.strip().lstrip("/").rsplit("/", 1)[-1])
    if found is None:
        raise KeyError(name)
    return found


def as_response(objects: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Ids in order by full class name, of (class, id)."""
    found: dict[str, list[int]] = {}
    for name, object_id in objects:
        found.setdefault(full_name(name), []).append(object_id)
    return {name: sorted(ids) for name, ids in sorted(found.items())}
