"""How images were taken: instruments and logical channels with everything that hangs on them."""

from __future__ import annotations

from typing import Any

import omero

from omeropyr.embedded.store import Transaction

_FILTER = "left outer join fetch {a}.type left outer join fetch {a}.transmittanceRange"
_OBJECTIVE = "left outer join fetch {a}.immersion left outer join fetch {a}.correction"
_INSTRUMENT = (
    "left outer join fetch i.microscope m left outer join fetch m.type",
    f"left outer join fetch i.objective o {_OBJECTIVE.format(a='o')}",
    "left outer join fetch i.detector d left outer join fetch d.type",
    f"left outer join fetch i.filter f {_FILTER.format(a='f')}",
    "left outer join fetch i.filterSet s left outer join fetch s.dichroic",
    "left outer join fetch i.dichroic",
    "left outer join fetch i.otf t left outer join fetch t.pixelsType left outer join fetch t.filterSet "
    f"left outer join fetch t.objective to {_OBJECTIVE.format(a='to')}",
    "left outer join fetch i.lightSource",
)
_CHANNEL = (
    "left outer join fetch c.mode left outer join fetch c.illumination left outer join fetch c.contrastMethod "
    "left outer join fetch c.photometricInterpretation",
    "left outer join fetch c.detectorSettings ds left outer join fetch ds.binning "
    "left outer join fetch ds.detector de left outer join fetch de.type",
    "left outer join fetch c.lightSourceSettings ls left outer join fetch ls.microbeamManipulation "
    "left outer join fetch ls.lightSource so left outer join fetch so.instrument",
    "left outer join fetch c.otf t left outer join fetch t.pixelsType left outer join fetch t.filterSet ts "
    f"left outer join fetch ts.dichroic left outer join fetch t.objective to {_OBJECTIVE.format(a='to')}",
)
_LIGHT = {
    "Laser": "left outer join fetch l.type left outer join fetch l.laserMedium left outer join fetch l.pulse "
    "left outer join fetch l.pump",
    "Arc": "left outer join fetch l.type",
    "Filament": "left outer join fetch l.type",
}


def instrument(tx: Transaction, instrument_id: int) -> Any | None:
    """The Instrument with all its components, None when the caller sees none of this id."""
    found: list[Any] = []
    # One query for each collection: together they would give the product of their rows.
    for fetches in _INSTRUMENT:
        found = tx.find(f"select i from Instrument i {fetches} where i.id = :id", {"id": instrument_id})  # noqa: S608 - fixed texts
    if not found:
        return None
    _light_sources(tx, [source.id.val for source in found[0].copyLightSource()])
    return found[0]


def channels(tx: Transaction, ids: list[int]) -> list[Any]:
    """LogicalChannels with their settings, in the order of *ids*."""
    found: list[Any] = []
    for fetches in (*_CHANNEL, _filters("filterSet"), _filters("lightPath")):
        found = tx.find(f"select c from LogicalChannel c {fetches} where c.id in (:ids)", {"ids": ids})  # noqa: S608 - fixed texts
    settings = [one.lightSourceSettings for one in found if one.lightSourceSettings is not None]
    _light_sources(tx, [one.lightSource.id.val for one in settings if one.lightSource is not None])
    known = {one.id.val: one for one in found}
    return [known[one] for one in ids if one in known]


def _filters(owner: str) -> str:
    text = f"left outer join fetch c.{owner} p left outer join fetch p.dichroic"
    for name, link, child in (("emission", "el", "ef"), ("excitation", "xl", "xf")):
        text += f" left outer join fetch p.{name}FilterLink {link} left outer join fetch {link}.child {child} "
        text += _FILTER.format(a=child)
    return text


def _light_sources(tx: Transaction, ids: list[int]) -> None:
    """Load what only one class of light sources has; the objects are known to the transaction already."""
    pumps: list[int] = []
    for name, fetches in _LIGHT.items():
        for source in tx.find(f"select l from {name} l {fetches} where l.id in (:ids)", {"ids": ids}):  # noqa: S608 - fixed texts
            if isinstance(source, omero.model.Laser) and source.pump is not None:
                pumps.append(source.pump.id.val)
    new = [one for one in pumps if one not in ids]
    if new:
        _light_sources(tx, new)
