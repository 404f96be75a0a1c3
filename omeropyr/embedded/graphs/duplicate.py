"""Copying graphs: rows with new ids that point at each other as the old ones did, and the bytes that go with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from omeropyr.embedded.graphs import checks
from omeropyr.embedded.graphs.files import imported
from omeropyr.embedded.graphs.options import Options, class_names
from omeropyr.embedded.graphs.policy import ContentPolicy, Verdict
from omeropyr.embedded.graphs.rows import Row, Rows, among
from omeropyr.embedded.graphs.rules import LINKS, Part
from omeropyr.embedded.graphs.targets import GraphRefused, named, rights_in
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.importer import staging
from omeropyr.embedded.model import FieldKind, Kind, model
from omeropyr.embedded.schema import CREATED, EXTERNAL, OWNER, UPDATED, schema

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

Ids = dict[str, dict[int, int]]
"""New ids by old ones, by the class of the table."""


class CopyPolicy(ContentPolicy):
    """Everything that is in something; of settings and thumbnails those of the image's owner."""

    verb = "duplicate"

    def part(self, rule: Part, whole: Row, part: Row) -> Verdict | None:
        """Others' views of the pixels are not copied."""
        if rule.free and part.owner != whole.owner:
            return None
        return super().part(rule, whole, part)


@dataclass(frozen=True)
class Types:
    """What a request says of classes: to copy, to point at, to leave out. The most special class named decides."""

    duplicate: Sequence[str] = ()
    reference: Sequence[str] = ()
    ignore: Sequence[str] = ()

    def sorted(self) -> tuple[frozenset[str], frozenset[str]]:
        """Classes that are pointed at, and classes that are left out."""
        given = [(name, how) for how in ("duplicate", "reference", "ignore") for name in getattr(self, how) or ()]
        size = {name: len(class_names([name])) for name, _ in given}
        verdicts: dict[str, str] = {}
        for name, how in sorted(given, key=lambda pair: -size[pair[0]]):
            verdicts.update(dict.fromkeys(class_names([name]), how))
        pointed = frozenset(name for name, how in verdicts.items() if how == "reference")
        return pointed, frozenset(name for name, how in verdicts.items() if how == "ignore")


@dataclass
class Copying:
    """What is copied. ``ids`` is filled by :meth:`carry_out`; so are ``files``: (folder, old name, new name)."""

    tx: Transaction
    rows: dict[str, list[Row]]
    ignored: frozenset[str]
    ids: Ids = field(default_factory=dict)
    files: list[tuple[str, str, str]] = field(default_factory=list)
    _folders: dict[str, str] = field(default_factory=dict)

    @property
    def originals(self) -> list[tuple[str, int]]:
        """What would be copied."""
        return [(row.kind, row.id) for rows in self.rows.values() for row in rows]

    @property
    def copies(self) -> list[tuple[str, int]]:
        """What was made."""
        return [(row.kind, self.ids[name][row.id]) for name, rows in self.rows.items() for row in rows]

    def carry_out(self) -> None:
        """Insert the copies; they are the caller's, in the group of the originals."""
        for name, rows in self.rows.items():
            first = _next_id(self.tx, model()[name])
            self.ids[name] = {row.id: first + place for place, row in enumerate(rows)}
        names = self._rename()
        for name, rows in self.rows.items():
            self._copy(model()[name], [row.id for row in rows], names)
        self.tx.log(("INSERT", kind, object_id) for kind, object_id in self.copies)
        for name, folder in (("Pixels", "Pixels"), ("OriginalFile", "Files")):
            known = names if name == "OriginalFile" else {}
            pairs = ((old, new) for old, new in self.ids.get(name, {}).items() if old not in known)
            self.files += [(folder, str(old), str(new)) for old, new in pairs]

    def _copy(self, kind: Kind, ids: Collection[int], names: Mapping[int, str]) -> None:
        table = schema().of(kind)
        new = self.ids[kind.name]
        found = self.tx.connection.execute(select(table).where(among(table.c.id, ids))).mappings().fetchall()
        made = []
        for row in found:
            values = {**row, "id": new[row["id"]]}
            if OWNER in values:
                values.update({OWNER: self.tx.actor.user_id, CREATED: self.tx.event(), UPDATED: self.tx.event()})
                values[EXTERNAL] = self.ids.get("ExternalInfo", {}).get(row[EXTERNAL] or 0)
            if "version" in values:
                values["version"] = 0
            values.update(self._pointers(kind, row))
            if kind.name == "OriginalFile" and row["id"] in names:
                values["path"] = names[row["id"]]
            elif kind.name == "OriginalFile":
                values["repo"] = None  # a copy of an official script is none
            if kind.name == "Fileset":
                prefix = str(row["templatePrefix"] or "")
                values["templatePrefix"] = self._folders.get(prefix.rstrip("/"), prefix)
            made.append(values)
        if made:
            self.tx.connection.execute(insert(table), made)

    def _pointers(self, kind: Kind, row: Mapping[Any, Any]) -> dict[str, int | None]:
        """Where a copy points: at the copy of what the original points at, else at that itself, or nowhere."""
        found: dict[str, int | None] = {}
        for item in kind.all_fields.values():
            target = row.get(item.name) if item.kind is FieldKind.ENTITY else None
            if target is None or model()[item.type].is_global:
                continue
            found[item.name] = self._pointer(kind, item.name, item.type, int(row["id"]), int(target))
        return found

    def _pointer(self, kind: Kind, name: str, type_name: str, object_id: int, target: int) -> int | None:
        copied = self.ids.get(model()[type_name].root.name, {}).get(target)
        if copied is not None:
            return copied
        item = kind.all_fields[name]
        actual = Rows(self.tx.connection).by_id(model()[type_name], [target])
        left_out = not actual or actual[0].kind in self.ignored
        if left_out and not item.nullable:
            raise GraphRefused(f"may not duplicate {kind.name}[{object_id}] without its {name}")
        return None if left_out else target

    def _rename(self) -> dict[int, str]:
        """A folder of its own in the repository for each copied Fileset's files; the new paths by the old file ids."""
        files = imported(self.tx, list(self.ids.get("OriginalFile", {})))
        folders = self._folders
        names: dict[int, str] = {}
        for file_id, path in files.items():
            if path is None:
                raise GraphRefused(f"OriginalFile[{file_id}] is not in its owner's part of the repository")
            old = "/".join(path.split("/")[:4])
            if old not in folders:
                folders[old] = staging.template_prefix(self.tx.actor.user_name, self.tx.actor.user_id)
            new = folders[old] + path[len(old) + 1 :]
            names[file_id] = f"{new.rpartition('/')[0]}/"
            self.files.append(("ManagedRepository", path, new))
        return names


