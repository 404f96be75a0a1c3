"""One real Ice call over loopback, to see that a freshly built Ice works: ``python tools/ice/smoke.py``."""

from __future__ import annotations

import platform
import sys

import Glacier2
import Ice


class Router(Glacier2.Router):  # type: ignore[misc]
    """A router of which only one operation is asked."""

    def getCategoryForClient(self, current: Ice.Current | None = None) -> str:
        """Answer with the name of the operation, to show that the dispatch's context came through."""
        return f"asked {current.operation}" if current else "nobody"


def main() -> int:
    """Start a servant, call it, print what was answered."""
    communicator = Ice.initialize()
    try:
        adapter = communicator.createObjectAdapterWithEndpoints("smoke", "tcp -h 127.0.0.1")
        proxy = adapter.addWithUUID(Router())
        adapter.activate()
        answer = Glacier2.RouterPrx.checkedCast(proxy).getCategoryForClient()
    finally:
        communicator.destroy()
    print(f"Python {platform.python_version()}, Ice {Ice.stringVersion()}: {answer!r}")
    return 0 if answer == "asked getCategoryForClient" else 1


if __name__ == "__main__":
    sys.exit(main())
