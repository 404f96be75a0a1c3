"""The plan of a modelled colon section: where tissue is, its layers, and every crypt and nucleus in it.

Lengths are pixels of the full slide unless said otherwise. Layers follow the depth below the surface: mucosa with
crypts, muscularis mucosae, loose submucosa with vessels and fat, muscularis propria.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.demo.fields import Array, Random, noise, smoothstep

COARSE = 16  # slide pixels for each pixel of the coarse maps

# Rows of the table of crypts, vessels and fat cells.
CRYPT, VESSEL, FAT = 0, 1, 2
# Relative depths at which the layers end (0 surface, 1 outer edge).
MUCOSA, MUSCLE_SHEET, SUBMUCOSA, OUTER_MUSCLE = 0.44, 0.48, 0.70, 0.88


@dataclass
class Plan:
    """What the painter needs; maps are (Y, X) float32 at 1/16 of the slide's scale."""

    size: int
    cover: Array  # 1 in tissue, 0 on bare glass
    depth: Array  # relative depth below the surface
    along: Array  # slide pixels along the surface
    across: Array  # direction of the surface there, radians
    follicles: npt.NDArray[np.float64]  # (N, 3): x, y, radius of crowds of lymphocytes
    hollows: npt.NDArray[np.float64]  # (N, 8): kind, x, y, radius along, radius across, angle, seed, reach
    nuclei: npt.NDArray[np.float64]  # (N, 7): x, y, long radius, short radius, angle, darkness, seed


def plan(seed: int, size: int) -> Plan:
    """Lay out a section on a slide of *size* pixels square."""
    random = np.random.default_rng(seed)
    coarse = size // COARSE
    y, x = (np.mgrid[0:coarse, 0:coarse] / coarse).astype(np.float32)
    wobble = noise(random, (coarse, coarse), coarse / 7, 3) * 0.022
    ripple = noise(random, (coarse, coarse), coarse / 26, 2) * 0.006
    # A strip bent around a point below the slide; its upper edge is the surface of the gut.
    radius = np.hypot(x - 0.49, (y - 1.62) * 0.97)
    bend = np.arctan2(x - 0.49, 1.62 - y)
    depth = (1.46 + wobble + ripple - radius) / (0.66 + 0.04 * np.sin(5 * bend))
    ends = 0.31 - np.abs(bend + 0.03 * np.sin(4.0 * depth) + 0.7 * ripple)
    sides = np.minimum(depth, 1.0 - depth) * 0.66
    edge = 0.05 - np.hypot(np.maximum(0.05 - sides, 0), np.maximum(0.05 - ends, 0))  # round corners
    cover = smoothstep(-0.0012, 0.0012, edge + ripple * 0.2)
    gradient_y, gradient_x = np.gradient(depth)
    across = np.arctan2(-gradient_x, gradient_y)
    along, across = (values.astype(np.float32) for values in (bend * size * 1.2, across))
    crowds = _follicles(random, size)
    made = Plan(size, cover, depth.astype(np.float32), along, across, crowds, np.empty((0, 8)), np.empty((0, 7)))
    made.hollows = _hollows(random, made)
    made.nuclei = np.concatenate([_crypt_nuclei(random, made), _loose_nuclei(random, made)])
    return made


def _follicles(random: Random, size: int) -> npt.NDArray[np.float64]:
    places = np.array([(0.30, 0.47), (0.585, 0.385), (0.70, 0.50)]) * size
    return np.column_stack(
        [places + random.normal(0, 0.01 * size, places.shape), random.uniform(620, 900, len(places))]
    )


