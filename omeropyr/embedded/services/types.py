"""``ITypes``: OMERO's enumerations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
from omero.model import IObject
from omero.rtypes import rint, rstring, unwrap

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.seeds import BIT_SIZES, ENUMERATIONS
from omeropyr.embedded.store import Transaction


class Types(Service):
    """Everyone reads enumerations and adds values, as in OMERO; administrators change, delete and reset them.

    Privileges of administrators are not for anyone to change: the code that guards things by them knows their names.
    """

    slice_type = omero.api.ITypes

    def allEnumerations(self, call: Call, kind: str) -> list[IObject]:
        """All values of one enumeration (``PixelsType``)."""
        name = _enumeration(kind).name
        with call.server.store.read(call.actor) as tx:
            return tx.find(f"select e from {name} e order by e.id")  # noqa: S608 - names of the model

    def getEnumeration(self, call: Call, kind: str, value: str) -> IObject:
        """One value; ApiUsageException when the enumeration has it not."""
        name = _enumeration(kind).name
        with call.server.store.read(call.actor) as tx:
            found = tx.find(f"select e from {name} e where e.value = :value", {"value": value})  # noqa: S608 - names of the model
        if not found:
            raise omero.ApiUsageException(None, None, f"{name} has no value {value!r}.")
        return found[0]

    def getEnumerationTypes(self, call: Call) -> list[str]:
        """Names of the enumerations."""
        return sorted(kind.name for kind in model() if _is_enumeration(kind))

    def getEnumerationsWithEntries(self, call: Call) -> dict[str, list[IObject]]:
        """All values of all enumerations."""
        return {name: self.allEnumerations(call, name) for name in self.getEnumerationTypes(call)}

    def getOriginalEnumerations(self, call: Call) -> list[IObject]:
        """The values as OMERO ships them, not stored ones, so without ids; for administrators."""
        _require_admin(call)
        return [_new(model()[name], value) for name, values in ENUMERATIONS.items() for value in values.split()]

    def getAnnotationTypes(self, call: Call) -> list[str]:
        """Names of the classes that can be annotated."""
        return sorted(kind.name for kind in model() if model().find(f"{kind.name}AnnotationLink") is not None)

    # --- changes ---

    def createEnumeration(self, call: Call, value: IObject) -> IObject:
        """Add a value and return it; one that is there already is returned as it is."""
        kind, text = _checked(value)
        # An object of the server's own: one with the id of a stored value would change that.
        made = _new(kind, text)
        if "bitSize" in kind.fields and value.bitSize is not None:
            made.bitSize = value.bitSize
        with call.server.store.write(SYSTEM) as tx:
            known = tx.find(f"select e from {kind.name} e where e.value = :value", {"value": text})  # noqa: S608 - names of the model
            return known[0] if known else tx.save(made)

    def updateEnumeration(self, call: Call, value: IObject) -> IObject:
        """Save a changed value and return it."""
        _require_admin(call)
        return _update(call, [value])[0]

    def updateEnumerations(self, call: Call, values: Sequence[IObject]) -> None:
        """Save several changed values, all or none."""
        _require_admin(call)
        _update(call, values)

    def deleteEnumeration(self, call: Call, value: IObject) -> None:
        """Delete a value; ValidationException while something has it."""
        _require_admin(call)
        kind = _changeable(value)
        if value.id is None:
            raise omero.ApiUsageException(None, None, "A stored value is expected.")
        with call.server.store.write(SYSTEM) as tx:
            tx.delete(kind.name, value.id.val)

    def resetEnumerations(self, call: Call, kind: str) -> None:
        """Give one enumeration the values that OMERO ships; ValidationException while something has another one."""
        _require_admin(call)
        found = _enumeration(kind)
        wanted = ENUMERATIONS.get(found.name, "").split()
        _changeable(found.python())
        with call.server.store.write(SYSTEM) as tx:
            _reset(tx, found, wanted)


def _reset(tx: Transaction, kind: Kind, wanted: Sequence[str]) -> None:
    known = {str(value): int(key) for key, value in tx.values(f"select e.id, e.value from {kind.name} e")}  # noqa: S608 - names of the model
    for value in set(known) - set(wanted):
        tx.delete(kind.name, known[value])
    tx.save_all([_new(kind, value) for value in wanted if value not in known])


def _update(call: Call, values: Sequence[IObject]) -> list[IObject]:
    for value in values:
        _checked(value)
        if value.id is None:
            raise omero.ApiUsageException(None, None, "A stored value is expected.")
    with call.server.store.write(SYSTEM) as tx:
        return tx.save_all(values)


def _new(kind: Kind, value: str) -> Any:
    made = kind.python()
    made.value = rstring(value)
    if "bitSize" in kind.fields:
        made.bitSize = rint(BIT_SIZES.get(value, 8))
    return made


def _checked(value: IObject) -> tuple[Kind, str]:
    """Class and text of a loaded value that may be changed."""
    kind = _changeable(value)
    text = str(unwrap(value.value) or "").strip() if value.isLoaded() else ""
    if not text:
        raise omero.ValidationException(None, None, f"A {kind.name} needs a value.")
    return kind, text


def _changeable(value: IObject | None) -> Kind:
    if value is None:
        raise omero.ApiUsageException(None, None, "A value is expected.")
    kind = model().of(value)
    if not _is_enumeration(kind):
        raise omero.ApiUsageException(None, None, f"{kind.name} is not an enumeration.")
    if kind.name == "AdminPrivilege":
        raise omero.SecurityViolation(None, None, "The privileges of administrators stay as they are.")
    return kind


def _require_admin(call: Call) -> None:
    if not call.actor.is_admin:
        raise omero.SecurityViolation(None, None, "Only administrators may do this.")


def _is_enumeration(kind: Kind) -> bool:
    return kind.is_global and {"value"} <= set(kind.fields) <= {"value", "bitSize"}


def _enumeration(kind: str) -> Kind:
    found = model().find(kind)
    if found is None or not _is_enumeration(found):
        raise omero.ApiUsageException(None, None, f"{kind!r} is not an enumeration.")
    return found
