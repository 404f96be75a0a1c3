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
    with np.errstate(invalid="ignore", over="ignore"):  # infinite values, and sums that become it
        return _summed(first, iterator, mean=kind == "mean")


def _summed(first: Array, others: Iterable[Array], *, mean: bool) -> Array:
    dtype, count = first.dtype, 1
    total: Array = first.astype(np.float64 if dtype.kind == "f" else np.int64)
    for plane in others:
        total += plane
        count += 1
    if mean:
        total = total / count if dtype.kind == "f" else np.trunc(total / count)
    elif dtype.kind != "f":
        info = np.iinfo(dtype)
        np.clip(total, info.min, info.max, out=total)
    return total.astype(dtype)