def in_follicle(made: Plan, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How deep in a crowd of lymphocytes each point lies: 1 in its middle, 0 at its rim, less outside."""
    inside = np.full(np.shape(x), -9.0)
    for cx, cy, radius in made.follicles:
        angle = np.arctan2(y - cy, x - cx)
        lobed = radius * (1 + 0.1 * np.cos(2 * angle + cx) + 0.07 * np.cos(3 * angle + cy))
        inside = np.maximum(inside, 1.0 - np.hypot(x - cx, (y - cy) * 1.25) / lobed)
    return np.asarray(inside)


def _at(chart: Array, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    limit = len(chart) - 1
    rows, columns = (np.clip(axis / COARSE, 0, limit).astype(int) for axis in (y, x))
    return np.asarray(chart[rows, columns], dtype=np.float64)


def _scatter(random: Random, size: int, spacing: float, jitter: float) -> tuple[npt.NDArray[np.float64], ...]:
    """A jittered triangular grid of points (x, y)."""
    steps = np.arange(-1, int(size / spacing) + 2) * spacing
    x, y = np.meshgrid(steps, np.arange(-1, int(size / (spacing * 0.87)) + 2) * spacing * 0.87)
    x = x + np.where(np.arange(len(y))[:, None] % 2, spacing / 2, 0.0)
    x, y = (axis.ravel() + random.normal(0, jitter * spacing, axis.size) for axis in (x, y))
    held = (x > 0) & (y > 0) & (x < size) & (y < size)
    return x[held], y[held]


def _hollows(random: Random, made: Plan) -> npt.NDArray[np.float64]:
    """Crypts in the mucosa; vessels and fat cells in the submucosa."""
    rows = [_crypts(random, made)]
    for kind, spacing, radius, share in ((VESSEL, 760.0, 105.0, 0.5), (FAT, 195.0, 92.0, 0.62)):
        x, y = _scatter(random, made.size, spacing, 0.17 if kind == VESSEL else 0.07)
        depth, cover = _at(made.depth, x, y), _at(made.cover, x, y)
        patch = _at(noise(random, made.depth.shape, 60, 1), x, y)
        place = (depth > MUSCLE_SHEET + 0.03) & (depth < SUBMUCOSA - 0.025) & (cover > 0.9)
        held = place & ((patch > 0.55) if kind == FAT else (random.uniform(size=len(x)) < share) & (patch < 0.25))
        x, y = x[held], y[held]
        size = radius * random.lognormal(0, 0.12 if kind == FAT else 0.4, len(x))
        turn = random.uniform(0, np.pi, len(x))
        seed = random.uniform(0, 1, len(x))
        aspect = random.uniform(0.85, 1.0, len(x)) if kind == FAT else random.uniform(0.5, 0.95, len(x))
        rows.append(np.stack([np.full(len(x), kind), x, y, size, size * aspect, turn, seed, size * 1.35], axis=1))
    return np.concatenate(rows)


def _crypts(random: Random, made: Plan) -> npt.NDArray[np.float64]:
    x, y = _scatter(random, made.size, 390.0, 0.04)
    sway = [noise(random, made.depth.shape, 46, 2) for _ in range(2)]
    x, y = x + 130 * _at(sway[0], x, y), y + 130 * _at(sway[1], x, y)
    depth, cover, across = (_at(chart, x, y) for chart in (made.depth, made.cover, made.across))
    held = (depth > 0.028) & (depth < MUCOSA - 0.026) & (cover > 0.99) & (in_follicle(made, x, y) < -0.2)
    held &= random.uniform(size=len(x)) > 0.05
    x, y, across = x[held], y[held], across[held]
    between = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(between, np.inf)
    crowded = np.clip(between.min(axis=1, initial=1e6) / 390.0, 0.62, 1.1)
    short = 150.0 * crowded * random.lognormal(0, 0.10, len(x))
    cut = random.uniform(0, 1, len(x)) ** 2.0
    long = short * (1.04 + 0.5 * cut)  # the more obliquely cut, the longer
    turn = across + np.pi / 2 + random.normal(0, 0.25, len(x))
    return np.stack([np.zeros(len(x)), x, y, long, short, turn, random.uniform(0, 1, len(x)), long * 1.35], axis=1)


def wobble(angle: npt.NDArray[np.float64], seed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far a hollow's outline departs from its ellipse (about 1) at *angle*; the painter uses the same formula."""
    lobes = 0.06 * np.cos(2 * angle + 40 * seed) + 0.05 * np.cos(3 * angle + 71 * seed)
    return np.asarray(1.0 + lobes + 0.025 * np.cos(5 * angle + 97 * seed))


def _crypt_nuclei(random: Random, made: Plan) -> npt.NDArray[np.float64]:
    """Elongated nuclei side by side at the outer end of the cells that line a crypt."""
    rows = [np.empty((0, 7))]
    for kind, x, y, long, short, turn, seed, _ in made.hollows:
        if kind == FAT:
            continue
        pace = 21.0 if kind == CRYPT else 46.0
        count = int(np.pi * (long + short) * 0.85 / pace)
        angle = np.linspace(0, 2 * np.pi, count, endpoint=False) + random.normal(0, 0.25 / count * 6, count)
        out = wobble(angle, np.full(count, seed)) * random.normal(0.855 if kind == CRYPT else 1.0, 0.028, count)
        along, sideways = out * long * np.cos(angle), out * short * np.sin(angle)
        px = x + along * np.cos(turn) - sideways * np.sin(turn)
        py = y + along * np.sin(turn) + sideways * np.cos(turn)
        pointing = np.arctan2(py - y, px - x) + (0 if kind == CRYPT else np.pi / 2)
        size = random.normal(15.0, 1.6, count), random.normal(8.6, 1.0, count) * (1.0 if kind == CRYPT else 0.6)
        dark = random.normal(0.95, 0.12, count)
        pointing += random.normal(0, 0.16, count)
        rows.append(np.stack([px, py, *size, pointing, dark, random.uniform(0, 1, count)], axis=1))
    return np.concatenate(rows)


def _loose_nuclei(random: Random, made: Plan) -> npt.NDArray[np.float64]:
    """Between the crypts: round dark lymphocytes and spindle-shaped fibroblasts; in muscle: long thin nuclei."""
    x, y = _scatter(random, made.size, 34.0, 0.26)
    depth, cover, across = (_at(chart, x, y) for chart in (made.depth, made.cover, made.across))
    crowd = _at(noise(random, made.depth.shape, 34, 2), x, y)
    in_mucosa = depth < MUCOSA
    sheet = (depth >= MUCOSA) & (depth < MUSCLE_SHEET)
    loose = (depth >= MUSCLE_SHEET) & (depth < SUBMUCOSA)
    share = np.select([in_mucosa, sheet, loose], [0.50 + 0.15 * crowd, 0.3, 0.07 + 0.03 * crowd], 0.2)
    follicle = in_follicle(made, x, y)
    share = np.where(depth < SUBMUCOSA, np.maximum(share, smoothstep(-0.12, 0.1, follicle)), share)
    held = (cover > 0.9) & (random.uniform(size=len(x)) < share)
    held[held] = _outside_hollows(made, x[held], y[held])
    in_mucosa = in_mucosa[held]
    x, y, depth, across, follicle = (values[held] for values in (x, y, depth, across, follicle))
    count = len(x)
    round_one = (in_mucosa & (random.uniform(size=count) < 0.6)) | ((follicle > -0.1) & (depth < SUBMUCOSA))
    muscle = ((depth > SUBMUCOSA) | ((depth > MUCOSA) & (depth < MUSCLE_SHEET))) & ~round_one
    long = np.where(round_one, random.normal(10.5, 1.2, count), random.normal(17, 3.0, count))
    long = np.where(muscle, random.normal(24, 4.5, count), long)
    short = np.where(round_one, long * random.uniform(0.85, 1, count), random.normal(5.4, 0.8, count))
    turn = np.where(muscle, across + random.normal(0, 0.12, count), random.uniform(0, np.pi, count))
    long = np.where(muscle & (depth > SUBMUCOSA) & (depth < OUTER_MUSCLE), long * 0.55, long)  # cut across
    dark = np.where(round_one, random.normal(1.25, 0.15, count), random.normal(0.85, 0.12, count))
    return np.stack(
        [x, y, np.maximum(long, 6), np.maximum(short, 3.5), turn, dark, random.uniform(0, 1, count)], axis=1
    )


def _outside_hollows(made: Plan, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which points lie in no crypt, vessel or fat cell (told on a map at 1/16 scale)."""
    taken = np.zeros(made.cover.shape, dtype=bool)
    for _, cx, cy, long, short, turn, _, reach in made.hollows:
        low_x, low_y = (max(int((centre - reach) / COARSE), 0) for centre in (cx, cy))
        high_x, high_y = (int((centre + reach) / COARSE) + 2 for centre in (cx, cy))
        window = taken[low_y:high_y, low_x:high_x]
        py, px = np.mgrid[low_y : low_y + window.shape[0], low_x : low_x + window.shape[1]] * float(COARSE)
        along = ((px - cx) * np.cos(turn) + (py - cy) * np.sin(turn)) / (long * 1.1)
        across = (-(px - cx) * np.sin(turn) + (py - cy) * np.cos(turn)) / (short * 1.1)
        window |= np.hypot(along, across) < 1.0
    limit = len(taken) - 1
    return np.asarray(~taken[np.clip(y / COARSE, 0, limit).astype(int), np.clip(x / COARSE, 0, limit).astype(int)])
