"""Which files make one image, told from their names."""

from __future__ import annotations

import pytest

from omeropyr.embedded.importer.patterns import FileGroup, Member, group

FLY = [f"01_POS{position}_{letter}.TIF" for position in ("002", "076", "218") for letter in "DFR"]
HUMAN = [f"AS_09125_050116030001_D03f00d{channel}.tif" for channel in range(3)]
EMBRYO = [f"DrosophilaEmbryo_GFPHistone_{frame:04}.tif" for frame in range(21)]
PLATE = [f"AS_09047_050428030001_O{well:02}f{field:02}d2.TIF" for well in range(1, 13) for field in range(2)]


def shape(image: FileGroup) -> tuple[str, int, int, int, tuple[str, ...]]:
    return image.name, image.size_z, image.size_c, image.size_t, image.channel_names


def test_the_fly_positions_are_three_images_of_three_channels() -> None:
    images = group(FLY)
    expected = [(f"01_POS{position}", 1, 3, 1, ("D", "F", "R")) for position in ("002", "076", "218")]
    assert [shape(image) for image in images] == expected
    assert images[0].members == (
        Member("01_POS002_D.TIF", c=0),
        Member("01_POS002_F.TIF", c=1),
        Member("01_POS002_R.TIF", c=2),
    )


def test_the_human_field_is_one_image_of_three_channels() -> None:
    assert [shape(image) for image in group(HUMAN)] == [("AS_09125_050116030001_D03f00", 1, 3, 1, ("d0", "d1", "d2"))]


def test_the_embryo_is_a_time_lapse() -> None:
    (image,) = group(reversed(EMBRYO))
    assert shape(image) == ("DrosophilaEmbryo_GFPHistone", 1, 1, 21, ())
    assert list(image.names) == EMBRYO
    assert [member.t for member in image.members] == list(range(21))


def test_wells_and_fields_of_the_plate_stay_images_of_their_own() -> None:
    images = group(PLATE)
    assert len(images) == 24
    assert [image.name for image in images] == PLATE


def test_all_four_sets_at_once_do_not_disturb_each_other() -> None:
    images = group([*PLATE, *FLY, *HUMAN, *EMBRYO])
    assert len(images) == 24 + 3 + 1 + 1
    assert sorted(name for image in images for name in image.names) == sorted([*PLATE, *FLY, *HUMAN, *EMBRYO])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a_ch00_z1.tif", "a_ch00_z2.tif", "a_ch01_z1.tif", "a_ch01_z2.tif"], ("a", 2, 2, 1, ("ch00", "ch01"))),
        ([f"stack_z{z}.tif" for z in (10, 9, 8)], ("stack", 3, 1, 1, ())),
        (["e_w1DAPI_s3_t1.TIF", "e_w2GFP_s3_t1.TIF"], ("e_s3", 1, 2, 1, ("DAPI", "GFP"))),
        (["wt_DAPI.tif", "wt_GFP.tif", "wt_mCherry.tif"], ("wt", 1, 3, 1, ("DAPI", "GFP", "mCherry"))),
        (["x/tile-R.png", "x/tile-G.png", "x/tile-B.png"], ("tile", 1, 3, 1, ("B", "G", "R"))),
        ([f"movie_t{t}.tif" for t in (0, 10, 20)], ("movie", 1, 1, 3, ())),
        (["t1.tif", "t2.tif"], ("Image", 1, 1, 2, ())),
    ],
)
def test_names_that_belong_together(names: list[str], expected: tuple[object, ...]) -> None:
    assert [shape(image) for image in group(names)] == [expected]


@pytest.mark.parametrize(
    "names",
    [
        ["cells.tif", "cells.png"],
        ["section_A.tif", "section_B.tif", "section_C.tif"],
        ["liver_F.tif", "liver_G.tif", "liver_H.tif"],
        ["mouse1.tif", "mouse2.tif", "mouse3.tif"],
        [f"slide{number:03}.tif" for number in range(1, 9)],
        [f"scan_{number:03}.tif" for number in (1, 2, 3)],  # too few to be sure
        [f"scan_{number:03}.tif" for number in (1, 2, 3, 5, 6, 7)],  # a gap
        [f"DSC_{number:04}.tif" for number in range(4211, 4219)],  # a camera counts on
        [f"holiday_{number:04}.png" for number in range(8)],
        ["a_c1_z1.tif", "a_c1_z2.tif", "a_c2_z1.tif"],  # a plane is missing
        ["a_c1.tif", "a_c01.tif"],  # two files for one plane
        ["one/a_c1.tif", "two/a_c2.tif"],
        ["a_c1.ome.tif", "a_c2.ome.tif"],  # OME-TIFF says itself what belongs together
        ["control_DAPI.tif", "treated_GFP.tif"],
        ["day_d0.tif", "day_d1.tif"],
        ["art1.tif", "art2.tif"],
        ["f00_s1.tif", "f00_s2.tif"],
    ],
)
def test_names_that_do_not_belong_together(names: list[str]) -> None:
    assert [image.names for image in group(names)] == [(name,) for name in names]
    assert not any(image.grouped for image in group(names))


def test_a_group_given_back_to_the_function_stays_the_same_group() -> None:
    for image in group([*FLY, *HUMAN, *EMBRYO, *PLATE]):
        assert group(image.names) == [image]


def test_a_name_given_twice_counts_once() -> None:
    assert group(["a.tif", "a.tif"]) == [FileGroup("a.tif", (Member("a.tif"),))]
