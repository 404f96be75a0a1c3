"""The sorts of objects that the JSON API lists: their HQL, what they can be filtered by, where their links lead.

In all HQL the object is `o`. A condition takes the value of the parameter it is named after, bound, never pasted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_DETAILS = "left outer join fetch o.details.owner left outer join fetch o.details.group"
_PIXELS = "left outer join fetch {0}.pixels p left outer join fetch p.pixelsType"
_SAMPLES = """left outer join fetch o.wellSamples s left outer join fetch s.plateAcquisition
    left outer join fetch s.image i left outer join fetch i.details.owner left outer join fetch i.details.group"""
_SHAPE = "left outer join fetch {0}.transform left outer join fetch {0}.details.owner"
_BY_NAME = "lower(o.name), o.id"


@dataclass(frozen=True)
class Kind:
    """A sort of object.

    `fetch` is loaded in lists, `fetch_one` with a single object; `filters` maps parameters to conditions; `orphaned`
    is the condition for having no parent; `children` counts for `omero:childCount`; `related` are the lists an object
    links to, by the plural below its own address. `visible` holds for those who are no admin (`:me`). `deletable`
    objects go without the `spared` classes below them. `indexed` is the path from a well sample to the object, where
    it tells which fields there are.
    """

    name: str
    singular: str
    plural: str
    order: str
    fetch: str = _DETAILS
    fetch_one: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    orphaned: str | None = None
    children: str | None = None
    related: tuple[str, ...] = ()
    visible: str | None = None
    owned: bool = True
    deletable: bool = False
    spared: tuple[str, ...] = ()
    indexed: str | None = None

    @property
    def joins(self) -> str:
        """All that is loaded with a single object."""
        return self.fetch_one or self.fetch


PROJECT = Kind(
    "Project",
    "project",
    "projects",
    _BY_NAME,
    filters={"dataset": "o.id in (select l.parent.id from ProjectDatasetLink l where l.child.id = :dataset)"},
    children="select count(c.id) from ProjectDatasetLink c where c.parent.id = o.id",
    related=("datasets",),
    deletable=True,
    spared=("Dataset", "Image"),
)
DATASET = Kind(
    "Dataset",
    "dataset",
    "datasets",
    _BY_NAME,
    filters={
        "project": "o.id in (select l.child.id from ProjectDatasetLink l where l.parent.id = :project)",
        "image": "o.id in (select k.parent.id from DatasetImageLink k where k.child.id = :image)",
    },
    orphaned="not exists (select n.id from ProjectDatasetLink n where n.child.id = o.id)",
    children="select count(c.id) from DatasetImageLink c where c.parent.id = o.id",
    related=("images", "projects"),
    deletable=True,
    spared=("Image",),
)
IMAGE = Kind(
    "Image",
    "image",
    "images",
    _BY_NAME,
    fetch=f"{_PIXELS.format('o')} {_DETAILS}",
    fetch_one=f"""{_PIXELS.format("o")} left outer join fetch p.channels c left outer join fetch c.logicalChannel lc
        left outer join fetch lc.photometricInterpretation {_DETAILS}""",
    filters={"dataset": "o.id in (select l.child.id from DatasetImageLink l where l.parent.id = :dataset)"},
    orphaned="""not exists (select n.id from DatasetImageLink n where n.child.id = o.id)
        and not exists (select ws.id from WellSample ws where ws.image.id = o.id)""",
    related=("datasets", "rois"),
)
SCREEN = Kind(
    "Screen",
    "screen",
    "screens",
    _BY_NAME,
    filters={"plate": "o.id in (select l.parent.id from ScreenPlateLink l where l.child.id = :plate)"},
    children="select count(c.id) from ScreenPlateLink c where c.parent.id = o.id",
    related=("plates",),
    deletable=True,
    spared=("Plate", "Image"),
)
PLATE = Kind(
    "Plate",
    "plate",
    "plates",
    _BY_NAME,
    filters={
        "screen": "o.id in (select l.child.id from ScreenPlateLink l where l.parent.id = :screen)",
        "well": "o.id in (select w.plate.id from Well w where w.id = :well)",
    },
    orphaned="not exists (select n.id from ScreenPlateLink n where n.child.id = o.id)",
    related=("screens", "wells", "plateacquisitions"),
    indexed="w.plate",
)
RUN = Kind(
    "PlateAcquisition",
    "plateacquisition",
    "plateacquisitions",
    _BY_NAME,
    filters={"plate": "o.plate.id = :plate"},
    deletable=True,
    spared=("Image",),
    indexed="s.plateAcquisition",
)
WELL = Kind(
    "Well",
    "well",
    "wells",
    "o.column, o.row, o.id",
    fetch=f"{_SAMPLES} {_DETAILS}",
    fetch_one=f"{_SAMPLES} {_PIXELS.format('i')} {_DETAILS}",
    filters={
        "plate": "o.plate.id = :plate",
        "plateacquisition": """o.id in (select v.well.id from WellSample v
            where v.plateAcquisition.id = :plateacquisition)""",
    },
    related=("plates",),
)
ROI = Kind(
    "Roi",
    "roi",
    "rois",
    "o.id",
    fetch=f"left outer join fetch o.shapes s {_SHAPE.format('s')} {_DETAILS}",
    filters={"image": "o.image.id = :image"},
    deletable=True,
)
SHAPE = Kind(
    "Shape",
    "shape",
    "shapes",
    "o.id",
    fetch=f"{_SHAPE.format('o')} left outer join fetch o.details.group",
    filters={"roi": "o.roi.id = :roi"},
    deletable=True,
)
EXPERIMENTER = Kind(
    "Experimenter",
    "experimenter",
    "experimenters",
    "lower(o.lastName), lower(o.firstName), o.id",
    fetch="",
    filters={
        "experimentergroup": """o.id in (select l.child.id from GroupExperimenterMap l
            where l.parent.id = :experimentergroup)"""
    },
    related=("experimentergroups",),
    visible="""(o.id = :me or exists (select a.id from GroupExperimenterMap a, GroupExperimenterMap b
        where a.child.id = o.id and b.child.id = :me and a.parent.id = b.parent.id and a.parent.name <> 'user'))""",
    owned=False,
)
GROUP = Kind(
    "ExperimenterGroup",
    "experimentergroup",
    "experimentergroups",
    _BY_NAME,
    fetch="",
    filters={
        "experimenter": "o.id in (select l.parent.id from GroupExperimenterMap l where l.child.id = :experimenter)"
    },
    related=("experimenters",),
    visible="exists (select a.id from GroupExperimenterMap a where a.parent.id = o.id and a.child.id = :me)",
    owned=False,
)
KINDS = (PROJECT, DATASET, IMAGE, SCREEN, PLATE, RUN, WELL, ROI, SHAPE, EXPERIMENTER, GROUP)
