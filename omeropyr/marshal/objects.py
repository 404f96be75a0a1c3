"""The small dicts that describe one object: names, permissions, dates, owners, lengths."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import omero.model
from omero.model.enums import UnitsLength

# What OMERO.web's permission words mean, in its order; `isOwned` follows them.
_PERMISSIONS = ("canEdit", "canAnnotate", "canLink", "canDelete", "canChgrp", "canChown")


def plain(value: Any) -> Any:
    """Give the plain value in an rtype or enumeration value; `None` stays `None`."""
    return None if value is None else value.getValue()


def owner_id(obj: Any) -> int | None:
    """Give the id of the experimenter who owns the object."""
    owner = obj.getDetails().getOwner()
    return None if owner is None else int(owner.getId().getValue())


def permissions_css(obj: Any, user_id: int) -> str:
    """Give what the user may do with the object, as OMERO.web's words separated by spaces."""
    permissions = obj.getDetails().getPermissions()
    words = [word for word in _PERMISSIONS if permissions is not None and getattr(permissions, word)()]
    if owner_id(obj) == user_id:
        words.append("isOwned")
    return " ".join(words)


def permissions(obj: Any) -> dict[str, bool]:
    """Give the four permissions that programs read of an image."""
    granted = obj.getDetails().getPermissions()
    words = ("canAnnotate", "canEdit", "canDelete", "canLink")
    return {word: bool(granted and getattr(granted, word)()) for word in words}


def full_name(experimenter: Any) -> str:
    """Give first and last name, or the login name where there is neither."""
    names = [plain(experimenter.getFirstName()), plain(experimenter.getLastName())]
    return " ".join(name for name in names if name) or plain(experimenter.getOmeName()) or ""


def iso_date(milliseconds: int) -> str:
    """Give a moment (milliseconds since 1970, UTC) as ISO 8601 text with its time zone."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).isoformat()


def acquired(image: Any) -> int | None:
    """Give when the image was acquired (milliseconds since 1970), if that is known; 0 counts as unknown."""
    date = plain(image.getAcquisitionDate())
    return int(date) if date is not None and date > 0 else None


def micrometres(length: Any) -> float | None:
    """Give a length of OMERO in micrometres; `None` where it is unknown or has no physical unit (pixels)."""
    if length is None or length.getUnit() in (UnitsLength.PIXEL, UnitsLength.REFERENCEFRAME):
        return None
    return float(omero.model.LengthI(length, UnitsLength.MICROMETER).getValue())
