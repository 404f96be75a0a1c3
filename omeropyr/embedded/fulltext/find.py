"""Finding the objects of one class that a query's tree describes, as far as the caller may read them.

An object has the words of its own row, of the annotations that are linked to it, and of its files. Each word of a query
is looked up in all of these and becomes a set of ids with scores; groups combine the sets. So ``gfp AND mitosis`` finds
the image with ``gfp`` in its name and ``mitosis`` on a tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import omero
from sqlalchemy import ColumnElement, Select, and_, bindparam, column, literal_column, or_, select, table, text, true

from omeropyr.embedded.fulltext.index import DOCUMENTS, NUMBERS, TEXT
from omeropyr.embedded.fulltext.match import NOTHING, Matcher, plain
from omeropyr.embedded.fulltext.syntax import Group, Node, Phrase, Range, Word
from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.schema import CLASS, GROUP, OWNER, schema

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

CHUNK = 5000
IMPORTED, CHANGED, ACQUIRED = "details.creationEvent.time", "details.updateEvent.time", "acquisitionDate"
_OWNED = {
    "details.owner.omeName": "owner.omeName",
    "details.owner.firstName": "owner.firstName",
    "details.owner.lastName": "owner.lastName",
    "details.group.name": "group.name",
}
_OWN, _ANNOTATIONS, _ENTRIES, _FILES, _ATTACHED = "own", "annotations", "entries", "files", "attached"


@dataclass(frozen=True)
class Place:
    """Where a field's words are: whose rows, which columns (none: all but namespaces), which classes of annotation."""

    source: str
    columns: tuple[str, ...] = ("name", "description", "body", "path")
    classes: tuple[str, ...] = ()


def _on(*classes: str) -> tuple[Place, ...]:
    return (Place(_ANNOTATIONS, ("body", "description"), classes),)


_NAMES = ("name",)
FIELDS: dict[str, tuple[Place, ...]] = {
    "": tuple(Place(source) for source in (_OWN, _ANNOTATIONS, _ENTRIES, _FILES, _ATTACHED)),
    "name": (Place(_OWN, _NAMES),),
    "description": (Place(_OWN, ("description",)),),
    "annotation": (Place(_ANNOTATIONS), Place(_ATTACHED, _NAMES)),
    "annotation.name": (Place(_ANNOTATIONS, _NAMES),),
    "annotation.ns": (Place(_ANNOTATIONS, ("ns",)),),
    "tag": _on("TagAnnotation"),
    "comment": _on("CommentAnnotation"),
    "term": _on("TermAnnotation"),
    "xml": _on("XmlAnnotation"),
    "map": _on("MapAnnotation"),
    "file": (Place(_FILES), Place(_ENTRIES), Place(_ATTACHED)),
    "file.name": (Place(_FILES, _NAMES), Place(_ATTACHED, _NAMES)),
    "file.path": (Place(_FILES, ("path",)), Place(_ATTACHED, ("path",))),
    "fileset.entry.name": (Place(_FILES, _NAMES),),
    "fileset.entry.clientPath": (Place(_ENTRIES, ("path",)),),
}
"""Fields of queries. Any other is taken for a key of a map annotation, as OMERO indexes those."""

Scores = dict[int, float]


