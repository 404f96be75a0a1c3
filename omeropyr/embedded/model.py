"""OMERO's model as data: every persistent class of ``omero.model`` with its fields, read from omero-py's own modules.

The generated ``omero_model_*_ice.py`` files name each member with its Ice type; the ``I`` classes add what the types do
not say: nullability, whether a collection is ordered, whether a class is global (has no owner and group). Nothing here
is written down by hand except the few inverse sides that the sources leave open.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import omero
import omero.all
import omero.model
import omero_model_IObject_ice  # type: ignore[import-untyped]

_CLASS = re.compile(
    r"defineClass\('::omero::model::(\w+)', \w+, -?\d+, \([^)]*\), (?:True|False), (?:True|False), ([\w.]+), "
    r"\([^)]*\), \(((?:\s*\('\w+', \([^)]*\), [\w.]+, \w+, \d+\),?)*)\s*\)\)"
)
_MEMBER = re.compile(r"\('(\w+)', \([^)]*\), ([\w.]+),")
_SEQUENCE = re.compile(r"defineSequence\('::omero::model::(\w+)', \([^)]*\), ([\w.]+)\)")
_NOT_STORED = {"IObject", "Details", "Permissions", "NamedValue"}
_SCALARS = {"RString", "RInt", "RLong", "RDouble", "RFloat", "RBool", "RTime"}


class FieldKind(enum.Enum):
    """What a field holds."""

    SCALAR = "scalar"
    UNIT = "unit"  # a value with a unit: omero.model.Length, Time, ...
    ENTITY = "entity"  # one other object
    COLLECTION = "collection"  # many other objects that point back
    MAP = "map"  # a list of omero.model.NamedValue
    STRINGS = "strings"  # a list of texts


@dataclass(frozen=True)
class Field:
    """One field of a class. ``type`` is ``rstring``, ``Length``, or the class that is pointed at or collected."""

    name: str
    kind: FieldKind
    type: str
    nullable: bool = True
    ordered: bool = False
    inverse: str = ""

    @property
    def attribute(self) -> str:
        """The attribute of an ``omero.model`` object that holds the value, or the list for a collection."""
        return f"_{self.name}Seq" if self.kind is FieldKind.COLLECTION else f"_{self.name}"

    @property
    def loaded_attribute(self) -> str:
        """The attribute that says whether a collection is loaded."""
        return f"_{self.name}Loaded"


@dataclass
class Kind:
    """One persistent class. ``fields`` has the inherited ones too, ``root`` is the topmost class of its hierarchy."""

    name: str
    base: Kind | None
    abstract: bool
    fields: dict[str, Field] = field(default_factory=dict)
    subkinds: list[Kind] = field(default_factory=list)
    versioned: bool = False
    is_global: bool = False
    is_link: bool = False

    @cached_property
    def root(self) -> Kind:
        """The topmost class of the hierarchy, whose table holds the rows."""
        return self.base.root if self.base else self

    @property
    def polymorphic(self) -> bool:
        """Whether rows of the table may be of different classes."""
        return bool(self.root.subkinds)

    def tree(self) -> Iterator[Kind]:
        """Yield this class and everything below it."""
        yield self
        for sub in self.subkinds:
            yield from sub.tree()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the classes that an object of this kind may be of."""
        return tuple(kind.name for kind in self.tree() if not kind.abstract)

    @cached_property
    def all_fields(self) -> dict[str, Field]:
        """The fields of this class and of everything below it."""
        out = dict(self.fields)
        for sub in self.subkinds:
            out.update(sub.all_fields)
        return out

    @cached_property
    def python(self) -> Any:
        """The ``omero.model`` class to make objects of: ``DatasetI`` for ``Dataset``."""
        return getattr(omero.model, self.name + "I")


class Model:
    """All persistent classes by name."""

    def __init__(self, kinds: dict[str, Kind]) -> None:
        self.kinds = kinds
        self._folded = {name.lower(): kind for name, kind in kinds.items()}

    def __getitem__(self, name: str) -> Kind:
        """Return a class by its name, ``KeyError`` if there is none."""
        return self.kinds[name]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.kinds.values())

    def find(self, name: str) -> Kind | None:
        """Return a class by ``Dataset``, ``DatasetI``, ``dataset``, ``ome.model.x.Dataset``; None if unknown."""
        short = name.rsplit(".", 1)[-1].rsplit("::", 1)[-1]
        return self.kinds.get(short) or self.kinds.get(short.removesuffix("I")) or self._folded.get(short.lower())

    def of(self, obj: Any) -> Kind:
        """Return the class of an ``omero.model`` object; ``omero.ValidationException`` if it is not a stored one."""
        for cls in type(obj).__mro__:
            kind = self.kinds.get(cls.__name__) or self.kinds.get(cls.__name__.removesuffix("I"))
            if kind is not None:
                return kind
        what = "null" if obj is None else type(obj).__name__
        raise omero.ValidationException(None, None, f"{what} is no object of the model.")

    @property
    def roots(self) -> list[Kind]:
        """The classes that have a table of their own."""
        return [kind for kind in self if kind.base is None]


