"""What is in objects, and what objects are in, over any number of steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from omeropyr.embedded.graphs.options import Options
from omeropyr.embedded.graphs.policy import ChildPolicy
from omeropyr.embedded.graphs.rows import Row, Rows
from omeropyr.embedded.graphs.rules import LINKS, MEMBERS, PARTS, SHARED
from omeropyr.embedded.graphs.targets import rights_in
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.model import Kind, model

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

_BESIDE = frozenset({"FileAnnotation"})  # its file is not in it twice


def children(
    tx: Transaction,
    targets: Sequence[Row],
    wanted: Collection[str],
    excluded: Collection[str],
    check: Callable[[], None],
) -> list[Row]:
    """Objects of the classes *wanted* below *targets*; the search does not pass those *excluded*."""
    walk = Walk(Rows(tx.connection), ChildPolicy(rights_in(tx)), Options(None), excluded, check)
    walk.run(targets)
    return _found((node.row for node in walk.each()), targets, wanted)


def parents(
    tx: Transaction,
    targets: Sequence[Row],
    wanted: Collection[str],
    excluded: Collection[str],
    check: Callable[[], None],
) -> list[Row]:
    """Objects of the classes *wanted* above *targets*; the search does not pass those *excluded*."""
    search = _Upwards(Rows(tx.connection), frozenset(excluded), lambda row: rights_in(tx)(row).read)
    search.add(targets)
    while search.fresh:
        check()
        root = model()[next(iter(search.fresh))]
        search.above(root, search.fresh.pop(root.name))
    return _found(search.rows.values(), targets, wanted)


def _found(rows: Iterable[Row], targets: Sequence[Row], wanted: Collection[str]) -> list[Row]:
    start = set(targets)
    return [row for row in rows if row.kind in wanted and row not in start]


class _Upwards:
    def __init__(self, reader: Rows, excluded: frozenset[str], visible: Callable[[Row], bool]) -> None:
        self._reader = reader
        self._excluded = excluded
        self._visible = visible
        self.rows: dict[tuple[str, int], Row] = {}
        self.fresh: dict[str, set[int]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            key = (row.root, row.id)
            if key not in self.rows and row.kind not in self._excluded and self._visible(row):
                self.rows[key] = row
                self.fresh.setdefault(row.root, set()).add(row.id)

    def above(self, root: Kind, ids: Collection[int]) -> None:
        """Everything one step above objects of one table."""
        for part in PARTS:
            if self._is(part.part, root) and part.part not in _BESIDE:
                self._from(part.part, part.field, part.whole, ids, forward=not part.forward)
        for shared in SHARED:
            if self._is(shared.target, root) and shared.target != "Fileset":
                self._from(shared.target, shared.field, shared.user, ids, forward=False)
        for member in MEMBERS:
            if self._is(member.member, root):
                self._from(member.member, member.field, member.whole, ids, forward=True)
        for name in LINKS:
            link = model()[name]
            if root is link:
                self._from(name, "parent", link.fields["parent"].type, ids, forward=True)
            elif self._is(link.fields["child"].type, root):
                self.add(row for _, row in self._reader.pointing(link, "child", ids))

    @staticmethod
    def _is(kind: str, root: Kind) -> bool:
        return model()[kind].root is root

    def _from(self, lower: str, field: str, upper: str, ids: Collection[int], *, forward: bool) -> None:
        if forward:
            pointers = self._reader.pointers(model()[lower], field, ids)
            self.add(self._reader.by_id(model()[upper], {target for _, target in pointers}))
        else:
            self.add(row for _, row in self._reader.pointing(model()[upper], field, ids))
