"""The numbers of `imgData` that come from the pixel type and the sizes alone."""

from typing import Any

import omero.model
import pytest
from omero.model.enums import UnitsLength
from omero.rtypes import rstring

from omeropyr.marshal.images import channel_label, pixel_range, split_channel
from omeropyr.marshal.objects import iso_date, micrometres


@pytest.mark.parametrize(
    ("pixels_type", "expected"),
    [
        ("uint8", [0, 255]),
        ("uint16", [0, 65535]),
        ("int16", [-32768.0, 32767.0]),
        ("uint32", [0, 4294967295]),
        ("float", [-2147483648.0, 2147483647.0]),
    ],
)
def test_pixel_range(pixels_type: Any, expected: Any) -> None:
    assert pixel_range(pixels_type) == expected


def test_split_channel_of_three_channels() -> None:
    # 3 panels in 2 x 2, 4 panels in 2 x 2; borders of 2 pixels around each
    assert split_channel(100, 50, 3) == {
        "g": {"width": 206, "height": 106, "border": 2, "gridx": 2, "gridy": 2},
        "c": {"width": 206, "height": 106, "border": 2, "gridx": 2, "gridy": 2},
    }
    assert split_channel(10, 10, 1)["c"] == {"width": 26, "height": 14, "border": 2, "gridx": 2, "gridy": 1}


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(0.5, UnitsLength.MICROMETER, 0.5), (250.0, UnitsLength.NANOMETER, 0.25), (3.0, UnitsLength.PIXEL, None)],
)
def test_micrometres(value: Any, unit: Any, expected: Any) -> None:
    assert micrometres(omero.model.LengthI(value, unit)) == expected


def test_no_length_is_none() -> None:
    assert micrometres(None) is None


def channel(name: Any = None, wave: Any = None) -> Any:
    logical = omero.model.LogicalChannelI()
    logical.setName(None if name is None else rstring(name))
    logical.setEmissionWave(None if wave is None else omero.model.LengthI(wave, UnitsLength.NANOMETER))
    found = omero.model.ChannelI()
    found.setLogicalChannel(logical)
    return found


@pytest.mark.parametrize(
    ("name", "wave", "expected"),
    [("DAPI", 461.0, "DAPI"), (" ", 461.0, "461"), (None, 461.5, "461.5"), (None, None, "2")],
)
def test_channel_label(name: Any, wave: Any, expected: Any) -> None:
    assert channel_label(2, channel(name, wave)) == expected


def test_iso_date() -> None:
    assert iso_date(1_700_000_000_000) == "2023-11-14T22:13:20+00:00"