class Finder:
    """Looks for objects of *kind* in one transaction. *fields*: where to look for words that name no field."""

    def __init__(self, tx: Transaction, kind: Kind, *, leading: bool = True, fields: Sequence[str] = ()) -> None:
        self._tx = tx
        self._kind = kind
        self._fields = tuple(fields) or ("",)
        self._matcher = Matcher(tx.connection, leading)

    def find(self, node: Node) -> Scores:
        """Scores by id, the higher the better; only of objects that the caller may read."""
        scores = self._scores(node) or {}
        found: Scores = {}
        for ids in _chunks(sorted(scores)):
            hql = f"select o.id from {self._kind.name} o where o.id in (:ids)"  # noqa: S608 - a name of the model
            found.update((row[0], scores[row[0]]) for row in self._tx.values(hql, {"ids": ids}))
        return found

    def _scores(self, node: Node) -> Scores | None:
        """None for what says nothing, as a word of punctuation."""
        if not isinstance(node, Group):
            return self._leaf(node)
        must, some, none = ([self._scores(one) for one in part] for part in (node.must, node.some, node.none))
        known = [one for one in must if one is not None]
        wished = _sum(one for one in some if one is not None)
        if known:
            every = set(known[0]).intersection(*known[1:])
            known.append(wished)
            found = {one: sum(scores.get(one, 0.0) for scores in known) for one in every}
        elif all(one is None for one in (*must, *some, *none)):
            return None
        else:
            found = wished
        without = set().union(*(one for one in none if one is not None))
        return {one: score for one, score in found.items() if one not in without}

    def _leaf(self, leaf: Word | Phrase | Range) -> Scores | None:
        if not leaf.field and self._fields != ("",):
            parts = [self._leaf(replace(leaf, field=name)) for name in self._fields]
            return None if all(part is None for part in parts) else _sum(part for part in parts if part is not None)
        name = leaf.field
        if name in (IMPORTED, CHANGED, ACQUIRED):
            return self._time(leaf)
        if name in _OWNED or name == "annotation.type":
            return self._fact(leaf)
        expression = self._matcher.expression(leaf)
        if name == "id":
            return self._ids(leaf)
        if expression is None:
            return None
        if name not in FIELDS:
            return self._pairs(leaf, expression)
        found = _sum(self._at(place, expression) for place in FIELDS[name])
        return _sum((found, self._ids(leaf))) if not name else found

    # --- beside the index ---

    def _hql(self, condition: str, **values: Any) -> Scores:
        hql = f"select o.id from {self._kind.name} o where {condition}"  # noqa: S608 - names of the model
        return {row[0]: 1.0 for row in self._tx.values(hql, values)}

    def _ids(self, leaf: Word | Phrase | Range) -> Scores:
        if isinstance(leaf, Word) and leaf.text.isascii() and leaf.text.isdigit() and len(leaf.text) < 19:
            return self._hql("o.id = :id", id=int(leaf.text))
        return {}

    def _time(self, leaf: Word | Phrase | Range) -> Scores:
        limits = leaf if isinstance(leaf, Range) else Range(leaf.text, leaf.text, leaf.field)
        path = IMPORTED if leaf.field == ACQUIRED and self._kind.name != "Image" else leaf.field
        parts, values = [], {}
        if limits.low is not None:
            parts.append(f"o.{path} >= :low")
            values["low"] = milliseconds(limits.low, after=not limits.inclusive)
        if limits.high is not None:
            parts.append(f"o.{path} < :high")
            values["high"] = milliseconds(limits.high, after=limits.inclusive)
        return self._hql(" and ".join(parts) or "1 = 1", **values)

    def _fact(self, leaf: Word | Phrase | Range) -> Scores:
        if isinstance(leaf, Range):
            raise omero.ApiUsageException(None, None, f"{leaf.field} has no ranges.")
        if leaf.field in _OWNED:
            if self._kind.is_global:
                return {}
            return self._hql(f"lower(o.details.{_OWNED[leaf.field]}) = :value", value=leaf.text.lower())
        wanted, links = model().find(leaf.text), self._links()
        if wanted is None or wanted.root.name != "Annotation" or links is None:
            return {}
        inner = f"select l.id from {links.name} l, {wanted.name} a where l.parent.id = o.id and l.child.id = a.id"  # noqa: S608
        return self._hql(f"exists ({inner})")

    def _pairs(self, leaf: Word | Phrase | Range, expression: str) -> Scores:
        """Objects with a map annotation that has the field's name for a key, or (``has_key``) the word."""
        if isinstance(leaf, Range):
            raise omero.ApiUsageException(None, None, f"{leaf.field!r} has no ranges.")
        key, value = ("$[0]", "$[1]")
        where = f"instr(lower(words(json_extract(p.value, '{value}'))), :pair_value) > 0"
        where += f" AND lower(json_extract(p.value, '{key}')) = :pair_key"
        given = {"pair_key": leaf.field.lower(), "pair_value": plain(leaf)}
        if leaf.field == "has_key":
            where = f"instr(lower(words(json_extract(p.value, '{key}'))), :pair_value) > 0"
            del given["pair_key"]
        annotations = schema().of(model()["Annotation"]).name
        clause = text(f"EXISTS (SELECT 1 FROM json_each({annotations}.mapValue) p WHERE {where})")  # noqa: S608
        pairs = clause.bindparams(**given)
        return self._at(Place(_ANNOTATIONS, ("body",), ("MapAnnotation",)), expression, pairs)

    # --- in the index ---

    def _at(self, place: Place, expression: str, *more: Any) -> Scores:
        scores: Scores = {}
        for statement in () if expression == NOTHING else self._statements(place, expression):
            for object_id, rank in self._tx.connection.execute(statement.where(*more)):
                scores[object_id] = scores.get(object_id, 0.0) - rank
        return scores

    def _statements(self, place: Place, expression: str) -> list[Select[Any]]:
        """Ids of objects of the class and ranks, of what is at *place*; none where the class has nothing there."""
        root = self._kind.root.name
        if place.source == _OWN:
            return [_rows(root, place.columns, expression, lambda number: number)] if root in DOCUMENTS else []
        if place.source == _ANNOTATIONS:
            return self._annotated("Annotation", place, expression)
        if place.source == _ATTACHED:
            return self._annotated("OriginalFile", place, expression)
        filed = self._filed(place, expression)
        return [filed] if filed is not None else []

    def _links(self) -> Kind | None:
        return model().kinds.get(f"{self._kind.root.name}AnnotationLink")

    def _annotated(self, document: str, place: Place, expression: str) -> list[Select[Any]]:
        """What is linked to annotations with the words, or to those with a file with the words.

        Of a class of annotations these themselves, too.
        """
        a, links = schema().of(model()["Annotation"]), self._links()
        joined = a.c.id if document == "Annotation" else a.c.file
        classes = [name for one in place.classes for name in model()[one].names]
        conditions = [self._readable(a), a.c[CLASS].in_(classes) if classes else true()]
        o = schema().of(model()["OriginalFile"])

        def found(wanted: Any) -> Select[Any]:
            rows = _rows(document, place.columns, expression, lambda _: wanted).join(a, joined == _id())
            if document == "OriginalFile":
                rows = rows.join(o, o.c.id == _id()).where(self._readable(o))
            return rows.where(*conditions)

        statements = []
        if self._kind.root.name == "Annotation":
            statements.append(found(a.c.id))
        if links is not None:
            link = schema().of(links)
            statements.append(found(link.c.parent).join(link, link.c.child == a.c.id).where(self._readable(link)))
        return statements

    def _filed(self, place: Place, expression: str) -> Select[Any] | None:
        """Images, or filesets, of files with the words."""
        e, o = (schema().of(model()[name]) for name in ("FilesetEntry", "OriginalFile"))
        image = schema().of(model()["Image"])
        if self._kind.root.name not in ("Image", "Fileset"):
            own = self._kind.root.name == "OriginalFile" and place.source == _FILES
            return _rows("OriginalFile", place.columns, expression, lambda number: number) if own else None
        wanted = image.c.id if self._kind.name == "Image" else e.c.fileset
        if place.source == _ENTRIES:
            found = _rows("FilesetEntry", place.columns, expression, lambda _: wanted).join(e, e.c.id == _id())
        else:
            found = _rows("OriginalFile", place.columns, expression, lambda _: wanted)
            found = found.join(o, o.c.id == _id()).join(e, e.c.originalFile == o.c.id).where(self._readable(o))
        if self._kind.name == "Image":
            found = found.join(image, image.c.fileset == e.c.fileset)
        return found.where(self._readable(e))

    def _readable(self, where: Any) -> ColumnElement[bool]:
        may = self._tx.loader.may
        if may.everything:
            return true()
        # With + 0 SQLite starts from the few rows with the words, not from its index of the many rows of a group.
        group, owner = where.c[GROUP] + 0, where.c[OWNER] + 0
        own = and_(group.in_(may.own_groups), owner == self._tx.actor.user_id)
        return or_(group.in_(may.whole_groups), own)


