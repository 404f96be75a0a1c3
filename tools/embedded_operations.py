"""Write the table of services and operations into docs/embedded.md; ``--check`` says whether it is true."""

from __future__ import annotations

import sys
from pathlib import Path

from omeropyr.embedded import services
from omeropyr.embedded.dispatch import operations
from omeropyr.embedded.services.factory import ServiceFactory

PAGE = Path(__file__).resolve().parent.parent / "docs" / "embedded.md"
BEGIN, END = "<!-- operations: written by tools/embedded_operations.py -->", "<!-- /operations -->"


def table() -> str:
    """One row a service: what is there, what answers InternalException with its name."""
    rows = ["| service | there | not there |", "|---|---|---|"]
    known = {"omero.api.ServiceFactory": ServiceFactory}
    for name in (*services.STATELESS, *services.STATEFUL):
        service = services.stateless(name) or services.stateful(name)
        known[name] = type(service)  # type: ignore[assignment]
    for name, cls in sorted(known.items()):
        every = operations(cls.slice_type)
        missing = sorted(one for one in every if not hasattr(cls, one))
        rows.append(f"| {name} | {len(every) - len(missing)} of {len(every)} | {', '.join(missing) or '–'} |")
    return "\n".join(rows)


def main() -> int:
    """Rewrite the page, or with ``--check`` say whether it is true."""
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--check" in sys.argv:
        if wanted != text:
            print("docs/embedded.md is behind the code: python tools/embedded_operations.py", file=sys.stderr)
        return int(wanted != text)
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
