"""Log lines: JSON for production, words for development; both carry the id of the request being served.

Named in the INI: ``class = omeropyr.logs.JsonFormatter``. Facts go into ``extra=``; they are the fields of the line.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import datetime, timezone

#: Id of the request this thread serves, or "-". Set and reset by the tween of ``omeropyr.connection``.
request_id: ContextVar[str] = ContextVar("omeropyr_request_id", default="-")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def facts(record: logging.LogRecord) -> dict[str, object]:
    """What the caller gave as ``extra=``."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, event, request_id, the facts, and a traceback where one is."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of *record*."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            "request_id": request_id.get(),
            **facts(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class ConsoleFormatter(logging.Formatter):
    """One line for a person: time, level, request, logger, event, facts; a traceback below where one is."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of *record*."""
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        said = " ".join(f"{name}={value}" for name, value in facts(record).items())
        line = (
            f"{time} {record.levelname[0]} {request_id.get()[:8]} {record.name}: {record.getMessage()} {said}".rstrip()
        )
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
