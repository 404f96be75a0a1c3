"""A modelled compound screen: a 96-well plate of cells that answer to a dose, two fields and two stains a well.

Columns 1 and 12 are controls (vehicle, and a compound that works); between them each row is one compound, diluted in
steps of three from column 2 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import tifffile

from omeropyr.embedded.demo import cells
from omeropyr.embedded.demo.fields import Array, camera, illumination, through_the_lens

NAME = "PLT-0417_lysosomes"
"""The name of the plate."""
ROWS, COLUMNS, FIELDS = 8, 12, 2
SIZE = 256
STAINS = ("Hoechst 33342", "LysoTracker Red")
COMPOUNDS = (
    "Chloroquine", "Bafilomycin A1", "Torin 1", "Rapamycin", "Imatinib", "Amiodarone", "Staurosporine", "Aspirin",
)  # fmt: skip
"""What was added to each row."""
# How strongly each compound acts, as the concentration in micromolar of half its effect; ``None``: not at all.
_HALF = (3.0, 0.05, 0.3, 1.0, 9.0, 4.0, 0.4, None)
_TOP = 30.0  # micromolar in column 2
_DRAWN = 6  # cultures drawn for each of the strengths; fields are these, turned and flipped
_STRENGTHS = 5


@dataclass(frozen=True)
class Treatment:
    """What is in a well: a compound and its concentration in micromolar."""

    compound: str
    micromolar: float
    effect: float
    """From 0 (as the vehicle) to 1."""


def treatment(row: int, column: int) -> Treatment:
    """What is in the well at *row* and *column*, both from 0."""
    if column == 0:
        return Treatment("DMSO", 0.0, 0.0)
    if column == COLUMNS - 1:
        return Treatment("Bafilomycin A1", 0.1, 1.0)
    micromolar = _TOP / 3 ** (column - 1)
    half = _HALF[row]
    effect = 0.0 if half is None else micromolar / (micromolar + half)
    return Treatment(COMPOUNDS[row], round(micromolar, 4), effect)


def draw(folder: Path) -> None:
    """Write the files of the plate, one for each field and stain, named as a screening microscope does."""
    random = np.random.default_rng(417)
    folder.mkdir()
    light = illumination((SIZE, SIZE), 0.3)
    for row in range(ROWS):
        for column in range(COLUMNS):
            effect = treatment(row, column).effect
            for number in range(FIELDS):
                strength = int(np.clip(round(effect * (_STRENGTHS - 1) + random.normal(0, 0.25)), 0, _STRENGTHS - 1))
                seen = _culture(strength, int(random.integers(_DRAWN)))
                turns, flip = int(random.integers(4)), bool(random.integers(2))
                for stain, photons in enumerate((150.0, 90.0)):
                    plane = np.rot90(seen[stain], turns)
                    plane = plane[:, ::-1] if flip else plane
                    grey = camera(random, plane * light * photons + 5.0)
                    name = f"{NAME}_{chr(65 + row)}{column + 1:02}_s{number + 1}_w{stain + 1}.tif"
                    _write(folder / name, grey)


def _write(path: Path, grey: Array) -> None:
    scale = {"resolution": (1 / 0.325, 1 / 0.325), "metadata": {"unit": "um"}}
    plane = np.clip(grey, 0, 65535).astype(np.uint16)
    tifffile.imwrite(path, plane, imagej=True, **scale)


@cache
def _culture(strength: int, number: int) -> tuple[Array, Array]:
    """Nuclei and lysosomes (Y, X) of a field at one of the strengths: fewer cells, and swollen, brighter vesicles."""
    share = strength / (_STRENGTHS - 1)
    model = cells.culture(500 + number * 10 + strength, SIZE, 3, round(15 - 7 * share), 13.0)
    nuclei = through_the_lens(cells.nuclei(model, 0.0), planes=range(1, 2))[0]
    vesicles = cells.vesicles(model, 0.0) * (0.55 + 2.4 * share)
    return nuclei, through_the_lens(vesicles, sigma=0.9 + 1.5 * share, planes=range(1, 2))[0]
