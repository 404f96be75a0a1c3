"""Making a group private: what joins objects of different owners, and cannot be there then, is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sqlalchemy import select

from omeropyr.embedded.graphs import checks
from omeropyr.embedded.graphs.delete import Deletion
from omeropyr.embedded.graphs.files import leftovers
from omeropyr.embedded.graphs.options import Options
from omeropyr.embedded.graphs.policy import Policy
from omeropyr.embedded.graphs.rows import Row, Rows
from omeropyr.embedded.graphs.rules import ANNOTATION_LINKS, CONTENT_LINKS
from omeropyr.embedded.graphs.targets import rights_in
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.model import model
from omeropyr.embedded.schema import GROUP, OWNER, schema

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

_VIEWS = (("RenderingDef", "pixels"), ("Thumbnail", "pixels"), ("Roi", "image"))
"""What somebody has made of another's image."""


def plan(tx: Transaction, group_id: int, check: Callable[[], None]) -> Deletion:
    """What has to be deleted before a group can be private."""
    rows = Rows(tx.connection)
    walk = Walk(rows, Policy(rights_in(tx)), Options(None), check=check)
    walk.run(_between_owners(tx, group_id), free=True)
    checks.check_permissions(walk)
    cuts = checks.cuts_from_outside(walk)
    return Deletion(tx, walk, cuts, leftovers(tx, walk.nodes))


def _between_owners(tx: Transaction, group_id: int) -> Iterator[Row]:
    for name in (*CONTENT_LINKS, *ANNOTATION_LINKS):
        link = schema().of(model()[name])
        ends = [schema().of(model()[model()[name].fields[end].type]).alias() for end in ("parent", "child")]
        if all(OWNER in end.c for end in ends):
            parent, child = ends
            joined = link.join(parent, link.c.parent == parent.c.id).join(child, link.c.child == child.c.id)
            found = select(link.c.id, link.c[OWNER]).select_from(joined)
            apart = found.where(link.c[GROUP] == group_id, parent.c[OWNER] != child.c[OWNER])
            yield from (Row(name, int(one), int(owner), group_id) for one, owner in tx.connection.execute(apart))
    for name, field in _VIEWS:
        view, of = schema().of(model()[name]), schema().of(model()[model()[name].fields[field].type])
        found = select(view.c.id, view.c[OWNER]).select_from(view.join(of, view.c[field] == of.c.id))
        apart = found.where(view.c[GROUP] == group_id, view.c[OWNER] != of.c[OWNER])
        yield from (Row(name, int(one), int(owner), group_id) for one, owner in tx.connection.execute(apart))
