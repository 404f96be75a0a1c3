"""``ITypes``: OMERO's enumerations."""

from __future__ import annotations

import omero

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import model


class Types(Service):
    """Reading enumerations; changing them is not for the embedded server, whose code relies on their values."""

    slice_type = omero.api.ITypes

    def allEnumerations(self, call: Call, kind: str) -> list[omero.model.IObject]:
        """All values of one enumeration (``PixelsType``)."""
        name = _enumeration(kind)
        with call.server.store.read(call.actor) as tx:
            return tx.find(f"select e from {name} e order by e.id")  # noqa: S608 - names of the model

    def getEnumeration(self, call: Call, kind: str, value: str) -> omero.model.IObject:
        """One value; ApiUsageException when the enumeration has it not."""
        name = _enumeration(kind)
        with call.server.store.read(call.actor) as tx:
            found = tx.find(f"select e from {name} e where e.value = :value", {"value": value})  # noqa: S608 - names of the model
        if not found:
            raise omero.ApiUsageException(None, None, f"{name} has no value {value!r}.")
        return found[0]

    def getEnumerationTypes(self, call: Call) -> list[str]:
        """Names of the enumerations."""
        return sorted(kind.name for kind in model() if _is_enumeration(kind.name))

    def getEnumerationsWithEntries(self, call: Call) -> dict[str, list[omero.model.IObject]]:
        """All values of all enumerations."""
        return {name: self.allEnumerations(call, name) for name in self.getEnumerationTypes(call)}

    def getOriginalEnumerations(self, call: Call) -> list[omero.model.IObject]:
        """The values as OMERO ships them: the ones there are."""
        return [value for values in self.getEnumerationsWithEntries(call).values() for value in values]

    def getAnnotationTypes(self, call: Call) -> list[str]:
        """Names of the annotation classes that objects can have."""
        return [name for name in model()["Annotation"].names if name != "Annotation"]


def _is_enumeration(name: str) -> bool:
    kind = model()[name]
    return kind.is_global and {"value"} <= set(kind.fields) <= {"value", "bitSize"}


def _enumeration(kind: str) -> str:
    found = model().find(kind)
    if found is None or not _is_enumeration(found.name):
        raise omero.ApiUsageException(None, None, f"{kind!r} is not an enumeration.")
    return found.name
