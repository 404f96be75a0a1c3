"""The queries of ``omero.api.Search``: each gives hits, and two of them can be combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import omero
from omero.rtypes import rstring, unwrap

from omeropyr.embedded.fulltext.find import ACQUIRED, Finder
from omeropyr.embedded.fulltext.match import Matcher
from omeropyr.embedded.fulltext.settings import Settings, candidates, limit
from omeropyr.embedded.fulltext.syntax import Group, Node, Phrase, Range, Word, parse, parse_kindly
from omeropyr.embedded.model import FieldKind, Kind, model

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

SEARCHED = (
    *("Project", "Dataset", "Image", "Screen", "Plate", "PlateAcquisition", "Well", "Reagent", "Folder", "Roi"),
    *("Annotation", "OriginalFile"),
)
"""Where a search of all types looks."""


@dataclass(frozen=True)
class Hit:
    """One result: an object of the store, or one made for the answer."""

    kind: str
    object_id: int | None
    score: float = field(default=1.0, compare=False)
    made: Any = field(default=None, compare=False)
    settings: Settings | None = field(default=None, compare=False)


Action = Callable[["Transaction"], list[Hit]]


def by_text(node: Node, settings: Settings, fields: Sequence[str] = ()) -> Action:
    """Objects of the types that have the words of a query."""

    def run(tx: Transaction) -> list[Hit]:
        hits: list[Hit] = []
        for kind in _kinds(settings):
            scores = Finder(tx, kind, leading=settings.leading, fields=fields).find(node)
            ranked = sorted(scores, key=lambda one: (-scores[one], one))
            kept = limit(tx, kind, ranked, settings)
            hits += [Hit(kind.name, one, scores[one], settings=settings) for one in kept]
        return hits

    _kinds(settings)
    _refuse_leading(node, settings)
    return run


def full_text(query: str, settings: Settings) -> Action:
    """A query in Lucene's syntax as it is."""
    if not query:
        raise omero.ApiUsageException(None, None, "A query with at least one word is expected.")
    return by_text(parse(query), settings)


def built(fields: str, start: str, stop: str, date: str, query: str, settings: Settings) -> Action:
    """What a user typed, in some fields, and between two days (both inclusive)."""
    wanted = tuple(name.strip() for name in (fields or "").split(",") if name.strip())
    nodes: list[Node] = [parse_kindly(query)] if query and query.strip() else []
    if start or stop:
        kind = _kinds(settings)[0]
        path = date if date and (date != ACQUIRED or kind.name == "Image") else "details.creationEvent.time"
        nodes.append(Range(start or None, stop or None, path))
    if not nodes:
        raise omero.ApiUsageException(None, None, "A query with at least one word, or a range of days, is expected.")
    return by_text(nodes[0] if len(nodes) == 1 else Group(must=tuple(nodes)), settings, wanted)


def some_must_none(some: Sequence[str], must: Sequence[str], none: Sequence[str], settings: Settings) -> Action:
    """Lists of words: at least one, all, none of them."""
    parts = [tuple(parse(word) for word in words or ()) for words in (some, must, none)]
    if not any(parts):
        raise omero.ApiUsageException(None, None, "At least one word is expected.")
    if parts[0] and parts[1]:
        parts = [(), (Group(some=parts[0]), *parts[1]), parts[2]]
    return by_text(Group(*parts), settings)


def annotated_with(examples: Sequence[Any], settings: Settings) -> Action:
    """Objects with an annotation like each of the examples: of its class, and of its value if it has one."""
    if not examples or any(one is None for one in examples):
        raise omero.ApiUsageException(None, None, "At least one annotation is expected as an example.")
    examined = [_example(one) for one in examples]

    def run(tx: Transaction) -> list[Hit]:
        hits: list[Hit] = []
        for kind in _kinds(settings):
            links = f"{kind.root.name}AnnotationLink"
            if links not in model().kinds:
                continue
            parts, values = [], {}
            for number, (name, condition, value) in enumerate(examined):
                same = condition.format(place=number)
                parts.append(
                    f"exists (select l.id from {links} l, {name} a "  # noqa: S608 - names of the model
                    f"where l.parent.id = o.id and l.child.id = a.id{same})"
                )
                if value is not None:
                    values[f"value{number}"] = value
            found = candidates(tx, kind, " and ".join(parts), values)
            hits += [Hit(kind.name, one, settings=settings) for one in limit(tx, kind, found, settings)]
        return hits

    _kinds(settings)
    return run


