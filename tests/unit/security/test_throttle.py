"""Guessing passwords is slowed down, for an account from an address, for an address, for an account."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from omeropyr.security import throttle
from omeropyr.security.throttle import LOG_IN, LOST_PASSWORD, SHORT_WAIT, WINDOW_SECONDS, Limits, Throttle
from omeropyr.store import DurableStore
from omeropyr.store.tables import ATTEMPTS

SECRET = "0123456789abcdefghijklmnopqrstuvwxyz" * 2


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(throttle, "time", made)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DurableStore]:
    made = DurableStore(f"sqlite:///{tmp_path / 'store.db'}")
    yield made
    made.close()


def make(store: DurableStore, purpose: str = "log-in", limits: Limits = LOG_IN) -> Throttle:
    return Throttle(store, SECRET, purpose, limits)


def wait(one: Throttle, account: str = "ann", address: str = "1.2.3.4") -> int:
    """How long to wait, without leaving an attempt behind."""
    attempt = one.begin(account, address)
    if not attempt.wait:
        one.undecided(attempt)
    return attempt.wait


def fail(one: Throttle, times: int = 1, account: str = "ann", address: str = "1.2.3.4") -> None:
    for _ in range(times):
        attempt = one.begin(account, address)
        assert attempt.wait == 0
        one.failed(attempt)


def rows(store: DurableStore) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(ATTEMPTS)).all())


def test_an_account_pauses_for_the_address_that_guessed(store: DurableStore, clock: Clock) -> None:
    one = make(store)
    fail(one, LOG_IN.pair)
    assert wait(one) == WINDOW_SECONDS + 1
    assert wait(one, "ANN") == WINDOW_SECONDS + 1
    assert wait(one, "ann", "4.3.2.1") == 0
    assert wait(one, "bob") == 0
    clock.now += WINDOW_SECONDS - 10
    assert wait(one) == 11
    clock.now += 11
    assert wait(one) == 0
    assert rows(store) == []


def test_an_address_pauses_for_all_accounts(store: DurableStore, clock: Clock) -> None:
    one = make(store)
    for number in range(LOG_IN.address):
        fail(one, account=f"user{number}")
    assert wait(one) > SHORT_WAIT
    assert wait(one, address="4.3.2.1") == 0


def test_many_addresses_together_guess_slowly(store: DurableStore, clock: Clock) -> None:
    one = make(store)
    for number in range(LOG_IN.account):
        fail(one, address=f"10.0.0.{number}")
    assert wait(one, address="4.3.2.1") > SHORT_WAIT
    assert wait(one, "bob", "4.3.2.1") == 0


def test_the_right_password_begins_anew(store: DurableStore, clock: Clock) -> None:
    one = make(store)
    fail(one, LOG_IN.pair - 1)
    one.succeeded(one.begin("ann", "1.2.3.4"))
    fail(one, LOG_IN.pair)
    assert wait(one) > SHORT_WAIT


def test_what_was_neither_right_nor_wrong_does_not_count(store: DurableStore, clock: Clock) -> None:
    one = make(store)
    for _ in range(LOG_IN.pair * 3):
        attempt = one.begin("ann", "1.2.3.4")
        assert attempt.wait == 0
        one.undecided(attempt)
    assert rows(store) == []


def test_attempts_under_way_count_and_make_wait_for_a_moment(store: DurableStore, clock: Clock) -> None:
    one = make(store)
    under_way = [one.begin("ann", "1.2.3.4") for _ in range(LOG_IN.pair)]
    assert {attempt.wait for attempt in under_way} == {0}
    assert one.begin("ann", "1.2.3.4").wait == SHORT_WAIT
    one.undecided(under_way.pop())
    assert wait(one) == 0
    for attempt in under_way:
        one.failed(attempt)
    fail(one)
    assert one.begin("ann", "1.2.3.4").wait == WINDOW_SECONDS + 1


def test_many_at_once_do_not_slip_past(store: DurableStore) -> None:
    """R7: OMERO is asked no more often than the limit says, by however many processes and threads."""
    several = [make(store) for _ in range(4)]
    ready = threading.Barrier(20)

    def guess(number: int) -> int:
        ready.wait()
        return sum(several[number % 4].begin("ann", "1.2.3.4").wait == 0 for _ in range(5))

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(guess, range(20))) == LOG_IN.pair


def test_it_outlives_the_process_and_is_shared(store: DurableStore, tmp_path: Path, clock: Clock) -> None:
    fail(make(store), LOG_IN.pair)
    store.close()
    other = DurableStore(f"sqlite:///{tmp_path / 'store.db'}")
    assert wait(make(other)) == WINDOW_SECONDS + 1
    other.close()


def test_purposes_are_counted_apart(store: DurableStore, clock: Clock) -> None:
    fail(make(store), LOG_IN.pair)
    assert wait(make(store)) > 0
    lost = make(store, "lost password", LOST_PASSWORD)
    fail(lost, LOST_PASSWORD.pair)
    assert wait(lost) > 0


def test_neither_account_nor_address_is_stored(store: DurableStore, tmp_path: Path, clock: Clock) -> None:
    """Users type passwords where their name belongs."""
    fail(make(store), account="S3cr3t-name", address="198.51.100.7")
    store.close()
    for path in tmp_path.iterdir():
        assert b"S3cr3t" not in path.read_bytes()
        assert b"s3cr3t" not in path.read_bytes()
        assert b"198.51.100.7" not in path.read_bytes()
    fail(make(store), account="\ud800", address="")
