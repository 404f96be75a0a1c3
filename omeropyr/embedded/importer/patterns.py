"""Which files belong together: channels, focal planes and time points told from file names alone.

Pure: only names are looked at, so that the importer and, later, the reader of the imported files come to the same
answer. Whether the planes fit together (size, pixel type) is for the caller to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

AXES = ("z", "c", "t")
Key = tuple[str, ...]


def _words(text: str) -> list[str]:
    return text.split()


# Words that name an axis when a number follows them: "img_ch01_z003_t0001.tif".
_AXIS_WORDS = {
    "c": "c", "ch": "c", "chan": "c", "channel": "c", "w": "c", "wave": "c", "wavelength": "c",
    "z": "z", "sl": "z", "slice": "z", "plane": "z", "stack": "z",
    "t": "t", "tp": "t", "time": "t", "timepoint": "t", "frame": "t", "fr": "t",
}  # fmt: skip
# Words whose number tells specimens or places apart: such files are different images, however regular the numbers.
_PLACE_WORDS = frozenset(
    _words("""
    s f p xy site field fov pos position well row col slide sample patient mouse plate tile scene region roi
    series animal case fish embryo cell replicate rep exp experiment day d
""")
)
_DYES = frozenset(
    _words("""
    dapi hoechst draq5 gfp egfp yfp cfp rfp bfp mcherry cherry tritc fitc cy2 cy3 cy5 cy7 texasred txred
    phase dic bf brightfield trans red green blue alexa405 alexa488 alexa546 alexa555 alexa568 alexa594
    alexa633 alexa647 phalloidin tubulin actin mitotracker
""")
)
# One letter after the last separator, as in "01_POS002_D.TIF": colours, dyes and ways of illumination.
_DYE_LETTERS = frozenset("BCDFGHMPRTUWY")

_CELLOMICS = re.compile(r"^(?P<head>.*_[A-P]\d\d(?:f\d\d)?)d(?P<c>\d{1,2})$", re.IGNORECASE)
_WORD_NUMBER = re.compile(
    r"(?:(?<=[^A-Za-z])|^)(?P<word>[A-Za-z]+)(?P<gap>[-_= ]?)(?P<number>\d+)(?P<dye>[A-Za-z]\w*?)?(?=[^A-Za-z0-9]|$)"
)
_LAST_WORD = re.compile(r"^(?P<head>.+)[-_. ](?P<word>[A-Za-z][A-Za-z0-9]*)$")
_LAST_NUMBER = re.compile(r"^(?P<head>.*?(?P<word>[A-Za-z]*)[-_. ]?)(?P<number>\d{3,})$")
_SHORTEST_SEQUENCE = 5
_PLANE_FORMATS = frozenset((".tif", ".tiff"))


@dataclass(frozen=True)
class Member:
    """One file of a group and the plane it holds."""

    name: str
    z: int = 0
    c: int = 0
    t: int = 0


@dataclass(frozen=True)
class FileGroup:
    """The files of one image, ordered by time, then channel, then focal plane; a file on its own has sizes 1, 1, 1."""

    name: str
    members: tuple[Member, ...]
    size_z: int = 1
    size_c: int = 1
    size_t: int = 1
    channel_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, in the order of the members."""
        return tuple(member.name for member in self.members)

    @property
    def grouped(self) -> bool:
        """Whether more than one file makes up the image."""
        return len(self.members) > 1


@dataclass(frozen=True)
class _Parsed:
    """A name taken apart: what all files of one image share (*key*), and the value on each axis it names."""

    name: str
    key: Key
    title: str
    values: tuple[tuple[str, int | str], ...]
    labels: tuple[tuple[str, str], ...] = ()


def group(names: Iterable[str]) -> list[FileGroup]:
    """Group *names* of single-plane files into images, in the order in which their first file appears.

    Names may hold folders (``/``); files of different folders or extensions never meet. A name is grouped only when
    its group is complete: every combination of channel, focal plane and time point is there exactly once.
    """
    ordered = list(dict.fromkeys(names))
    found: dict[str, FileGroup] = {}
    for parse in (_parse_axes, _parse_dye, _parse_sequence):
        families: dict[Key, list[_Parsed]] = {}
        for name in ordered:
            parsed = parse(name) if name not in found else None
            if parsed is not None:
                families.setdefault(parsed.key, []).append(parsed)
        for family in families.values():
            if (made := _assemble(family)) is not None:
                found.update(dict.fromkeys(made.names, made))
    images: dict[str, FileGroup] = {}
    for name in ordered:
        made = found.get(name) or FileGroup(PurePosixPath(name).name, (Member(name),))
        images.setdefault(made.members[0].name, made)
    return list(images.values())


