"""Moving a graph to another group, or giving it to another user: what goes along, which links are cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from omeropyr.embedded.graphs import checks
from omeropyr.embedded.graphs.files import Leftovers, leftovers
from omeropyr.embedded.graphs.names import as_response
from omeropyr.embedded.graphs.options import Options
from omeropyr.embedded.graphs.policy import Fate, GivePolicy, MovePolicy, Policy
from omeropyr.embedded.graphs.rows import Row, Rows
from omeropyr.embedded.graphs.rules import ANNOTATION_LINKS, LINKS
from omeropyr.embedded.graphs.targets import GraphRefused, level_in, named, rights_in
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.model import FieldKind, Kind, model
from omeropyr.embedded.permissions import Level, level
from omeropyr.embedded.schema import GROUP, OWNER

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

_INSEPARABLE = frozenset(
    {
        *(("Image", name) for name in ("imagingEnvironment", "instrument", "stageLabel", "experiment")),
        ("Annotation", "file"),
        ("Shape", "transform"),
    }
)
"""Pointers that could be null but are never cut: an image does not lose its instrument because another uses it."""


@dataclass
class Transfer:
    """What goes to the new group or owner, what is deleted because it cannot go, and which pointers are cut."""

    tx: Transaction
    rows: Rows
    column: str
    value: int
    going: dict[str, list[Row]] = field(default_factory=dict)
    deleted: dict[str, list[Row]] = field(default_factory=dict)
    cuts: checks.Cuts = field(default_factory=dict)
    files: Leftovers = field(default_factory=Leftovers)

    @property
    def included(self) -> dict[str, list[int]]:
        """What goes, as the response has it."""
        return as_response((row.kind, row.id) for rows in self.going.values() for row in rows)

    @property
    def lost(self) -> dict[str, list[int]]:
        """What is deleted, as the response has it."""
        return as_response((row.kind, row.id) for rows in self.deleted.values() for row in rows)

    def carry_out(self) -> None:
        """Cut, delete, and change the group or the owner of the rest."""
        for (kind, name), ids in self.cuts.items():
            self.rows.assign(model()[kind], ids, name, None)
        for name, rows in self.deleted.items():
            self.rows.delete(model()[name], [row.id for row in rows])
        self.tx.log(("DELETE", row.kind, row.id) for rows in self.deleted.values() for row in rows)
        for name, rows in self.going.items():
            self.rows.assign(model()[name], [row.id for row in rows], self.column, self.value)


class _Link(NamedTuple):
    row: Row
    ends: tuple[Row | None, Row | None]
    """Parent and child where they go; null for an end that stays."""
    anywhere: bool
    """Whether an end that stays belongs to no group, as a user's account."""


