"""What the first user would wait for otherwise: modules, the model, the grammar of HQL, the compiled loops."""

from __future__ import annotations

import gc
import logging
import time

import numpy as np

from omeropyr.embedded.services import load_all

log = logging.getLogger(__name__)

# Pixel types by the loops that are compiled for them: two by tables of levels, four value by value.
DTYPES = ("uint8", "uint16", "int32", "uint32", "float32", "float64")


YOUNG = (50_000, 20, 20)
"""Objects before the youngest are looked through, and how often before the older ones are."""


def warm_up() -> None:
    """Load everything a picture needs; about a second, ten when the loops are compiled for the first time."""
    started = time.perf_counter()
    load_all()
    _read_a_query()
    _render_a_picture()
    # Modules and the model stay for good: to look through them at every full collection stops all threads for 0.1 s.
    gc.collect()
    gc.freeze()
    # An answer of 100,000 rows is a million young objects that all leave together: looked through now and then it takes
    # half as long as when that happens every 700 objects.
    gc.set_threshold(*YOUNG)
    log.info("warm after %.1f s", time.perf_counter() - started)


def _read_a_query() -> None:
    from omeropyr.embedded.hql.parse import parse
    from omeropyr.embedded.schema import schema

    schema()
    parse("select i from Image i where i.id = :id")


def _render_a_picture() -> None:
    from omeropyr.rendering import encode
    from omeropyr.rendering.composite import render
    from omeropyr.rendering.settings import ChannelBinding, RenderingDef

    settings = RenderingDef((ChannelBinding(),))
    for dtype in DTYPES:
        encode.jpeg(render([np.zeros((2, 2), dtype)], settings))
