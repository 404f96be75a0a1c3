"""Rendered pixels over Ice equal the plain reference: random settings, regions and levels of every pixel type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.romio
import pytest
from omero.constants.projection import ProjectionType

from omeropyr.rendering import lut
from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.settings import FAMILIES, ChannelBinding, RenderingDef
from tests.functional.embedded.samples import TYPES, pyramid

TIMES = 25
"""Settings for each pixel type: 200 in all."""
CHANNELS, PLANES = 4, 2
REVERSE = omero.romio.ReverseIntensityMapContext()


@dataclass
class Shown:
    """An engine and the levels of the image it shows, ``(1, C, Z, Y, X)`` each."""

    engine: Any
    levels: list[np.ndarray]
    enums: dict[str, Any]


@pytest.fixture(params=TYPES)
def shown(gateway: Any, omero_data: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shown]:
    sample = pyramid(tmp_path, request.param, CHANNELS, PLANES)
    image = gateway.getObject("Image", omero_data.import_file(sample.path))
    engine = gateway.c.sf.createRenderingEngine()
    engine.lookupPixels(image.getPixelsId())
    engine.resetDefaultSettings(True)
    engine.lookupRenderingDef(image.getPixelsId())
    engine.load()
    enums = {one.value.val: one for one in (*engine.getAvailableFamilies(), *engine.getAvailableModels())}
    yield Shown(engine, sample.series[0], enums)
    engine.close()


def drawn(random: np.random.Generator, values: np.ndarray) -> RenderingDef:
    """Settings that a person could have made; windows lie among the values."""
    return RenderingDef(
        tuple(_channel(random, values[0, c]) for c in range(CHANNELS)),
        model="greyscale" if random.random() < 0.2 else "rgb",
        codomain=(0, 255) if random.random() < 0.6 else (int(random.integers(0, 100)), int(random.integers(120, 256))),
        bit_resolution=255 if random.random() < 0.6 else int(2 ** random.integers(1, 8) - 1),
    )


def _channel(random: np.random.Generator, values: np.ndarray) -> ChannelBinding:
    known = values[np.isfinite(values)].ravel()
    start, end = sorted(float(one) for one in random.choice(known, 2))
    red, green, blue, alpha = (int(one) for one in random.integers(0, 256, 4))
    return ChannelBinding(
        active=bool(random.random() < 0.75),
        input_start=start,
        input_end=end,
        family=FAMILIES[random.integers(4)],
        coefficient=float(random.choice([0.25, 0.5, 1.0, 1.2, 2.0, 3.0])),
        red=red,
        green=green,
        blue=blue,
        alpha=alpha if random.random() < 0.3 else 255,
        lookup_table=str(random.choice(lut.names())) if random.random() < 0.3 else None,
        reverse_intensity=bool(random.random() < 0.3),
    )


def apply(shown: Shown, settings: RenderingDef) -> None:
    engine = shown.engine
    engine.setModel(shown.enums[settings.model])
    engine.setCodomainInterval(*settings.codomain)
    engine.setQuantumStrategy(settings.bit_resolution)
    for c, channel in enumerate(settings.channels):
        engine.setActive(c, channel.active)
        engine.setChannelWindow(c, channel.input_start, channel.input_end)
        engine.setQuantizationMap(c, shown.enums[channel.family], channel.coefficient, False)
        engine.setRGBA(c, channel.red, channel.green, channel.blue, channel.alpha)
        engine.setChannelLookupTable(c, channel.lookup_table)
        engine.removeCodomainMapFromChannel(REVERSE, c)
        if channel.reverse_intensity:
            engine.addCodomainMapToChannel(REVERSE, c)


def unpacked(numbers: Any, height: int, width: int) -> np.ndarray:
    packed = np.array(numbers, dtype=np.int64)
    assert (packed >> 24 & 255 == 255).all()
    return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=-1).reshape(height, width, 3)


def reference(planes: Any, settings: RenderingDef) -> np.ndarray:
    chosen = [planes[c] for c in settings.shown]
    if not chosen:
        return np.zeros((*planes[0].shape, 3), dtype=int)
    return composite_reference(chosen, settings).astype(int)


def part(random: np.random.Generator, level: np.ndarray) -> tuple[int, int, int, int]:
    height, width = level.shape[-2:]
    x, y = int(random.integers(0, width)), int(random.integers(0, height))
    return x, y, int(random.integers(1, width - x + 1)), int(random.integers(1, height - y + 1))


def of_region(z: int, box: tuple[int, int, int, int]) -> Any:
    return omero.romio.PlaneDef(omero.romio.XY, 0, 0, z, 0, omero.romio.RegionDef(*box), -1)


def test_random_settings_regions_and_levels(shown: Shown) -> None:
    random = np.random.default_rng(4)
    furthest, different = 0, 0
    for _ in range(TIMES):
        settings = drawn(random, shown.levels[0])
        apply(shown, settings)
        number, z = int(random.integers(3)), int(random.integers(PLANES))
        shown.engine.setResolutionLevel(2 - number)
        x, y, w, h = box = part(random, shown.levels[number])
        cut = shown.levels[number][0, :, z, y : y + h, x : x + w]
        expected = reference(cut, settings)
        found = unpacked(shown.engine.renderAsPackedInt(of_region(z, box)), h, w)
        furthest = max(furthest, int(np.abs(found - expected).max()))
        different += len(np.unique(expected.reshape(-1, 3), axis=0)) > 1
    assert furthest <= 1
    assert different > TIMES / 2, "most pictures have more than one colour"


def test_a_tile_equals_its_part_of_a_region(shown: Shown) -> None:
    random = np.random.default_rng(5)
    for _ in range(5):
        apply(shown, drawn(random, shown.levels[0]))
        for number, level in enumerate(shown.levels):
            shown.engine.setResolutionLevel(2 - number)
            height, width = level.shape[-2:]
            whole = shown.engine.renderAsPackedInt(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 1, 0, None, -1))
            x, y, w, h = box = part(random, level)
            tile = unpacked(shown.engine.renderAsPackedInt(of_region(1, box)), h, w)
            np.testing.assert_array_equal(tile, unpacked(whole, height, width)[y : y + h, x : x + w])


def test_bands_equal_packed_numbers(shown: Shown) -> None:
    apply(shown, drawn(np.random.default_rng(6), shown.levels[0]))
    shown.engine.setResolutionLevel(2)
    packed = unpacked(shown.engine.renderAsPackedInt(of_region(0, (5, 9, 40, 30))), 30, 40)
    buffer = shown.engine.render(of_region(0, (5, 9, 40, 30)))
    assert (buffer.sizeX1, buffer.sizeX2) == (40, 30)
    for band in range(3):
        assert buffer.bands[band] == packed[..., band].astype(np.uint8).tobytes()


@pytest.mark.parametrize("kind", ["MAXIMUMINTENSITY", "MEANINTENSITY", "SUMINTENSITY"])
def test_projections_equal_numpy(shown: Shown, kind: str) -> None:
    settings = drawn(np.random.default_rng(7), shown.levels[0])
    apply(shown, settings)
    stack = shown.levels[0][0]
    with np.errstate(invalid="ignore", over="ignore"):
        planes = [_projected(one, kind) for one in stack]
        packed = shown.engine.renderProjectedAsPackedInt(getattr(ProjectionType, kind), 0, 1, 0, PLANES - 1)
        assert np.abs(unpacked(packed, 256, 384) - reference(planes, settings)).max() <= 1


def _projected(stack: np.ndarray, kind: str) -> np.ndarray:
    """In the pixels' own type: a mean loses its fraction, a sum stops at the largest value."""
    dtype = stack.dtype
    if kind == "MAXIMUMINTENSITY":
        return np.asarray(stack.max(axis=0))
    wide = stack.astype(np.float64 if dtype.kind == "f" else np.int64)
    total = wide.sum(axis=0) if kind == "SUMINTENSITY" else wide.mean(axis=0)
    if dtype.kind != "f":
        total = np.clip(np.trunc(total), np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.asarray(total, dtype=dtype)
