"""How long an account waits after wrong passwords, and work that is done in a while."""

from __future__ import annotations

import threading

import pytest

from omeropyr.embedded import throttle as throttles
from omeropyr.embedded.later import Later
from omeropyr.embedded.throttle import LONGEST_SECONDS, Throttle


def test_each_failure_makes_the_next_answer_later() -> None:
    throttle = Throttle()
    assert [throttle.failed("ann") for _ in range(6)] == [0.5, 1.0, 2.0, 3.0, 3.0, LONGEST_SECONDS]
    assert throttle.blocked("ann")
    assert not throttle.blocked("bob")
    assert throttle.wait("bob") == 0


def test_those_who_wait_come_one_after_another() -> None:
    throttle = Throttle()
    throttle.failed("ann")
    waits = [throttle.wait("ann") for _ in range(3)]
    assert [round(wait or 0, 1) for wait in waits] == [0.5, 1.0, 1.5]


def test_the_right_password_ends_it() -> None:
    throttle = Throttle()
    throttle.failed("ann")
    throttle.succeeded("ann")
    assert (throttle.blocked("ann"), throttle.wait("ann"), throttle.failed("ann")) == (False, 0, 0.5)


def test_a_place_is_free_again_when_its_attempt_was_looked_at() -> None:
    throttle = Throttle()
    for _ in range(5):
        throttle.failed("ann")
    assert all(throttle.wait("ann") for _ in range(16))
    assert throttle.wait("ann") is None
    throttle.waited("ann")
    assert throttle.wait("ann")


def test_many_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles, "_MOST_ACCOUNTS", 10)
    throttle = Throttle()
    for number in range(100):
        throttle.failed(f"name-{number}")
    assert len(throttle._accounts) <= 10
    assert throttle.blocked("name-99")


def test_work_is_done_in_the_order_of_its_time_and_what_fails_stops_nothing() -> None:
    later, finished = Later(), threading.Event()
    done: list[str] = []
    later.after(0.2, lambda: done.append("third"))
    later.after(0.2, finished.set)
    later.after(0.0, lambda: done.append(str(1 / 0)))
    later.after(0.1, lambda: done.append("second"))
    later.after(0.0, lambda: done.append("first"))
    assert finished.wait(5)
    assert done == ["first", "second", "third"]
    later.close()


def test_what_is_left_is_done_when_the_clock_stops() -> None:
    later = Later()
    done: list[str] = []
    later.after(3600, lambda: done.append("waiting"))
    later.close()
    later.after(3600, lambda: done.append("afterwards"))
    assert done == ["waiting", "afterwards"]
