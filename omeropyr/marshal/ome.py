"""OMERO objects as the JSON of OMERO's JSON API: what omero-marshal makes of them, made safe to send. PUBLIC.

Beyond omero-marshal: shapes of the deprecated class Path are there, e-mail addresses are not (`email` has them), and
numbers that JSON cannot hold are left out.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import omero.model
import omero_marshal
from omero_marshal.encode.encoders.experimenter import ExperimenterEncoder
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


class _PublicExperimenterEncoder(_Finite, ExperimenterEncoder):  # type: ignore[misc]
    """Who made something is told to all who see it; how to write to them is not."""

    def encode(self, obj: Any) -> dict[str, Any]:
        """Give the experimenter without the address."""
        found: dict[str, Any] = super().encode(obj)
        found.pop("Email", None)
        return found


class _PathEncoder(_Finite, ShapeEncoder):  # type: ignore[misc]
    """OMERO's old Path; in OME's schema it has no place since 2012, so only its definition is added."""

    TYPE = f"{SCHEMA}#Path"

    def encode(self, obj: Any) -> dict[str, Any]:
        """Give the path."""
        found: dict[str, Any] = super().encode(obj)
        self.set_if_not_none(found, "Definition", obj.d)
        return found


def _encoders() -> dict[type, Any]:
    """Omero-marshal's encoders, bound to one another anew, so that ours stand among them."""
    found: dict[type, Any] = {}
    context = omero_marshal.MarshallingCtx(found, omero_marshal.DECODERS)
    for kind, encoder in omero_marshal.ENCODERS.items():
        own = type(encoder)
        found[kind] = type(own.__name__, (_Finite, own), {})(context)
    found[omero.model.ExperimenterI] = _PublicExperimenterEncoder(context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found[omero.model.PathI] = _PathEncoder(context)
    return found


_ENCODERS = _encoders()


def encode(obj: Any) -> dict[str, Any]:
    """Give a loaded object, with all of it that is loaded; raises `KeyError` for a class that has no JSON."""
    found: dict[str, Any] = _ENCODERS[type(obj)].encode(obj)
    return found


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
