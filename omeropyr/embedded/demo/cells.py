"""Adherent cells in culture: where they lie, their nuclei, filaments and vesicles, as photons in a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.demo.fields import Array, Random, noise, outline, radius_in, smoothstep, splat


@dataclass
class Cell:
    """One cell: places in pixels, angles in radians, sizes as radii in pixels."""

    x: float
    y: float
    angle: float
    major: float
    minor: float
    nucleus: Array
    nucleoli: npt.NDArray[np.floating]
    drift: tuple[float, float]
    brightness: float
    seed: int
    divides_at: float | None = None

    def dividing(self, time: float) -> bool:
        """Whether its chromosomes are condensed at *time* (frames)."""
        return self.divides_at is not None and time >= self.divides_at


@dataclass
class Culture:
    """A field of view of *size* pixels square with its cells; *depth* is the number of focal planes."""

    random: Random
    size: int
    depth: int
    cells: list[Cell]
    nucleus_radius: float
    warp: tuple[Array, Array] = field(init=False)
    chromatin: Array = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.size, self.size)
        reach = self.nucleus_radius
        self.warp = (noise(self.random, shape, 60, 3) * reach * 0.33, noise(self.random, shape, 60, 3) * reach * 0.33)
        self.chromatin = noise(self.random, shape, 5.5, 3)

    @property
    def grid(self) -> tuple[Array, Array]:
        """Pixel coordinates (y, x), each (Y, X)."""
        y, x = np.mgrid[0 : self.size, 0 : self.size].astype(np.float32)
        return y, x

    def place(self, cell: Cell, time: float) -> tuple[float, float]:
        """Where the cell's middle is at *time* (frames)."""
        return cell.x + cell.drift[0] * time, cell.y + cell.drift[1] * time


def culture(seed: int, size: int, depth: int, count: int, nucleus_radius: float) -> Culture:
    """*count* cells spread evenly but not regularly over a field of *size* pixels."""
    random = np.random.default_rng(seed)
    margin = nucleus_radius * 0.4
    places = random.uniform(margin, size - margin, (40 * count, 2))
    chosen = [places[0]]
    for _ in range(count - 1):  # best of many: far from all that were chosen
        near = np.min([np.hypot(*(places - other).T) for other in chosen], axis=0)
        near += random.normal(0, nucleus_radius * 0.45, len(places))
        chosen.append(places[int(np.argmax(near))])
    cells = [_cell(random, x, y, nucleus_radius) for x, y in chosen]
    return Culture(random, size, depth, cells, nucleus_radius)


def _cell(random: Random, x: float, y: float, radius: float) -> Cell:
    major = radius * random.uniform(0.9, 1.2)
    spots = random.integers(2, 5)
    around, out = random.uniform(0, 2 * np.pi, spots), random.uniform(0.1, 0.6, spots)
    nucleoli = np.stack([out * np.cos(around), out * np.sin(around), random.uniform(0.1, 0.2, spots)], axis=1)
    return Cell(
        x=x,
        y=y,
        angle=random.uniform(0, np.pi),
        major=major,
        minor=major * random.uniform(0.68, 0.92),
        nucleus=outline(random, 0.11),
        nucleoli=nucleoli,
        drift=(random.normal(0, 1.3), random.normal(0, 1.3)),
        brightness=random.lognormal(0, 0.22),
        seed=int(random.integers(1 << 31)),
    )


def territories(model: Culture, time: float) -> tuple[npt.NDArray[np.intp], Array, Array]:
    """Whose pixel it is, how far inside the cell (0 at its edge, 1 well inside), and how thick the cell is there."""
    y, x = model.grid
    y, x = y + model.warp[0], x + model.warp[1]
    reach = model.nucleus_radius * 2.75
    distances = []
    for cell in model.cells:
        cx, cy = model.place(cell, time)
        along = (x - cx) * np.cos(cell.angle) + (y - cy) * np.sin(cell.angle)
        across = -(x - cx) * np.sin(cell.angle) + (y - cy) * np.cos(cell.angle)
        shrink = 0.55 if cell.dividing(time) else 1.0
        distances.append(np.hypot(along / 1.18, across / 0.86) / shrink)
    ordered = np.sort(np.stack(distances), axis=0)
    owner = np.argmin(np.stack(distances), axis=0)
    gap = np.minimum((ordered[1] - ordered[0]) * 0.5, reach - ordered[0]) if len(distances) > 1 else reach - ordered[0]
    inside = smoothstep(1.0, 9.0, gap)
    thickness = inside * np.exp(-((ordered[0] / (reach * 0.62)) ** 2))
    return owner, np.asarray(gap, dtype=np.float32), np.asarray(thickness + 0.18 * inside, dtype=np.float32)


def nuclei(model: Culture, time: float) -> Array:
    """DNA (Z, Y, X): textured nuclei with dark nucleoli; dividing cells as bright bars."""
    volume = np.zeros((model.depth, model.size, model.size), dtype=np.float32)
    for cell in model.cells:
        if cell.divides_at is not None and time >= cell.divides_at:
            _divide(model, cell, time, time - cell.divides_at, volume)
        else:
            _interphase(model, cell, time, volume)
    return volume


