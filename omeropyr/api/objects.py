"""Lists and single objects: what is asked of OMERO, in few calls. A list costs two to four, an object one to two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from omeropyr.api.kinds import WELL, Kind
from omeropyr.connection.query import Row, objects, rows
from omeropyr.errors import ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID

ALL = -1
Fields = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for. `filters` holds the values of the kind's conditions by name.

    `index` names the one field (from 0) of each well that is given, `user_id` who asks, unless that is an admin.
    """

    offset: int
    limit: int
    filters: dict[str, int] = field(default_factory=dict)
    owner: int = ALL
    group: int = ALL
    orphaned: bool = False
    counted: bool = False
    index: int | None = None
    user_id: int | None = None


class Page(NamedTuple):
    """The objects of a page in their order, how many there are on all pages, their children and fields by id."""

    found: list[Any]
    total: int
    counts: dict[int, int]
    fields: Fields


class Found(NamedTuple):
    """One object; its children and its first and last field where that was asked for or belongs to it."""

    obj: Any
    counts: dict[int, int]
    fields: Fields


def page(conn: Any, kind: Kind, wanted: Wanted) -> Page:
    """Give a page of a list; what lies in an object that is not there, or not to be seen, is an empty one.

    Raises `ObjectNotFound` for an id that no object can have.
    """
    if any(value > MAX_ID for value in wanted.filters.values()):
        raise ObjectNotFound
    where, values = _where(kind, wanted)
    count = f", ({kind.children})" if wanted.counted and kind.children else ""
    hql = f"select o.id{count} from {kind.name} o {where} order by {kind.order}"  # noqa: S608 - constants
    window = (wanted.offset, wanted.limit)
    named: list[Row] = rows(conn, hql, group_id=wanted.group, page=window, **values) if wanted.limit else []
    ids = [int(row[0]) for row in named]
    loaded = _load(conn, kind, ids, wanted) if ids else []
    counts = {int(row[0]): int(row[1]) for row in named} if count else {}
    fields = _fields(conn, kind, ids, wanted.group)
    return Page(loaded, _total(conn, kind, wanted, where, values, len(ids)), counts, fields)


def find(
    conn: Any, kind: Kind, object_id: int, *, user_id: int | None = None, counted: bool = False, group: int = ALL
) -> Found:
    """Give one object; raises `ObjectNotFound`. `user_id` is who asks, unless that is an admin."""
    missing = f"There is no {kind.singular} {object_id}, or you may not see it."
    if object_id > MAX_ID:
        raise ObjectNotFound(missing)
    visible = f"and {kind.visible}" if kind.visible and user_id is not None else ""
    me: dict[str, Any] = {"me": user_id} if visible else {}
    hql = f"select o from {kind.name} o {kind.joins} where o.id = :id {visible}"  # noqa: S608 - constants
    found = objects(conn, hql, group_id=group, id=object_id, **me)
    if not found:
        raise ObjectNotFound(missing)
    counts: dict[int, int] = {}
    if counted and kind.children:
        hql = f"select o.id, ({kind.children}) from {kind.name} o where o.id = :id"  # noqa: S608 - constants
        counts = {int(row[0]): int(row[1]) for row in rows(conn, hql, group_id=group, id=object_id)}
    return Found(found[0], counts, _fields(conn, kind, [object_id], group, single=True))


def samples(well: Any, *, index: int | None, run: int | None) -> list[Any]:
    """Give the well samples of a well: all, that of one field, those of one acquisition, or both."""
    listed = list(well.copyWellSamples())
    if index is not None:
        listed = listed[index : index + 1]
    kept = [one for one in listed if one is not None]
    return [one for one in kept if run is None or _run_of(one) == run]


def _run_of(sample: Any) -> int | None:
    run = sample.getPlateAcquisition()
    return None if run is None else int(run.getId().getValue())


def _where(kind: Kind, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    conditions = [kind.filters[name] for name in wanted.filters]
    values: dict[str, Any] = dict(wanted.filters)
    if wanted.owner != ALL:
        conditions.append("o.details.owner.id = :owner")
        values["owner"] = wanted.owner
    if wanted.orphaned and kind.orphaned:
        conditions.append(kind.orphaned)
    if kind.visible and wanted.user_id is not None:
        conditions.append(kind.visible)
        values["me"] = wanted.user_id
    if wanted.index is not None:
        run = "and s.plateAcquisition.id = :plateacquisition" if "plateacquisition" in values else ""
        conditions.append(f"o.id in (select w.id from Well w join w.wellSamples s where index(s) = :index {run})")  # noqa: S608 - constants
        values["index"] = wanted.index
    return f"where {' and '.join(conditions)}" if conditions else "", values


def _load(conn: Any, kind: Kind, ids: list[int], wanted: Wanted) -> list[Any]:
    """The objects of `ids` in that order. OMERO would page those with collections in its memory: hence by their ids."""
    more = ""
    values: dict[str, Any] = {}
    if wanted.index is not None:
        # OMERO.server then loads the one field; the embedded server loads all, and `samples` picks.
        more, values = "and index(s) = :index", {"index": wanted.index}
    hql = f"select o from {kind.name} o {kind.fetch} where o.id in (:ids) {more}"  # noqa: S608 - constants
    loaded = {int(one.getId().getValue()): one for one in objects(conn, hql, group_id=wanted.group, ids=ids, **values)}
    found = [loaded[object_id] for object_id in ids if object_id in loaded]
    if kind is WELL:
        for well in found:
            _keep_samples(well, samples(well, index=wanted.index, run=wanted.filters.get("plateacquisition")))
    return found


def _keep_samples(well: Any, kept: list[Any]) -> None:
    well.clearWellSamples()
    well.addAllWellSampleSet(kept)


def _total(conn: Any, kind: Kind, wanted: Wanted, where: str, values: dict[str, Any], given: int) -> int:
    """How many there are on all pages; the last page says it by itself."""
    if given < wanted.limit and (given or not wanted.offset):
        return wanted.offset + given
    hql = f"select count(o.id) from {kind.name} o {where}"  # noqa: S608 - constants
    return int(rows(conn, hql, group_id=wanted.group, **values)[0][0])


def _fields(conn: Any, kind: Kind, ids: list[int], group: int, *, single: bool = False) -> Fields:
    """The first and last field of plates (single ones only) or acquisitions, by their id."""
    if not kind.indexed or not ids or not (single or kind.name == "PlateAcquisition"):
        return {}
    hql = f"""select {kind.indexed}.id, minIndex(s), maxIndex(s) from Well w join w.wellSamples s
        where {kind.indexed}.id in (:ids) group by {kind.indexed}.id"""  # noqa: S608 - constants
    return {int(row[0]): (int(row[1]), int(row[2])) for row in rows(conn, hql, group_id=group, ids=ids)}
