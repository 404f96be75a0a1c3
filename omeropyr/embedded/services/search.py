"""``omero.api.Search``: queries in a queue, and their results batch by batch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import omero
from omero.rtypes import rdouble

from omeropyr.embedded.dispatch import Call, StatefulService
from omeropyr.embedded.fulltext import actions
from omeropyr.embedded.fulltext.actions import Action, Hit, kind_named
from omeropyr.embedded.fulltext.settings import Owner, Settings, load, time_of
from omeropyr.embedded.store import Transaction

BATCH = 1000
"""Results in a batch, unless the client says otherwise; OMERO's own."""


class _Options(StatefulService):
    """What is set before a query is made; a query keeps the settings of its moment."""

    slice_type = omero.api.Search

    def __init__(self) -> None:
        self.resetDefaults(None)

    def resetDefaults(self, call: Call | None) -> None:
        """All settings as they were at first."""
        self._settings = Settings()
        self._batch = BATCH
        self._merged = False

    def _set(self, **values: Any) -> None:
        self._settings = replace(self._settings, **values)

    def setBatchSize(self, call: Call, size: int) -> None:
        """How many results one call gives at most."""
        if size < 1:
            raise omero.ApiUsageException(None, None, "A batch has at least one result.")
        self._batch = size

    def getBatchSize(self, call: Call) -> int:
        """How many results one call gives at most."""
        return self._batch

    def setMergedBatches(self, call: Call, merge: bool) -> None:
        """Whether a batch may hold results of several queries."""
        self._merged = merge

    def isMergedBatches(self, call: Call) -> bool:
        """Whether a batch may hold results of several queries."""
        return self._merged

    def setCaseSensitive(self, call: Call, caseSensitive: bool) -> None:
        """Noted; full text never minds case, in OMERO neither."""
        self._set(case_sensitive=caseSensitive)

    setCaseSentivice = setCaseSensitive

    def isCaseSensitive(self, call: Call) -> bool:
        """What was set."""
        return self._settings.case_sensitive

    def setUseProjections(self, call: Call, useProjections: bool) -> None:
        """Noted; objects always come from the tables, which are as fast as the index here."""
        self._set(projections=useProjections)

    def isUseProjections(self, call: Call) -> bool:
        """What was set."""
        return self._settings.projections

    def setReturnUnloaded(self, call: Call, returnUnloaded: bool) -> None:
        """Whether results are ids only."""
        self._set(unloaded=returnUnloaded)

    def isReturnUnloaded(self, call: Call) -> bool:
        """Whether results are ids only."""
        return self._settings.unloaded

    def setAllowLeadingWildcard(self, call: Call, allowLeadingWildcard: bool) -> None:
        """Whether a word may begin with a wildcard, which is slow."""
        self._set(leading=allowLeadingWildcard)

    def isAllowLeadingWildcard(self, call: Call) -> bool:
        """Whether a word may begin with a wildcard."""
        return self._settings.leading

    def onlyType(self, call: Call, klass: str) -> None:
        """Search objects of one class."""
        self._set(types=(kind_named(klass).name,))

    def onlyTypes(self, call: Call, classes: Sequence[str]) -> None:
        """Search objects of some classes."""
        self._set(types=tuple(kind_named(one).name for one in classes))

    def allTypes(self, call: Call) -> None:
        """Search containers, images, wells, ROIs, annotations and files."""
        self._set(types=actions.SEARCHED)

    def onlyIds(self, call: Call, ids: Sequence[int] | None) -> None:
        """Only objects with one of these ids; null (which Ice sends as no ids) lifts that."""
        self._set(ids=tuple(ids) if ids else None)

    def onlyOwnedBy(self, call: Call, d: omero.model.Details | None) -> None:
        """Only objects of the owner and group of *d*."""
        self._set(owned=Owner.of(d))

    def notOwnedBy(self, call: Call, d: omero.model.Details | None) -> None:
        """Only objects not of the owner and group of *d*."""
        self._set(not_owned=Owner.of(d))

    def onlyCreatedBetween(self, call: Call, start: omero.RTime | None, stop: omero.RTime | None) -> None:
        """Only objects created in this time."""
        self._set(created=(time_of(start), time_of(stop)))

    def onlyModifiedBetween(self, call: Call, start: omero.RTime | None, stop: omero.RTime | None) -> None:
        """Only objects last changed in this time."""
        self._set(modified=(time_of(start), time_of(stop)))

    def onlyAnnotatedBetween(self, call: Call, start: omero.RTime | None, stop: omero.RTime | None) -> None:
        """Only objects with an annotation that was created in this time."""
        self._set(annotated=(time_of(start), time_of(stop)))

    def onlyAnnotatedBy(self, call: Call, d: omero.model.Details | None) -> None:
        """Only objects with an annotation of the owner and group of *d*."""
        self._set(annotated_by=Owner.of(d))

    def notAnnotatedBy(self, call: Call, d: omero.model.Details | None) -> None:
        """Only objects without an annotation of the owner and group of *d*."""
        self._set(not_annotated_by=Owner.of(d))

    def onlyAnnotatedWith(self, call: Call, classes: Sequence[str]) -> None:
        """Only objects with annotations of all these classes; of none: that have no annotation."""
        self._set(annotated_with=tuple(kind_named(one).name for one in classes))

    def addOrderByAsc(self, call: Call, path: str) -> None:
        """Order by a path from the object, lowest first."""
        self._set(order=(*self._settings.order, (path, True)))

    def addOrderByDesc(self, call: Call, path: str) -> None:
        """Order by a path from the object, highest first."""
        self._set(order=(*self._settings.order, (path, False)))

    def unordered(self, call: Call) -> None:
        """The best results first again."""
        self._set(order=())

    def fetchAnnotations(self, call: Call, classes: Sequence[str]) -> None:
        """Load annotations with the results; all, when any class is named."""
        self._set(fetched_annotations=tuple(kind_named(one).name for one in classes))

    def fetchAlso(self, call: Call, fetches: Sequence[str]) -> None:
        """Load what is at these paths with the results."""
        self._set(fetched=tuple(fetches))


