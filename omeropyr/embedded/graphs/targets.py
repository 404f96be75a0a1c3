"""What a request is pointed at: names and ids as clients write them, checked, as rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from omeropyr.embedded.graphs.names import kind_named
from omeropyr.embedded.graphs.rows import Row, Rows
from omeropyr.embedded.graphs.rules import TARGETS
from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.permissions import Level, Rights, global_rights, guard_of, level
from omeropyr.embedded.schema import OWNER

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction


class GraphRefused(Exception):
    """The operation would break something, or the caller may not do it; nothing was changed."""


def rights_in(tx: Transaction) -> Callable[[Row], Rights]:
    """A function that says what the caller may do with a row."""

    def of(row: Row) -> Rights:
        if row.owner is None:
            return global_rights(tx.actor, row.kind)
        return tx.loader.rights(row.owner, row.group, guard_of(row.kind, row.repo))

    return of


def level_in(tx: Transaction) -> Callable[[Row], Level]:
    """A function that gives the permission level of the group a row is in."""
    return lambda row: level(tx.groups.get(row.group or 0, 0))


def target_kind(name: str) -> Kind:
    """The class that a client names; GraphRefused for one that is not there."""
    try:
        return kind_named(name)
    except KeyError:
        raise GraphRefused(f"there is no class {name}") from None


def is_legal(request: str, kind: Kind) -> bool:
    """Whether a request can be pointed at a class: it, or what it derives from, is among the request's targets."""
    current: Kind | None = kind
    while current is not None:
        if current.name in TARGETS[request]:
            return True
        current = current.base
    return False


def target_rows(
    tx: Transaction, request: str, objects: Mapping[str, Sequence[int]] | None, *, strict: bool = True
) -> list[Row]:
    """The rows of ``targetObjects``; GraphRefused for a class out of the request's reach or a missing object.

    An object that the caller may not see is as good as missing.
    """
    rows: dict[tuple[str, int], Row] = {}
    reader, rights = Rows(tx.connection), rights_in(tx)
    for name, ids in (objects or {}).items():
        kind = target_kind(name)
        if not is_legal(request, kind):
            raise GraphRefused(f"{kind.name} is not a class that {request} can be pointed at")
        wanted = set(ids or ())
        found = [row for row in reader.by_id(kind, wanted) if rights(row).read]
        missing = wanted - {row.id for row in found}
        if missing and strict:
            raise GraphRefused(f"there is no {kind.name}[{min(missing)}]")
        rows.update({(row.root, row.id): row for row in found})
    return list(rows.values())


def owned_rows(
    tx: Transaction, request: str, users: Collection[int], groups: Collection[int] | None = None
) -> list[Row]:
    """Everything that users own and a request can be pointed at; of some groups, or of all."""
    if not users:
        return []
    reader = Rows(tx.connection)
    found = []
    for root in model().roots:
        if not root.is_global and any(is_legal(request, kind) for kind in root.tree()):
            found += [row for _, row in reader.pointing(root, OWNER, users) if is_legal(request, model()[row.kind])]
    return [row for row in found if groups is None or row.group in groups]


def named(row: Row) -> str:
    """``Image[5]``, as OMERO's messages have it."""
    return f"{row.kind}[{row.id}]"


def of_roots(rows: Collection[Row]) -> dict[str, set[int]]:
    """Ids by the class of their table."""
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row.root, set()).add(row.id)
    return found
