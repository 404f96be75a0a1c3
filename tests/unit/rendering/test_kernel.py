"""The compiled kernel against the numpy reference, pixel by pixel, on random settings and every pixel type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omeropyr.rendering.composite import Composer, black, composite_reference, contribution, render, rgb_view
from omeropyr.rendering.quantize import quantize, table
from omeropyr.rendering.settings import FAMILIES, ChannelBinding, RenderingDef

TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]


def limits(dtype: Any) -> tuple[float, float]:
    if np.dtype(dtype).kind == "f":
        return -1000.0, 1000.0
    info = np.iinfo(dtype)
    return float(info.min), float(info.max)


@st.composite
def bindings(draw: st.DrawFn, low: float, high: float) -> ChannelBinding:
    start, end = sorted(draw(st.tuples(st.floats(low, high), st.floats(low, high))))
    if draw(st.booleans()):
        start, end = float(round(start)), float(round(end))
    byte = st.integers(0, 255)
    return ChannelBinding(
        active=draw(st.booleans()), input_start=start, input_end=end, family=draw(st.sampled_from(FAMILIES)),
        coefficient=draw(st.sampled_from([0.2, 0.5, 1.0, 1.5, 2.0, 3.7])), red=draw(byte), green=draw(byte),
        blue=draw(byte), alpha=draw(st.sampled_from([255, 128, 3])), reverse_intensity=draw(st.booleans()),
        lookup_table=draw(st.sampled_from([None, None, "cyan.lut", "spectrum.lut", "missing.lut"])),
    )  # fmt: skip


@pytest.mark.parametrize("dtype", TYPES)
def test_kernel_equals_reference(dtype: str) -> None:
    low, high = limits(dtype)

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(bindings(low, high), min_size=1, max_size=9),
        st.sampled_from(["rgb", "greyscale"]),
        st.integers(0, 2**32 - 1),
    )
    def check(channels: list[ChannelBinding], model: Any, seed: int) -> None:
        made = RenderingDef(tuple(channels), model)
        random = np.random.default_rng(seed)
        planes = []
        for index in made.shown:
            window = channels[index].input_start, channels[index].input_end
            plane = random.uniform(low, high, (7, 9))
            plane[0, :4] = [low, high, *window]
            planes.append(plane.astype(dtype))
        if planes:
            found = rgb_view(Composer(made, np.dtype(dtype)).rgbx(planes))
            np.testing.assert_array_equal(found[..., :3], composite_reference(planes, made))
            assert (found[..., 3] == 255).all()

    check()


def test_values_of_omeros_formula() -> None:
    values = np.array([[0, 99, 100, 101, 150, 199, 200, 255]], np.uint8)
    linear = ChannelBinding(input_start=100, input_end=200)
    assert quantize(values, linear).tolist() == [[0, 0, 0, 3, 128, 252, 255, 255]]
    square = ChannelBinding(input_start=100, input_end=200, family="polynomial", coefficient=2)
    assert quantize(values, square).tolist() == [[0, 0, 0, 0, 64, 250, 255, 255]]
    log = ChannelBinding(input_start=100, input_end=200, family="logarithmic")
    assert quantize(values, log).tolist() == [[0, 0, 0, 43, 223, 255, 255, 255]]
    exponential = ChannelBinding(input_start=100, input_end=200, family="exponential", coefficient=1)
    assert quantize(values, exponential).tolist() == [[0, 0, 0, 0, 0, 20, 255, 255]]
    overflow = ChannelBinding(input_start=100, input_end=200, family="exponential", coefficient=2)
    assert quantize(values, overflow).tolist() == [[0, 0, 0, 0, 0, 0, 255, 255]]
    reverse = ChannelBinding(input_start=100, input_end=200, reverse_intensity=True)
    assert quantize(values, reverse).tolist() == [[255, 255, 255, 252, 127, 3, 0, 0]]


def test_an_empty_window_is_a_threshold() -> None:
    channel = ChannelBinding(input_start=7, input_end=7)
    assert quantize(np.array([6, 7, 8], np.uint8), channel).tolist() == [0, 255, 255]
    assert table(np.dtype(np.int8), channel)[[6, 7, 0xFF]].tolist() == [0, 255, 0]


def test_not_a_number_is_black() -> None:
    channel = ChannelBinding(input_start=0, input_end=1)
    plane = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    assert quantize(plane, channel).tolist() == [[0, 255, 0, 128]]
    assert rgb_view(render([plane], RenderingDef((channel,))))[0, :, 0].tolist() == [0, 255, 0, 128]


def test_channels_add_and_stop_at_white() -> None:
    red = ChannelBinding(input_end=255, green=0, blue=0)
    orange = ChannelBinding(input_end=255, red=200, green=100, blue=0, alpha=128)
    plane = np.array([[10, 200, 255]], np.uint8)
    found = rgb_view(render([plane, plane], RenderingDef((red, orange))))[..., :3]
    assert found.tolist() == [[[13, 1, 0], [255, 39, 0], [255, 50, 0]]]


def test_greyscale_shows_the_first_active_channel() -> None:
    channels = (ChannelBinding(active=False), ChannelBinding(red=0, lookup_table="red.lut"), ChannelBinding())
    made = RenderingDef(channels, "greyscale")
    assert made.shown == (1,)
    assert rgb_view(render([np.array([[77]], np.uint8)], made)).tolist() == [[[77, 77, 77, 255]]]


def test_no_channel_is_black() -> None:
    assert rgb_view(black(1, 2)).tolist() == [[[0, 0, 0, 255]] * 2]


def test_contribution_takes_the_lookup_table_before_the_colour() -> None:
    assert contribution(ChannelBinding(red=255, lookup_table="blue.lut"))[200].tolist() == [0, 0, 200]
