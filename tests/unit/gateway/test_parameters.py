"""The grammar of OMERO.web's rendering parameters, with what hostile URLs hold."""

import json
from typing import Any

import pytest

from omeropyr.connection.rendering_state import ChannelState, RenderingState
from omeropyr.errors import InvalidInput
from omeropyr.gateway.parameters import (
    ChannelRequest,
    MapRequest,
    Projection,
    Region,
    Tile,
    colour,
    region,
    rendering_parameters,
    tile,
)
from omeropyr.gateway.rendering import wanted_state
from omeropyr.marshal.numbers import finite, integer

BLUE = (0, 0, 255, 255)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [ChannelRequest(1, True)]),
        ("-1", [ChannelRequest(1, False)]),
        ("1|100:505$0000FF", [ChannelRequest(1, True, (100.0, 505.0), BLUE)]),
        ("1|100:505$00f", [ChannelRequest(1, True, (100.0, 505.0), BLUE)]),
        ("1$cool.lut", [ChannelRequest(1, True, None, None, "cool.lut")]),
        ("3|0:255$16_colors.lut", [ChannelRequest(3, True, (0.0, 255.0), None, "16_colors.lut")]),
        ("1,-2,3", [ChannelRequest(1, True), ChannelRequest(2, False), ChannelRequest(3, True)]),
        ("1|-10.5:1e3", [ChannelRequest(1, True, (-10.5, 1000.0))]),
        # what OMERO.web leaves out or ignores
        ("1|0:255r$FF0000", [ChannelRequest(1, True, None, (255, 0, 0, 255))]),
        ("1|5:$FF0000", [ChannelRequest(1, True, None, (255, 0, 0, 255))]),
        ("1|9:2", [ChannelRequest(1, True)]),
        ("x,1,,2y,3", [ChannelRequest(1, True), ChannelRequest(3, True)]),
        ("1$nocolour", [ChannelRequest(1, True)]),
        # hostile numbers
        ("0", []),
        ("--1", []),
        ("9223372036854775808", []),
        ("１", []),
        ("1|nan:5", [ChannelRequest(1, True)]),
        ("1|-inf:inf", [ChannelRequest(1, True)]),
        ("1|0:1e308", [ChannelRequest(1, True)]),
        ("1|0:1e999", [ChannelRequest(1, True)]),
        ("1|0:٥", [ChannelRequest(1, True)]),
        ("1$../../etc/passwd.lut", [ChannelRequest(1, True)]),
        ("1$<b>.lut", [ChannelRequest(1, True)]),
    ],
)
def test_channels(text: str, expected: Any) -> None:
    assert list(rendering_parameters({"c": text}).channels) == expected


def test_no_channels_means_as_saved() -> None:
    assert rendering_parameters({}).channels is None
    assert rendering_parameters({"c": ""}).channels is None


@pytest.mark.parametrize("text", [",".join(["1"] * 1025), "1" * 65_537])
def test_endless_channels_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="c "):
        rendering_parameters({"c": text})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0f0", (0, 255, 0, 255)),
        ("0f08", (0, 255, 0, 136)),
        ("102030", (16, 32, 48, 255)),
        ("10203040", (16, 32, 48, 64)),
        ("1020304", None),
        ("#102030", None),
        ("", None),
        ("ｆｆｆ", None),
    ],
)
def test_colour(text: str, expected: Any) -> None:
    assert colour(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("g", "greyscale"), ("c", "rgb"), ("x", None), ("", None)])
def test_model(text: str, expected: Any) -> None:
    assert rendering_parameters({"m": text}).model == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("normal", None),
        ("", None),
        ("intmin", None),
        ("intmax", Projection("intmax")),
        ("intmean|5:25", Projection("intmean", 5, 25)),
        ("intsum|-3:7", Projection("intsum", 0, 7)),
    ],
)
def test_projection(text: str, expected: Any) -> None:
    assert rendering_parameters({"p": text}).projection == expected


@pytest.mark.parametrize("text", ["intmax|5", "intmax|a:b", "intmax|9:2", "intmax|0:99999999999", "intmax|nan:1"])
def test_wrong_projection_ranges(text: str) -> None:
    with pytest.raises(InvalidInput, match="of p must"):
        rendering_parameters({"p": text})


@pytest.mark.parametrize(("text", "expected"), [("0.9", 0.9), ("0", 0.0), ("1", 1.0), ("", None)])
def test_quality(text: str, expected: Any) -> None:
    assert rendering_parameters({"q": text}).quality == expected


@pytest.mark.parametrize("text", ["nan", "inf", "1.01", "-0.1", "high", "1e308", "０.5"])
def test_wrong_quality(text: str) -> None:
    with pytest.raises(InvalidInput, match="q must be a number from 0 to 1"):
        rendering_parameters({"q": text})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"inverted": {"enabled": True}}], [MapRequest(True)]),
        ([{"inverted": {"enabled": "true"}}], [MapRequest(True)]),
        ([{"reverse": {"enabled": True}}], [MapRequest(True)]),
        ([{"inverted": {"enabled": 1}}, {}], [MapRequest(False), MapRequest(False)]),
        ([None], [MapRequest()]),
        (
            [{"quantization": {"family": "exponential", "coefficient": 1.5}}],
            [MapRequest(False, "exponential", 1.5)],
        ),
        ([{"quantization": {"family": "logarithmic"}}], [MapRequest(False, "logarithmic", 1.0)]),
        ([{"quantization": {"family": "polynomial", "coefficient": 1e300}}], [MapRequest(False, "polynomial", 1.0)]),
        ([{"quantization": {"family": "cubic"}}], [MapRequest(False)]),
        ({"inverted": True}, []),
    ],
)
def test_maps(value: Any, expected: Any) -> None:
    assert list(rendering_parameters({"maps": json.dumps(value)}).maps) == expected


