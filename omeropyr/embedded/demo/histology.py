"""Painting a modelled section, stained with haematoxylin and eosin, tile by tile.

Every pixel gets an amount of each stain; absorbances add up and the light that comes through is
``255 * exp(-(H * h + E * e))`` with the stain vectors of Ruifrok and Johnston (2001).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from omeropyr.embedded.demo.fields import Array, noise
from omeropyr.embedded.demo.tissue import COARSE, CRYPT, FAT, MUCOSA, MUSCLE_SHEET, OUTER_MUSCLE, SUBMUCOSA, Plan

HAEMATOXYLIN = np.array([0.650, 0.704, 0.286])
EOSIN = np.array([0.092, 0.954, 0.283])
GLASS = np.array([247.0, 246.0, 248.0])

TEXTURE = 1024  # pixels; textures repeat after that
_STEPS = 512  # resolution of the table from stain amounts to colours
_MOST = 3.2  # largest amount of a stain in it


class Painter:
    """Paints any tile of *plan*; holds the textures and the table of colours."""

    def __init__(self, plan: Plan, seed: int) -> None:
        random = np.random.default_rng(seed)
        shape = (TEXTURE, TEXTURE)
        self.plan = plan
        self.grain = noise(random, shape, 3.2, 2)
        self.cloud = noise(random, shape, 42, 3)
        self.fibres = _fibres(random)
        self.colours = _colours()
        self._buckets = _buckets(plan, 512)

    def tile(self, x: int, y: int, size: int) -> npt.NDArray[np.uint8]:
        """The tile (size, size, 3) whose upper left corner is at *x*, *y* of the slide."""
        picture = np.empty((size, size, 3), dtype=np.uint8)
        low_y, low_x = y // COARSE, x // COARSE
        reach = size // COARSE + 1
        if not self.plan.cover[low_y : low_y + reach, low_x : low_x + reach].any():
            _bare(picture, x, y, self.grain)
            return picture
        stains = np.zeros((2, size, size), dtype=np.float32)
        depth_in_hollow = np.full((size, size), 9.0, dtype=np.float32)
        kind = np.full((size, size), -1, dtype=np.int8)
        hollows, nuclei = self._near(x, y, size)
        _hollow_map(hollows, x, y, depth_in_hollow, kind)
        maps = (self.plan.cover, self.plan.depth, self.plan.along)
        _ground(x, y, stains, depth_in_hollow, kind, *maps, self.grain, self.cloud, self.fibres)
        _nuclei(nuclei, x, y, stains, self.grain)
        _develop(stains, self.colours, self.plan.cover, self.grain, self.cloud, x, y, picture)
        return picture

    def glass(self, x: int, y: int, size: int) -> npt.NDArray[np.uint8]:
        """A tile (size, size, 3) beside the section."""
        picture = np.empty((size, size, 3), dtype=np.uint8)
        _bare(picture, x, y, self.grain)
        return picture

    def _near(self, x: int, y: int, size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        hollow_rows, nucleus_rows = self._buckets
        wanted_hollows, wanted_nuclei = [], []
        for by in range((y - 512) // 512, (y + size) // 512 + 2):
            for bx in range((x - 512) // 512, (x + size) // 512 + 2):
                wanted_hollows.append(hollow_rows.get((by, bx), _NONE))
                wanted_nuclei.append(nucleus_rows.get((by, bx), _NONE))
        return self.plan.hollows[np.concatenate(wanted_hollows)], self.plan.nuclei[np.concatenate(wanted_nuclei)]


_NONE = np.empty(0, dtype=np.int64)
_Rows = dict[tuple[int, int], npt.NDArray[np.int64]]


def _buckets(plan: Plan, size: int) -> tuple[_Rows, _Rows]:
    return _bucket(plan.hollows[:, 1], plan.hollows[:, 2], size), _bucket(plan.nuclei[:, 0], plan.nuclei[:, 1], size)


def _bucket(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], size: int) -> _Rows:
    """Row numbers by the square of *size* pixels they lie in."""
    key = (y // size).astype(np.int64) * 4096 + (x // size).astype(np.int64)
    order = np.argsort(key, kind="stable")
    squares, starts = np.unique(key[order], return_index=True)
    if not len(order):
        return {}
    return {
        (int(square) // 4096, int(square) % 4096): rows
        for square, rows in zip(squares, np.split(order, starts[1:]), strict=True)
    }


def _fibres(random: np.random.Generator) -> Array:
    """A texture of wavy strands that run along x."""
    frequency_y = np.fft.fftfreq(TEXTURE)[:, None]
    frequency_x = np.fft.rfftfreq(TEXTURE)[None, :]
    total = np.zeros((TEXTURE, TEXTURE))
    for thin, long in ((3.0, 60.0), (7.0, 130.0)):
        white = np.fft.rfft2(random.standard_normal((TEXTURE, TEXTURE)))
        keep = np.exp(-2 * np.pi**2 * ((frequency_y * thin) ** 2 + (frequency_x * long) ** 2))
        layer = np.fft.irfft2(white * keep, s=total.shape)
        total += layer / layer.std()
    return np.asarray(total / total.std(), dtype=np.float32)


def _colours() -> npt.NDArray[np.uint8]:
    """Colours (steps of H, steps of E, 3) for amounts from 0 to ``_MOST``."""
    amounts = np.linspace(0, _MOST, _STEPS)
    density = amounts[:, None, None] * HAEMATOXYLIN + amounts[None, :, None] * EOSIN
    return np.asarray(np.clip(np.rint(GLASS * np.exp(-density)), 0, 255), dtype=np.uint8)


@numba.njit(cache=True, nogil=True)
def _bare(picture: Array, x0: int, y0: int, grain: Array) -> None:
    """Glass without tissue: white, with the slightest grain."""
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            value = grain[(y0 + row) & 1023, (x0 + column) & 1023] * 0.8
            picture[row, column, 0] = np.uint8(247.0 + value)
            picture[row, column, 1] = np.uint8(246.0 + value)
            picture[row, column, 2] = np.uint8(248.0 + value)


@numba.njit(cache=True, nogil=True)
def _sample(chart: Array, y: float, x: float) -> float:
    """Bilinear value of a coarse map."""
    y = min(max(y, 0.0), chart.shape[0] - 1.001)
    x = min(max(x, 0.0), chart.shape[1] - 1.001)
    iy, ix = int(y), int(x)
    fy, fx = y - iy, x - ix
    upper = chart[iy, ix] * (1 - fx) + chart[iy, ix + 1] * fx
    lower = chart[iy + 1, ix] * (1 - fx) + chart[iy + 1, ix + 1] * fx
    return upper * (1 - fy) + lower * fy


@numba.njit(cache=True, nogil=True)
def _wrapped(texture: Array, y: float, x: float) -> float:
    """Bilinear value of a repeating texture."""
    fy, fx = np.floor(y), np.floor(x)
    iy, ix = int(fy) & 1023, int(fx) & 1023
    jy, jx = (iy + 1) & 1023, (ix + 1) & 1023
    fy, fx = y - fy, x - fx
    upper = texture[iy, ix] * (1 - fx) + texture[iy, jx] * fx
    lower = texture[jy, ix] * (1 - fx) + texture[jy, jx] * fx
    return upper * (1 - fy) + lower * fy


@numba.njit(cache=True, nogil=True)
def _soft(low: float, high: float, value: float) -> float:
    part = min(max((value - low) / (high - low), 0.0), 1.0)
    return part * part * (3.0 - 2.0 * part)


@numba.njit(cache=True, nogil=True)
def _hollow_map(hollows: Array, x0: int, y0: int, depth: Array, kind: Array) -> None:
    """For each pixel the nearest hollow: how far out in it (1 at its outline) and of what kind."""
    height, width = depth.shape
    for index in range(hollows.shape[0]):
        which, cx, cy, long, short, turn, seed, reach = hollows[index]
        cos, sin = np.cos(turn), np.sin(turn)
        for row in range(max(int(cy - reach - y0), 0), min(int(cy + reach - y0) + 1, height)):
            for column in range(max(int(cx - reach - x0), 0), min(int(cx + reach - x0) + 1, width)):
                dx, dy = x0 + column - cx, y0 + row - cy
                along = (dx * cos + dy * sin) / long
                across = (-dx * sin + dy * cos) / short
                out = np.sqrt(along * along + across * across)
                if out > 1.3:
                    continue
                angle = np.arctan2(across, along)
                lobes = 0.06 * np.cos(2 * angle + 40 * seed) + 0.05 * np.cos(3 * angle + 71 * seed)
                out /= 1.0 + lobes + 0.025 * np.cos(5 * angle + 97 * seed)
                if out < depth[row, column]:
                    depth[row, column] = out
                    kind[row, column] = np.int8(which)


@numba.njit(cache=True, nogil=True)
def _ground(
    x0: int,
    y0: int,
    stains: Array,
    hollow: Array,
    kind: Array,
    cover: Array,
    depth: Array,
    along: Array,
    grain: Array,
    cloud: Array,
    fibres: Array,
) -> None:
    """Everything but nuclei: stroma, muscle, the cells around lumens, and what is in the lumens."""
    height, width = hollow.shape
    for row in range(height):
        y = float(y0 + row)
        for column in range(width):
            x = float(x0 + column)
            if _sample(cover, y / COARSE, x / COARSE) < 0.02:
                continue
            down = _sample(depth, y / COARSE, x / COARSE)
            billow = _wrapped(cloud, y * 0.31, x * 0.31)
            speck = grain[int(y) & 1023, int(x) & 1023]
            haematoxylin, eosin = _connective(x, y, down, billow, speck, along, fibres)
            out = hollow[row, column]
            which = kind[row, column]
            if which == CRYPT and out < 1.09:
                wall_h, wall_e = _epithelium(x, y, out, speck, cloud)
                share = 1.0 - _soft(1.0, 1.05, out)
                haematoxylin = haematoxylin * (1 - share) + wall_h * share
                eosin = eosin * (1 - share) + wall_e * share
                cleft = np.exp(-(((out - 1.06) / 0.025) ** 2))
                eosin *= 1.0 - 0.45 * cleft
                haematoxylin *= 1.0 - 0.45 * cleft
            elif which == FAT and out < 1.02:
                keep = _soft(0.955, 0.985, out)
                haematoxylin *= keep
                eosin = eosin * keep + 0.25 * keep
            elif which >= 0 and out < 1.1:  # a vessel: a pink wall around blood
                share = 1.0 - _soft(0.86, 0.93, out)
                blood = _soft(-0.15, 0.35, _wrapped(cloud, y * 1.35, x * 1.35)) * (0.85 + 0.1 * speck)
                eosin = (eosin + 0.35 * _soft(1.1, 1.0, out)) * (1 - share) + 0.95 * blood * share
                haematoxylin = haematoxylin * (1 - share) + 0.1 * blood * share
            stains[0, row, column] = haematoxylin
            stains[1, row, column] = eosin


@numba.njit(cache=True, nogil=True)
def _connective(
    x: float, y: float, down: float, billow: float, speck: float, along: float, fibres: Array
) -> tuple[float, float]:
    """Stain amounts of stroma, submucosa and muscle, by depth."""
    if down < MUCOSA:
        strand = _wrapped(fibres, y * 0.9 + 30 * billow, x * 0.9 + 9 * billow)
        body = 0.31 + 0.08 * strand + 0.07 * billow
        gap = _soft(0.5, 1.6, strand + 0.7 * billow)
        return 0.15 + 0.03 * speck + 0.03 * billow, max(body * (1.0 - 0.75 * gap), 0.02) + 0.025 * speck
    if MUSCLE_SHEET <= down < SUBMUCOSA:
        sway = 26 * billow
        strand = _wrapped(fibres, y * 0.62 + sway, x * 0.5 + 0.5 * sway)
        other = _wrapped(fibres, x * 0.55 - sway, y * 0.4)
        bundle = _soft(-0.5, 0.9, max(strand, other - 0.3))
        return 0.035 + 0.02 * bundle, 0.05 + 0.40 * bundle + 0.03 * speck * bundle
    aside = down * 11000.0 + 7 * billow
    run = _sample(along, y / COARSE, x / COARSE)
    if SUBMUCOSA <= down < OUTER_MUSCLE:  # the circular layer is cut across: short strands, blocks between them
        strand = _wrapped(fibres, run * 0.8 + 16 * billow, aside * 1.5)
    else:
        strand = _wrapped(fibres, aside * 0.9, run * 0.5)
    cleft = _soft(1.15, 1.9, strand + 0.4 * billow)
    eosin = (0.62 + 0.09 * strand + 0.04 * speck + 0.05 * billow) * (1.0 - 0.8 * cleft)
    return (0.14 + 0.02 * strand) * (1.0 - 0.7 * cleft), max(eosin, 0.02)


@numba.njit(cache=True, nogil=True)
def _epithelium(x: float, y: float, out: float, speck: float, cloud: Array) -> tuple[float, float]:
    """A crypt from its lumen (out = 0) over pale goblets to the base of the cells (out = 1)."""
    vary = _wrapped(cloud, y * 0.5 + 300, x * 0.5)
    lumen = 0.24 + 0.07 * vary
    if out < lumen:
        mucus = _soft(0.2, 1.6, _wrapped(cloud, y * 0.8, x * 0.8))
        return 0.03 + 0.16 * mucus, 0.02 + 0.05 * mucus
    goblet = _wrapped(cloud, y * 1.15 + 77, x * 1.15 + 200)
    inside = _soft(-0.05, 0.35, goblet) * _soft(lumen + 0.05, lumen + 0.13, out) * (1.0 - _soft(0.66, 0.78, out))
    brush = np.exp(-(((out - lumen) / 0.03) ** 2))
    haematoxylin = 0.26 + 0.05 * speck + 0.10 * out + 0.10 * brush
    eosin = 0.42 + 0.05 * speck + 0.16 * brush
    return haematoxylin * (1 - inside) + 0.13 * inside, eosin * (1 - inside) + 0.045 * inside


@numba.njit(cache=True, nogil=True)
def _nuclei(nuclei: Array, x0: int, y0: int, stains: Array, grain: Array) -> None:
    """Lay nuclei on: a dark rim, granular chromatin, now and then a nucleolus."""
    height, width = stains.shape[1:]
    for index in range(nuclei.shape[0]):
        cx, cy, long, short, turn, dark, seed = nuclei[index]
        cos, sin = np.cos(turn), np.sin(turn)
        reach = max(long, short) * 1.2 + 2
        for row in range(max(int(cy - reach - y0), 0), min(int(cy + reach - y0) + 1, height)):
            for column in range(max(int(cx - reach - x0), 0), min(int(cx + reach - x0) + 1, width)):
                dx, dy = x0 + column - cx, y0 + row - cy
                along, across = (dx * cos + dy * sin) / long, (-dx * sin + dy * cos) / short
                out = np.sqrt(along * along + across * across) + 0.05 * np.sin(9 * seed + 3 * along + 2 * across)
                if out > 1.2:
                    continue
                inside = 1.0 - _soft(1.0 - 1.2 / short, 1.0 + 1.2 / short, out)
                texture = grain[(int(cy * 3) + y0 + row) & 1023, (int(cx * 3) + x0 + column) & 1023]
                rim = np.exp(-(((out - 0.86) / 0.16) ** 2))
                spot = np.exp(-((along - 0.4 * (seed - 0.5)) ** 2 + (across - 0.3) ** 2) / 0.03) if seed > 0.6 else 0.0
                amount = dark * (0.72 + 0.16 * texture + 0.34 * rim + 0.4 * spot)
                stains[0, row, column] = stains[0, row, column] * (1 - inside) + max(amount, 0.25) * inside
                stains[1, row, column] = stains[1, row, column] * (1 - 0.72 * inside) + 0.08 * inside


@numba.njit(cache=True, nogil=True)
def _develop(
    stains: Array, colours: Array, cover: Array, grain: Array, cloud: Array, x0: int, y0: int, picture: Array
) -> None:
    """From stain amounts to colours."""
    steps = colours.shape[0]
    scale = (steps - 1) / 3.2
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            here = _sample(cover, (y0 + row) / COARSE, (x0 + column) / COARSE)
            if 0.0 < here < 1.0:
                here = _soft(0.35, 0.65, here + 0.14 * _wrapped(cloud, (y0 + row) * 1.2, (x0 + column) * 1.2))
            rim = 1.0 + 0.35 * here * (1.0 - here) * 4.0
            speck = 0.006 * grain[(y0 + row) & 1023, (x0 + column) & 1023]
            h = int((max(stains[0, row, column] * here * rim, 0.0) + abs(speck)) * scale)
            e = int((max(stains[1, row, column] * here * rim, 0.0)) * scale)
            h, e = min(h, steps - 1), min(e, steps - 1)
            for channel in range(3):
                picture[row, column, channel] = colours[h, e, channel]