class Search(_Options):
    """A query is read when it is made, so that a mistake is told at once, and run when its results are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: list[Action | list[Hit]] = []
        self._combine = ""
        self._last: list[Hit] = []
        self._lock = threading.RLock()

    # --- queries ---

    def byFullText(self, call: Call, query: str) -> None:
        """A query in Lucene's syntax."""
        self._add(actions.full_text(query, self._settings))

    def byLuceneQueryBuilder(self, call: Call, fields: str, _from: str, to: str, dateType: str, query: str) -> None:
        """What a user typed, in some fields, between two days."""
        self._add(actions.built(fields, _from, to, dateType, query, self._settings))

    def bySomeMustNone(self, call: Call, some: Sequence[str], must: Sequence[str], none: Sequence[str]) -> None:
        """Words of which some, all, none are there."""
        self._add(actions.some_must_none(some, must, none, self._settings))

    def byAnnotatedWith(self, call: Call, examples: Sequence[Any]) -> None:
        """Objects with annotations like these."""
        self._add(actions.annotated_with(examples, self._settings))

    def byHqlQuery(self, call: Call, query: str, params: omero.sys.Parameters | None) -> None:
        """What HQL selects."""
        self._add(actions.by_hql(query, params, self._settings))

    def byGroupForTags(self, call: Call, group: str) -> None:
        """Texts of the tags in a tag group, of all groups when it is empty."""
        self._add(actions.tags(group, self._settings, groups=False))

    def byTagForGroups(self, call: Call, tag: str) -> None:
        """Texts of the tag groups that a tag is in, all groups when it is empty."""
        self._add(actions.tags(tag, self._settings, groups=True))

    def bySimilarTerms(self, call: Call, terms: Sequence[str]) -> None:
        """Words like these."""
        self._add(actions.similar_terms(terms))

    def activeQueries(self, call: Call) -> int:
        """How many queries have results that were not taken yet, as far as is known."""
        return len(self._queue)

    def clearQueries(self, call: Call) -> None:
        """Forget all queries; the settings stay."""
        with self._lock:
            self._queue.clear()
            self._combine = ""

    def _add(self, action: Action) -> None:
        with self._lock:
            how, self._combine = self._combine, ""
            if how and self._queue:
                first = self._queue.pop()
                action = actions.combined(first if callable(first) else _known(first), action, how)
            self._queue.append(action)

    def _combining(self, how: str) -> None:
        if not self._queue:
            raise omero.ApiUsageException(None, None, f"Make a query before you combine it with another by {how}().")
        self._combine = how

    # --- results ---

    def hasNext(self, call: Call) -> bool:
        """Whether there is another result."""
        with self._lock, call.server.store.read(call.actor) as tx:
            return bool(self._hits(tx))

    def next(self, call: Call) -> omero.model.IObject:
        """The next result; ApiUsageException when there is none."""
        return self._take(call, 1)[0]

    def results(self, call: Call) -> list[omero.model.IObject]:
        """The next batch of results; ApiUsageException when there is none."""
        return self._take(call, self._batch)

    def currentMetadata(self, call: Call) -> dict[str, omero.model.Annotation]:
        """Score of the last result of ``next``; once."""
        return self.currentMetadataList(call)[0]

    def currentMetadataList(self, call: Call) -> list[dict[str, omero.model.Annotation]]:
        """Scores of the last results; once."""
        if not self._last:
            raise omero.ApiUsageException(None, None, "Call next or results first, then ask once.")
        hits, self._last = self._last, []
        return [{"score": _score(hit)} for hit in hits]

    def remove(self, call: Call) -> None:
        """Refused, as in OMERO: results are only read."""
        raise omero.ApiUsageException(None, None, "Results of a search cannot be removed.")

    def release(self) -> None:
        """Forget queries and results."""
        with self._lock:
            self._queue.clear()
            self._last = []

    def _hits(self, tx: Transaction) -> list[Hit]:
        """What is left of the first query that has anything left."""
        while self._queue:
            first = self._queue[0]
            hits = self._queue[0] = first(tx) if callable(first) else first
            if hits:
                return hits
            del self._queue[0]
        return []

    def _take(self, call: Call, most: int) -> list[Any]:
        taken: list[Hit] = []
        with self._lock, call.server.store.read(call.actor) as tx:
            while len(taken) < most and (hits := self._hits(tx)):
                part = hits[: most - len(taken)]
                del hits[: len(part)]
                taken += part
                if not hits:
                    self._queue.pop(0)
                if not self._merged:
                    break
            if not taken:
                raise omero.ApiUsageException(None, None, "There are no more results.")
            self._last, objects = _objects(tx, taken)
        return objects


