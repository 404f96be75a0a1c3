"""Slows down guessing: so many attempts an account and an address, then a pause. Shared by all processes of a site.

An attempt counts from before OMERO is asked: many at once do not slip past the limit. What is stored is a keyed
digest of account and address: users mistype, and a password may stand where the name belongs.
"""

from __future__ import annotations

import time
import uuid
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from omeropyr.store import DurableStore
from omeropyr.store.tables import ATTEMPTS

WINDOW_SECONDS = 300.0
SHORT_WAIT = 2


class Limits(NamedTuple):
    """Attempts within ``WINDOW_SECONDS``."""

    pair: int
    address: int
    account: int


# An account's own limit is so high that others' guesses hardly lock the owner out, so low that many addresses together
# guess slowly.
LOG_IN = Limits(pair=8, address=40, account=100)
# Each may send a mail.
LOST_PASSWORD = Limits(pair=3, address=10, account=5)


class Attempt(NamedTuple):
    """One that may be made now (*wait* is 0), or not for *wait* seconds."""

    id: str
    keys: tuple[str, ...]
    wait: int


class Throttle:
    """Counts attempts at *purpose* in *store*; *secret* keys the digests. StoreUnavailable where it cannot count."""

    def __init__(self, store: DurableStore, secret: str, purpose: str, limits: Limits) -> None:
        self._store = store
        self._secret = secret.encode()[:64]
        self._purpose = purpose
        self.limits = limits

    def begin(self, account: str, address: str) -> Attempt:
        """Count an attempt, if it may be made; its outcome is told by one of the other three."""
        keys, now = self._keys(account, address), time.time()
        with self._store.write() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.at <= now - WINDOW_SECONDS))
            wait = max(_wait(connection, key, most, now) for key, most in zip(keys, self.limits, strict=True))
            attempt = Attempt(uuid.uuid4().hex, keys, wait)
            if not wait:
                rows = [{"id": attempt.id, "key": key, "at": now, "pending": True} for key in keys]
                connection.execute(insert(ATTEMPTS), rows)
        return attempt

    def failed(self, attempt: Attempt) -> None:
        """It was wrong."""
        with self._store.write() as connection:
            connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == attempt.id).values(pending=False))

    def undecided(self, attempt: Attempt) -> None:
        """It was neither right nor wrong: OMERO did not answer. It does not count."""
        with self._store.write() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.id == attempt.id))

    def succeeded(self, attempt: Attempt) -> None:
        """It was right; this clears what was wrong with this account from this address."""
        mine = (ATTEMPTS.c.id == attempt.id) | (ATTEMPTS.c.key == attempt.keys[0])
        with self._store.write() as connection:
            connection.execute(delete(ATTEMPTS).where(mine))

    def _keys(self, account: str, address: str) -> tuple[str, ...]:
        """Of the pair, the address and the account: the order of ``Limits``."""
        name = account.lower()
        parts = (f"pair\0{name}\0{address}", f"address\0{address}", f"account\0{name}")
        texts = (f"{self._purpose}\0{part}".encode("utf-8", "surrogatepass") for part in parts)
        return tuple(blake2b(text, digest_size=32, key=self._secret).hexdigest() for text in texts)


def _wait(connection: Connection, key: str, most: int, now: float) -> int:
    """Seconds until *key* may be tried again; 0: now."""
    query = select(ATTEMPTS.c.at, ATTEMPTS.c.pending).where(ATTEMPTS.c.key == key).order_by(ATTEMPTS.c.at.desc())
    rows = connection.execute(query).all()
    if len(rows) < most:
        return 0
    wrong = [row.at for row in rows if not row.pending]
    # Those under way may well be right: a class that logs in all at once waits for no more than that.
    return int(WINDOW_SECONDS - (now - wrong[most - 1])) + 1 if len(wrong) >= most else SHORT_WAIT
