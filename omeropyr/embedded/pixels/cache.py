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


class ChunkCache:
    """A least-recently-used cache of arrays. Arrays handed out are shared and cannot be written to.

    *limit* is in bytes and is kept; an array larger than a quarter of it is returned but not kept.
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
                del self._running[key]
            mine.set_exception(error)
            raise
        self._keep(key, array)
        mine.set_result(array)
        return array

    def _keep(self, key: Hashable, array: Array) -> None:
        with self._lock:
            del self._running[key]
            if array.nbytes > self.limit // 4:
                return
            self._arrays[key] = array
            self.size += array.nbytes
            while self.size > self.limit:
                _, dropped = self._arrays.popitem(last=False)
                self.size -= dropped.nbytes

    def drop(self, owner: Hashable) -> None:
        """Forget all arrays whose key is a tuple that starts with *owner*."""
        with self._lock:
            for key in [key for key in self._arrays if isinstance(key, tuple) and key and key[0] == owner]:
                self.size -= self._arrays.pop(key).nbytes


def view(array: Array, y: int, x: int, h: int, w: int) -> Array:
    """The window ``(h, w)`` of a cached ``(H, W)`` array, without a copy."""
    window: Array = np.asarray(array)[y : y + h, x : x + w]
    return window