@lru_cache(maxsize=1)
def model() -> Model:
    """Return the model, read once in a process (about 0.2 s)."""
    declared, sequences = _read_sources()
    kinds: dict[str, Kind] = {}

    def make(name: str) -> Kind:
        if name not in kinds:
            base, members = declared[name]
            parent = None if base == "IObject" else make(base)
            # In Slice every class of the model is abstract; those that can be made have an `I` class.
            kind = kinds[name] = Kind(name, parent, _class_info(name) is None, dict(parent.fields) if parent else {})
            kind.versioned = any(member == "_version" for member, _ in members) or bool(parent and parent.versioned)
            if parent:
                parent.subkinds.append(kind)
            for member, type_name in members:
                made = _field(name, member, type_name, sequences, declared)
                if made is not None:
                    kind.fields[made.name] = made
        return kinds[name]

    for name in sorted(declared):
        if _is_stored(name, declared):
            make(name)
    for name in [kind.name for kind in kinds.values() if not any(not one.abstract for one in kind.tree())]:
        del kinds[name]  # `Link` and the like: no object of them can be made
    for kind in kinds.values():
        # Asked of the class: making an object of a deprecated class warns.
        sample = next(k for k in kind.tree() if not k.abstract).python
        kind.is_global, kind.is_link = bool(sample.isGlobal(None)), bool(sample.isLink(None))
        kind.fields = {name: _with_inverse(kinds, kind, item) for name, item in kind.fields.items()}
    return Model(kinds)


_Declared = dict[str, tuple[str, list[tuple[str, str]]]]


def _read_sources() -> tuple[_Declared, dict[str, str]]:
    declared: _Declared = {}
    sequences: dict[str, str] = {}
    folder = Path(str(omero_model_IObject_ice.__file__)).parent
    for path in sorted(folder.glob("omero_model_*_ice.py")):
        text = path.read_text(encoding="utf-8")
        for name, target in _SEQUENCE.findall(text):
            sequences[name] = _short(target)
        for name, base, members in _CLASS.findall(text):
            found = [(member, _short(type_name)) for member, type_name in _MEMBER.findall(members)]
            declared[name] = (_short(base), found)
    return declared, sequences


def _short(type_name: str) -> str:
    return type_name.rsplit("_t_", 1)[-1]


def _is_stored(name: str, declared: _Declared) -> bool:
    if name in _NOT_STORED:
        return False
    while name in declared and declared[name][0] != "IObject":
        name = declared[name][0]
    return name in declared


def _field(owner: str, member: str, type_name: str, sequences: dict[str, str], declared: _Declared) -> Field | None:
    name = member.removeprefix("_")
    if name == "version" or name.endswith("CountPerOwner") or (name.endswith("Loaded") and type_name == "bool"):
        return None
    if type_name in sequences:
        name = name.removesuffix("Seq")
        element = sequences[type_name]
        return Field(name, FieldKind.COLLECTION, element, ordered=_is_ordered(owner, name, element))
    nullable = _is_nullable(owner, name)
    if type_name in _SCALARS:
        return Field(name, FieldKind.SCALAR, type_name.lower(), nullable)
    if type_name == "ByteSeq":
        return Field(name, FieldKind.SCALAR, "bytes", nullable)
    if type_name == "NamedValueList":
        return Field(name, FieldKind.MAP, "NamedValue")
    if type_name in ("StringArray", "StringSet"):
        return Field(name, FieldKind.STRINGS, "rstring")
    if _is_stored(type_name, declared):
        return Field(name, FieldKind.ENTITY, type_name, nullable)
    if type_name in declared:
        return Field(name, FieldKind.UNIT, type_name, nullable)
    raise RuntimeError(f"{owner}.{name}: no rule for the type {type_name}")


def _class_info(owner: str) -> Any:
    return getattr(omero.model, owner + "I", None)


def _is_nullable(owner: str, name: str) -> bool:
    info = getattr(_class_info(owner), "_field_info", None)
    item = getattr(info, name, None)
    return True if item is None else bool(item.nullable)


def _is_ordered(owner: str, name: str, element: str) -> bool:
    """An ordered collection has ``getPrimary...`` beside ``getX(index)``."""
    cls = _class_info(owner)
    single = {f"getPrimary{stem}" for stem in (element, name[0].upper() + name[1:], name[0].upper() + name[1:-1])}
    return any(hasattr(cls, candidate) for candidate in single)


def _with_inverse(kinds: dict[str, Kind], kind: Kind, item: Field) -> Field:
    if item.kind is not FieldKind.COLLECTION:
        return item
    line = {k.name for k in _ancestors(kind)}
    candidates = [f.name for f in kinds[item.type].fields.values() if f.kind is FieldKind.ENTITY and f.type in line]
    inverse = candidates[0] if len(candidates) == 1 else ("parent" if "parent" in candidates else "")
    if not inverse:
        raise RuntimeError(f"{kind.name}.{item.name}: {item.type} points back by {candidates or 'nothing'}")
    return Field(item.name, item.kind, item.type, item.nullable, item.ordered, inverse)


def _ancestors(kind: Kind) -> Iterator[Kind]:
    current: Kind | None = kind
    while current is not None:
        yield current
        current = current.base
