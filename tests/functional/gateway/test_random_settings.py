"""200 settings at random: the picture that is sent is within one grey level of what the reference makes of the pixels.

The pixels are read by omero-py from OMERO, the reference is plain numpy; pictures come without loss, as PNG.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from omeropyr.rendering import encode, lut
from omeropyr.rendering.composite import composite_reference
from omeropyr.rendering.projection import project
from omeropyr.rendering.settings import FAMILIES, ChannelBinding, RenderingDef
from omeropyr.testing import OmeroData, WebApp

USER = "random-rita"
CASES = 200
PROJECTIONS = {"intmax": "max", "intmean": "mean", "intsum": "sum"}
TYPES: dict[str, Any] = {"uint8": np.uint8, "uint16": np.uint16, "int16": np.int16, "float": np.float32}
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sample:
    """An image, the ends that its windows lie between, its levels from full size down."""

    image_id: int
    shape: tuple[int, int, int]  # T, C, Z
    ends: tuple[float, float]
    levels: tuple[tuple[int, int], ...]
    pixels: Any

    def plane(self, level: int, z: int, c: int, t: int, box: Box) -> np.ndarray:
        self.pixels.setResolutionLevel(len(self.levels) - 1 - level)
        values = np.frombuffer(self.pixels.getTile(z, c, t, *box), self.dtype)
        return values.reshape(box[3], box[2]).astype(self.dtype.newbyteorder("="))

    @property
    def dtype(self) -> np.dtype[Any]:
        kind = "f" if self.pixels.isFloat() else "i" if self.pixels.isSigned() else "u"
        return np.dtype(f">{kind}{self.pixels.getByteWidth()}")


@pytest.fixture(scope="module")
def samples(omero_data: OmeroData, gateway_of: Callable[..., Any]) -> Any:
    omero_data.add_user(USER)
    numbers = np.random.default_rng(4)
    made = []
    for name, dtype in TYPES.items():
        low, high = (-2000.0, 2000.0) if name == "float" else (np.iinfo(dtype).min // 2, np.iinfo(dtype).max)
        shape = (2, 3, 4, 90, 130)
        planes = numbers.uniform(low, high, shape).astype(dtype)
        made.append((omero_data.add_image(planes, f"random {name}", user=USER), shape[:3], (low, high)))
    coarse = numbers.integers(0, 2**16, (2, 3, 205, 205), dtype=np.uint16)
    large = np.kron(coarse, np.ones((1, 1, 16, 16), np.uint16))
    made.append((omero_data.add_image(large, "random large", user=USER), (1, 2, 3), (0, 65535)))
    conn = gateway_of(USER)
    stores = []

    def sample(image_id: int, shape: tuple[int, int, int], ends: tuple[float, float]) -> Sample:
        store = conn.c.sf.createRawPixelsStore()
        stores.append(store)
        store.setPixelsId(conn.getObject("Image", image_id).getPixelsId(), False)
        levels = tuple((level.sizeX, level.sizeY) for level in store.getResolutionDescriptions())
        return Sample(image_id, shape, ends, levels, store)

    yield [sample(*one) for one in made]
    for store in stores:
        store.close()


def channel(dice: random.Random, ends: tuple[float, float]) -> tuple[ChannelBinding, str, dict[str, Any]]:
    """Settings at random, and how `c` and `maps` say so."""
    low, high = sorted(round(dice.uniform(*ends), 2) for _ in range(2))
    colour = tuple(dice.randrange(256) for _ in range(3))
    table = dice.choice(lut.names()) if dice.random() < 0.4 else None
    family, reverse, active = dice.choice(FAMILIES), dice.random() < 0.3, dice.random() < 0.8
    coefficient = 1.0 if family in ("linear", "logarithmic") else round(dice.uniform(0.1, 1.2), 2)
    settings = ChannelBinding(
        active, low, high, family, coefficient, False, *colour, lookup_table=table, reverse_intensity=reverse
    )
    text = f"|{low}:{high}${table or '{:02X}{:02X}{:02X}'.format(*colour)}"
    quantization = {"family": family, "coefficient": coefficient}
    return settings, text, {"inverted": {"enabled": reverse}, "quantization": quantization}


def place(dice: random.Random, sample: Sample) -> tuple[int, Box, dict[str, str]]:
    """A tile of a level, a region or the whole plane: level, box, and the query that asks for it."""
    width, height = sample.levels[0]
    kind = dice.choice(["tile", "region"] if width > 1000 else ["tile", "region", "plane"])
    if kind == "plane":
        return 0, (0, 0, width, height), {}
    if kind == "region":
        x, y = dice.randrange(width - 1), dice.randrange(height - 1)
        w, h = dice.randrange(1, 200), dice.randrange(1, 200)
        return 0, (x, y, min(w, width - x), min(h, height - y)), {"region": f"{x},{y},{w},{h}"}
    level = dice.randrange(len(sample.levels))
    width, height = sample.levels[level]
    w, h = dice.randrange(32, 257), dice.randrange(32, 257)
    x, y = dice.randrange(-(-width // w)), dice.randrange(-(-height // h))
    box = (x * w, y * h, min(w, width - x * w), min(h, height - y * h))
    return level, box, {"tile": f"{level},{x},{y},{w},{h}"}


@dataclass(frozen=True)
class Case:
    """What is asked for, and what the reference makes of it."""

    address: str
    expected: np.ndarray


def case(number: int, samples: list[Sample]) -> Case:
    dice = random.Random(1000 + number)
    sample = samples[number % len(samples)]
    times, count, depth = sample.shape
    z, t = dice.randrange(depth), dice.randrange(times)
    made = [channel(dice, sample.ends) for _ in range(count)]
    settings = RenderingDef(tuple(one[0] for one in made), dice.choice(["rgb", "rgb", "greyscale"]))
    level, box, query = place(dice, sample)
    first, last = sorted(dice.randrange(depth) for _ in range(2))
    projection = dice.choice([None, None, *PROJECTIONS])
    signs = ["" if one[0].active else "-" for one in made]
    query |= {
        "c": ",".join(f"{sign}{index}{one[1]}" for index, (sign, one) in enumerate(zip(signs, made, strict=True), 1)),
        "maps": json.dumps([one[2] for one in made]),
        "m": "c" if settings.model == "rgb" else "g",
    }
    if projection is not None:
        query["p"] = f"{projection}|{first}:{last}"
    address = f"{sample.image_id}/{z}/{t}/?{urlencode(query)}"
    if not settings.shown:
        return Case(address, np.zeros((box[3], box[2], 3), np.uint8))
    planes = []
    for c in settings.shown:
        if projection is None:
            planes.append(sample.plane(level, z, c, t, box))
        else:
            stack = [sample.plane(level, at, c, t, box) for at in range(first, last + 1)]
            planes.append(project(stack, PROJECTIONS[projection]))
    return Case(address, composite_reference(planes, settings))


@pytest.mark.parametrize("number", range(CASES))
def test_a_picture_is_what_the_reference_makes_of_it(
    testapp: WebApp, login: Callable[..., Any], samples: list[Sample], number: int
) -> None:
    wanted = case(number, samples)
    login(USER)
    answer = testapp.get(f"/webclient/render_image_download/{wanted.address}&format=png")
    found = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")).astype(int)
    assert found.shape == wanted.expected.shape
    assert np.abs(found - wanted.expected).max() <= 1, wanted.address


@pytest.mark.parametrize("number", range(0, CASES, 8))
def test_the_jpeg_is_the_same_picture_by_the_same_encoder(
    testapp: WebApp, login: Callable[..., Any], samples: list[Sample], number: int
) -> None:
    wanted = case(number, samples)
    login(USER)
    kind = "render_image_region" if "tile=" in wanted.address or "region=" in wanted.address else "render_image"
    answer = testapp.get(f"/webgateway/{kind}/{wanted.address}&q=0.9")
    image = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")).astype(int)
    reference = np.asarray(Image.open(io.BytesIO(encode.jpeg(wanted.expected, 0.9))).convert("RGB")).astype(int)
    assert image.shape == reference.shape
    assert np.abs(image - reference).mean() <= 1, wanted.address


def test_the_cases_are_of_all_kinds(samples: list[Sample]) -> None:
    addresses = [case(number, samples).address for number in range(CASES)]
    for part in ("tile=1", "tile=0", "region=", ".lut", "intmax", "intmean", "intsum", "exponential", "m=g", "true"):
        assert sum(part in address for address in addresses) >= 5, part
    assert sum("tile=" not in one and "region=" not in one for one in addresses) >= 20