def by_hql(hql: str, params: Any, settings: Settings) -> Action:
    """What a query in HQL selects."""
    if not hql:
        raise omero.ApiUsageException(None, None, "A query is expected.")

    def run(tx: Transaction) -> list[Hit]:
        found = tx.find(hql, params)
        return [Hit(model().of(one).name, one.id.val, made=one, settings=settings) for one in found]

    return run


def tags(text: str, settings: Settings, *, groups: bool) -> Action:
    """Texts of the tags that are in a tag group, or (*groups*) of the groups that a tag is in.

    A tag is in a group when it is linked to it: the tag is the parent, the group the child.
    """
    wanted, other = ("child", "parent") if groups else ("parent", "child")

    def run(tx: Transaction) -> list[Hit]:
        hql = (
            "select distinct w.textValue from AnnotationAnnotationLink l, TagAnnotation w, TagAnnotation x "  # noqa: S608
            f"where l.{wanted}.id = w.id and l.{other}.id = x.id"
        )
        values: dict[str, Any] = {}
        if text:
            hql, values = f"{hql} and x.textValue = :text", {"text": text}
        if settings.owned is not None and settings.owned.user is not None:
            hql, values = f"{hql} and w.details.owner.id = :user", {**values, "user": settings.owned.user}
        return [_made("TagAnnotation", row[0]) for row in tx.values(f"{hql} order by w.textValue", values)]

    return run


def similar_terms(terms: Sequence[str]) -> Action:
    """Words like the given ones, of texts that the caller may read."""
    if not terms:
        raise omero.ApiUsageException(None, None, "At least one word is expected.")

    def run(tx: Transaction) -> list[Hit]:
        matcher = Matcher(tx.connection, leading=False)
        known = [one for term in terms for one in matcher.similar(term, 0.5) if one != term.lower()]
        readable = [one for one in dict.fromkeys(known) if _is_readable(tx, one)]
        return [_made("CommentAnnotation", one) for one in readable]

    return run


def combined(first: Action, second: Action, how: str) -> Action:
    """Hits of both (``and``), of either (``or``), of the first only (``not``)."""

    def run(tx: Transaction) -> list[Hit]:
        left, right = first(tx), second(tx)
        if how == "or":
            return list(dict.fromkeys([*left, *right]))
        others = set(right)
        return [hit for hit in left if (hit in others) == (how == "and")]

    return run


def _kinds(settings: Settings) -> list[Kind]:
    if not settings.types:
        raise omero.ApiUsageException(None, None, "Say what to search for: call onlyType, onlyTypes or allTypes first.")
    return [kind_named(name) for name in settings.types]


def kind_named(name: str) -> Kind:
    """The class of that name; ApiUsageException for none."""
    found = model().find(name) if name else None
    if found is None:
        raise omero.ApiUsageException(None, None, f"There is no class {name!r}.")
    return found


def _refuse_leading(node: Node, settings: Settings) -> None:
    """Say at once, not when results are asked for, that a word may not begin with a wildcard."""
    if isinstance(node, Group):
        for one in (*node.some, *node.must, *node.none):
            _refuse_leading(one, settings)
    elif isinstance(node, Word) and node.text[:1] in ("*", "?"):
        if not node.text.strip("*?"):
            raise omero.ApiUsageException(None, None, "A search word needs more than wildcards.")
        if not settings.leading:
            raise omero.ApiUsageException(
                None, None, "A search word may begin with * or ? only after setAllowLeadingWildcard(True): it is slow."
            )


def _example(annotation: Any) -> tuple[str, str, Any]:
    """Class, condition and value of an annotation that others shall be like."""
    kind = model().of(annotation)
    values = [item for item in kind.fields.values() if item.name.endswith("Value") or item.name == "file"]
    for item in values:
        value = getattr(annotation, item.attribute, None)
        if value is None or item.kind in (FieldKind.MAP, FieldKind.COLLECTION):
            continue
        if item.kind is FieldKind.ENTITY:
            return kind.name, " and a.file.id = :value{place}", value.id.val
        return kind.name, f" and a.{item.name} = :value{{place}}", unwrap(value)
    return kind.name, "", None


def _is_readable(tx: Transaction, word: str) -> bool:
    return any(Finder(tx, kind_named(name)).find(Phrase(word)) for name in SEARCHED)


def _made(kind: str, text: str) -> Hit:
    annotation = model()[kind].python()
    annotation.textValue = rstring(text)
    return Hit(f"{kind}:{text}", None, made=annotation)