def _known(hits: list[Hit]) -> Action:
    return lambda _tx: hits


def _objects(tx: Transaction, hits: list[Hit]) -> tuple[list[Hit], list[Any]]:
    """Hits that are still there with their objects."""
    known: dict[Hit, Any] = {hit: hit.made for hit in hits if hit.made is not None}
    parts: dict[tuple[str, int], list[Hit]] = {}
    for hit in hits:
        if hit.made is None:
            parts.setdefault((hit.kind, id(hit.settings)), []).append(hit)
    for (name, _), part in parts.items():
        settings = part[0].settings or Settings()
        ids = [hit.object_id for hit in part if hit.object_id is not None]
        loaded = {obj.id.val: obj for obj in load(tx, kind_named(name), ids, settings)}
        if settings.unloaded:
            loaded = {object_id: type(obj)(object_id, False) for object_id, obj in loaded.items()}
        known.update((hit, loaded.get(hit.object_id)) for hit in part)
    found = [hit for hit in hits if known.get(hit) is not None]
    return found, [known[hit] for hit in found]


def _score(hit: Hit) -> omero.model.Annotation:
    made = omero.model.DoubleAnnotationI()
    made.doubleValue = rdouble(hit.score)
    return made


def _combiner(how: str, words: str) -> Any:
    def combine(self: Search, _call: Call) -> None:
        self._combining(how)

    combine.__doc__ = words
    return combine


# Python's own words cannot be written as names of methods.
setattr(Search, "and", _combiner("and", "The next query leaves of the last one what both find."))
setattr(Search, "or", _combiner("or", "The next query adds to the last one."))
setattr(Search, "not", _combiner("not", "The next query takes away from the last one."))
