"""The permission levels of groups in plain words: what each means, and what a change does."""

from __future__ import annotations

from typing import NamedTuple


class Level(NamedTuple):
    """A level; *number* is what OMERO.web's forms send for it, *text* what OMERO calls it."""

    number: int
    text: str
    title: str
    words: str


LEVELS = (
    Level(
        0,
        "rw----",
        "Private",
        "Members see only their own data. The owners of the group see everybody's, without changing it.",
    ),
    Level(1, "rwr---", "Read-only", "Members see each other's data, and change only their own."),
    Level(2, "rwra--", "Read-annotate", "Members see each other's data and may tag, comment and rate them."),
    Level(
        3,
        "rwrw--",
        "Read-write",
        "Members may do with each other's data what they may do with their own: change, move and delete.",
    ),
)
BY_TEXT = {one.text: one for one in LEVELS}


def level_of(permissions: object) -> Level:
    """The level of OMERO's permissions of a group; what older OMEROs allowed counts as the nearest below."""
    text = str(permissions)
    if text in BY_TEXT:
        return BY_TEXT[text]
    return LEVELS[1] if text[2:3] == "r" else LEVELS[0]


def change_words(before: Level, after: Level) -> str:
    """What happens when a group changes its level."""
    if after.number == before.number:
        return "Nothing changes."
    if after.number > before.number:
        shown = " Members see at once what was private until now." if before.number == 0 else ""
        return f"Members may do more than before.{shown} No data are changed."
    if after.number == 0:
        return (
            "Members no longer see each other's data. What joins data of different members is deleted: links, tags, "
            "ratings and rendering settings of one on data of another."
        )
    return "Members may do less than before with the data of others. What they did so far stays."
