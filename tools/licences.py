"""Print the licences of everything installed beside omeropyr; fail on one that may not be there.

No AGPL at run time; GPL-3 and Apache-2.0-only libraries only as extras (CONTRIBUTING.md). The list is read from the
distributions' own metadata, so it is as true as they are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

FORBIDDEN = re.compile(r"AGPL|Affero", re.IGNORECASE)


def licence_of(dist: Distribution) -> str:
    """The licence as the distribution states it: expression, classifier or first line of the free text."""
    metadata = dist.metadata
    if metadata.get("License-Expression"):
        return str(metadata["License-Expression"])
    stated = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    classifiers = [line.rpartition(" :: ")[2] for line in stated]
    text = (metadata.get("License") or "").strip().splitlines()
    return ", ".join(name for name in classifiers if name != "OSI Approved") or (text[0] if text else "not stated")


def runtime_closure(root: str) -> Iterator[Distribution]:
    """Every distribution that *root* needs at run time, itself included."""
    seen: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in seen:
            continue
        seen.add(key)
        try:
            dist = distribution(name)
        except PackageNotFoundError:
            continue
        yield dist
        for line in dist.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)


def main() -> int:
    """Print one line for each distribution; return 1 when one is forbidden."""
    rows = sorted((dist.metadata["Name"], dist.version, licence_of(dist)) for dist in runtime_closure("omeropyr"))
    for name, version, licence in rows:
        print(f"{name:24} {version:12} {licence}")
    refused = [name for name, _, licence in rows if FORBIDDEN.search(licence)]
    if refused:
        print(f"AGPL is not allowed at run time: {', '.join(refused)}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
