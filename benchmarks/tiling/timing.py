"""Times of works that take turns, so that a busy moment of the machine meets all of them."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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


def scaling(works: Mapping[str, Work], rounds: int, pieces: int) -> dict[str, tuple[float, float]]:
    """Pieces a second on one thread, and how many times that on two; the works take turns."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            before, two, after = _rate(work, pieces, 1), _rate(work, pieces, 2), _rate(work, pieces, 1)
            rates[name].append(((before + after) / 2, two))
    return {
        name: (
            statistics.median(one for one, _ in found),
            statistics.median(two / one for one, two in found),
        )
        for name, found in rates.items()
    }


def _rate(work: Work, pieces: int, threads: int) -> float:
    def run(first: int) -> None:
        for number in range(first, first + pieces):
            work(number)

    running = [threading.Thread(target=run, args=(index * pieces,)) for index in range(threads)]
    began = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return threads * pieces / (time.perf_counter() - began)