def _split(name: str) -> tuple[Key, str] | None:
    """Folder and extension as the start of a key, and the stem; ``None`` for formats that never come as planes."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in (*_PLANE_FORMATS, ".png") or path.stem.lower().endswith(".ome"):
        return None
    return (str(path.parent), path.suffix.lower()), path.stem


def _parse_axes(name: str) -> _Parsed | None:
    """Axes that the name spells out: ``ch01``, ``z003``, ``t0001``, ``w1DAPI``; Cellomics' ``D03f00d2``."""
    split = _split(name)
    if split is None:
        return None
    if (cellomics := _CELLOMICS.match(split[1])) is not None:
        head, channel = cellomics["head"], cellomics["c"]
        return _Parsed(name, (*split[0], "axes", head), head, (("c", int(channel)),), (("c", f"d{channel}"),))
    values: dict[str, int | str] = {}
    labels: dict[str, str] = {}

    def blank(match: re.Match[str]) -> str:
        axis = _AXIS_WORDS.get(match["word"].lower())
        if axis is None or axis in values or (match["dye"] and axis != "c"):
            return match[0]
        values[axis] = int(match["number"])
        if axis == "c":
            labels[axis] = match["dye"] or match["word"] + match["number"]
        return f"<{axis}>"

    pattern = _WORD_NUMBER.sub(blank, split[1])
    if not values:
        return None
    return _Parsed(name, (*split[0], "axes", pattern), _title(pattern), tuple(values.items()), tuple(labels.items()))


def _parse_dye(name: str) -> _Parsed | None:
    """A channel's own name at the end: ``cells_DAPI.tif`` or ``01_POS002_D.TIF``."""
    split = _split(name)
    last = _LAST_WORD.match(split[1]) if split else None
    if split is None or last is None:
        return None
    word = last["word"]
    kind = "letter" if word in _DYE_LETTERS else "dye" if word.lower() in _DYES else None
    if kind is None:
        return None
    return _Parsed(name, (*split[0], kind, last["head"]), last["head"], (("c", word),), (("c", word),))


def _parse_sequence(name: str) -> _Parsed | None:
    """A bare number of fixed width at the end: a time-lapse, if there are enough of them without a gap."""
    split = _split(name)
    last = _LAST_NUMBER.match(split[1]) if split else None
    if split is None or last is None or split[0][1] not in _PLANE_FORMATS or last["word"].lower() in _PLACE_WORDS:
        return None
    number = last["number"]
    key = (*split[0], "sequence", last["head"], str(len(number)))
    return _Parsed(name, key, _title(last["head"]), (("t", int(number)),))


def _title(pattern: str) -> str:
    """What remains of a name without the parts that count planes."""
    title = re.sub(r"[-_. ]*<[zct]>", "", pattern).strip("-_. ")
    return title or "Image"


def _assemble(family: Sequence[_Parsed]) -> FileGroup | None:
    """The group that *family* makes up, or ``None`` if these files rather stand for themselves."""
    if len(family) < 2 or not _plausible(family[0].key[2], family):
        return None
    ranks = {axis: _ranks([dict(parsed.values).get(axis, 0) for parsed in family]) for axis in AXES}
    members = {}
    for parsed in family:
        value = dict(parsed.values)
        z, c, t = (ranks[axis][value.get(axis, 0)] for axis in AXES)
        members[t, c, z] = Member(parsed.name, z=z, c=c, t=t)
    size_z, size_c, size_t = (len(ranks[axis]) for axis in AXES)
    if len(members) != len(family) or len(members) != size_z * size_c * size_t:
        return None
    labels = {ranks["c"][dict(parsed.values)["c"]]: label for parsed in family for _, label in parsed.labels}
    ordered = tuple(members[place] for place in sorted(members))
    channel_names = tuple(labels[c] for c in range(size_c)) if labels else ()
    return FileGroup(family[0].title, ordered, size_z, size_c, size_t, channel_names)


def _plausible(kind: str, family: Sequence[_Parsed]) -> bool:
    values = [parsed.values[0][1] for parsed in family]
    if kind == "letter":  # A, B, C ... are labels of pieces or repeats, not dyes
        letters = sorted(ord(str(value)) for value in values)
        return letters[-1] - letters[0] != len(letters) - 1
    if kind == "sequence":
        numbers = sorted(int(value) for value in values)
        gapless = numbers[-1] - numbers[0] == len(numbers) - 1
        return len(numbers) >= _SHORTEST_SEQUENCE and numbers[0] in (0, 1) and gapless
    return True


def _ranks(values: Iterable[int | str]) -> dict[int | str, int]:
    """Each distinct value's place: numbers by size, names of dyes in alphabetical order."""
    distinct = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    return {value: place for place, value in enumerate(distinct)}
