"""``IShare``: what old clients still ask. There are no shares; a group is how users share data.

Lists and counts answer that there are none; whatever names a share is told that it is not there, and making one is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

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

    # --- of one share, which is not there ---

    def activate(self, call: Call, share_id: int) -> NoReturn:
        """Look at a share."""
        _missing(share_id)

    def getShare(self, call: Call, share_id: int) -> NoReturn:
        """The share."""
        _missing(share_id)

    def getContents(self, call: Call, share_id: int) -> NoReturn:
        """What is in a share."""
        _missing(share_id)

    def getContentSubList(self, call: Call, share_id: int, start: int, finish: int) -> NoReturn:
        """A part of it."""
        _missing(share_id)

    def getContentSize(self, call: Call, share_id: int) -> NoReturn:
        """How much is in a share."""
        _missing(share_id)

    def getContentMap(self, call: Call, share_id: int) -> NoReturn:
        """Ids of what is in a share, by class."""
        _missing(share_id)

    def closeShare(self, call: Call, share_id: int) -> NoReturn:
        """End a share."""
        _missing(share_id)

    def setDescription(self, call: Call, share_id: int, description: str) -> NoReturn:
        """Describe a share."""
        _missing(share_id)

    def setExpiration(self, call: Call, share_id: int, expiration: omero.RTime) -> NoReturn:
        """Say when a share ends."""
        _missing(share_id)

    def setActive(self, call: Call, share_id: int, active: bool) -> NoReturn:
        """Open a share, or close it for a while."""
        _missing(share_id)

    def addObject(self, call: Call, share_id: int, obj: IObject) -> NoReturn:
        """Put an object into a share."""
        _missing(share_id)

    def addObjects(self, call: Call, share_id: int, objs: Sequence[IObject]) -> NoReturn:
        """Put objects into a share."""
        _missing(share_id)

    def removeObject(self, call: Call, share_id: int, obj: IObject) -> NoReturn:
        """Take an object out."""
        _missing(share_id)

    def removeObjects(self, call: Call, share_id: int, objs: Sequence[IObject]) -> NoReturn:
        """Take objects out."""
        _missing(share_id)

    def addComment(self, call: Call, share_id: int, comment: str) -> NoReturn:
        """Comment on a share."""
        _missing(share_id)

    def addReply(self, call: Call, share_id: int, comment: str, reply_to: Annotation) -> NoReturn:
        """Answer a comment."""
        _missing(share_id)

    def getAllMembers(self, call: Call, share_id: int) -> NoReturn:
        """Users who may see a share."""
        _missing(share_id)

    def getAllGuests(self, call: Call, share_id: int) -> NoReturn:
        """Addresses of guests who may."""
        _missing(share_id)

    def getAllUsers(self, call: Call, share_id: int) -> NoReturn:
        """Names of both."""
        _missing(share_id)

    def addUser(self, call: Call, share_id: int, user: Experimenter) -> NoReturn:
        """Let a user see a share."""
        _missing(share_id)

    def addUsers(self, call: Call, share_id: int, users: Sequence[Experimenter]) -> NoReturn:
        """Let users see a share."""
        _missing(share_id)

    def addGuest(self, call: Call, share_id: int, address: str) -> NoReturn:
        """Let a guest see a share."""
        _missing(share_id)

    def addGuests(self, call: Call, share_id: int, addresses: Sequence[str]) -> NoReturn:
        """Let guests see a share."""
        _missing(share_id)

    def removeUser(self, call: Call, share_id: int, user: Experimenter) -> NoReturn:
        """Let a user not see it."""
        _missing(share_id)

    def removeUsers(self, call: Call, share_id: int, users: Sequence[Experimenter]) -> NoReturn:
        """Let users not see it."""
        _missing(share_id)

    def removeGuest(self, call: Call, share_id: int, address: str) -> NoReturn:
        """Let a guest not see it."""
        _missing(share_id)

    def removeGuests(self, call: Call, share_id: int, addresses: Sequence[str]) -> NoReturn:
        """Let guests not see it."""
        _missing(share_id)

    def getActiveConnections(self, call: Call, share_id: int) -> NoReturn:
        """Who looks at a share."""
        _missing(share_id)

    def getPastConnections(self, call: Call, share_id: int) -> NoReturn:
        """Who looked at it."""
        _missing(share_id)

    def invalidateConnection(self, call: Call, share_id: int, user: Experimenter) -> NoReturn:
        """Send a user away."""
        _missing(share_id)

    def getEvents(
        self, call: Call, share_id: int, user: Experimenter, start: omero.RTime, end: omero.RTime
    ) -> NoReturn:
        """What a user did with it."""
        _missing(share_id)

    def notifyMembersOfShare(self, call: Call, share_id: int, subject: str, message: str, html: bool) -> NoReturn:
        """Write to those who may see a share."""
        _missing(share_id)


def _missing(share_id: int) -> NoReturn:
    raise omero.ValidationException(None, None, f"There is no share {share_id}.")
