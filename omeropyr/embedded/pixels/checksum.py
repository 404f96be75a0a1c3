"""CRC-32C (Castagnoli), which Zarr puts behind chunks; neither Python nor imagecodecs has it.

Source: RFC 3720, appendix B.4 (polynomial 0x1EDC6F41, here reflected).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

_POLYNOMIAL = 0x82F63B78


@cache
def _table() -> npt.NDArray[np.uint32]:
    """What each value of a byte does to the sum, ``(256,) uint32``."""
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(_POLYNOMIAL), values >> 1).astype(np.uint32)
    return values


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _sum(data: Any, table: Any) -> Any:
    value = np.uint32(0xFFFFFFFF)
    for index in range(data.size):
        value = table[(value ^ data[index]) & np.uint32(0xFF)] ^ (value >> np.uint32(8))
    return value ^ np.uint32(0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """The checksum of *data*."""
    return int(_sum(np.frombuffer(data, np.uint8), _table()))