_DOCUMENTS = table(TEXT, column("rowid"), column("rank"))


def _id() -> ColumnElement[Any]:
    return _DOCUMENTS.c.rowid.op("/", is_comparison=False)(literal_column(str(NUMBERS)))


def _rows(document: str, columns: Sequence[str], expression: str, wanted: Any) -> Select[Any]:
    """Rows of one class of documents whose *columns* match."""
    match = f"{{{' '.join(columns)}}} : ({expression})"
    numbered = _DOCUMENTS.c.rowid.op("%")(literal_column(str(NUMBERS))) == literal_column(str(DOCUMENTS[document][0]))
    matches = literal_column(TEXT).op("MATCH", is_comparison=True)(bindparam(None, match))
    return select(wanted(_id()), _DOCUMENTS.c.rank).select_from(_DOCUMENTS).where(matches, numbered)


def _sum(parts: Iterable[Scores]) -> Scores:
    total: Scores = {}
    for part in parts:
        for object_id, score in part.items():
            total[object_id] = total.get(object_id, 0.0) + score
    return total


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def milliseconds(day: str, *, after: bool = False) -> int:
    """A day ``20260131`` (or a second of it, ``20260131120000``) of the server's clock; *after* it, its end."""
    for shape, step in (("%Y%m%d", timedelta(days=1)), ("%Y%m%d%H%M%S", timedelta(seconds=1))):
        try:
            moment = datetime.strptime(day, shape)
        except ValueError:
            continue
        return int((moment + step if after else moment).timestamp() * 1000)
    raise omero.ApiUsageException(None, None, f"A date is written YYYYMMDD, not {day!r}.")
