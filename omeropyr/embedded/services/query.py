"""``IQuery``: objects by id, by field, by HQL; projections."""

from __future__ import annotations

from typing import Any

import omero
from omero.rtypes import unwrap

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.fulltext.find import Finder
from omeropyr.embedded.fulltext.settings import Settings, load
from omeropyr.embedded.fulltext.syntax import parse as parse_text
from omeropyr.embedded.model import FieldKind, Kind, model


class Query(Service):
    """Every operation sees what the caller may read in the group of the call."""

    slice_type = omero.api.IQuery

    def get(self, call: Call, kind: str, object_id: int) -> omero.model.IObject:
        """One object; ValidationException when there is none."""
        with call.server.store.read(call.actor) as tx:
            return tx.get(kind, object_id)

    def find(self, call: Call, kind: str, object_id: int) -> omero.model.IObject | None:
        """One object, null when there is none."""
        try:
            return self.get(call, kind, object_id)
        except omero.ValidationException:
            return None

    def findAll(self, call: Call, kind: str, page: omero.sys.Filter | None) -> list[omero.model.IObject]:
        """All objects of a class, by id."""
        return self._all(call, f"select o from {_kind(kind).name} o order by o.id", {}, page)  # noqa: S608 - names of the model

    def findByQuery(self, call: Call, hql: str, params: omero.sys.Parameters | None) -> omero.model.IObject | None:
        """The one object that a query selects, null for none; ApiUsageException for several."""
        with call.server.store.read(call.actor) as tx:
            found = tx.find(hql, params)
        if len({obj.id.val for obj in found}) > 1:
            raise omero.ApiUsageException(None, None, f"The query finds {len(found)} objects, not one.")
        return found[0] if found else None

    def findAllByQuery(self, call: Call, hql: str, params: omero.sys.Parameters | None) -> list[omero.model.IObject]:
        """All objects that a query selects."""
        with call.server.store.read(call.actor) as tx:
            return tx.find(hql, params)

    def projection(self, call: Call, hql: str, params: omero.sys.Parameters | None) -> list[list[omero.RType | None]]:
        """Rows of whatever a query selects."""
        with call.server.store.read(call.actor) as tx:
            return tx.projection(hql, params)

    def findByString(self, call: Call, kind: str, field: str, value: str) -> omero.model.IObject | None:
        """The one object whose *field* is *value*, null for none; ApiUsageException for several."""
        found = self.findAllByString(call, kind, field, value, True, None)
        if len(found) > 1:
            raise omero.ApiUsageException(None, None, f"{len(found)} objects have {field} {value!r}, not one.")
        return found[0] if found else None

    def findAllByString(
        self, call: Call, kind: str, field: str, value: str, case_sensitive: bool, page: omero.sys.Filter | None
    ) -> list[omero.model.IObject]:
        """Objects whose *field* is like *value* (``%`` and ``_`` stand for any characters and for one)."""
        item = _kind(kind).fields.get(field)
        if item is None or item.type != "rstring":
            raise omero.ApiUsageException(None, None, f"{kind} has no text {field!r}.")
        left, right = (f"o.{field}", ":value") if case_sensitive else (f"lower(o.{field})", "lower(:value)")
        hql = f"select o from {_kind(kind).name} o where {left} like {right} order by o.id"  # noqa: S608 - checked names
        return self._all(call, hql, {"value": value}, page)

    def findByExample(self, call: Call, example: omero.model.IObject) -> omero.model.IObject | None:
        """The one object that has the example's values, null for none; ApiUsageException for several."""
        found = self.findAllByExample(call, example, None)
        if len(found) > 1:
            raise omero.ApiUsageException(None, None, f"{len(found)} objects are like the example, not one.")
        return found[0] if found else None

    def findAllByExample(
        self, call: Call, example: omero.model.IObject, page: omero.sys.Filter | None
    ) -> list[omero.model.IObject]:
        """Objects that have the example's values; what is null in it does not matter."""
        kind = model().of(example)
        values = {
            item.name: unwrap(getattr(example, item.attribute))
            for item in kind.fields.values()
            if item.kind is FieldKind.SCALAR and getattr(example, item.attribute, None) is not None
        }
        where = " and ".join(f"o.{name} = :{name}" for name in values) or "1 = 1"
        return self._all(call, f"select o from {kind.name} o where {where} order by o.id", values, page)  # noqa: S608 - names of the model

    def findAllByFullText(
        self, call: Call, kind: str, query: str, params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """Objects of a class that have the words of a query in Lucene's syntax, the best first."""
        page = params.theFilter if params is not None else None
        wanted, node = _kind(kind), parse_text(query or "")
        with call.server.store.read(call.actor) as tx:
            scores = Finder(tx, wanted).find(node)
            ids = _page(sorted(scores, key=lambda one: (-scores[one], one)), page)
            return load(tx, wanted, ids, Settings())

    def refresh(self, call: Call, obj: omero.model.IObject) -> omero.model.IObject:
        """The object as it is stored now."""
        return self.get(call, model().of(obj).name, obj.id.val)

    @staticmethod
    def _all(call: Call, hql: str, values: dict[str, Any], page: omero.sys.Filter | None) -> list[Any]:
        with call.server.store.read(call.actor) as tx:
            return tx.find(hql, omero.sys.Parameters(values, page))


def _page(found: list[Any], page: omero.sys.Filter | None) -> list[Any]:
    offset = int(unwrap(page.offset) or 0) if page is not None else 0
    limit = unwrap(page.limit) if page is not None else None
    return found[offset:] if limit is None else found[offset : offset + int(limit)]


def _kind(name: str) -> Kind:
    found = model().find(name)
    if found is None:
        raise omero.ApiUsageException(None, None, f"There is no class {name!r}.")
    return found
