"""Finds, imports and checks the add-ons a site names. One that is not named is not imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from omeropyr.addons import API, GROUP, NAME, PREFIX, Addon
from omeropyr.settings.declare import did_you_mean


def installed() -> dict[str, EntryPoint]:
    """Every installed add-on's entry point by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def find_addons(names: Sequence[str], found: Mapping[str, EntryPoint] | None = None) -> tuple[list[Addon], list[str]]:
    """The named add-ons in the order given, and every problem with them, one line each."""
    points = installed() if found is None else found
    addons: list[Addon] = []
    problems: list[str] = []
    for place, name in enumerate(names):
        if name in names[:place]:
            problems.append(f"omeropyr.addons: {name!r} is named twice")
        elif name not in points:
            problems.append(_missing(name, sorted(points)))
        else:
            addon, trouble = _import(points[name])
            problems += trouble
            addons += [addon] if addon else []
    problems += _missing_requirements(addons, names)
    problems += _clashing_prefixes(addons)
    return addons, problems


def _missing(name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known) or f" (installed: {', '.join(known) or 'none'})"
    return f"omeropyr.addons: {name!r} is not installed{hint}"


def _import(point: EntryPoint) -> tuple[Addon | None, list[str]]:
    try:
        addon = point.load()
    except Exception as error:  # noqa: BLE001 - an add-on's import may raise anything; all of it is reported
        return None, [f"add-on {point.name!r}: cannot be imported ({type(error).__name__}: {error})"]
    if not isinstance(addon, Addon):
        return None, [f"add-on {point.name!r}: {point.value} is not an omeropyr.addons.Addon"]
    problems = []
    if addon.name != point.name or not NAME.fullmatch(addon.name):
        problems.append(f"add-on {point.name!r}: calls itself {addon.name!r}; both names must agree")
    if addon.api != API:
        problems.append(f"add-on {point.name!r}: written for API {addon.api}, this is {API}")
    problems += [
        f"add-on {point.name!r}: claims {prefix!r}, which is no address like /{point.name}"
        for prefix in addon.prefixes
        if not PREFIX.fullmatch(prefix)
    ]
    return (None if problems else addon), problems


def _missing_requirements(addons: Iterable[Addon], names: Sequence[str]) -> list[str]:
    return [
        f"add-on {addon.name!r}: needs {wanted!r}; add it to omeropyr.addons"
        for addon in addons
        for wanted in addon.requires
        if wanted not in names
    ]


def _clashing_prefixes(addons: Iterable[Addon]) -> list[str]:
    owners: dict[str, str] = {}
    problems = []
    for addon in addons:
        for prefix in addon.prefixes:
            owner = owners.setdefault(prefix, addon.name)
            if owner != addon.name:
                problems.append(f"add-on {addon.name!r}: claims {prefix}, which {owner!r} has already")
    return problems
