"""Slower and slower log-in for an account whose password somebody guesses; other accounts do not notice."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 3.0
"""OMERO's ``omero.security.login_failure_throttle_time``."""
FORGET_SECONDS = 60.0
_MOST_ACCOUNTS = 10_000
_MOST_WAITING = 16


@dataclass
class _Account:
    failures: int = 0
    not_before: float = 0.0
    last: float = 0.0
    waiting: int = 0


class Throttle:
    """Wrong passwords by account name; thread-safe. An attempt after a failure has to wait, longer after each one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}

    def wait(self, name: str) -> float | None:
        """Seconds until an attempt on the account may be looked at, and its place is kept; None: too many wait."""
        now = time.monotonic()
        with self._lock:
            account = self._accounts.get(name)
            if account is None or account.not_before <= now:
                return 0.0
            if account.waiting >= _MOST_WAITING:
                return None
            account.waiting += 1
            wait = account.not_before - now
            # The next one waits for this one to fail, too.
            account.not_before += _pause(account.failures)
            return wait

    def blocked(self, name: str) -> bool:
        """Whether an attempt on the account would have to wait now."""
        with self._lock:
            account = self._accounts.get(name)
            return account is not None and account.not_before > time.monotonic()

    def waited(self, name: str) -> None:
        """An attempt that had to wait is looked at now."""
        with self._lock:
            account = self._accounts.get(name)
            if account is not None:
                account.waiting = max(0, account.waiting - 1)

    def failed(self, name: str) -> float:
        """Note a wrong password; seconds until the answer should be given."""
        now = time.monotonic()
        with self._lock:
            if len(self._accounts) >= _MOST_ACCOUNTS:
                self._tidy(now)
            account = self._accounts.setdefault(name, _Account())
            account.failures += 1
            account.last = now
            pause = _pause(account.failures)
            account.not_before = max(account.not_before, now + pause)
            return pause

    def succeeded(self, name: str) -> None:
        """The account's user is there: begin again."""
        with self._lock:
            self._accounts.pop(name, None)

    def _tidy(self, now: float) -> None:
        quiet = [name for name, one in self._accounts.items() if now - one.last > FORGET_SECONDS and not one.waiting]
        for name in quiet or list(self._accounts)[: _MOST_ACCOUNTS // 2]:
            del self._accounts[name]


def _pause(failures: int) -> float:
    return float(min(FIRST_SECONDS * 2 ** min(failures - 1, 8), LONGEST_SECONDS))
