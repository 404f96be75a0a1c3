"""``ITimeline``: what happened lately, and what in a period.

Images count by their acquisition date, everything else by the event of its last update. Without any wish the caller's
own objects are meant, and at most 50 of each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import omero
from omero.rtypes import rlong, rstring, unwrap

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.graphs.names import full_name
from omeropyr.embedded.model import model
from omeropyr.embedded.services.parameters import Wishes, kind_of, wishes
from omeropyr.embedded.store import Transaction

_KINDS = ("Annotation", "Dataset", "Image", "Project", "RenderingDef")
_LOGGED = ("Dataset", "Project")
_LIMIT = 50
_FETCHES = {
    "Image": "left outer join fetch o.pixels p left outer join fetch p.pixelsType",
    "Project": "left outer join fetch o.datasetLinks l left outer join fetch l.child",
    "RenderingDef": "left outer join fetch o.pixels p left outer join fetch p.image",
}
_EVENTS = (
    "left outer join fetch o.details.creationEvent left outer join fetch o.details.updateEvent "
    "left outer join fetch o.details.owner left outer join fetch o.details.group"
)


class Timeline(Service):
    """Every operation sees what the caller may read in the group of the call."""

    slice_type = omero.api.ITimeline

    def getMostRecentObjects(
        self, call: Call, types: Sequence[str] | None, p: omero.sys.Parameters | None, merge: bool
    ) -> dict[str, list[omero.model.IObject]]:
        """The latest objects of each class, the newest first; *merge* limits all classes together."""
        return self._objects(call, types, (None, None), p, merge)

    def getByPeriod(
        self,
        call: Call,
        types: Sequence[str] | None,
        start: omero.RTime | None,
        end: omero.RTime | None,
        p: omero.sys.Parameters | None,
        merge: bool,
    ) -> dict[str, list[omero.model.IObject]]:
        """The same between two times (milliseconds, both included)."""
        return self._objects(call, types, (unwrap(start), unwrap(end)), p, merge)

    def countByPeriod(
        self,
        call: Call,
        types: Sequence[str] | None,
        start: omero.RTime | None,
        end: omero.RTime | None,
        p: omero.sys.Parameters | None,
    ) -> dict[str, int]:
        """How many objects of each class there are between two times, past any limit."""
        wished = _wishes(call, p)
        counts = {}
        with call.server.store.read(call.actor) as tx:
            for name in _names(types):
                where, values = _conditions(name, (unwrap(start), unwrap(end)), wished)
                counts[name] = int(tx.values(f"select count(o.id) from {name} o where {where}", values)[0][0])  # noqa: S608 - names of the model
        return counts

    def getEventLogsByPeriod(
        self, call: Call, start: omero.RTime | None, end: omero.RTime | None, p: omero.sys.Parameters | None
    ) -> list[omero.model.EventLog]:
        """What was made and changed of projects and datasets, and images acquired, in the period: the newest first.

        As with OMERO, whose wish counts is decided by who made the change, offset and limit hold for changes and for
        images, and the entries of images are not in the log: they have no ids.
        """
        wished, period = _wishes(call, p), (unwrap(start), unwrap(end))
        with call.server.store.read(call.actor) as tx:
            logs = _changes(tx, period, wished)
            images = [_acquired(one) for one in self._found(tx, "Image", period, wished)]
        return sorted([*logs, *images], key=lambda log: int(log.event.time.val), reverse=True)

    def getMostRecentAnnotationLinks(
        self,
        call: Call,
        parentTypes: Sequence[str] | None,
        childTypes: Sequence[str] | None,
        namespaces: Sequence[str] | None,
        p: omero.sys.Parameters | None,
    ) -> list[omero.model.IObject]:
        """The latest links of annotations, the newest first; namespaces may have ``%`` and do not mind case."""
        wished = _wishes(call, p)
        parents = [kind_of(name).name for name in parentTypes or ()] or [
            kind.name.removesuffix("AnnotationLink") for kind in model() if kind.name.endswith("AnnotationLink")
        ]
        children = [kind_of(name).name for name in childTypes or ()] or ["Annotation"]
        if len(children) > 1:
            raise omero.ApiUsageException(None, None, "Links of one class of annotations are given at a time.")
        found: list[Any] = []
        with call.server.store.read(call.actor) as tx:
            for parent in parents:
                if model().find(f"{parent}AnnotationLink") is None:
                    raise omero.ApiUsageException(None, None, f"{parent} has no annotations.")
                found += _links(tx, parent, children[0], list(namespaces or ()), wished)
        found.sort(key=lambda link: (link.details.updateEvent.time.val, link.id.val), reverse=True)
        return wished.page(found)

    def getMostRecentShareCommentLinks(self, call: Call, p: omero.sys.Parameters | None) -> list[omero.model.IObject]:
        """The latest comments of others on the caller's shares."""
        wished = replace(wishes(p), limit=wishes(p).limit or _LIMIT)
        query = (
            "select l from SessionAnnotationLink l join fetch l.child a join fetch l.parent s "
            "left outer join fetch l.details.updateEvent left outer join fetch l.details.creationEvent "
            "left outer join fetch a.details.owner "
            "where l.details.owner.id <> :user and s.owner.id = :user and a.ns = :ns order by l.id desc"
        )
        with call.server.store.read(call.actor) as tx:
            links = tx.find(query, {"user": call.actor.user_id, "ns": "ome.share.comment/"})
        return wished.page([link for link in links if isinstance(link.child, omero.model.CommentAnnotation)])

    def _objects(
        self,
        call: Call,
        types: Sequence[str] | None,
        period: tuple[int | None, int | None],
        p: omero.sys.Parameters | None,
        merge: bool,
    ) -> dict[str, list[Any]]:
        wished = _wishes(call, p)
        with call.server.store.read(call.actor) as tx:
            if not merge:
                return {name: self._found(tx, name, period, wished) for name in _names(types)}
            whole = replace(wished, offset=0, limit=wished.offset + (wished.limit or 0))
            found = {name: self._found(tx, name, period, whole) for name in _names(types)}
        every = sorted(((_time(one), name, one) for name in found for one in found[name]), key=lambda row: -row[0])
        kept = wished.page(every)
        return {name: [one for _, kind, one in kept if kind == name] for name in found}

    @staticmethod
    def _found(tx: Transaction, name: str, period: tuple[int | None, int | None], wished: Wishes) -> list[Any]:
        where, values = _conditions(name, period, wished)
        page = omero.sys.ParametersI()
        page.page(wished.offset, wished.limit)
        page.map = {key: omero.rtypes.wrap(value) for key, value in values.items()}
        when = _when(name)
        query = f"select o.id from {name} o where {where} order by {when} desc, o.id desc"  # noqa: S608 - names of the model
        ids = [int(row[0]) for row in tx.values(query, page)]
        query = f"select o from {name} o {_EVENTS} {_FETCHES.get(name, '')} where o.id in (:ids)"  # noqa: S608 - names of the model
        objects = tx.find(query, {"ids": ids})
        known = {one.id.val: one for one in objects}
        return [known[one] for one in ids if one in known]


