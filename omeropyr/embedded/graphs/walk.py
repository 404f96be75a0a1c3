"""The objects that an operation takes along with its targets, found by sets of ids, class after class.

The walk first takes everything that could go, then leaves out what something outside still holds, and what hung on
that, until nothing changes. So it does not matter in which order things are met, nor that things hold each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from omeropyr.embedded.graphs.options import Options
from omeropyr.embedded.graphs.policy import GO, Fate, Policy, Verdict
from omeropyr.embedded.graphs.rows import Row, Rows
from omeropyr.embedded.graphs.rules import (
    ANNOTATION_LINKS,
    CONTENT_LINKS,
    HOLDS,
    LINKS,
    MEMBERS,
    PARTS,
    SHARED,
    Part,
)
from omeropyr.embedded.model import Kind, model


class Node(NamedTuple):
    """An object that goes along. A ``firm`` one is a target or a part; others go only if nothing else holds them."""

    row: Row
    fate: Fate
    free: bool
    firm: bool


Nodes = Mapping[str, Mapping[int, Node]]
"""Objects by the class of their table and their id."""


class Walk:
    """One walk. ``nodes`` is what goes along after :meth:`run`.

    Objects of *ignored* classes are left alone; those of *stop* classes go along without what hangs on them.
    """

    def __init__(
        self,
        rows: Rows,
        policy: Policy,
        options: Options,
        ignored: Collection[str] = (),
        check: Callable[[], None] = lambda: None,
        stop: Collection[str] = (),
    ) -> None:
        self.rows = rows
        self.policy = policy
        self._options = options
        self._ignored = frozenset(ignored)
        self._stop = frozenset(stop)
        self._check = check
        self.nodes: dict[str, dict[int, Node]] = {}
        self._fresh: dict[str, list[Node]] = {}
        self._kept: set[tuple[str, int]] = set()
        self._chosen: set[tuple[str, int]] = set()
        self._forced: set[tuple[str, int]] = set()
        self._wishes: dict[tuple[str, int], bool | None] = {}

    def run(self, targets: Iterable[Row], *, free: bool = False) -> Nodes:
        """Everything that goes along with *targets*; *free* ones need no permission."""
        wanted = list(targets)
        self._chosen = {(row.root, row.id) for row in wanted}
        while True:
            self._close(wanted, free)
            held = self._held() if self.policy.respects_holds else set()
            if not held:
                return self.nodes
            self._kept |= held

    def has(self, kind: str, object_id: int) -> bool:
        """Whether an object goes along."""
        return object_id in self.nodes.get(model()[kind].root.name, ())

    def each(self) -> Iterator[Node]:
        """All that goes along."""
        for nodes in self.nodes.values():
            yield from nodes.values()

    # --- taking everything that could go ---

    def _close(self, targets: Iterable[Row], free: bool) -> None:
        self.nodes = defaultdict(dict)
        self._fresh = {}
        for row in targets:
            self._add(row, GO, firm=True, free=free)
        while self._fresh:
            self._check()
            root = model()[next(iter(self._fresh))]
            batch = {node.row.id: node for node in self._fresh.pop(root.name)}
            self._parts(root, batch)
            self._shared(root, batch)
            self._members(root, batch)
            self._along_links(root, batch)
            self._details(root, batch)

    def _add(self, row: Row, verdict: Verdict | None, *, firm: bool, free: bool = False) -> None:
        if verdict is None or row.kind in self._ignored or not self.policy.sees(row):
            return
        key = (row.root, row.id)
        if not firm:
            if key in self._kept and key not in self._chosen:
                return
            wish = self._wish(row)
            if wish is False:
                return
            if wish:
                self._forced.add(key)
        node = Node(row, verdict.fate, verdict.free or free, firm)
        known = self.nodes[row.root].get(row.id)
        if known is not None:
            stronger = Fate.GO if Fate.GO in (known.fate, node.fate) else Fate.DELETE
            node = Node(row, stronger, known.free or node.free, known.firm or node.firm)
            if node == known:
                return
        self.nodes[row.root][row.id] = node
        if row.kind not in self._stop:
            self._fresh.setdefault(row.root, []).append(node)

    def _wish(self, row: Row) -> bool | None:
        if not self._options:
            return None
        key = (row.root, row.id)
        if key not in self._wishes:
            annotation = row.root == "Annotation"
            namespace = self.rows.namespace(row.id) if annotation and self._options.by_namespace else None
            self._wishes[key] = self._options.wanted(row.kind, namespace, annotation)
        return self._wishes[key]

    def _parts(self, root: Kind, batch: Mapping[int, Node]) -> None:
        for rule in PARTS:
            ids = _of(rule.whole, root, batch)
            if rule.chosen and self.policy.respects_holds:
                ids = [one for one in ids if (root.name, one) in self._chosen | self._forced]
            if ids:
                for whole_id, row in self._part_rows(rule, ids):
                    self._add_part(batch[whole_id], row, self.policy.part(rule, batch[whole_id].row, row))
        if root.name == "Fileset":
            links = self.rows.pointing(model()["FilesetJobLink"], "parent", list(batch))
            jobs = {
                link: job for link, job in self._targets("FilesetJobLink", "child", "Job", [r.id for _, r in links])
            }
            for fileset_id, link in links:
                self._add_part(batch[fileset_id], jobs[link.id], GO)

    def _add_part(self, whole: Node, row: Row, verdict: Verdict | None) -> None:
        if verdict is not None and whole.fate is Fate.DELETE:
            verdict = Verdict(Fate.DELETE, verdict.free)
        self._add(row, verdict, firm=True, free=whole.free)

    def _part_rows(self, rule: Part, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
        if rule.forward:
            return self._targets(rule.whole, rule.field, rule.part, ids)
        return self.rows.pointing(model()[rule.part], rule.field, ids)

    def _targets(self, user: str, field: str, target: str, ids: Collection[int]) -> list[tuple[int, Row]]:
        pointers = self.rows.pointers(model()[user], field, ids)
        known = {row.id: row for row in self.rows.by_id(model()[target], {one for _, one in pointers})}
        return [(user_id, known[target_id]) for user_id, target_id in pointers if target_id in known]

    def _shared(self, root: Kind, batch: Mapping[int, Node]) -> None:
        for rule in SHARED:
            ids = _of(rule.user, root, batch)
            for user_id, row in self._targets(rule.user, rule.field, rule.target, ids) if ids else ():
                user = batch[user_id]
                verdict = self.policy.shared(rule, user.row, row)
                if verdict is not None and user.fate is Fate.DELETE:
                    verdict = Verdict(Fate.DELETE, verdict.free)
                self._add(row, verdict, firm=False, free=user.free)

    def _members(self, root: Kind, batch: Mapping[int, Node]) -> None:
        for rule in MEMBERS:
            ids = _of(rule.whole, root, batch)
            for whole_id, row in self.rows.pointing(model()[rule.member], rule.field, ids) if ids else ():
                self._add(row, self.policy.member(batch[whole_id].row, row), firm=False)

    def _along_links(self, root: Kind, batch: Mapping[int, Node]) -> None:
        if root.name in ANNOTATION_LINKS:
            for _, row in self._targets(root.name, "child", "Annotation", list(batch)):
                self._add(row, self.policy.unlinked(row), firm=False)
        for name in LINKS:
            link = model()[name]
            if model()[link.fields["parent"].type].root is root:
                found = self.rows.pointing(link, "parent", list(batch))
                self._add_links(row for _, row in found)
                if name in CONTENT_LINKS or name in ANNOTATION_LINKS:
                    self._children(link, found, batch)
            if (
                model()[link.fields["child"].type].root is root
                and self.policy.cuts_links
                and self.policy.respects_holds
            ):
                self._add_links(row for _, row in self.rows.pointing(link, "child", list(batch)))

    def _add_links(self, links: Iterable[Row]) -> None:
        if self.policy.cuts_links:
            for row in links:
                self._add(row, GO, firm=True, free=True)

    def _children(self, link: Kind, found: Iterable[tuple[int, Row]], batch: Mapping[int, Node]) -> None:
        whole_of = {row.id: batch[parent].row for parent, row in found if batch[parent].fate is Fate.GO}
        judge = self.policy.annotation if link.name in ANNOTATION_LINKS else self.policy.member
        for link_id, row in self._targets(link.name, "child", link.fields["child"].type, list(whole_of)):
            self._add(row, judge(whole_of[link_id], row), firm=False)

    def _details(self, root: Kind, batch: Mapping[int, Node]) -> None:
        if root.name in ("ExternalInfo", "PlaneInfo"):
            return
        pointers = self.rows.external(root, list(batch))
        known = {row.id: row for row in self.rows.by_id(model()["ExternalInfo"], {one for _, one in pointers})}
        for object_id, external_id in pointers:
            if external_id in known:
                self._add_part(batch[object_id], known[external_id], Verdict(Fate.GO, True))

    # --- leaving out what is held ---

    def _held(self) -> set[tuple[str, int]]:
        found: set[tuple[str, int]] = set()
        for name, nodes in self.nodes.items():
            loose = {one for one, node in nodes.items() if not node.firm and (name, one) not in self._forced}
            if loose:
                held = set(self._held_by_users(name, loose)) | set(self._held_by_wholes(name, loose))
                found |= {(name, one) for one in held}
        return found

    def _held_by_users(self, root: str, ids: Collection[int]) -> Iterator[int]:
        for hold in HOLDS:
            if model()[hold.target].root.name != root:
                continue
            users = self.rows.pointing(model()[hold.user], hold.field, ids)
            if hold.other:
                ends = dict(self.rows.pointers(model()[hold.user], hold.other, [row.id for _, row in users]))
                other = model()[hold.user].fields[hold.other].type
                # A link that is itself to go holds nothing.
                left = ((target, row) for target, row in users if (row.root, row.id) not in self._chosen)
                yield from (target for target, row in left if not self.has(other, ends[row.id]))
            else:
                yield from (target for target, row in users if not self.has(row.kind, row.id))

    def _held_by_wholes(self, root: str, ids: Collection[int]) -> Iterator[int]:
        for rule in MEMBERS:
            if model()[rule.member].root.name == root:
                for member, whole in self.rows.pointers(model()[rule.member], rule.field, ids):
                    if not self.has(rule.whole, whole):
                        yield member
        if root == "Image":
            filesets = self.rows.pointers(model()["Image"], "fileset", ids)
            split = {one for one, _ in self.split_filesets({fileset for _, fileset in filesets})}
            yield from (image for image, fileset in filesets if fileset in split)

    def split_filesets(self, ids: Collection[int]) -> list[tuple[int, int]]:
        """Those of the Filesets of which an image stays, with that image."""
        images = self.rows.pointing(model()["Image"], "fileset", ids)
        return [(fileset, row.id) for fileset, row in images if not self.has("Image", row.id)]


def _of(kind: str, root: Kind, batch: Mapping[int, Node]) -> list[int]:
    """Ids of those in a batch of one table that are of a class."""
    wanted = model()[kind]
    if wanted.root is not root:
        return []
    if wanted is root:
        return list(batch)
    return [one for one, node in batch.items() if node.row.kind in wanted.names]
