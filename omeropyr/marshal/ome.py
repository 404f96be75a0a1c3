"""OMERO objects as the JSON of OMERO's JSON API: what omero-marshal makes of them, made safe to send. PUBLIC.

Beyond omero-marshal: shapes of the deprecated class Path are there, e-mail addresses are not (`email` has them), and
numbers that JSON cannot hold are left out.
"""

from __future__ import annotations

import math
from typing import Any

import omero.model
import omero_marshal
from omero_marshal.encode.encoders.experimenter import ExperimenterEncoder
from omero_marshal.encode.encoders.experimentergroup import ExperimenterGroupEncoder
from omero_marshal.encode.encoders.shape import ShapeEncoder

from omeropyr.marshal.objects import plain

SCHEMA = omero_marshal.OME_SCHEMA_URL


class _Finite:
    """Leaves out what is no number to JSON: NaN and the infinities. Before an encoder of omero-marshal."""

    def set_if_not_none(self, found: dict[str, Any], key: str, value: Any) -> None:
        """Set a value, unless it is one of these."""
        super().set_if_not_none(found, key, value)  # type: ignore[misc]
        known = found.get(key)
        if isinstance(known, float) and not math.isfinite(known):
            del found[key]

    def encode_unit(self, found: dict[str, Any], key: str, value: Any) -> None:
        """Set a quantity, unless its value is one of these."""
        if math.isfinite(value.getValue()):
            super().encode_unit(found, key, value)  # type: ignore[misc]


class _Known(_Finite):
    """Encodes an object once: the owner and group of many others, which OMERO sends once."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)  # type: ignore[call-arg]
        # The object is kept with its JSON, so that no other gets its place in memory.
        self._known: dict[int, tuple[Any, dict[str, Any]]] = {}

    def encode(self, obj: Any) -> dict[str, Any]:
        """Give what it was the first time."""
        known = self._known.get(id(obj))
        if known is None:
            known = self._known[id(obj)] = (obj, self.first(obj))
        return known[1]

    def first(self, obj: Any) -> dict[str, Any]:
        """Encode the object."""
        found: dict[str, Any] = super().encode(obj)  # type: ignore[misc]
        return found


class _PublicExperimenterEncoder(_Known, ExperimenterEncoder):  # type: ignore[misc]
    """Who made something is told to all who see it; how to write to them is not."""

    def first(self, obj: Any) -> dict[str, Any]:
        """Encode the experimenter without the address."""
        found = super().first(obj)
        found.pop("Email", None)
        return found


class _GroupEncoder(_Known, ExperimenterGroupEncoder):  # type: ignore[misc]
    """A group, once."""


class _PathEncoder(_Finite, ShapeEncoder):  # type: ignore[misc]
    """OMERO's old Path; in OME's schema it has no place since 2012, so only its definition is added."""

    TYPE = f"{SCHEMA}#Path"

    def encode(self, obj: Any) -> dict[str, Any]:
        """Give the path."""
        found: dict[str, Any] = super().encode(obj)
        self.set_if_not_none(found, "Definition", obj.d)
        return found


_CLASSES: dict[type, type] = {
    **{
        kind: type(type(encoder).__name__, (_Finite, type(encoder)), {})
        for kind, encoder in omero_marshal.ENCODERS.items()
    },
    omero.model.ExperimenterI: _PublicExperimenterEncoder,
    omero.model.ExperimenterGroupI: _GroupEncoder,
    omero.model.PathI: _PathEncoder,
}


class Encoder:
    """Encodes the objects of one answer; owners and groups that they share are encoded once, and shared in turn."""

    def __init__(self) -> None:
        self._encoders: dict[type, Any] = {}
        context = omero_marshal.MarshallingCtx(self._encoders, omero_marshal.DECODERS)
        self._encoders.update((kind, made(context)) for kind, made in _CLASSES.items())

    def encode(self, obj: Any) -> dict[str, Any]:
        """Give a loaded object, with all of it that is loaded; raises `KeyError` for a class that has no JSON."""
        return dict(self._encoders[type(obj)].encode(obj))


def encode(obj: Any) -> dict[str, Any]:
    """Give one loaded object, with all of it that is loaded; raises `KeyError` for a class that has no JSON."""
    return Encoder().encode(obj)


def email(experimenter: Any) -> str | None:
    """Give the e-mail address of an experimenter, for those who may know it."""
    address: str | None = plain(experimenter.getEmail())
    return address


def decode(data: dict[str, Any]) -> Any:
    """Make the object that `data` describes, with `@type`; raises `KeyError` for a type that has no JSON."""
    return omero_marshal.DECODERS[data["@type"]].decode(data)


def known_types() -> frozenset[str]:
    """Give every `@type` that can be decoded."""
    return frozenset(omero_marshal.DECODERS)
