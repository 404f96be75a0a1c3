"""How a setting is declared and read: type, default, help, check and secrecy stand in one place, its declaration."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Check = Callable[[Any], None]
Parser = Callable[[str], Any]


class SettingsError(Exception):
    """The settings are not valid; *problems* holds every one of them, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "is a problem" if len(self.problems) == 1 else f"are {len(self.problems)} problems"
        super().__init__("\n  ".join([f"omeropyr cannot start, there {count}:", *self.problems]))


class Declaration(NamedTuple):
    """One setting as declared: its full *name* in the INI, and what is known about it."""

    name: str
    field: str
    type: Any
    default: Any
    required: bool
    doc: str
    secret: bool
    check: Check | None
    parse: Parser | None
    example: str
    pending: str


@dataclass(frozen=True)
class Reading:
    """What came out of reading one namespace: field values (defaults where a value was wrong) and problems."""

    values: Mapping[str, Any]
    problems: tuple[str, ...]
    names: frozenset[str]


def setting(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    check: Check | None = None,
    secret: bool = False,
    key: str | None = None,
    parse: Parser | None = None,
    example: str = "",
    pending: str = "",
) -> Any:
    """A field of a settings dataclass. No *default* = required.

    *key* is its name after the namespace's prefix, or a whole name that begins ``omero.``; by default the field's.
    *parse* turns the text into the value (ValueError with what is expected), where the type alone does not say how.
    *check* raises ValueError with what is expected. *example* is what an INI shows for a setting without a default.
    *pending* says what will read it, while nothing does: who sets it is told so at the start.
    """
    metadata = {
        "doc": doc,
        "check": check,
        "secret": secret,
        "key": key,
        "parse": parse,
        "example": example,
        "pending": pending,
    }
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


def between(low: int, high: int) -> Check:
    """A check: the number lies between *low* and *high*, both included."""

    def check(value: Any) -> None:
        if not low <= value <= high:
            raise ValueError(f"expected a number between {low} and {high}")

    return check


def web_address(value: str) -> None:
    """A check: the text is an http or https address, or a path; never a script."""
    scheme, colon, rest = value.partition(":")
    if (colon and scheme.lower() not in ("http", "https")) or set(value) & set(" \t\r\n\"'<>;"):
        raise ValueError("expected an address like https://www.example.org/logo.svg or /logo.svg")
    if colon and not rest.strip("/"):
        raise ValueError("expected an address like https://www.example.org/logo.svg or /logo.svg")


def one_of(*choices: str) -> Check:
    """A check: the text is one of *choices*."""

    def check(value: Any) -> None:
        if value not in choices:
            raise ValueError(f"expected {' or '.join(choices)}")

    return check


def declarations(cls: type, prefix: str) -> list[Declaration]:
    """The settings that dataclass *cls* declares, in order, with their full names."""
    hints = typing.get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):
        meta = field.metadata
        if "doc" not in meta:
            raise TypeError(f"{cls.__module__}.{cls.__qualname__}.{field.name} is not made by setting()")
        key = meta["key"] or field.name
        required = field.default is dataclasses.MISSING
        found.append(
            Declaration(
                name=key if key.startswith("omero.") else f"{prefix}{key}",
                field=field.name,
                type=hints[field.name],
                default=None if required else field.default,
                required=required,
                doc=meta["doc"],
                secret=meta["secret"],
                check=meta["check"],
                parse=meta["parse"],
                example=meta["example"],
                pending=meta["pending"],
            )
        )
    return found


def load(cls: type[T], prefix: str, raw: Mapping[str, str]) -> T:
    """Read namespace *prefix* (``"addon.figure."``) of *raw* into a *cls*; SettingsError names every problem."""
    reading = read(cls, prefix, raw)
    problems = [*reading.problems, *unknown(raw, prefix, reading.names)]
    value, more = build(cls, reading)
    if problems or more or value is None:
        raise SettingsError([*problems, *more])
    return value


def read(cls: type, prefix: str, raw: Mapping[str, str], places: Mapping[str, str] | None = None) -> Reading:
    """Read every declared setting, without stopping at the first problem; *places* says in which file one stands."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    declared = declarations(cls, prefix)
    for one in declared:
        values[one.field] = one.default
        if one.name not in raw:
            if one.required:
                problems.append(f"{one.name}: is required. {one.doc}")
            continue
        try:
            values[one.field] = convert(one, str(raw[one.name]))
        except ValueError as error:
            shown = "" if one.secret else f" = {str(raw[one.name]).strip()!r}"
            place = f" (in {places[one.name]})" if places and one.name in places else ""
            problems.append(f"{one.name}{shown}{place}: {error}. {one.doc}")
    return Reading(values, tuple(problems), frozenset(one.name for one in declared))


def build(cls: type[T], reading: Reading) -> tuple[T | None, tuple[str, ...]]:
    """The dataclass of a reading without problems, and what its ``__post_init__`` refuses."""
    if reading.problems:
        return None, ()
    try:
        return cls(**reading.values), ()
    except ValueError as error:
        return None, tuple(str(error).splitlines())


def unknown(raw: Iterable[str], prefix: str, names: Iterable[str]) -> list[str]:
    """A line for each name of *raw* below *prefix* that is not in *names*, with the nearest that is."""
    known = sorted(names)
    return [
        f"{name}: unknown setting{did_you_mean(name, known)}"
        for name in sorted(raw)
        if name.startswith(prefix) and name not in known
    ]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`` (did you mean ...?)``, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def convert(one: Declaration, text: str) -> Any:
    """The value of *text* for a declared setting; ValueError says what is expected."""
    text = _secret(text.strip()) if one.secret else text.strip()
    wanted, optional = _optional(one.type)
    if optional and not text:
        return None
    value = one.parse(text) if one.parse is not None else _parse(wanted, text)
    if one.check is not None:
        one.check(value)
    return value


def _optional(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [each for each in typing.get_args(hint) if each is not type(None)]
        return rest[0], True
    return hint, False


def _parse(wanted: Any, text: str) -> Any:
    if wanted is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError("expected true or false")
        return text.lower() == "true"
    if wanted is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError("expected a whole number")
        return int(text)
    if wanted is Path:
        if not Path(text).is_absolute():
            raise ValueError("expected an absolute path (%(here)s is the folder of the INI file)")
        return Path(text)
    if wanted == tuple[str, ...]:
        return tuple(text.split())
    if wanted is str:
        return text
    raise TypeError(f"a setting of type {wanted!r} needs parse=")


def _secret(text: str) -> str:
    """The secret itself; ``file:PATH`` and ``env:NAME`` say where it stands."""
    kind, colon, where = text.partition(":")
    if not colon or kind not in ("file", "env"):
        return text
    if kind == "env":
        if where not in os.environ:
            raise ValueError(f"the environment has no {where}")
        return os.environ[where]
    try:
        return Path(where).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {where} ({type(error).__name__})") from error
