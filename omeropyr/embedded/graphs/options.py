"""``omero.cmd.graphs.ChildOption``: what the caller wants to go along, or to stay, whatever the rules say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import omero

from omeropyr.embedded.graphs.names import kind_named


@dataclass(frozen=True)
class Option:
    """Classes that go along although something else holds them, classes that stay, and for which namespaces."""

    include: frozenset[str]
    exclude: frozenset[str]
    include_ns: frozenset[str]
    exclude_ns: frozenset[str]

    def applies(self, namespace: str | None, is_annotation: bool) -> bool:
        """Whether an object in *namespace* is one that the option speaks of."""
        if not is_annotation:
            return True
        if self.include_ns:
            return namespace in self.include_ns
        return namespace not in self.exclude_ns


class Options:
    """All options of a request; the first one that speaks of an object decides."""

    def __init__(self, given: Sequence[Any] | None) -> None:
        self._options = [_option(one) for one in given or () if one is not None]

    def __bool__(self) -> bool:
        return bool(self._options)

    @property
    def by_namespace(self) -> bool:
        """Whether the namespace of an annotation matters."""
        return any(one.include_ns or one.exclude_ns for one in self._options)

    def wanted(self, kind: str, namespace: str | None, is_annotation: bool) -> bool | None:
        """True: it goes along, whatever holds it. False: it stays. None: it goes with the last that holds it."""
        for option in self._options:
            if option.applies(namespace, is_annotation):
                if kind in option.include:
                    return True
                if kind in option.exclude:
                    return False
        return None


def _option(given: Any) -> Option:
    return Option(
        class_names(given.includeType),
        class_names(given.excludeType),
        frozenset(given.includeNs or ()),
        frozenset(given.excludeNs or ()),
    )


def class_names(names: Iterable[str] | None) -> frozenset[str]:
    """The classes of these names with all classes below them; ApiUsageException for one that is not there."""
    found: set[str] = set()
    for name in names or ():
        if name in ("IAnnotationLink", "ome.model.IAnnotationLink"):
            from omeropyr.embedded.graphs.rules import ANNOTATION_LINKS

            found.update(ANNOTATION_LINKS)
            continue
        try:
            found.update(one.name for one in kind_named(name).tree())
        except KeyError:
            raise omero.ApiUsageException(None, None, f"There is no class {name!r}.") from None
    return frozenset(found)