def move(
    tx: Transaction,
    targets: Sequence[Row],
    group_id: int,
    options: Sequence[Any] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Transfer:
    """Plan a move to a group; GraphRefused when it may not be."""
    to = level(tx.groups[group_id])
    walk = _walk(tx, MovePolicy(rights_in(tx), to), options, check)
    walk.run(row for row in targets if row.group != group_id)
    _check(walk)
    plan = _plan(tx, walk, GROUP, group_id)
    for link in _links(walk):
        whole = all(link.ends) or link.anywhere
        same = not all(link.ends) or len({end.owner for end in link.ends if end}) == 1
        target = plan.going if whole and (same or to.read) else plan.deleted
        target.setdefault(link.row.root, []).append(link.row)
    _cut(walk, plan, lambda _: True)
    return plan


def give(
    tx: Transaction,
    targets: Sequence[Row],
    user_id: int,
    options: Sequence[Any] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Transfer:
    """Plan a gift to a user; GraphRefused when it may not be."""
    level_of = level_in(tx)
    walk = _walk(tx, GivePolicy(rights_in(tx), level_of), options, check)
    walk.run(row for row in targets if row.owner != user_id)
    _check(walk)
    plan = _plan(tx, walk, OWNER, user_id)
    for link in _links(walk):
        if all(link.ends):
            if link.row.owner in {end.owner for end in link.ends if end}:
                plan.going.setdefault(link.row.root, []).append(link.row)
        elif not link.anywhere and _breaks(link.row, level_of(link.row)):
            plan.deleted.setdefault(link.row.root, []).append(link.row)
    _cut(walk, plan, lambda row: not level_of(row).read)
    return plan


def _breaks(link: Row, within: Level) -> bool:
    """Whether a link between two owners' objects cannot be in a group of this level."""
    return not within.read if link.kind in ANNOTATION_LINKS else not within.write


def _walk(tx: Transaction, policy: Policy, options: Sequence[Any] | None, check: Callable[[], None]) -> Walk:
    return Walk(Rows(tx.connection), policy, Options(options), check=check)


def _check(walk: Walk) -> None:
    checks.check_permissions(walk)
    checks.check_filesets(walk)
    checks.check_tags(walk)


def _plan(tx: Transaction, walk: Walk, column: str, value: int) -> Transfer:
    plan = Transfer(tx, walk.rows, column, value)
    for fate, rows in ((Fate.GO, plan.going), (Fate.DELETE, plan.deleted)):
        for name, nodes in checks.of_fate(walk, fate).items():
            rows[name] = [node.row for node in nodes]
    plan.files = leftovers(tx, {name: [row.id for row in rows] for name, rows in plan.deleted.items()})
    return plan


def _links(walk: Walk) -> Iterator[_Link]:
    """Every link that has an end that goes or is deleted."""
    for name in LINKS:
        link = model()[name]
        kinds = {end: model()[link.fields[end].type].root for end in ("parent", "child")}
        found: dict[int, Row] = {}
        for end, kind in kinds.items():
            nodes = walk.nodes.get(kind.name)
            if nodes:
                found.update((row.id, row) for _, row in walk.rows.pointing(link, end, list(nodes)))
        if found:
            ends = {end: dict(walk.rows.pointers(link, end, list(found))) for end in kinds}
            for link_id, row in found.items():
                if not walk.has(name, link_id):
                    parent, child = (_going(walk, kinds[end], ends[end].get(link_id)) for end in ("parent", "child"))
                    anywhere = kinds["parent"].is_global and child is not None
                    yield _Link(row, (parent, child), anywhere)


def _going(walk: Walk, kind: Kind, object_id: int | None) -> Row | None:
    node = walk.nodes.get(kind.name, {}).get(object_id or 0)
    return node.row if node is not None and node.fate is Fate.GO else None


def _cut(walk: Walk, plan: Transfer, torn: Callable[[Row], bool]) -> None:
    """Cut pointers between what goes and what stays, where they are *torn*; GraphRefused for those that cannot be."""
    for name, rows in plan.going.items():
        for kind_field in _pointers(model()[name]):
            _cut_forward(walk, plan, kind_field, [row for row in rows if torn(row)])
    moving = Walk(walk.rows, walk.policy, Options(None))
    moving.nodes = {
        name: {one: node for one, node in nodes.items() if node.fate is Fate.DELETE or torn(node.row)}
        for name, nodes in walk.nodes.items()
    }
    for key, ids in checks.cuts_from_outside(moving, walk).items():
        plan.cuts.setdefault(key, set()).update(ids)


def _pointers(kind: Kind) -> list[tuple[Kind, str, Kind]]:
    """(class, field, target) of the pointers of a table to objects of groups."""
    if kind.name in LINKS:
        return []
    return [
        (kind, item.name, model()[item.type].root)
        for item in kind.all_fields.values()
        if item.kind is FieldKind.ENTITY and not model()[item.type].is_global
    ]


def _cut_forward(walk: Walk, plan: Transfer, pointer: tuple[Kind, str, Kind], rows: Sequence[Row]) -> None:
    kind, name, target = pointer
    known: Mapping[int, Row] = {row.id: row for row in rows}
    for object_id, target_id in walk.rows.pointers(kind, name, list(known)):
        if _going(walk, target, target_id) is not None:
            continue
        if not kind.all_fields[name].nullable or (kind.name, name) in _INSEPARABLE:
            verb = walk.policy.verb
            raise GraphRefused(f"may not {verb} {named(known[object_id])} while {target.name}[{target_id}] remains")
        plan.cuts.setdefault((kind.name, name), set()).add(object_id)
