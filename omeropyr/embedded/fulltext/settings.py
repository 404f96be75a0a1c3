"""What limits, orders and completes the results of a search beside its words; as HQL, so that permissions hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import omero
from omero.rtypes import unwrap

from omeropyr.embedded.fulltext.find import CHUNK
from omeropyr.embedded.model import Kind, model

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

Times = tuple[int | None, int | None]


@dataclass(frozen=True)
class Owner:
    """An owner, a group, or both."""

    user: int | None = None
    group: int | None = None

    @classmethod
    def of(cls, details: omero.model.Details | None) -> Owner | None:
        """What the details name; None when they name nobody."""
        user = details.owner.id.val if details is not None and details.owner is not None else None
        group = details.group.id.val if details is not None and details.group is not None else None
        return None if user is None and group is None else cls(user, group)


@dataclass
class Settings:
    """The settings of a search; times are milliseconds since 1970, None where an end is open."""

    types: tuple[str, ...] = ()
    ids: tuple[int, ...] | None = None
    owned: Owner | None = None
    not_owned: Owner | None = None
    created: Times = (None, None)
    modified: Times = (None, None)
    annotated: Times = (None, None)
    annotated_by: Owner | None = None
    not_annotated_by: Owner | None = None
    annotated_with: tuple[str, ...] | None = None
    order: tuple[tuple[str, bool], ...] = ()
    fetched_annotations: tuple[str, ...] = ()
    fetched: tuple[str, ...] = ()
    leading: bool = False
    case_sensitive: bool = True
    unloaded: bool = False
    projections: bool = False


@dataclass
class _Where:
    parts: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **values: Any) -> None:
        """One more condition, its parameters renamed to be the only ones of their name."""
        for name, value in values.items():
            unique = f"{name}_{len(self.values)}"
            condition = re.sub(f":{name}\\b", f":{unique}", condition)
            self.values[unique] = value
        self.parts.append(condition)

    def owner(self, path: str, owner: Owner | None, negative: bool = False) -> None:
        """Who an object is of, or is not of."""
        if owner is None:
            return
        sides = {"user": f"{path}details.owner.id = :user", "group": f"{path}details.group.id = :group"}
        given = {name: getattr(owner, name) for name in sides if getattr(owner, name) is not None}
        words = " and ".join(sides[name] for name in given)
        self.add(f"not ({words})" if negative else words, **given)

    def times(self, path: str, times: Times) -> None:
        """When something was."""
        if times[0] is not None:
            self.add(f"{path} >= :start", start=times[0])
        if times[1] is not None:
            self.add(f"{path} <= :stop", stop=times[1])


def limit(tx: Transaction, kind: Kind, ids: Sequence[int], settings: Settings) -> list[int]:
    """Those of *ids* that the settings let through, in their order or in that of the settings."""
    where = _conditions(kind, settings)
    if where is None:
        return []
    paths = [f"o.{_path(kind, path)}" for path, _ in settings.order]
    columns = ", ".join(["o.id", *paths])
    rows: dict[int, tuple[Any, ...]] = {}
    for start in range(0, len(ids), CHUNK):
        parts = " and ".join(["o.id in (:ids)", *where.parts])
        hql = f"select {columns} from {kind.name} o where {parts}"  # noqa: S608 - checked names
        found = tx.values(hql, {"ids": list(ids[start : start + CHUNK]), **where.values})
        rows.update((row[0], row[1:]) for row in found)
    kept = [one for one in ids if one in rows]
    for place, (_, ascending) in reversed(list(enumerate(settings.order))):
        kept.sort(key=lambda one: (rows[one][place] is None, rows[one][place]), reverse=not ascending)
    return kept


def candidates(tx: Transaction, kind: Kind, condition: str, values: dict[str, Any]) -> list[int]:
    """Ids of objects ``o`` of the class that meet a condition in HQL, in their order."""
    hql = f"select o.id from {kind.name} o where {condition} order by o.id"  # noqa: S608 - built by callers
    return [row[0] for row in tx.values(hql, values)]


def load(tx: Transaction, kind: Kind, ids: Sequence[int], settings: Settings) -> list[Any]:
    """The objects with what the settings fetch, in the order of *ids*."""
    joins = ""
    if settings.fetched_annotations:
        joins += " left outer join fetch o.annotationLinks al left outer join fetch al.child"
    for number, path in enumerate(settings.fetched):
        above = "o"
        names = _path(kind, path).replace("details.", "details:").split(".")
        for depth, name in enumerate(one.replace(":", ".") for one in names):
            joins += f" left outer join fetch {above}.{name} f{number}_{depth}"
            above = f"f{number}_{depth}"
    hql = f"select o from {kind.name} o{joins} where o.id in (:ids)"  # noqa: S608 - checked names
    known: dict[int, Any] = {}
    for start in range(0, len(ids), CHUNK):
        known.update((obj.id.val, obj) for obj in tx.find(hql, {"ids": list(ids[start : start + CHUNK])}))
    return [known[one] for one in ids if one in known]


def _path(kind: Kind, path: str) -> str:
    if not path or not all(part.isidentifier() for part in path.split(".")):
        raise omero.ApiUsageException(None, None, f"{path!r} is not a path from {kind.name}.")
    return path


def _conditions(kind: Kind, settings: Settings) -> _Where | None:
    """None when nothing of the class can meet them."""
    where = _Where()
    if settings.ids is not None:
        where.add("o.id in (:only)", only=list(settings.ids))
    if kind.root.is_global:
        return None if settings.owned or any(settings.created) or any(settings.modified) else where
    where.owner("o.", settings.owned)
    where.owner("o.", settings.not_owned, negative=True)
    where.times("o.details.creationEvent.time", settings.created)
    where.times("o.details.updateEvent.time", settings.modified)
    return where if _annotated(kind, settings, where) else None


def _annotated(kind: Kind, settings: Settings, where: _Where) -> bool:
    """Add the conditions on annotations; False when the class has none and one is asked for."""
    links = f"{kind.root.name}AnnotationLink"
    asked = settings.annotated_by or settings.annotated_with or any(settings.annotated)
    if links not in model().kinds:
        return not asked
    classes = settings.annotated_with or (("Annotation",) if asked else ())
    for name in classes:
        inner = _Where()
        inner.owner("a.", settings.annotated_by)
        inner.times("a.details.creationEvent.time", settings.annotated)
        _exists(where, links, name, inner)
    if settings.not_annotated_by:
        inner = _Where()
        inner.owner("a.", settings.not_annotated_by)
        _exists(where, links, "Annotation", inner, negative=True)
    if settings.annotated_with == ():
        _exists(where, links, "Annotation", _Where(), negative=True)
    return True


def _exists(where: _Where, links: str, annotation: str, inner: _Where, negative: bool = False) -> None:
    parts = ["l.parent.id = o.id", "l.child.id = a.id", *inner.parts]
    query = f"select l.id from {links} l, {annotation} a where {' and '.join(parts)}"  # noqa: S608 - checked names
    where.add(f"{'not ' if negative else ''}exists ({query})", **inner.values)


def time_of(value: Any) -> int | None:
    """Milliseconds of an RTime, None for null."""
    found = unwrap(value)
    return None if found is None else int(found)