def _names(types: Sequence[str] | None) -> list[str]:
    return [kind_of(name, *_KINDS).name for name in types or _KINDS]


def _wishes(call: Call, p: omero.sys.Parameters | None) -> Wishes:
    """The caller's wishes: their own objects where neither owner nor group is named; -1 stands for everybody."""
    wished = wishes(p)
    if wished.owner is None and wished.group is None:
        wished = replace(wished, owner=call.actor.user_id)
    owner = None if wished.owner is not None and wished.owner < 0 else wished.owner
    group = None if wished.group is not None and wished.group < 0 else wished.group
    return replace(wished, owner=owner, group=group, limit=_LIMIT if wished.limit is None else wished.limit)


def _when(name: str) -> str:
    return "o.acquisitionDate" if name == "Image" else "o.details.updateEvent.time"


def _time(found: Any) -> int:
    moment = found.acquisitionDate if isinstance(found, omero.model.Image) else found.details.updateEvent.time
    return int(unwrap(moment) or 0)


def _between(field: str, period: tuple[int | None, int | None]) -> tuple[list[str], dict[str, Any]]:
    start, end = period
    where = [f"{field} >= :start"] if start is not None else []
    where += [f"{field} <= :end"] if end is not None else []
    values = {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    return where, values


def _conditions(name: str, period: tuple[int | None, int | None], wished: Wishes) -> tuple[str, dict[str, Any]]:
    where, values = _between(_when(name), period)
    more, named = wished.conditions("o")
    return " and ".join([*where, *more]) or "1 = 1", {**values, **named}


def _links(tx: Transaction, parent: str, child: str, namespaces: list[str], wished: Wishes) -> list[Any]:
    where, named = wished.conditions("o")
    values: dict[str, Any] = dict(named)
    spaces = []
    for number, ns in enumerate(namespaces):
        spaces.append(f"lower(a.ns) like lower(:ns{number})")
        values[f"ns{number}"] = ns
    if spaces:
        where.append(f"({' or '.join(spaces)})")
    condition = f"and {' and '.join(where)}" if where else ""
    page = omero.sys.ParametersI()
    page.page(0, wished.offset + (wished.limit or 0))
    page.map = {key: omero.rtypes.wrap(value) for key, value in values.items()}
    rows = tx.values(
        f"select o.id from {parent}AnnotationLink o, {child} a where o.child.id = a.id {condition} "  # noqa: S608 - names of the model
        "order by o.details.updateEvent.time desc, o.id desc",
        page,
    )
    return tx.find(
        f"select o from {parent}AnnotationLink o {_EVENTS} left outer join fetch o.child a "  # noqa: S608 - names of the model
        "left outer join fetch a.details.owner where o.id in (:ids)",
        {"ids": [int(row[0]) for row in rows]},
    )


def _changes(tx: Transaction, period: tuple[int | None, int | None], wished: Wishes) -> list[omero.model.EventLog]:
    """The log of projects and datasets that the caller may read."""
    where, values = _between("e.time", period)
    for field, wanted in (("experimenter", wished.owner), ("experimenterGroup", wished.group)):
        if wanted is not None:
            where.append(f"e.{field}.id = :{field}")
            values[field] = wanted
    readable = " or ".join(
        f"(o.entityType = '{full_name(name)}' and o.entityId in (select x.id from {name} x))"  # noqa: S608 - names of the model
        for name in _LOGGED
    )
    condition = " and ".join(["o.action in ('INSERT', 'UPDATE')", f"({readable})", *where])
    page = omero.sys.ParametersI()
    page.page(wished.offset, wished.limit)
    page.map = {key: omero.rtypes.wrap(value) for key, value in values.items()}
    query = f"select o from EventLog o join fetch o.event e where {condition} order by e.time desc, o.id desc"  # noqa: S608 - as above
    return tx.find(query, page)


def _acquired(image: omero.model.Image) -> omero.model.EventLog:
    """An entry that is not stored: images are said to be inserted when they were acquired."""
    log = omero.model.EventLogI()
    log.action = rstring("INSERT")
    log.entityType, log.entityId = rstring(full_name("Image")), rlong(image.id.val)
    log.event = omero.model.EventI()
    log.event.time = image.acquisitionDate
    log.event.experimenter, log.event.experimenterGroup = image.details.owner, image.details.group
    return log
