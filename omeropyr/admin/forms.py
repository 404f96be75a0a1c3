"""Reading a form: what was sent stays as it was typed, and what is wrong with a field stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import MAX_ID, integer

LONGEST = 255
_NAME_BREAKS = str.maketrans({";": "\n", ",": "\n"})


class Form:
    """The fields of a form, sent or as they are at first, and the errors found in them by name."""

    def __init__(
        self, values: Mapping[str, Any] | None = None, lists: Mapping[str, Iterable[Any]] | None = None
    ) -> None:
        self._values = {name: "" if value is None else str(value) for name, value in (values or {}).items()}
        self._lists = {name: [str(one) for one in every] for name, every in (lists or {}).items()}
        self.errors: dict[str, str] = {}

    @classmethod
    def sent(cls, fields: Any) -> Form:
        """The fields of a request's body (a MultiDict); files are left out."""
        form = cls()
        for name, value in fields.items():
            if isinstance(value, str):
                form._values[name] = value
                form._lists.setdefault(name, []).append(value)
        return form

    def value(self, name: str) -> str:
        """What stands in a field; empty where it was not sent."""
        return self._values.get(name, "")

    def values(self, name: str) -> list[str]:
        """Everything that was sent under one name."""
        return self._lists.get(name, [])

    def has(self, name: str, value: object) -> bool:
        """Whether the box of this value is ticked."""
        return str(value) in self.values(name)

    def ticked(self, name: str) -> bool:
        """Whether a box that stands alone is ticked."""
        return self.value(name).lower() in ("on", "true", "1", "yes")

    def text(self, name: str, what: str, *, required: bool = False, longest: int = LONGEST) -> str:
        """One line of text without blanks at its ends; notes an error where it is missing, too long or not one line."""
        text = self.value(name).strip()
        if required and not text:
            self.fail(name, f"Enter {what}.")
        elif len(text) > longest:
            self.fail(name, f"At most {longest} characters.")
        elif not text.isprintable():
            self.fail(name, "This holds a character that cannot be shown.")
        return text

    def email(self, name: str, *, required: bool = False) -> str:
        """An e-mail address or nothing."""
        text = self.text(name, "an e-mail address", required=required)
        if text and not is_email(text):
            self.fail(name, "This is no e-mail address.")
        return text

    def ids(self, name: str) -> list[int]:
        """The ids sent under one name, each once; InvalidInput for what is none."""
        found = [integer(value, name, most=MAX_ID) for value in self.values(name) if value != ""]
        return list(dict.fromkeys(found))

    def names(self, name: str) -> list[str]:
        """Names typed into a text area, one a line or parted by commas or semicolons, each once."""
        lines = self.value(name).translate(_NAME_BREAKS).splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        """One of *choices*; InvalidInput for anything else."""
        value = self.value(name) or default
        if value not in choices:
            raise InvalidInput(f"{name} must be one of {', '.join(choices)}")
        return value

    def fail(self, name: str, message: str) -> None:
        """Note what is wrong with a field; the first word counts."""
        self.errors.setdefault(name, message)

    def error(self, name: str) -> str | None:
        """What is wrong with a field."""
        return self.errors.get(name)

    def set(self, name: str, value: str) -> None:
        """Show another value than was sent; passwords are never shown again."""
        self._values[name] = value

    @property
    def ok(self) -> bool:
        """Whether no error was found."""
        return not self.errors


def is_email(text: str) -> bool:
    """Whether this may be an e-mail address: OMERO sends to it, and nobody but the mail server knows better."""
    name, at, host = text.rpartition("@")
    return bool(at and name and "." in host and not host.startswith(".") and not host.endswith(".")) and not any(
        one.isspace() or one in ',;<>()"' for one in text
    )


def check_password(form: Form, field: str = "password", again: str = "confirmation") -> str:
    """A new password typed twice, to the last blank; OMERO.web asks for at least three characters."""
    password = form.value(field)
    if len(password) < SHORTEST_PASSWORD or not password.strip():
        form.fail(field, f"Enter at least {SHORTEST_PASSWORD} characters.")
    elif len(password) > LONGEST:
        form.fail(field, f"At most {LONGEST} characters.")
    elif password != form.value(again):
        form.fail(again, "The two passwords are not the same.")
    return password


SHORTEST_PASSWORD = 3
