"""What becomes of an object that is reached: the differences between deleting, moving and giving."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple

from omeropyr.embedded.graphs.rows import Row
from omeropyr.embedded.graphs.rules import OWN_LIFE, REMARKS, Part, Shared
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import Level, Rights

RightsOf = Callable[[Row], Rights]


class Fate(enum.Enum):
    """What happens to an object."""

    GO = "go"  # what was asked: it is deleted, moved or given
    DELETE = "delete"  # it is in the way of a move or a gift


class Verdict(NamedTuple):
    """A fate, and whether the caller needs no permission for it."""

    fate: Fate
    free: bool = False


GO = Verdict(Fate.GO)
GO_FREE = Verdict(Fate.GO, True)


def is_a(kind: str, *bases: str) -> bool:
    """Whether a class is one of these or below one."""
    return any(kind in (one.name for one in model()[base].tree()) for base in bases)


class Policy:
    """Deleting; the other operations differ from it."""

    verb = "delete"
    ability = "delete"
    cuts_links = True
    """Whether every link goes with either of its ends."""
    respects_holds = True
    """Whether what something outside holds stays where it is."""

    def __init__(self, rights: RightsOf) -> None:
        self._rights = rights

    def may(self, row: Row, ability: str = "") -> bool:
        """Whether the caller may do this (or what *ability* names) with an object."""
        return bool(getattr(self._rights(row), ability or self.ability))

    def sees(self, row: Row) -> bool:
        """Whether an object counts at all."""
        return True

    def part(self, rule: Part, whole: Row, part: Row) -> Verdict | None:
        """Of a part; None leaves it alone."""
        return GO_FREE if rule.free else GO

    def shared(self, rule: Shared, user: Row, target: Row) -> Verdict | None:
        """Of something that nothing else uses."""
        if rule.permitted and not self.may(target, "delete"):
            return None
        return GO_FREE if rule.free else GO

    def member(self, whole: Row, member: Row) -> Verdict | None:
        """Of an object in a container, a ROI of an image."""
        return GO if self.may(member) else None

    def annotation(self, whole: Row, annotation: Row) -> Verdict | None:
        """Of an annotation on an object."""
        if is_a(annotation.kind, *REMARKS):
            return GO_FREE
        if annotation.kind in OWN_LIFE and annotation.owner != whole.owner:
            return None
        return GO if self.may(annotation) else None

    def unlinked(self, annotation: Row) -> Verdict | None:
        """Of an annotation of which a link is deleted: what people share stays."""
        if is_a(annotation.kind, *REMARKS):
            return GO_FREE
        return GO if annotation.kind not in OWN_LIFE and self.may(annotation) else None


class MovePolicy(Policy):
    """Moving to another group, where a private one takes nothing that has two owners."""

    verb = "move"
    ability = "chgrp"
    cuts_links = False

    def __init__(self, rights: RightsOf, to: Level) -> None:
        super().__init__(rights)
        self._private = not to.read

    def part(self, rule: Part, whole: Row, part: Row) -> Verdict | None:
        """Others' settings and thumbnails do not go into a private group."""
        if not rule.free:
            return GO
        return GO_FREE if part.owner == whole.owner or not self._private else Verdict(Fate.DELETE, True)

    def shared(self, rule: Shared, user: Row, target: Row) -> Verdict | None:
        """Files, instruments and the like go with the last that uses them."""
        return GO_FREE if rule.free or not self._private else GO

    def member(self, whole: Row, member: Row) -> Verdict | None:
        """The same owner's; others' only out of a private group's way."""
        if member.owner == whole.owner:
            return GO
        if member.kind == "Roi" and whole.kind == "Image":
            return Verdict(Fate.DELETE, True) if self._private else GO_FREE
        allowed = self.may(member, "delete") or self.may(whole) or self.may(member)
        return GO_FREE if allowed and not self._private else None

    def annotation(self, whole: Row, annotation: Row) -> Verdict | None:
        """Those of the object's owner go along; others' where the caller could delete them."""
        if annotation.kind in OWN_LIFE and annotation.owner != whole.owner:
            return None
        if annotation.owner == whole.owner:
            return GO
        if self.may(annotation, "delete") and not self._private:
            return GO_FREE
        if is_a(annotation.kind, *REMARKS):
            return Verdict(Fate.DELETE, True)
        return Verdict(Fate.DELETE) if self.may(annotation, "delete") else None


class GivePolicy(Policy):
    """Giving to another user: what belongs to the same owner goes along, what others own stays theirs."""

    verb = "give"
    ability = "chown"
    cuts_links = False

    def __init__(self, rights: RightsOf, level_of: Callable[[Row], Level]) -> None:
        super().__init__(rights)
        self.level = level_of

    def part(self, rule: Part, whole: Row, part: Row) -> Verdict | None:
        """Settings and thumbnails are given in a private group only; elsewhere they stay with who made them."""
        if not rule.free:
            return GO
        return None if self.level(whole).read else GO_FREE

    def member(self, whole: Row, member: Row) -> Verdict | None:
        """The same owner's, but for ROIs where members may annotate each other's data."""
        if member.owner != whole.owner or (member.kind == "Roi" and self.level(whole).annotate):
            return None
        return GO

    def annotation(self, whole: Row, annotation: Row) -> Verdict | None:
        """In a group whose members may annotate each other's data, annotations stay with who made them."""
        if annotation.owner != whole.owner or self.level(annotation).annotate:
            return None
        return GO if self.may(annotation) else None


class ContentPolicy(Policy):
    """Everything that is in something, as far as the caller may see it, whatever else holds it."""

    verb = "reach"
    ability = "read"
    respects_holds = False

    def sees(self, row: Row) -> bool:
        """What the caller may read."""
        return self.may(row)

    def part(self, rule: Part, whole: Row, part: Row) -> Verdict | None:
        """A file does not contain the annotation that it is attached by."""
        return None if rule.part == "FileAnnotation" else GO

    def shared(self, rule: Shared, user: Row, target: Row) -> Verdict | None:
        """Whatever it uses."""
        return GO

    def member(self, whole: Row, member: Row) -> Verdict | None:
        """Whatever is in it."""
        return GO

    def annotation(self, whole: Row, annotation: Row) -> Verdict | None:
        """Whatever is written on it."""
        return GO

    def unlinked(self, annotation: Row) -> Verdict | None:
        """What a link leads to."""
        return GO


class ChildPolicy(ContentPolicy):
    """The same without what is not below an object but beside it: the Fileset of an image."""

    def shared(self, rule: Shared, user: Row, target: Row) -> Verdict | None:
        """Whatever it uses, but for the set of files that it came with."""
        return None if rule.target == "Fileset" else GO
