"""RenderingDef objects of the store and plain settings: one into the other, found, made and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import omero
from omero.rtypes import rbool, rdouble, rint, rstring, unwrap
from sqlalchemy import update as sql_update

from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.pixels.defaults import ChannelFacts, default_settings
from omeropyr.embedded.pixels.reader import PIXELS_TYPES
from omeropyr.embedded.pixels.rendersets import Unset
from omeropyr.embedded.schema import UPDATED, schema
from omeropyr.rendering.settings import ChannelBinding, Family, Model, RenderingDef

if TYPE_CHECKING:
    from omeropyr.embedded.permissions import Actor
    from omeropyr.embedded.pixels.access import PixelAccess
    from omeropyr.embedded.store import Store, Transaction

_LOAD = (
    "select distinct r from RenderingDef r join fetch r.model join fetch r.quantization join fetch r.pixels"
    " join fetch r.details.owner"
    " left outer join fetch r.waveRendering b left outer join fetch b.family"
    " left outer join fetch b.spatialDomainEnhancement where {}"
)
_PIXELS = (
    "select distinct p from Pixels p join fetch p.pixelsType left outer join fetch p.dimensionOrder join fetch p.image"
    " left outer join fetch p.channels c left outer join fetch c.statsInfo left outer join fetch c.logicalChannel l"
    " left outer join fetch l.photometricInterpretation left outer join fetch l.illumination"
    " left outer join fetch l.contrastMethod left outer join fetch l.mode where p.id {}"
)


def load_pixels(transaction: Transaction, pixels_id: int) -> Any:
    """The Pixels with type, image, channels and their statistics.

    Raises ``omero.ValidationException`` if not visible.
    """
    found = transaction.find(_PIXELS.format("= :id"), {"id": pixels_id})
    if not found:
        raise omero.ValidationException(None, None, f"No Pixels with id {pixels_id}")
    return found[0]


def load_pixels_set(transaction: Transaction, pixels_ids: Sequence[int]) -> dict[int, Any]:
    """The visible ones of many Pixels, by id."""
    if not pixels_ids:
        return {}
    return {one.id.val: one for one in transaction.find(_PIXELS.format("in (:ids)"), {"ids": list(pixels_ids)})}


def load(transaction: Transaction, definition_id: int) -> Any:
    """A RenderingDef with everything below it, or ``None``."""
    found = transaction.find(_LOAD.format("r.id = :id"), {"id": definition_id})
    return found[0] if found else None


def load_all(transaction: Transaction, pixels_ids: Sequence[int]) -> list[Any]:
    """All visible RenderingDefs of these Pixels, oldest first."""
    if not pixels_ids:
        return []
    found = transaction.find(_LOAD.format("r.pixels.id in (:ids)"), {"ids": list(pixels_ids)})
    return sorted(found, key=lambda one: int(one.id.val))


def choose(definitions: Sequence[Any], user_id: int, owner_id: int) -> Any:
    """The user's own latest settings among those of one image, else its owner's, else ``None``."""
    for who in (user_id, owner_id):
        own = [one for one in definitions if one.details.owner.id.val == who]
        if own:
            return own[-1]
    return None


def to_settings(definition: Any) -> RenderingDef:
    """A loaded RenderingDef as plain settings."""
    bindings = tuple(_binding(one) for one in definition.copyWaveRendering() if one is not None)
    model: Model = "greyscale" if unwrap(definition.model.value) == "greyscale" else "rgb"
    quantum = definition.quantization
    if quantum is None or not quantum.isLoaded():
        return RenderingDef(bindings, model, definition.defaultZ.val, definition.defaultT.val)
    codomain, steps = (quantum.cdStart.val, quantum.cdEnd.val), quantum.bitResolution.val
    return RenderingDef(bindings, model, definition.defaultZ.val, definition.defaultT.val, codomain, steps)


def _binding(one: Any) -> ChannelBinding:
    family: Family = unwrap(one.family.value)
    return ChannelBinding(
        active=one.active.val,
        input_start=one.inputStart.val,
        input_end=one.inputEnd.val,
        family=family,
        coefficient=one.coefficient.val,
        noise_reduction=one.noiseReduction.val,
        red=one.red.val,
        green=one.green.val,
        blue=one.blue.val,
        alpha=one.alpha.val,
        lookup_table=unwrap(one.lookupTable) or None,
        reverse_intensity=bool(_reversing(one)),
    )


def _reversing(one: Any) -> list[Any]:
    contexts = one.copySpatialDomainEnhancement() if one.sizeOfSpatialDomainEnhancement() > 0 else []
    return [context for context in contexts if isinstance(context, omero.model.ReverseIntensityContext)]


def channel_facts(pixels: Any, access: PixelAccess) -> list[ChannelFacts]:
    """What the store knows about the channels of loaded Pixels; ranges are read from the pixels where it has none."""
    channels = list(pixels.copyChannels())
    ranges: list[tuple[float, float]] | None = None
    facts = []
    for index, channel in enumerate(channels):
        stats = channel.statsInfo
        if stats is not None and stats.isLoaded():
            low, high = stats.globalMin.val, stats.globalMax.val
        else:
            ranges = ranges if ranges is not None else access.ranges(pixels.id.val)
            low, high = ranges[index]
        color = tuple(unwrap(getattr(channel, name)) for name in ("red", "green", "blue", "alpha"))
        logical = channel.logicalChannel
        known = logical is not None and logical.isLoaded()
        wave = logical.emissionWave if known else None
        facts.append(
            ChannelFacts(
                low,
                high,
                None if None in color[:3] else (color[0], color[1], color[2], color[3] or 0),
                wave.getValue() if wave is not None else None,
                unwrap(logical.name) if known else None,
                unwrap(channel.lookupTable),
            )
        )
    return facts


def defaults_of(pixels: Any, access: PixelAccess) -> RenderingDef:
    """The default settings of loaded Pixels. Raises ``ReaderError`` when ranges have to be read and cannot be."""
    known = Unset(pixels.sizeZ.val, unwrap(pixels.pixelsType.value), channel_facts(pixels, access))
    return defaults_from(pixels.id.val, known, access)


def defaults_from(pixels_id: int, known: Unset, access: PixelAccess) -> RenderingDef:
    """The same where all that is needed is known. Raises ``ReaderError``."""
    rgb = known.pixels_type == "uint8" and len(known.channels) in (3, 4) and access.info(pixels_id).rgb
    channels = [_with_window(one, known.pixels_type) for one in known.channels]
    return default_settings(channels, known.size_z, rgb=rgb)


def _with_window(channel: ChannelFacts, pixels_type: str) -> ChannelFacts:
    """A channel of one value between the ends of its type: a window of nothing would make it all white."""
    if channel.minimum != channel.maximum:
        return channel
    dtype = PIXELS_TYPES[pixels_type]
    if dtype.kind == "f" or pixels_type == "bit":
        return replace(channel, minimum=0.0, maximum=1.0)
    return replace(channel, minimum=float(np.iinfo(dtype).min), maximum=float(np.iinfo(dtype).max))


def _enumeration(transaction: Transaction, kind: str, value: str) -> Any:
    query = f"select e from {kind} e where e.value = :value"  # noqa: S608 # HQL; *kind* is ours
    found = transaction.find(query, {"value": value})
    if not found:
        raise omero.ValidationException(None, None, f"No {kind} {value!r}")
    return found[0]


def create(transaction: Transaction, pixels_id: int, settings: RenderingDef) -> int:
    """A new RenderingDef of the transaction's user; returns its id."""
    return int(transaction.save(unsaved(transaction, pixels_id, settings)).id.val)


