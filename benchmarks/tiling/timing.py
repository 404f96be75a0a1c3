"""Times of works that take turns, so that a busy moment of the machine meets all of them."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[int], object]
Batch = Callable[[Sequence[int]], tuple[Sequence[float], float]]
"""Seconds of each piece of work, by their numbers, and the processor's seconds of all."""


@dataclass(frozen=True)
class Result:
    """Of one work, in milliseconds: the medians of its rounds, what the processor spent a piece, the slowest twentieth.

    What a processor needs hardly changes when others want it too; what a user waits for does.
    """

    rounds: tuple[float, ...]
    processor: tuple[float, ...]
    p95: float

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.rounds)


def alone(work: Work) -> Batch:
    """Each piece timed by itself, in this process."""

    def run(numbers: Sequence[int]) -> tuple[list[float], float]:
        times = []
        processor = time.process_time()
        for number in numbers:
            began = time.perf_counter()
            work(number)
            times.append(time.perf_counter() - began)
        return times, time.process_time() - processor

    return run


def take_turns(works: Mapping[str, Batch], rounds: int, pieces: int) -> dict[str, Result]:
    """All works in turn, *rounds* times, the same pieces for each; one round before them is not counted."""
    for batch in works.values():
        batch(range(min(pieces, 4)))
    medians: dict[str, list[float]] = {name: [] for name in works}
    processor: dict[str, list[float]] = {name: [] for name in works}
    every: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name, batch in works.items():
            times, spent = batch(range(number * pieces, (number + 1) * pieces))
            medians[name].append(1000 * statistics.median(times))
            processor[name].append(1000 * spent / len(times))
            every[name] += [1000 * one for one in times]
    return {
        name: Result(tuple(medians[name]), tuple(processor[name]), sorted(every[name])[int(0.95 * len(every[name]))])
        for name in works
    }


def ratio(above: Result, *below: Result) -> float:
    """The median over the rounds of one work's time by the sum of others' in the same round."""
    return _ratio(above.rounds, [one.rounds for one in below])


def processor_ratio(above: Result, *below: Result) -> float:
    """The same of what the processor spent."""
    return _ratio(above.processor, [one.processor for one in below])


def _ratio(above: Sequence[float], below: Sequence[Sequence[float]]) -> float:
    sums = [sum(parts) for parts in zip(*below, strict=True)]
    return statistics.median(one / other for one, other in zip(above, sums, strict=True))


@dataclass(frozen=True)
class Scaling:
    """Pieces a second on one thread, and how many times that on two: by the clock, and without queueing.

    ``quiet`` rounds are those in which threads hardly waited for a processor that others had; where there are any, the
    figures are theirs. ``unqueued`` leaves that waiting out. On a busy machine it is the only figure that says
    something, as long as work that holds the lock of Python shows about 1 by it.
    """

    rate: float
    times: float
    unqueued: float
    quiet: int


@dataclass(frozen=True)
class _Run:
    """Pieces a second, by the clock and without the time in the queue for a processor, and that time's share."""

    rate: float
    unqueued: float
    queued: float


def scaling(works: Mapping[str, Work], rounds: int, pieces: int) -> dict[str, Scaling]:
    """Each work on one and two threads; they take turns, and pure Python with them to compare."""
    all_works = {**works, "pure Python": lambda _number: sum(range(20_000))}
    found: dict[str, list[tuple[_Run, _Run, _Run]]] = {name: [] for name in all_works}
    for attempt in range(_ATTEMPTS * rounds):
        if attempt >= rounds and all(len(_quiet(runs)) >= rounds for runs in found.values()):
            break
        for name, work in all_works.items():
            found[name].append((_rate(work, pieces, 1), _rate(work, pieces, 2), _rate(work, pieces, 1)))
    return {name: _scaled(runs) for name, runs in found.items()}


_ATTEMPTS = 4  # times as many rounds as wanted, when others are busy
_BUSY = 0.04  # of the time in the queue: too much to be quiet


def _quiet(runs: Sequence[tuple[_Run, _Run, _Run]]) -> list[tuple[_Run, _Run, _Run]]:
    return [row for row in runs if max(run.queued for run in row) < _BUSY]


def _scaled(runs: Sequence[tuple[_Run, _Run, _Run]]) -> Scaling:
    quiet = _quiet(runs)
    rows = quiet or runs
    return Scaling(
        statistics.median(before.rate for before, _, _ in rows),
        statistics.median(2 * two.rate / (before.rate + after.rate) for before, two, after in rows),
        statistics.median(2 * two.unqueued / (before.unqueued + after.unqueued) for before, two, after in rows),
        len(quiet),
    )


def _rate(work: Work, pieces: int, threads: int) -> _Run:
    queued = []

    def run(first: int) -> None:
        start = _queued()
        for number in range(first, first + pieces):
            work(number)
        queued.append(_queued() - start)

    running = [threading.Thread(target=run, args=(index * pieces,)) for index in range(threads)]
    began = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    took = time.perf_counter() - began
    waited = statistics.mean(queued)
    return _Run(threads * pieces / took, threads * pieces / max(took - waited, 1e-9), waited / took)


def _queued() -> float:
    """Seconds that this thread was ready and had no processor; Linux tells."""
    try:
        told = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(told.split()[1]) / 1e9