def plan(
    tx: Transaction,
    targets: Sequence[Row],
    types: Types,
    options: Sequence[Any] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Copying:
    """Find out what is copied with *targets*; GraphRefused when it may not be."""
    referenced, ignored = types.sorted()
    left_out = frozenset(referenced | ignored)
    walk = Walk(Rows(tx.connection), CopyPolicy(rights_in(tx)), Options(options), left_out, check)
    walk.run(targets)
    if not {"Fileset", "Image"} & left_out:
        checks.check_filesets(walk)
    _check_parents(tx, walk, left_out)
    rows = {name: sorted(node.row for node in nodes.values()) for name, nodes in walk.nodes.items() if nodes}
    return Copying(tx, _without_loose_links(walk, rows, ignored), ignored)


def _check_parents(tx: Transaction, walk: Walk, left_out: Collection[str]) -> None:
    """A link may be added only to what the caller may link or annotate."""
    may = rights_in(tx)
    for name in LINKS:
        link = model()[name]
        parents = walk.rows.pointers(link, "parent", list(walk.nodes.get(name, ())))
        kind = model()[link.fields["parent"].type]
        outside = {parent for _, parent in parents if not walk.has(kind.name, parent)}
        for row in walk.rows.by_id(kind, outside):
            allowed = may(row).annotate if name.endswith("AnnotationLink") else may(row).link
            if not allowed and row.kind not in left_out:
                raise GraphRefused(f"may not duplicate a {name} of {named(row)}")


def _next_id(tx: Transaction, kind: Kind) -> int:
    """An id that no object of the class ever had."""
    table = schema().of(kind)
    most = tx.connection.execute(select(func.max(table.c.id))).scalar() or 0
    used = tx.connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).scalar() or 0
    return max(int(most), int(used)) + 1


def _without_loose_links(walk: Walk, rows: dict[str, list[Row]], ignored: Collection[str]) -> dict[str, list[Row]]:
    """A link to something that is left out is left out, too."""
    for name in LINKS:
        link = model()[name]
        for end in ("parent", "child") if name in rows else ():
            kind = model()[link.fields[end].type]
            pointers = walk.rows.pointers(link, end, [row.id for row in rows[name]])
            outside = {target for _, target in pointers if not walk.has(kind.name, target)}
            lost = {row.id for row in walk.rows.by_id(kind, outside) if row.kind in ignored}
            loose = {link_id for link_id, target in pointers if target in lost}
            rows[name] = [row for row in rows[name] if row.id not in loose]
    return {name: left for name, left in rows.items() if left}


def check_groups(tx: Transaction, rows: Iterable[Row]) -> None:
    """GraphRefused for an object of a group in which the caller does not work: copies are made where originals are."""
    actor = tx.actor
    for row in rows:
        if row.group is None:
            continue
        if actor.group_id >= 0 and row.group != actor.group_id:
            raise GraphRefused(f"{named(row)} is not in ExperimenterGroup[{actor.group_id}]")
        if row.group not in actor.member_of and not actor.may("WriteOwned"):
            raise GraphRefused(f"not a member of the group of {named(row)}")
