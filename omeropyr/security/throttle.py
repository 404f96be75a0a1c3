"""Slows down guessing of passwords: so many failures an account and an address, then a pause."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

WINDOW_SECONDS = 300.0
MOST_PER_PAIR = 8
MOST_PER_ADDRESS = 40
# So high that others' guesses hardly lock the owner out, so low that many addresses together guess slowly.
MOST_PER_ACCOUNT = 100
MOST_KEYS = 20_000

Key = tuple[str, ...]


class Throttle:
    """Counts failed log-ins in the last ``WINDOW_SECONDS``; of one process, for one application. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: OrderedDict[Key, deque[float]] = OrderedDict()

    def wait(self, account: str, address: str) -> int:
        """Seconds until this account may be tried from this address; 0: now."""
        now = time.monotonic()
        with self._lock:
            return max(self._wait(key, most, now) for key, most in _keys(account, address).items())

    def failed(self, account: str, address: str) -> None:
        """Note a failure."""
        now = time.monotonic()
        with self._lock:
            for key, most in _keys(account, address).items():
                self._failures.setdefault(key, deque(maxlen=most)).append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """The right password clears what was wrong with this account from this address."""
        with self._lock:
            self._failures.pop(("pair", account.lower(), address), None)

    def _wait(self, key: Key, most: int, now: float) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        while times and now - times[0] > WINDOW_SECONDS:
            times.popleft()
        return int(WINDOW_SECONDS - (now - times[-most])) + 1 if len(times) >= most else 0


def _keys(account: str, address: str) -> dict[Key, int]:
    """What is counted, and how many failures each may have."""
    name = account.lower()
    return {
        ("pair", name, address): MOST_PER_PAIR,
        ("address", address): MOST_PER_ADDRESS,
        ("account", name): MOST_PER_ACCOUNT,
    }
