"""Deleting a graph: what goes, what has to be let go of, and the files that are left over afterwards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omeropyr.embedded import scripts
from omeropyr.embedded.graphs import checks
from omeropyr.embedded.graphs.files import Leftovers, leftovers
from omeropyr.embedded.graphs.names import as_response
from omeropyr.embedded.graphs.options import Options, class_names
from omeropyr.embedded.graphs.policy import Policy
from omeropyr.embedded.graphs.rows import Rows
from omeropyr.embedded.graphs.targets import rights_in, target_rows
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.model import model

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction


@dataclass(frozen=True)
class Deletion:
    """A deletion that nothing forbids: ids by full class name, pointers to cut, and the files to remove after it."""

    tx: Transaction
    walk: Walk
    cuts: checks.Cuts
    files: Leftovers

    @property
    def objects(self) -> dict[str, list[int]]:
        """What is deleted, as the response has it."""
        return as_response((node.row.kind, node.row.id) for node in self.walk.each())


def plan(
    tx: Transaction,
    objects: Mapping[str, Sequence[int]] | None,
    options: Sequence[Any] | None = None,
    ignored: Collection[str] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Deletion:
    """Find out what goes with *objects*; GraphRefused when it may not."""
    rows = Rows(tx.connection)
    walk = Walk(rows, Policy(rights_in(tx)), Options(options), class_names(ignored), check)
    walk.run(target_rows(tx, "Delete2", objects))
    checks.check_permissions(walk)
    checks.check_filesets(walk)
    checks.check_tags(walk)
    cuts = checks.cuts_from_outside(walk)
    return Deletion(tx, walk, cuts, leftovers(tx, walk.nodes))


def carry_out(deletion: Deletion) -> None:
    """Cut and delete."""
    rows = deletion.walk.rows
    for (kind, field), ids in deletion.cuts.items():
        rows.assign(model()[kind], ids, field, None)
    for name, nodes in deletion.walk.nodes.items():
        rows.delete(model()[name], list(nodes))
    scripts.forget(deletion.tx, deletion.walk.nodes.get("OriginalFile", ()))
    deletion.tx.log(("DELETE", node.row.kind, node.row.id) for node in deletion.walk.each())
