"""After the server has warmed up, no first picture waits for a compiler."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from omeropyr.rendering import kernel
from omeropyr.rendering.composite import render
from omeropyr.rendering.settings import ChannelBinding, RenderingDef

_SCRIPT = """
from omeropyr.embedded.warm import DTYPES, warm_up
from omeropyr.rendering import kernel
import gc, sys
warm_up()
print(len(kernel._composite.signatures), len(kernel._quantize.signatures), gc.get_freeze_count() > 100_000)
print("omeropyr.embedded.services.thumbnail" in sys.modules)
"""


def test_all_loops_are_compiled_and_all_services_loaded() -> None:
    command = [sys.executable, "-W", "ignore", "-c", _SCRIPT]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert found.stdout.split() == ["2", "4", "True", "True"]


def test_windows_and_whole_planes_share_one_loop() -> None:
    settings = RenderingDef((ChannelBinding(),))
    whole = np.linspace(0, 255, 64, dtype=np.float32).reshape(8, 8)
    picture = render([whole], settings)
    compiled = len(kernel._quantize.signatures)
    shared = whole.copy()
    shared.flags.writeable = False
    np.testing.assert_array_equal(render([shared[2:6, 1:7]], settings), picture[2:6, 1:7])
    assert len(kernel._quantize.signatures) == compiled
    assert whole.flags.writeable


def test_windows_colours_side_by_side_and_whole_planes_share_one_loop() -> None:
    settings = RenderingDef((ChannelBinding(green=0, blue=0), ChannelBinding(red=0, blue=0)))
    chunk = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    shared = chunk.copy()
    shared.flags.writeable = False
    picture = render([np.ascontiguousarray(chunk[..., band]) for band in range(2)], settings)
    compiled = len(kernel._composite.signatures)
    np.testing.assert_array_equal(render([shared[..., 0], shared[..., 1]], settings), picture)
    np.testing.assert_array_equal(render([shared[2:6, 1:7, 0], chunk[2:6, 1:7, 1]], settings), picture[2:6, 1:7])
    assert len(kernel._composite.signatures) == compiled
    assert chunk.flags.writeable
