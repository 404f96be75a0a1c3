"""Slows down guessing of passwords: so many failures an account and an address, then a pause."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

WINDOW_SECONDS = 300.0
MOST_PER_ACCOUNT = 8
MOST_PER_ADDRESS = 40
MOST_KEYS = 20_000


class Throttle:
    """Counts failed log-ins in the last ``WINDOW_SECONDS``; of one process, for one application. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait(self, account: str, address: str) -> int:
        """Seconds until this account may be tried from this address; 0: now."""
        now = time.monotonic()
        with self._lock:
            waits = [
                self._wait(("account", account.lower()), MOST_PER_ACCOUNT, now),
                self._wait(("address", address), MOST_PER_ADDRESS, now),
            ]
        return max(waits)

    def failed(self, account: str, address: str) -> None:
        """Note a failure."""
        now = time.monotonic()
        with self._lock:
            for key in (("account", account.lower()), ("address", address)):
                self._failures.setdefault(key, deque(maxlen=MOST_PER_ADDRESS)).append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """The right password clears the account's failures."""
        with self._lock:
            self._failures.pop(("account", account.lower()), None)

    def _wait(self, key: tuple[str, str], most: int, now: float) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        while times and now - times[0] > WINDOW_SECONDS:
            times.popleft()
        return int(WINDOW_SECONDS - (now - times[-most])) + 1 if len(times) >= most else 0
