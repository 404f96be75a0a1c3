"""A server that is away: who is turned away, who may try, and how soon it is in use again."""

from __future__ import annotations

import pytest

from omeropyr.connection import breaker as breakers
from omeropyr.connection.breaker import FIRST_PAUSE, LONGEST_PAUSE, TRIAL_SECONDS, Breaker
from omeropyr.errors import OmeroUnavailable


class Clock:
    """What ``time.monotonic`` says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(breakers, "time", made)
    return made


def turned_away(breaker: Breaker) -> int:
    """When to try again, in seconds; 0: go on."""
    try:
        breaker.enter()
    except OmeroUnavailable as error:
        return error.retry_after
    return 0


def test_a_server_that_works_turns_nobody_away(clock: Clock) -> None:
    breaker = Breaker()
    breaker.heard()
    assert [turned_away(breaker) for _ in range(3)] == [0, 0, 0]
    assert (breaker.is_open, breaker.heard_at) == (False, 1000.0)


def test_one_tries_while_the_others_wait(clock: Clock) -> None:
    breaker = Breaker()
    breaker.failed()
    assert turned_away(breaker) == 1
    clock.now += FIRST_PAUSE
    assert [turned_away(breaker) for _ in range(3)] == [0, 1, 1]
    breaker.heard()
    assert [turned_away(breaker) for _ in range(3)] == [0, 0, 0]


def test_who_tries_and_is_never_heard_of_is_replaced(clock: Clock) -> None:
    breaker = Breaker()
    breaker.failed()
    clock.now += FIRST_PAUSE
    assert turned_away(breaker) == 0
    clock.now += TRIAL_SECONDS
    assert [turned_away(breaker), turned_away(breaker)] == [0, 1]


def test_pauses_grow_and_those_who_fail_together_count_once(clock: Clock) -> None:
    breaker = Breaker()
    pauses = []
    for _ in range(5):
        for _ in range(20):
            breaker.failed()
        began = clock.now
        while turned_away(breaker):
            clock.now += 0.25
        pauses.append(clock.now - began)
    assert pauses == [0.5, 1.0, 2.0, LONGEST_PAUSE, LONGEST_PAUSE]


def test_connections_from_before_are_doubted(clock: Clock) -> None:
    breaker = Breaker()
    breaker.doubt()
    assert (breaker.doubted_at, breaker.is_open) == (1000.0, False)
    clock.now += 5
    breaker.failed()
    assert (breaker.doubted_at, breaker.is_open) == (1005.0, True)