def _window(model: Culture, cx: float, cy: float, reach: float) -> tuple[slice, slice]:
    y0, x0 = (int(np.clip(centre - reach, 0, model.size)) for centre in (cy, cx))
    y1, x1 = (int(np.clip(centre + reach + 1, 0, model.size)) for centre in (cy, cx))
    return slice(y0, y1), slice(x0, x1)


def _interphase(model: Culture, cell: Cell, time: float, volume: Array) -> None:
    cx, cy = model.place(cell, time)
    ys, xs = _window(model, cx, cy, cell.major * 1.5)
    y, x = (axis[ys, xs] for axis in model.grid)
    turn = cell.angle + 0.03 * time
    radius = radius_in(cell.nucleus, x - cx, y - cy, cell.major, cell.minor, turn)
    rows = (np.arange(y.shape[0]) + cell.seed) % model.size
    columns = (np.arange(x.shape[1]) + cell.seed // 7) % model.size
    texture = model.chromatin[np.ix_(rows, columns)]
    density = 1.0 + 0.26 * texture + 0.5 * np.maximum(texture - 1.1, 0) + 0.22 * smoothstep(0.7, 0.95, radius)
    for dx, dy, size in cell.nucleoli:
        away = np.hypot((x - cx) / cell.major - dx, (y - cy) / cell.minor - dy)
        density *= 1.0 - 0.72 * smoothstep(size * 1.3, size * 0.7, away)
    middle, height = model.depth * 0.45, max(model.depth * 0.34, 0.6)
    for z in range(model.depth):
        section = 1.0 - ((z - middle) / height) ** 2 if model.depth > 1 else 1.0
        if section > 0:
            volume[z, ys, xs] += cell.brightness * density * smoothstep(1.03, 0.93, radius / np.sqrt(section))


def _divide(model: Culture, cell: Cell, time: float, since: float, volume: Array) -> None:
    """From a condensed ball to a metaphase plate to two sets of chromosomes, over about five frames."""
    cx, cy = model.place(cell, time)
    apart = cell.major * float(np.clip((since - 2.4) * 0.42, 0.0, 1.15))
    flat = max(1.0 - 0.32 * since, 0.27) + min(max(since - 4.2, 0.0) * 0.2, 0.55)
    ys, xs = _window(model, cx, cy, cell.major * 2.4)
    y, x = (axis[ys, xs] for axis in model.grid)
    ragged = model.warp[0][ys, xs] * 0.16
    for side in (-1, 1) if apart else (0,):
        px, py = cx + side * apart * np.cos(cell.angle), cy + side * apart * np.sin(cell.angle)
        long = cell.major * (0.82 if not side else 0.66)
        radius = radius_in(cell.nucleus, x - px + ragged, y - py + ragged, long * flat * 0.85, long, cell.angle)
        grain = 1.0 + 0.16 * model.chromatin[ys, xs]
        for z in range(model.depth):
            away = (z - model.depth * 0.5) / max(model.depth * 0.38, 0.5)
            section = 1.0 - away**2
            if section > 0:
                volume[z, ys, xs] += 0.7 * grain * smoothstep(1.1, 0.8, radius / np.sqrt(section))


def walks(random: Random, starts: Array, angles: Array, steps: int, bend: float, step: float = 0.7) -> Array:
    """Paths (N, steps, 2: y, x) that start at *starts* and turn by little and little."""
    turns = random.normal(0.0, bend, (len(starts), steps))
    turns = np.cumsum(turns, axis=1) * 0.06 + random.normal(0, bend * 0.35, (len(starts), 1)) * np.arange(steps) * 0.05
    heading = angles[:, None] + turns
    moves = np.stack([np.sin(heading), np.cos(heading)], axis=2) * step
    return np.asarray(starts[:, None, :] + np.cumsum(moves, axis=1), dtype=np.float32)


def keep_inside(paths: Array, owner: npt.NDArray[np.intp], gap: Array, number: int) -> npt.NDArray[np.bool_]:
    """Which points (N, steps) lie in cell *number*, up to where a path first leaves it."""
    y, x = (np.clip(paths[:, :, axis].astype(np.int32), 0, len(owner) - 1) for axis in (0, 1))
    held = (owner[y, x] == number) & (gap[y, x] > 1.5)
    return np.asarray(np.logical_and.accumulate(held, axis=1), dtype=np.bool_)


def microtubules(model: Culture, time: float) -> Array:
    """Filaments (Z, Y, X) that radiate from beside each nucleus and bend along the edge of the cell."""
    owner, gap, thickness = territories(model, time)
    points, weights = [], []
    for number, cell in enumerate(model.cells):
        random = np.random.default_rng(cell.seed)
        cx, cy = model.place(cell, time)
        count, steps = (90, 60) if cell.dividing(time) else (190, int(model.nucleus_radius * 4.6))
        side = random.uniform(0, 2 * np.pi)
        centre = np.array([cy + np.sin(side) * cell.minor * 0.95, cx + np.cos(side) * cell.minor * 0.95])
        starts = centre + random.normal(0, cell.minor * 0.36, (count, 2))
        paths = walks(random, starts.astype(np.float32), random.uniform(0, 2 * np.pi, count), steps, 0.9)
        paths += 1.1 * np.sin(0.05 * np.arange(steps) + 1.7 * time + random.uniform(0, 6, (count, 1)))[:, :, None]
        held = keep_inside(paths, owner, gap, number)
        rise = np.linspace(0.62, 0.2, steps)[None, :] + random.normal(0, 0.09, (count, 1))
        z = np.clip(rise, 0.05, 0.9) * (model.depth - 1) if model.depth > 1 else np.zeros((count, steps))
        points.append(np.concatenate([z[..., None], paths], axis=2)[held])
        weights.append(np.full(held.sum(), cell.brightness))
    lines = _laid(model, points, weights)
    return lines + 0.05 * thickness[None]


def actin(model: Culture, time: float) -> Array:
    """Stress fibres along each cell near the glass, and the cortex along its edge (Z, Y, X)."""
    owner, gap, thickness = territories(model, time)
    points, weights = [], []
    for number, cell in enumerate(model.cells):
        random = np.random.default_rng(cell.seed + 1)
        cx, cy = model.place(cell, time)
        bundles, steps = (8, 30) if cell.dividing(time) else (34, int(model.nucleus_radius * 5.5))
        offset = random.normal(0, model.nucleus_radius * 0.95, bundles)
        back = random.uniform(0.1, 1.0, bundles) * steps * 0.35
        starts = np.stack(
            [
                cy + offset * np.cos(cell.angle) - back * np.sin(cell.angle),
                cx - offset * np.sin(cell.angle) - back * np.cos(cell.angle),
            ],
            axis=1,
        )
        angles = cell.angle + random.normal(0, 0.09, bundles)
        paths = walks(random, starts.astype(np.float32), angles, steps, 0.12)
        held = keep_inside(paths, owner, gap, number)
        z = np.full(held.sum(), 0.3 * (model.depth - 1)) + np.abs(random.normal(0, 0.5, held.sum()))
        z = np.clip(z, 0, model.depth - 1.01) if model.depth > 1 else z * 0
        points.append(np.concatenate([z[:, None], paths[held]], axis=1))
        strength = np.repeat(random.lognormal(0, 0.3, (bundles, 1)), steps, axis=1)[held]
        weights.append(strength * cell.brightness * 1.5)
    fibres = _laid(model, points, weights)
    cortex = smoothstep(-0.5, 1.5, gap) * np.exp(-(((gap - 1.0) / 2.2) ** 2))
    ruffles = 1.0 + 0.7 * noise(np.random.default_rng(len(model.cells)), gap.shape, 26, 2)
    levels = np.exp(-np.arange(model.depth) / max(model.depth * 0.45, 1.0)).astype(np.float32)[:, None, None]
    return np.asarray(fibres + levels * (0.55 * cortex * np.maximum(ruffles, 0.1) + 0.10 * thickness)[None])


def vesicles(model: Culture, time: float) -> Array:
    """Bright spots (Z, Y, X) crowded around the nuclei, jittering from frame to frame."""
    owner, gap, thickness = territories(model, time)
    points, weights = [], []
    for number, cell in enumerate(model.cells):
        random = np.random.default_rng(cell.seed + 2)
        cx, cy = model.place(cell, time)
        count = int(random.integers(35, 95))
        angle, out = random.uniform(0, 2 * np.pi, count), random.gamma(6.0, 0.21, count)
        wander = np.random.default_rng(cell.seed + 3).normal(0, 2.4, (12, 2, count)).cumsum(axis=0)[int(time)]
        x = cx + cell.major * out * np.cos(angle) + wander[0]
        y = cy + cell.major * out * np.sin(angle) + wander[1]
        outside = np.hypot((x - cx) / cell.major, (y - cy) / cell.minor) > 0.85
        path = np.stack([y, x], axis=1)[:, None, :].astype(np.float32)
        held = keep_inside(path, owner, gap, number)[:, 0] & outside
        z = np.clip(random.normal(0.38, 0.14, count), 0.02, 0.9) * (model.depth - 1)
        points.append(np.stack([z, y, x], axis=1)[held])
        weights.append((random.lognormal(0, 0.7, count) * 14 * cell.brightness)[held])
    return _laid(model, points, weights) + 0.04 * thickness[None]


def _laid(model: Culture, points: Sequence[Array], weights: Sequence[Array]) -> Array:
    depth = max(model.depth, 2)
    volume = splat((depth, model.size, model.size), np.concatenate(points), np.concatenate(weights))
    return np.asarray(volume if model.depth > 1 else volume.sum(axis=0, keepdims=True))
