"""Guessing passwords is slowed down, for an account from an address, for an address, for an account."""

from __future__ import annotations

import pytest

from omeropyr.security import throttle
from omeropyr.security.throttle import MOST_PER_ACCOUNT, MOST_PER_ADDRESS, MOST_PER_PAIR, WINDOW_SECONDS, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(throttle, "time", made)
    return made


def fail(one: Throttle, times: int, account: str = "ann", address: str = "1.2.3.4") -> None:
    for _ in range(times):
        assert one.wait(account, address) == 0
        one.failed(account, address)


def test_an_account_pauses_for_the_address_that_guessed(clock: Clock) -> None:
    one = Throttle()
    fail(one, MOST_PER_PAIR)
    assert one.wait("ann", "1.2.3.4") == WINDOW_SECONDS + 1
    assert one.wait("ANN", "1.2.3.4") == WINDOW_SECONDS + 1
    assert one.wait("ann", "4.3.2.1") == 0
    assert one.wait("bob", "1.2.3.4") == 0
    clock.now += WINDOW_SECONDS - 10
    assert one.wait("ann", "1.2.3.4") == 11
    clock.now += 11
    assert one.wait("ann", "1.2.3.4") == 0


def test_an_address_pauses_for_all_accounts(clock: Clock) -> None:
    one = Throttle()
    for number in range(MOST_PER_ADDRESS):
        fail(one, 1, account=f"user{number}")
    assert one.wait("ann", "1.2.3.4") > 0
    assert one.wait("ann", "4.3.2.1") == 0


def test_many_addresses_together_guess_slowly(clock: Clock) -> None:
    one = Throttle()
    for number in range(MOST_PER_ACCOUNT):
        fail(one, 1, address=f"10.0.0.{number}")
    assert one.wait("ann", "4.3.2.1") > 0
    assert one.wait("bob", "4.3.2.1") == 0


def test_the_right_password_begins_anew(clock: Clock) -> None:
    one = Throttle()
    fail(one, MOST_PER_PAIR - 1)
    one.succeeded("ann", "1.2.3.4")
    fail(one, MOST_PER_PAIR)
    assert one.wait("ann", "1.2.3.4") > 0


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_KEYS", 10)
    one = Throttle()
    for number in range(100):
        one.failed(f"user{number}", f"10.0.0.{number}")
    assert len(one._failures) == 10
