"""Reading parameters by their declarations."""

from __future__ import annotations

import pytest

from omeropyr.api.parameters import CHILD_COUNT, GROUP, OWNER, PAGE, read
from omeropyr.errors import InvalidInput

DECLARED = (*PAGE, OWNER, GROUP, CHILD_COUNT)


def test_only_what_is_declared_and_there_is_read() -> None:
    query = {"limit": "7", "owner": "-1", "childCount": "True", "more": "x", "_": "1"}
    assert read(query, DECLARED) == {"limit": 7, "owner": -1, "childCount": True}
    assert read({}, DECLARED) == {}


@pytest.mark.parametrize("text", ["true", "True", "1", "false", "False", "0"])
def test_yes_and_no(text: str) -> None:
    assert read({"childCount": text}, DECLARED) == {"childCount": text in ("true", "True", "1")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("childCount", text) for text in ("", "yes", "TRUE", "2", " true")),
        *(("owner", text) for text in ("", "-2", "1.0", "0x1", "\u0663", "9" * 30, "NaN")),
        *(("limit", text) for text in ("x", "2147483648", "-2147483648", "1e3")),
    ],
    ids=ascii,
)
def test_what_is_malformed_is_named(name: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name} must"):
        read({name: text}, DECLARED)


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.name)
def test_the_schema_says_what_is_read(one: object) -> None:
    schema = one.schema()  # type: ignore[attr-defined]
    if "enum" in schema:
        assert [one.read(text) for text in schema["enum"]] == [True] * 3 + [False] * 3  # type: ignore[attr-defined]
    else:
        ends = (schema["minimum"], schema["maximum"])
        assert tuple(one.read(str(end)) for end in ends) == ends  # type: ignore[attr-defined]
        for beyond in (ends[0] - 1, ends[1] + 1):
            with pytest.raises(InvalidInput):
                one.read(str(beyond))  # type: ignore[attr-defined]
