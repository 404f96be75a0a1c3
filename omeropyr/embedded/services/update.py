"""``IUpdate``: graphs of objects are saved, single objects deleted."""

from __future__ import annotations

from collections.abc import Sequence

import omero

from omeropyr.embedded import scripts
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.fulltext import index
from omeropyr.embedded.graph import ACCOUNTS
from omeropyr.embedded.graphs.files import leftovers
from omeropyr.embedded.model import model


class Update(Service):
    """Each operation is one transaction: everything is saved, or nothing."""

    slice_type = omero.api.IUpdate

    def saveObject(self, call: Call, obj: omero.model.IObject) -> None:
        """Save a graph."""
        self._save(call, [obj])

    def saveAndReturnObject(self, call: Call, obj: omero.model.IObject) -> omero.model.IObject:
        """Save a graph and return it."""
        return self._save(call, [obj])[0]

    def saveCollection(self, call: Call, objs: Sequence[omero.model.IObject]) -> None:
        """Save several graphs."""
        self._save(call, objs)

    def saveArray(self, call: Call, objs: Sequence[omero.model.IObject]) -> None:
        """The same."""
        self._save(call, objs)

    def saveAndReturnArray(self, call: Call, objs: Sequence[omero.model.IObject]) -> list[omero.model.IObject]:
        """Save several graphs and return them."""
        return self._save(call, objs)

    def saveAndReturnIds(self, call: Call, objs: Sequence[omero.model.IObject]) -> list[int]:
        """Save several graphs and return the ids of their first objects."""
        return [int(obj.id.val) for obj in self._save(call, objs)]

    def deleteObject(self, call: Call, obj: omero.model.IObject) -> None:
        """Delete one object that nothing points at, of an OriginalFile the bytes, too."""
        if obj is None or obj.id is None:
            raise omero.ApiUsageException(None, None, "An object with an id is expected.")
        kind = model().of(obj).name
        _refuse_accounts(kind)
        files = {"OriginalFile": [int(obj.id.val)]} if kind == "OriginalFile" else {}
        with call.server.store.write(call.actor) as tx:
            left = leftovers(tx, files)
            tx.delete(kind, obj.id.val)
            scripts.forget(tx, left.files)
        left.remove(call.server.data)

    def indexObject(self, call: Call, row: omero.model.IObject) -> None:
        """Write an object into the full-text index anew; for administrators, and hardly ever needed: saving does it."""
        if not call.actor.is_admin:
            raise omero.SecurityViolation(None, None, "Only administrators index objects.")
        if row is None or row.id is None:
            raise omero.ApiUsageException(None, None, "An object with an id is expected.")
        kind = model().of(row)
        with call.server.store.write(call.actor) as tx:
            tx.get(kind.name, row.id.val)
            index.refresh(tx.connection, kind.root.name, row.id.val)

    @staticmethod
    def _save(call: Call, objs: Sequence[omero.model.IObject]) -> list[omero.model.IObject]:
        if any(obj is None for obj in objs):
            raise omero.ApiUsageException(None, None, "null cannot be saved.")
        for obj in objs:
            if obj.isLoaded():
                _refuse_accounts(model().of(obj).name)
        with call.server.store.write(call.actor) as tx:
            return tx.save_all(objs)


def _refuse_accounts(kind: str) -> None:
    if kind in ACCOUNTS:
        raise omero.SecurityViolation(None, None, f"{kind} is changed through IAdmin.")
