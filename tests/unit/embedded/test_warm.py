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
