"""Who and what the demo holds: groups, users, and each image with its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from omeropyr.embedded.demo import pictures, screen

PASSWORD = "omero"  # noqa: S105 - the demo's own, known to all; a server with it answers on this machine only
"""The password of every demo account."""


@dataclass(frozen=True)
class Group:
    """A group and what its members may do with each other's data, as OMERO writes it."""

    name: str
    permissions: str
    description: str


@dataclass(frozen=True)
class User:
    """A demo account; the first of *groups* is the default one."""

    name: str
    first: str
    last: str
    groups: tuple[str, ...]
    leads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A file of the demo: *write* makes it; it is imported by *owner* into *dataset* of *project*."""

    file: str
    write: Callable[[Path], None]
    owner: str
    group: str
    project: str
    dataset: str
    description: str


@dataclass(frozen=True)
class PlateFolder:
    """A folder with the files of a plate: *draw* makes it; it is imported by *owner* into *screen*."""

    folder: str
    draw: Callable[[Path], None]
    owner: str
    group: str
    screen: str
    description: str


GROUPS = (
    Group("Cell Dynamics", "rwra--", "Live and fixed cells; members may annotate each other's images."),
    Group("Pathology", "rw----", "Private: everybody sees their own images only."),
    Group("Screening", "rwr---", "Read-only: members look at each other's plates and change their own."),
)

USERS = (
    User("anna", "Anna", "Lindqvist", ("Cell Dynamics", "Screening"), leads=("Cell Dynamics",)),
    User("bruno", "Bruno", "Costa", ("Cell Dynamics", "Pathology")),
    User("chen", "Chen", "Wei", ("Pathology", "Screening"), leads=("Screening",)),
)

_LIVE = "U2OS mitosis, live"
_FIXED = "Cytoskeleton, fixed"

PICTURES = (
    Picture(
        "U2OS_4ch_mitosis_ctrl_01.ome.tif",
        pictures.mitosis,
        "anna",
        "Cell Dynamics",
        _LIVE,
        "2026-03-12 control 63x",
        "Modelled. U2OS, Hoechst / LifeAct / tubulin / LysoTracker; 11 planes of 0.6 µm every 3 min.",
    ),
    Picture(
        "MDCK_H2B-GFP_scratch_10min.ome.tif",
        pictures.wound,
        "anna",
        "Cell Dynamics",
        _LIVE,
        "Scratch assay 10x",
        "Modelled. MDCK H2B-GFP closing a scratch; a frame every 10 min.",
    ),
    *(
        Picture(
            f"U2OS_DAPI-tub-phalloidin_{field}.tif",
            partial(pictures.fixed_field, seed=40 + number),
            "bruno",
            "Cell Dynamics",
            _FIXED,
            "Coverslip 3, 40x",
            "Modelled. Fixed U2OS: DAPI, alpha-tubulin, phalloidin.",
        )
        for number, field in enumerate(("center", "north", "east", "south"))
    ),
    Picture(
        "colon_HE_case07_40x.ome.tif",
        pictures.slide,
        "bruno",
        "Cell Dynamics",
        "Tissue reference slides",
        "Colon, H&E",
        "Modelled. Colon, haematoxylin and eosin, 0.25 µm a pixel.",
    ),
    Picture(
        "biopsy_pilot_DAPI-tub-phalloidin.tif",
        partial(pictures.fixed_field, seed=77),
        "chen",
        "Pathology",
        "Biopsy culture, pilot",
        "Passage 2",
        "Modelled. Cultured cells: DAPI, alpha-tubulin, phalloidin.",
    ),
)

PLATES = (
    PlateFolder(
        screen.NAME,
        screen.draw,
        "anna",
        "Screening",
        "Lysosome compound screen",
        "Modelled. U2OS with eight compounds in ten dilutions; Hoechst and LysoTracker, two fields a well.",
    ),
)
