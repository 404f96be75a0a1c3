"""Masks over pictures of resolution levels."""

from __future__ import annotations

import numpy as np

from omeropyr.embedded.pixels.overlays import Overlay, paint


def test_a_smaller_level_looks_masks_up_at_the_centres_of_its_pixels() -> None:
    mask = np.zeros((4, 6), bool)
    mask[1, 3] = mask[3, 1] = True
    picture = np.zeros((2, 3), np.uint32)
    painted = paint(picture, [Overlay(mask, 0, 0, 7)], (0, 0, 3, 2), (3, 2), (6, 4))
    assert painted.tolist() == [[0, 7, 0], [7, 0, 0]]
    assert not picture.any()  # the picture that may be cached stays as it is
    moved = paint(picture[:1, :2], [Overlay(mask, 2, -2, 9)], (1, 0, 2, 1), (3, 2), (6, 4))
    assert moved.tolist() == [[9, 0]]