def unsaved(transaction: Transaction, pixels_id: int, settings: RenderingDef) -> Any:
    """A RenderingDef with everything below it, not in the store yet."""
    definition = omero.model.RenderingDefI()
    definition.pixels = omero.model.PixelsI(pixels_id, False)
    definition.quantization = omero.model.QuantumDefI()
    _fill(transaction, definition, settings)
    for channel in settings.channels:
        one = omero.model.ChannelBindingI()
        _fill_binding(transaction, one, channel)
        if channel.reverse_intensity:
            one.addCodomainMapContext(reverse_context())
        definition.addChannelBinding(one)
    return definition


def reverse_context() -> Any:
    """The model object that says a channel's intensities are reversed."""
    context = omero.model.ReverseIntensityContextI()
    context.reverse = rbool(True)
    return context


def _fill(transaction: Transaction, definition: Any, settings: RenderingDef) -> None:
    definition.defaultZ, definition.defaultT = rint(settings.default_z), rint(settings.default_t)
    definition.model = _enumeration(transaction, "RenderingModel", settings.model)
    quantum = definition.quantization
    quantum.cdStart, quantum.cdEnd = (rint(level) for level in settings.codomain)
    quantum.bitResolution = rint(settings.bit_resolution)


def _fill_binding(transaction: Transaction, one: Any, channel: ChannelBinding) -> None:
    one.active, one.noiseReduction = rbool(channel.active), rbool(channel.noise_reduction)
    one.inputStart, one.inputEnd = rdouble(channel.input_start), rdouble(channel.input_end)
    one.family, one.coefficient = _enumeration(transaction, "Family", channel.family), rdouble(channel.coefficient)
    one.red, one.green, one.blue, one.alpha = (
        rint(channel.red),
        rint(channel.green),
        rint(channel.blue),
        rint(channel.alpha),
    )
    one.lookupTable = rstring(channel.lookup_table) if channel.lookup_table else None


