"""Building blocks of the modelled pictures: smooth noise, warped outlines, lines laid on a grid, lens and camera."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Random = np.random.Generator


def noise(random: Random, shape: tuple[int, int], scale: float, octaves: int = 1) -> Array:
    """Smooth periodic noise (Y, X) of mean 0 and deviation 1; *scale* is the size of its patches in pixels."""
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :])
    white = np.fft.rfft2(random.standard_normal(shape))
    total = np.zeros(shape)
    for octave in range(octaves):
        size = scale / 2**octave
        layer = np.fft.irfft2(white * np.exp(-0.5 * (2 * np.pi * frequency * size / 2.5) ** 2), s=shape)
        total += layer / (layer.std() or 1.0) / 1.6**octave
    return (total / (total.std() or 1.0)).astype(np.float32)


def smoothstep(low: float, high: float, values: npt.NDArray[np.floating]) -> Array:
    """0 below *low*, 1 above *high*, and a soft edge between."""
    part = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part), dtype=np.float32)


def outline(random: Random, wobble: float, lobes: int = 7) -> Array:
    """An irregular closed outline: the radius (mean 1) at 256 angles around it."""
    angle = np.linspace(0.0, 2 * np.pi, 256, endpoint=False)
    radius = np.ones_like(angle)
    for lobe in range(2, lobes + 1):
        radius += wobble / lobe * random.normal() * np.cos(lobe * angle + random.uniform(0, 2 * np.pi))
    return np.asarray(radius, dtype=np.float32)


def radius_in(outline_radius: Array, dx: Array, dy: Array, major: float, minor: float, angle: float) -> Array:
    """How far out (0 centre, 1 outline) each offset lies in a wobbly ellipse turned by *angle* radians."""
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / major
    across = (-dx * np.sin(angle) + dy * np.cos(angle)) / minor
    place = (np.arctan2(across, along) / (2 * np.pi) * len(outline_radius)).astype(np.int32) % len(outline_radius)
    return np.asarray(np.hypot(along, across) / outline_radius[place], dtype=np.float32)


def splat(shape: tuple[int, int, int], points: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]) -> Array:
    """Lay *points* (N, 3: z, y, x) of the given weights on a grid (Z, Y, X), each shared by its 8 neighbours."""
    size_z, size_y, size_x = shape
    total = np.zeros(size_z * size_y * size_x)
    inside = np.all((points >= 0) & (points < np.array(shape) - 1), axis=1)
    points, weights = points[inside], weights[inside]
    base = points.astype(np.int64)
    part = points - base
    for corner in range(8):
        step = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        share = np.prod(np.where(step, part, 1.0 - part), axis=1) * weights
        z, y, x = (base + step).T
        total += np.bincount((z * size_y + y) * size_x + x, share, minlength=total.size)
    return total.reshape(shape).astype(np.float32)


def gaussian(shape: tuple[int, int], sigma: float) -> Array:
    """The transfer function (for ``rfft2`` of *shape*) of a Gaussian blur of *sigma* pixels."""
    squared = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1])[None, :] ** 2
    return np.asarray(np.exp(-2.0 * (np.pi * sigma) ** 2 * squared), dtype=np.float32)


def through_the_lens(volume: Array, sigma: float = 0.9, growth: float = 1.1, planes: range | None = None) -> Array:
    """A wide-field stack (Z, Y, X): every plane also shows its neighbours, blurred more the farther they are away.

    *sigma* is the blur in focus in pixels; it grows by *growth* for each plane out of focus.
    """
    size_z, height, width = volume.shape
    spectra = np.fft.rfft2(volume)
    transfer = [gaussian((height, width), np.hypot(sigma, growth * away)) for away in range(size_z)]
    wanted = planes if planes is not None else range(size_z)
    seen = [sum(spectra[z] * transfer[abs(z - focus)] for z in range(size_z)) for focus in wanted]
    return np.maximum(np.fft.irfft2(np.stack(seen), s=(height, width)), 0.0).astype(np.float32)


def camera(random: Random, photons: Array, gain: float = 2.2, offset: float = 104.0, read: float = 2.4) -> Array:
    """What a scientific camera makes of *photons*: shot noise, read noise, offset; in grey levels."""
    counts = random.poisson(photons).astype(np.float32) * gain
    counts += random.normal(offset, read, photons.shape).astype(np.float32)
    return np.asarray(np.maximum(counts, 0.0), dtype=np.float32)


def illumination(shape: tuple[int, int], falloff: float = 0.25) -> Array:
    """Uneven illumination (Y, X): 1 near the middle, less by *falloff* in the corners."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.asarray(1.0 - falloff * ((x - 0.1) ** 2 + (y + 0.05) ** 2) / 2.0, dtype=np.float32)
