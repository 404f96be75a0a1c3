"""The sizes and settings of many images at once, as rows: a page of thumbnails needs nothing of the model's objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omeropyr.embedded.pixels.defaults import ChannelFacts
from omeropyr.rendering.settings import ChannelBinding, Model, RenderingDef

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

_PIXELS = "select p.id, p.sizeX, p.sizeY, p.details.owner.id from Pixels p where p.id in (:ids)"
_SETTINGS = (
    "select r.id, r.pixels.id, r.details.owner.id, m.value, r.defaultZ, r.defaultT, q.cdStart, q.cdEnd,"
    " q.bitResolution, b.id, b.active, b.inputStart, b.inputEnd, f.value, b.coefficient, b.noiseReduction,"
    " b.red, b.green, b.blue, b.alpha, b.lookupTable"
    " from RenderingDef r join r.model m join r.quantization q join r.waveRendering b join b.family f"
    " where r.pixels.id in (:ids) order by r.id, index(b)"
)
_REVERSED = "select e.channelBinding.id from ReverseIntensityContext e where e.channelBinding.id in (:ids)"

_FACTS = (
    "select p.id, p.sizeZ, t.value, c.red, c.green, c.blue, c.alpha, c.lookupTable, s.globalMin, s.globalMax,"
    " l.emissionWave.value, l.name from Pixels p join p.pixelsType t join p.channels c"
    " left outer join c.statsInfo s left outer join c.logicalChannel l where p.id in (:ids) order by p.id, index(c)"
)


@dataclass(frozen=True)
class Shown:
    """One image: width and height of its planes, and the settings to show it with, ``None`` without any."""

    width: int
    height: int
    settings: RenderingDef | None


@dataclass(frozen=True)
class Unset:
    """One image without settings: focal planes, pixel type, and its channels in order."""

    size_z: int
    pixels_type: str
    channels: list[ChannelFacts]


def load_shown(transaction: Transaction, pixels_ids: Sequence[int], user_id: int) -> dict[int, Shown]:
    """The visible ones of many Pixels, by id, each with the user's own latest settings, else its owner's."""
    ids = list(pixels_ids)
    if not ids:
        return {}
    sizes = transaction.values(_PIXELS, {"ids": ids})
    latest: dict[tuple[int, int], RenderingDef] = {}
    for pixels_id, owner, settings in _settings(transaction, [row[0] for row in sizes]):
        latest[pixels_id, owner] = settings
    return {
        pixels_id: Shown(width, height, latest.get((pixels_id, user_id)) or latest.get((pixels_id, owner)))
        for pixels_id, width, height, owner in sizes
    }


def _settings(transaction: Transaction, ids: list[int]) -> list[tuple[int, int, RenderingDef]]:
    """(Pixels, owner, settings) of all their RenderingDefs, oldest first."""
    rows = transaction.values(_SETTINGS, {"ids": ids}) if ids else []
    bindings = [row[9] for row in rows]
    reversed_ = {one for (one,) in transaction.values(_REVERSED, {"ids": bindings})} if bindings else set()
    channels: dict[int, list[ChannelBinding]] = {}
    heads: dict[int, tuple[Any, ...]] = {}
    for row in rows:
        heads[row[0]] = row[1:9]
        channels.setdefault(row[0], []).append(_binding(row[10:], row[9] in reversed_))
    made = []
    for definition, (pixels_id, owner, model, z, t, start, end, steps) in heads.items():
        kind: Model = "greyscale" if model == "greyscale" else "rgb"
        settings = RenderingDef(tuple(channels[definition]), kind, z, t, (start, end), steps)
        made.append((pixels_id, owner, settings))
    return made


def _binding(row: tuple[Any, ...], reverse: bool) -> ChannelBinding:
    values: list[Any] = [*row[:-1], row[-1] or None, reverse]
    return ChannelBinding(*values)


def load_facts(transaction: Transaction, pixels_ids: Sequence[int]) -> dict[int, Unset]:
    """What default settings are made of, of many visible Pixels; those whose channels have no statistics are left out.

    Their values have to be read: :func:`omeropyr.embedded.pixels.renderdefs.defaults_of` does.
    """
    rows = transaction.values(_FACTS, {"ids": list(pixels_ids)}) if pixels_ids else []
    found: dict[int, Unset] = {}
    for pixels_id, size_z, kind, red, green, blue, alpha, table, low, high, wave, name in rows:
        one = found.setdefault(pixels_id, Unset(size_z, kind, []))
        color = None if None in (red, green, blue) else (red, green, blue, alpha or 0)
        one.channels.append(ChannelFacts(low, high, color, wave, name, table))
    return {key: one for key, one in found.items() if all(facts.minimum is not None for facts in one.channels)}
