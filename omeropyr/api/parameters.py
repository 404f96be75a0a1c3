"""The parameters of the JSON API, declared once: views read by these declarations, and the description shows them.

Whatever is malformed is refused. Only two things are as lenient as in OMERO.web, because its programs rely on it: a
negative `limit` or `offset` counts as left out, and a `limit` above the highest one counts as that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import MAX_ID, MAX_INT, integer

YES = ("true", "True", "1")
NO = ("false", "False", "0")
ALL = -1


@dataclass(frozen=True)
class Parameter:
    """One parameter of a query: a whole number from `least` to `most`, or a yes or no where `flag` is set."""

    name: str
    doc: str
    flag: bool = False
    least: int = 0
    most: int = MAX_ID

    def read(self, text: str) -> int | bool:
        """Give the value that `text` writes; raises `InvalidInput`."""
        if self.flag:
            if text not in YES + NO:
                raise InvalidInput(f"{self.name} must be true or false")
            return text in YES
        value = integer(text, self.name, most=self.most)
        if value < self.least:
            raise InvalidInput(f"{self.name} must be at least {self.least}")
        return value

    def schema(self) -> dict[str, Any]:
        """Give what `read` takes, as JSON Schema."""
        if self.flag:
            return {"type": "string", "enum": [*YES, *NO]}
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


PAGE = (
    Parameter("offset", "Objects to pass over; a negative number counts as 0.", least=-MAX_INT, most=MAX_INT),
    Parameter("limit", "Most objects to give; a negative number counts as left out.", least=-MAX_INT, most=MAX_INT),
)
NORMALIZE = Parameter("normalize", "Give owners and groups once, beside the objects.", flag=True)
CHILD_COUNT = Parameter("childCount", "Add omero:childCount to each object.", flag=True)
ORPHANED = Parameter("orphaned", "Only objects that lie in no other.", flag=True)
OWNER = Parameter("owner", "Only objects of this user; -1 for all.", least=ALL)
GROUP = Parameter("group", "Only objects of this group; -1 for all of the user's.", least=ALL)
SAVE_GROUP = Parameter("group", "The group that the object is made in; else omero:details.group says it.")


def read(query: Mapping[str, str], parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Give the values of those `parameters` that `query` holds; raises `InvalidInput` for a malformed one."""
    return {one.name: one.read(query[one.name]) for one in parameters if one.name in query}