def update(transaction: Transaction, definition_id: int, settings: RenderingDef) -> int:
    """Change a RenderingDef; returns its id. Raises ``omero.ValidationException`` if it is not there.

    Its version and its event are new whatever below it was changed: clients take them for those of all settings.
    """
    definition = load(transaction, definition_id)
    if definition is None:
        raise omero.ValidationException(None, None, f"No RenderingDef with id {definition_id}")
    _fill(transaction, definition, settings)
    transaction.save(definition)
    bindings = [one for one in definition.copyWaveRendering() if one is not None]
    gone = []
    for one, channel in zip(bindings, settings.channels, strict=True):
        present = _reversing(one)
        _fill_binding(transaction, one, channel)
        transaction.save(one)
        if channel.reverse_intensity and not present:
            context = reverse_context()
            context.channelBinding = omero.model.ChannelBindingI(one.id.val, False)
            transaction.save(context)
        elif not channel.reverse_intensity:
            gone += [context.id.val for context in present]
    for context_id in gone:  # at the end, for each binding that is saved leads to the others and what they hold
        transaction.delete("ReverseIntensityContext", context_id)
    table = schema().of(model()["RenderingDef"])
    marked = {"version": table.c.version + 1, UPDATED: transaction.event()}
    transaction.connection.execute(sql_update(table).where(table.c.id == definition_id).values(marked))
    return definition_id


def save_for(store: Store, actor: Actor, pixels: Any, settings: RenderingDef, *, new: bool = False) -> int:
    """Save *settings* as the actor's own for loaded *pixels*.

    Their existing RenderingDef changed, or a new one made.
    """
    group, pixels_id = pixels.details.group.id.val, pixels.id.val
    if actor.is_admin and actor.only_user is not None:  # an administrator who works as somebody else
        actor = replace(actor, user_id=actor.only_user, only_user=None)
    with store.write(replace(actor, group_id=group)) as transaction:
        own = [one for one in load_all(transaction, [pixels_id]) if one.details.owner.id.val == actor.user_id]
        if own and not new:
            return update(transaction, own[-1].id.val, settings)
        return create(transaction, pixels_id, settings)


def save_first(store: Store, actor: Actor, pixels: Any, settings: RenderingDef) -> int:
    """As :func:`save_for`; where the caller may only look and nobody has set up the image yet, saved as its owner's.

    Raises ``omero.SecurityViolation`` when the owner has settings and the caller may not save any.
    """
    try:
        return save_for(store, actor, pixels, settings)
    except omero.SecurityViolation:
        owner = pixels.details.owner.id.val
        with store.read(SYSTEM) as transaction:
            if choose(load_all(transaction, [pixels.id.val]), owner, owner) is not None:
                raise
        return save_for(store, replace(SYSTEM, user_id=owner), pixels, settings)
