"""What programs send: ids of objects by type, in an address or a form, repeated or with commas between them."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pyramid.request import Request

from omeropyr.errors import InvalidInput, TooLarge
from omeropyr.marshal.annotations import PARENTS
from omeropyr.marshal.numbers import MAX_ID, integer

T = TypeVar("T")
MOST_JSON = 4_000_000
"""Bytes of a JSON body."""
MOST_IDS = 5_000
"""Objects that one request may name."""
LONGEST_TEXT = 1_000_000
"""Characters of one text field."""


def id_list(fields: Any, *names: str) -> list[int]:
    """Give the ids in all fields called so, each once and in order; `InvalidInput`."""
    texts = [text for name in names for value in fields.getall(name) for text in str(value).split(",") if text.strip()]
    if len(texts) > MOST_IDS:
        raise InvalidInput(f"{names[0]}: at most {MOST_IDS} objects at once")
    return list(dict.fromkeys(integer(text, names[0], most=MAX_ID) for text in texts))


def named_objects(fields: Any) -> dict[str, list[int]]:
    """Give the ids of the objects named that may bear annotations, by OMERO's class; empty classes are left out."""
    found: dict[str, list[int]] = {}
    for word, name in PARENTS.items():
        if ids := id_list(fields, word):
            found[name] = list(dict.fromkeys(found.get(name, []) + ids))
    if sum(len(ids) for ids in found.values()) > MOST_IDS:
        raise InvalidInput(f"at most {MOST_IDS} objects at once")
    return found


def text_field(request: Request, name: str, default: str = "") -> str:
    """Give a text of the form without blanks around it; `InvalidInput` for one that is no text or too long."""
    value = request.POST.get(name, default)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise InvalidInput(f"{name} must be a text of at most {LONGEST_TEXT} characters")
    if "\0" in value:
        raise InvalidInput(f"{name} must not hold a null character")
    return value.strip()


def typed_id(text: str, name: str) -> tuple[str, int]:
    """Read `image-12`: a type's word and an id; `InvalidInput`."""
    kind, _, number = text.partition("-")
    if not kind.isascii() or not kind.isalpha() or not number:
        raise InvalidInput(f"{name} must be a type and an id, like image-1")
    return kind.lower(), integer(number, name, most=MAX_ID)


def json_object(request: Request) -> dict[str, Any]:
    """Give the JSON object that is the body; `InvalidInput`."""
    if len(request.body) > MOST_JSON:
        raise TooLarge(f"the body must not hold more than {MOST_JSON} bytes")
    return json_text(request.body, "the body", dict)


def json_text(text: bytes | str, name: str, kind: type[T]) -> T:
    """Read JSON whose topmost value is of a type; numbers beyond JSON's own are refused. `InvalidInput`."""
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, kind):
        raise InvalidInput(f"{name} must be a JSON {'object' if kind is dict else 'list'}")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(word)
