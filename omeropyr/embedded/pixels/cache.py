"""Decoded chunks kept in memory up to a limit in bytes, each decoded once however many ask for it at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


ENTRY = 512
"""What an array takes beside its values: its head, its key and its place in the order, about so many bytes."""


class ChunkCache:
    """A least-recently-used cache of arrays. Arrays handed out are shared and cannot be written to.

    *limit* is in bytes and is kept, ``ENTRY`` for each array included; what is larger than half of it is returned but
    not kept. ``size`` never goes beyond it; what callers still hold after it was pushed out is theirs.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.hits = 0
        self.misses = 0
        self._lock = threading.Lock()
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._running: dict[Hashable, Future[Array]] = {}

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """The array of *key*, from memory or by calling *make*.

        What *make* raises reaches everybody who waited for it.
        """
        with self._lock:
            found = self._arrays.get(key)
            if found is not None:
                self._arrays.move_to_end(key)
                self.hits += 1
                return found
            running = self._running.get(key)
            if running is None:
                self.misses += 1
                mine = self._running[key] = Future()
        if running is not None:
            return running.result()
        try:
            array = make()
            array.setflags(write=False)
        except BaseException as error:
            with self._lock:
                if self._running.get(key) is mine:
                    del self._running[key]
            mine.set_exception(error)
            raise
        self._keep(key, array, mine)
        mine.set_result(array)
        return array

    def _keep(self, key: Hashable, array: Array, mine: Future[Array]) -> None:
        weight = _weight(array)
        with self._lock:
            if self._running.get(key) is not mine:  # dropped while it was made: it may be of what is no more
                return
            del self._running[key]
            if weight > self.limit // 2:
                return
            while self.size + weight > self.limit:
                _, dropped = self._arrays.popitem(last=False)
                self.size -= _weight(dropped)
            self._arrays[key] = array
            self.size += weight

    def drop(self, owner: Hashable) -> None:
        """Forget all arrays whose key is a tuple that starts with *owner*, and those that are being made."""
        with self._lock:
            for key in [key for key in self._arrays if _owned(key, owner)]:
                self.size -= _weight(self._arrays.pop(key))
            for key in [key for key in self._running if _owned(key, owner)]:
                del self._running[key]


def _owned(key: Hashable, owner: Hashable) -> bool:
    return isinstance(key, tuple) and bool(key) and key[0] == owner


def _weight(array: Array) -> int:
    """The bytes that stay in memory as long as the array does: a view keeps all that it looks into."""
    whole: Any = array
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    behind = len(whole.base) if isinstance(whole.base, bytes | bytearray) else 0
    return ENTRY + max(int(whole.nbytes), behind)


def view(array: Array, y: int, x: int, h: int, w: int) -> Array:
    """The window ``(h, w)`` of a cached ``(H, W)`` array, without a copy."""
    window: Array = np.asarray(array)[y : y + h, x : x + w]
    return window
