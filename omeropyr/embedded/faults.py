"""Faults on purpose, for tests of what stands in front of OMERO: latency, no answer, exceptions, lost connections.

Faults are there in instrument mode (``omeropyr embedded --instrument``), and for who holds the server object:
``server.faults.add(Fault("IQuery.*", "latency", seconds=0.3))``. In instrument mode the file ``faults.json`` in the
data folder says the same to a server in another process; see docs/instrument.md.
"""

from __future__ import annotations

import fnmatch
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import Ice
import omero

from omeropyr.embedded.later import Later

log = logging.getLogger(__name__)

KINDS = ("latency", "hang", "exception", "drop")


@dataclass(frozen=True)
class Fault:
    """What happens to an operation: its name (``IQuery.findByQuery``, ``Router.createSession``) or a pattern of names.

    ``latency``: it is done after *seconds*. ``hang``: it is not done until the fault is taken away. ``exception``: it
    fails with *exception*, a class of the module ``omero``. ``drop``: the client's connection is cut. *times* is how
    often, 0 for always.
    """

    operation: str
    do: str
    seconds: float = 0.0
    exception: str = "InternalException"
    message: str = "A fault on purpose."
    times: int = 0

    def __post_init__(self) -> None:
        if self.do not in KINDS:
            raise ValueError(f"A fault is one of {', '.join(KINDS)}, not {self.do!r}.")
        made = getattr(omero, self.exception, None)
        if not (isinstance(made, type) and issubclass(made, omero.ServerError)):
            raise ValueError(f"omero.{self.exception} is no exception of OMERO's operations.")
        if self.seconds < 0 or self.times < 0:
            raise ValueError("Seconds and times are not below 0.")

    def error(self) -> Exception:
        """The exception that the client gets."""
        return cast(Exception, getattr(omero, self.exception)(None, None, self.message))


class Faults:
    """The faults of one server, in the order in which they were added: the first that fits happens. Thread-safe."""

    def __init__(self, path: Path | None, later: Later) -> None:
        self.enabled = path is not None
        self._path = path
        self._later = later
        self._lock = threading.Lock()
        self._added: list[list[Any]] = []
        self._read: list[list[Any]] = []
        self._version: tuple[int, int, int] | None = None
        self._held: list[Callable[[], None]] = []
        self._freed = threading.Event()

    def add(self, fault: Fault) -> None:
        """One more fault."""
        with self._lock:
            self._added.append([fault, fault.times])
            self.enabled = True

    def clear(self) -> None:
        """Take all faults away, those of the file too until it changes; do now what hung."""
        with self._lock:
            self._added, self._read = [], []
        self._release()

    def hanging(self) -> int:
        """How many operations hang now that hold no thread."""
        with self._lock:
            return len(self._held)

    def meet(
        self, operation: str, current: Ice.Current, answer: Callable[[], None], fail: Callable[[Exception], None]
    ) -> bool:
        """Let the fault that fits *operation* happen, holding no thread; False when there is none.

        *answer* does the operation and answers, *fail* answers an exception.
        """
        fault = self._next(operation)
        if fault is None:
            return False
        if fault.do == "latency":
            # A thread of its own: operations that wait must not wait for each other.
            self._later.after(fault.seconds, lambda: threading.Thread(target=answer, name="late", daemon=True).start())
        elif fault.do == "hang":
            with self._lock:
                self._held.append(answer)
        elif fault.do == "exception":
            fail(fault.error())
        else:
            current.con.close(True)
            fail(fault.error())
        return True

    def suffer(self, operation: str, current: Ice.Current) -> None:
        """The same for an operation that answers in the thread that asks: raises the exception, or waits."""
        fault = self._next(operation)
        if fault is None:
            return
        if fault.do == "latency":
            time.sleep(fault.seconds)
        elif fault.do == "hang":
            with self._lock:
                freed = self._freed
            freed.wait()
        else:
            if fault.do == "drop":
                current.con.close(True)
            raise fault.error()

    def _next(self, operation: str) -> Fault | None:
        self._read_file()
        with self._lock:
            for entry in (*self._added, *self._read):
                fault, left = entry
                if fault.times and not left:
                    continue
                if fnmatch.fnmatchcase(operation, fault.operation):
                    entry[1] = left - 1
                    return cast(Fault, fault)
        return None

    def _read_file(self) -> None:
        if self._path is None:
            return
        version = _version(self._path)
        with self._lock:
            if version == self._version:
                return
            self._version = version
            self._read = [[fault, fault.times] for fault in _faults_in(self._path)] if version else []
        self._release()

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held, []
            freed, self._freed = self._freed, threading.Event()
        freed.set()
        for answer in held:
            self._later.after(0, answer)


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _faults_in(path: Path) -> list[Fault]:
    """The faults that a file lists; none, and a line in the log, when it cannot be understood."""
    known = {field.name for field in fields(Fault)}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries:
            if unknown := set(entry) - known:
                raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return [Fault(**entry) for entry in entries]
    except (OSError, ValueError, TypeError) as error:
        log.warning("faults.json is not understood: %s", error)
        return []
