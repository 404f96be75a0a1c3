"""Planes of a Z range into one: maximum, mean, sum, computed plane by plane so that only one is held at a time.

Results keep the pixel type, as OMERO's ``ProjectionBean`` has it: a mean is cut to a whole number, a sum stops at the
largest value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Projection = Literal["max", "mean", "sum"]


def project(planes: Iterable[Array], kind: Projection) -> Array:
    """One plane of the planes' type. Raises :class:`ValueError` when there are none."""
    iterator = iter(planes)
    first = next(iterator, None)
    if first is None:
        raise ValueError("no plane to project")
    if kind == "max":
        result: Array = first.copy()
        for plane in iterator:
            np.maximum(result, plane, out=result)
        return result
    dtype, count = first.dtype, 1
    total: Array = first.astype(np.float64 if dtype.kind == "f" else np.int64)
    for plane in iterator:
        total += plane
        count += 1
    if kind == "mean":
        total = total / count if dtype.kind == "f" else np.trunc(total / count)
    elif dtype.kind != "f":
        info = np.iinfo(dtype)
        np.clip(total, info.min, info.max, out=total)
    return total.astype(dtype)
