"""The cache of decoded chunks: its limit in bytes is kept, what many ask for is made once, what was dropped is gone."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from omeropyr.embedded.pixels.cache import ENTRY, ChunkCache


def array(size: int) -> Callable[[], np.ndarray]:
    return lambda: np.zeros(size, np.uint8)


def test_the_oldest_leave_first_and_what_is_there_is_not_made_again() -> None:
    cache = ChunkCache(4 * (1000 + ENTRY))
    made = []

    def make(key: int) -> np.ndarray:
        made.append(key)
        return np.zeros(1000, np.uint8)

    for key in (1, 1, 2, 3, 4, 1, 5, 2):
        cache.get(("a", key), lambda key=key: make(key))  # type: ignore[misc]
    assert made == [1, 2, 3, 4, 5, 2]
    assert (cache.size, cache.hits, cache.misses) == (4 * (1000 + ENTRY), 2, 6)
    cache.drop("a")
    assert cache.size == 0


@pytest.mark.parametrize("size", [1, 100, 10_000, 200_000], ids="{} bytes".format)
def test_the_limit_is_one_of_memory(size: int) -> None:
    """Whatever the arrays' size: of those of one byte it is the rest that counts."""
    limit = 2**20
    tracemalloc.start()
    cache = ChunkCache(limit)
    for number in range(max(4 * limit // (size + ENTRY), 40)):
        cache.get(("file", number, 0, number, number), array(size))
        assert cache.size <= limit
    used, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 1.1 * limit
    assert most < 1.1 * limit + 2 * size


@pytest.mark.parametrize(
    ("size", "kept"), [(50_000 - ENTRY, True), (50_001 - ENTRY, False), (10**6, False)], ids=["half", "more", "huge"]
)
def test_what_is_larger_than_half_is_given_but_not_kept(size: int, kept: bool) -> None:
    cache = ChunkCache(100_000)
    cache.get(("small",), array(1000))
    assert cache.get(("large",), array(size)).nbytes == size
    assert cache.size == 1000 + ENTRY + (size + ENTRY if kept else 0)
    cache.get(("small",), array(1000))
    assert cache.hits == 1


@pytest.mark.parametrize(
    "view",
    [lambda: np.zeros(60_000, np.uint8)[:10], lambda: np.frombuffer(bytes(60_000), np.uint8, 10).reshape(2, 5)],
    ids=["of an array", "of bytes"],
)
def test_a_view_counts_as_all_it_keeps_in_memory(view: Callable[[], np.ndarray]) -> None:
    cache = ChunkCache(100_000)
    cache.get(("view",), view)
    assert cache.size == 0
    cache = ChunkCache(200_000)
    cache.get(("view",), view)
    assert cache.size == 60_000 + ENTRY


def test_many_threads_never_go_beyond_the_limit() -> None:
    limit = 64 * 1024
    cache = ChunkCache(limit)
    above = []

    def work(seed: int) -> None:
        for key in np.random.default_rng(seed).integers(0, 60, 400):
            size = int(key) * 50 + 1
            assert cache.get(("f", int(key)), array(size)).nbytes == size
            above.extend([cache.size] if cache.size > limit else [])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert above == []
    assert 0 < cache.hits < cache.hits + cache.misses <= 8 * 400


def test_it_is_made_once_for_all_who_wait_and_an_error_reaches_them() -> None:
    cache = ChunkCache(10_000)
    begun, go = threading.Event(), threading.Event()
    calls = []

    def make() -> np.ndarray:
        calls.append(1)
        begun.set()
        go.wait(10)
        raise ValueError("broken")

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(cache.get, ("a",), make)
        begun.wait(10)
        others = [pool.submit(cache.get, ("a",), make) for _ in range(3)]
        go.set()
        for one in (first, *others):
            with pytest.raises(ValueError, match="broken"):
                one.result()
    assert cache.get(("a",), array(5)).nbytes == 5


def test_what_was_dropped_while_it_was_made_is_not_kept() -> None:
    cache = ChunkCache(10_000)

    def make() -> np.ndarray:
        cache.drop("file")
        return np.full(3, 7, np.uint8)

    assert cache.get(("file", 1), make).tolist() == [7, 7, 7]
    assert cache.size == 0
    assert cache.get(("file", 1), array(4)).nbytes == 4
    assert cache.size == 4 + ENTRY