@pytest.mark.parametrize(
    "text", ["{", "[NaN]", '[{"quantization":{"coefficient":Infinity}}]', "[" * 60_000, "nonsense"]
)
def test_maps_that_are_no_json_are_ignored(text: str) -> None:
    assert rendering_parameters({"maps": text}).maps == ()


def test_endless_maps_are_refused() -> None:
    with pytest.raises(InvalidInput, match="maps is longer"):
        rendering_parameters({"maps": " " * 65_537})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,1,2", Tile(0, 1, 2, None, None)),
        ("3,0,0,512,256", Tile(3, 0, 0, 512, 256)),
        ("0,1,2,0,-1", Tile(0, 1, 2, None, None)),
    ],
)
def test_tile(text: str, expected: Any) -> None:
    assert tile(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "tile must be"),
        ("0,1", "tile must be"),
        ("0,1,2,3", "tile must be"),
        ("0,1,2,3,4,5", "tile must be"),
        ("-1,0,0", "must not be negative"),
        ("0,-1,0", "must not be negative"),
        ("0,0,1.5", "tile y must be a whole number"),
        ("a,0,0", "tile level must be a whole number"),
        ("0,9223372036854775808,0", "tile x must not be larger"),
        ("0,0,0,1e3,1", "tile width must be a whole number"),
        ("0,0,0,nan,1", "tile width must be a whole number"),
        ("٠,0,0", "tile level must be a whole number"),
    ],
)
def test_wrong_tiles(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        tile(text)


def test_region() -> None:
    assert region("1,2,3,4") == Region(1, 2, 3, 4)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,0", "1,2,-3,4", "-1,2,3,4", "1,2,3,4,5", "1,2,3,99999999999", "1,2,3,inf"]
)
def test_wrong_regions(text: str) -> None:
    with pytest.raises(InvalidInput, match="region"):
        region(text)


@pytest.mark.parametrize(
    ("query", "fixed"),
    [
        ({}, False),
        ({"c": "1|0:9$fff", "m": "c"}, False),
        ({"c": "1|0:9$fff", "maps": '[{"quantization":{"family":"linear"}}]'}, False),
        ({"c": "1|0:9", "m": "c", "maps": '[{"quantization":{"family":"linear"}}]'}, False),
        ({"c": "1|0:9$fff", "m": "c", "maps": '[{"quantization":{"family":"linear"}}]'}, True),
        ({"c": "1|0:9$a.lut,-2", "m": "g", "maps": '[{"quantization":{"family":"linear"}}]'}, True),
        ({"c": "-1", "m": "g"}, True),
    ],
)
def test_fixes_everything(query: Any, fixed: Any) -> None:
    assert rendering_parameters(query).fixes_everything is fixed


SAVED = RenderingState(
    "rgb",
    (
        ChannelState(True, 0, 255, (255, 0, 0, 255), inverted=True),
        ChannelState(True, 5, 50, (0, 255, 0, 255), lut="cool.lut", family="polynomial", coefficient=2.0),
        ChannelState(False, 1, 9, (0, 0, 255, 255)),
    ),
    default_z=4,
)


def test_nothing_asked_is_as_saved() -> None:
    assert wanted_state(SAVED, rendering_parameters({})) == SAVED


def test_channels_that_are_not_listed_are_off() -> None:
    state = wanted_state(SAVED, rendering_parameters({"c": "3"}))
    assert [channel.active for channel in state.channels] == [False, False, True]
    assert state.channels[2].start == 1
    assert state.channels[2].rgba == (0, 0, 255, 255)
    assert state.default_z == 4


def test_a_colour_takes_the_place_of_a_lookup_table_and_the_rest_stays() -> None:
    state = wanted_state(SAVED, rendering_parameters({"c": "-1,2$ff0000", "m": "g"}))
    assert state.model == "greyscale"
    assert state.channels[1] == ChannelState(True, 5, 50, (255, 0, 0, 255), None, False, "polynomial", 2.0)


def test_maps_follow_the_entries_of_c() -> None:
    maps = '[{"inverted":{"enabled":true}},{}]'
    state = wanted_state(SAVED, rendering_parameters({"c": "3|2:3,1", "maps": maps}))
    assert [channel.inverted for channel in state.channels] == [False, False, True]
    assert (state.channels[2].start, state.channels[2].end) == (2, 3)


def test_channels_the_image_does_not_have_are_left_out() -> None:
    assert wanted_state(SAVED, rendering_parameters({"c": "4,1000"})).channels[0].active is False


@pytest.mark.parametrize("text", ["", " ", "1.0", "0x10", "1_000", "²", "१", "1" * 30, "9" * 20])
def test_what_is_no_integer(text: str) -> None:
    with pytest.raises(InvalidInput, match="size must"):
        integer(text, "size")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1.0),
        ("-.5", -0.5),
        ("2.", 2.0),
        ("1e-3", 0.001),
        ("1e400", None),
        ("nan", None),
        ("0x1p3", None),
        ("", None),
    ],
)
def test_finite(text: str, expected: Any) -> None:
    assert finite(text) == expected
