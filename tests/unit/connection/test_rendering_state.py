"""Which calls take a rendering engine from one setting to another."""

from dataclasses import replace

from omeropyr.connection.rendering_state import ChannelState, RenderingState, changes, reached

NOW = RenderingState(
    "rgb", (ChannelState(True, 0, 100, (255, 0, 0, 255)), ChannelState(False, 0, 50, (0, 255, 0, 255)))
)


def test_the_same_costs_nothing() -> None:
    assert list(changes(NOW, NOW)) == []


def test_only_what_differs_is_said() -> None:
    wanted = NOW.with_channel(0, end=90, inverted=True)
    assert list(changes(NOW, wanted)) == [("setChannelWindow", (0, 0, 90)), ("addCodomainMapToChannel", (0,))]


def test_channels_that_are_off_are_left_alone_and_stay_remembered() -> None:
    wanted = NOW.with_channel(1, start=7, rgba=(1, 2, 3, 4))
    assert list(changes(NOW, wanted)) == []
    after = reached(NOW, wanted)
    assert after.channels[1].start == 0
    assert list(changes(after, wanted.with_channel(1, active=True))) == [
        ("setActive", (1, True)),
        ("setChannelWindow", (1, 7, 50)),
        ("setRGBA", (1, 1, 2, 3, 4)),
    ]


def test_switching_off_leaves_what_was_set() -> None:
    off = NOW.with_channel(0, active=False, end=1)
    assert list(changes(NOW, off)) == [("setActive", (0, False))]
    assert reached(NOW, off).channels[0] == replace(NOW.channels[0], active=False)


def test_model_lookup_table_and_family() -> None:
    wanted = replace(NOW, model="greyscale").with_channel(0, lut="cool.lut", family="polynomial", coefficient=2.0)
    assert list(changes(NOW, wanted)) == [
        ("setModel", ("greyscale",)),
        ("setChannelLookupTable", (0, "cool.lut")),
        ("setQuantizationMap", (0, "polynomial", 2.0)),
    ]
