"""``IShare``: what old clients still ask. There are no shares; a group is how users share data.

Lists and counts answer that there are none; whatever names a share is told that it is not there, and making one is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import omero
from omero.model import Annotation, Experimenter, IObject, Session

from omeropyr.embedded.dispatch import Call, Service


class Share(Service):
    """All 42 operations, none of which finds a share."""

    slice_type = omero.api.IShare

    # --- lists ---

    def getOwnShares(self, call: Call, active: bool) -> list[Session]:
        """The caller's shares."""
        return []

    def getMemberShares(self, call: Call, active: bool) -> list[Session]:
        """Shares that the caller may see."""
        return []

    def getSharesOwnedBy(self, call: Call, user: Experimenter, active: bool) -> list[Session]:
        """Shares of a user."""
        return []

    def getMemberSharesFor(self, call: Call, user: Experimenter, active: bool) -> list[Session]:
        """Shares that a user may see."""
        return []

    def getMemberCount(self, call: Call, ids: Sequence[int]) -> dict[int, int]:
        """How many members each share has: none is there to count."""
        return {}

    def getCommentCount(self, call: Call, ids: Sequence[int]) -> dict[int, int]:
        """How many comments each share has: 0, also for one that is not there."""
        return dict.fromkeys(ids, 0)

    def getComments(self, call: Call, share_id: int) -> list[Annotation]:
        """Comments on a share that the caller may see."""
        return []

    def deactivate(self, call: Call) -> None:
        """Look at no share any more: nobody does."""

    # --- making one ---

    def createShare(
        self,
        call: Call,
        description: str,
        expiration: omero.RTime,
        items: Sequence[IObject],
        users: Sequence[Experimenter],
        guests: Sequence[str],
        enabled: bool,
    ) -> NoReturn:
        """Refused."""
        raise omero.ApiUsageException(None, None, "Shares are not made any more: use a group with its members instead.")

    def deleteComment(self, call: Call, comment: Annotation) -> NoReturn:
        """Delete a comment on a share."""
        raise omero.ValidationException(None, None, "There is no such comment on a share.")


def _missing(operation: str) -> Any:
    """An operation on a share by its id, which is its first argument."""

    def answer(self: Share, call: Call, share_id: int, *more: Any) -> NoReturn:  # noqa: ARG001 - as dispatch calls it
        raise omero.ValidationException(None, None, f"There is no share {share_id}.")

    answer.__name__ = operation
    answer.__doc__ = f"``{operation}`` of a share that is not there."
    return answer


for _name in (
    *("activate", "getShare", "getContents", "getContentSubList", "getContentSize", "getContentMap", "closeShare"),
    *("setDescription", "setExpiration", "setActive", "addObject", "addObjects", "removeObject", "removeObjects"),
    *("addComment", "addReply", "getAllMembers", "getAllGuests", "getAllUsers", "addUser", "addUsers", "addGuest"),
    *("addGuests", "removeUser", "removeUsers", "removeGuest", "removeGuests", "getActiveConnections"),
    *("getPastConnections", "invalidateConnection", "getEvents", "notifyMembersOfShare"),
):
    setattr(Share, _name, _missing(_name))
