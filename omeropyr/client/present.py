"""Rows of the browser's lists, with the keys that OMERO.web's programs read."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from omero.constants.metadata import NSINSIGHTTAGSET

from omeropyr.marshal.objects import acquired, iso_date, owner_id, permissions_css, plain


def container(obj: Any, count: int, user_id: int) -> dict[str, Any]:
    """Give a project, dataset, screen or plate."""
    return {
        "id": obj.getId().getValue(),
        "name": plain(obj.getName()) or "",
        "ownerId": owner_id(obj),
        "childCount": count,
        "permsCss": permissions_css(obj, user_id),
    }


def image(obj: Any, user_id: int) -> dict[str, Any]:
    """Give an image without what has to be asked for: sizes, dates, thumbnail version."""
    row = {
        "id": obj.getId().getValue(),
        "archived": bool(plain(obj.getArchived())),
        "name": plain(obj.getName()) or "",
        "ownerId": owner_id(obj),
        "permsCss": permissions_css(obj, user_id),
    }
    fileset = obj.getFileset()
    if fileset is not None:
        row["filesetId"] = fileset.getId().getValue()
    return row


def tag(obj: Any, images: int, tags: int, user_id: int) -> dict[str, Any]:
    """Give a tag that `images` bear, or a set that holds `tags`."""
    is_set = plain(obj.getNs()) == NSINSIGHTTAGSET
    row = {
        "id": obj.getId().getValue(),
        "value": plain(obj.getTextValue()) or "",
        "ownerId": owner_id(obj),
        "permsCss": permissions_css(obj, user_id),
        "set": is_set,
        "childCount": tags if is_set else images,
    }
    description = plain(obj.getDescription())
    return row if description is None else row | {"description": description}


def acquisition(obj: Any, user_id: int) -> dict[str, Any]:
    """Give a run of a plate; without a name it is called by its times, or else by its id."""
    run_id = obj.getId().getValue()
    times = [written_time(moment.getValue()) for moment in (obj.getStartTime(), obj.getEndTime()) if moment is not None]
    return {
        "id": run_id,
        "name": plain(obj.getName()) or " - ".join(times) or f"Run {run_id}",
        "ownerId": owner_id(obj),
        "permsCss": permissions_css(obj, user_id),
    }


def well(obj: Any, plate: Any, user_id: int) -> dict[str, Any]:
    """Give a well, called by its plate and its place on it."""
    row, column = plain(obj.getRow()) or 0, plain(obj.getColumn()) or 0
    return {
        "id": obj.getId().getValue(),
        "name": f"{plain(plate.getName()) or ''} - {well_label(row, column)}",
        "ownerId": owner_id(obj),
        "permsCss": permissions_css(obj, user_id),
    }


def well_label(row: int, column: int) -> str:
    """Give a place on a plate (from 0) as letters and a number: B3."""
    letters = ""
    row += 1
    while row > 0:
        row, rest = divmod(row - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{column + 1}"


def written_time(milliseconds: int) -> str:
    """Give a moment (milliseconds since 1970) as date and time, UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def dates(obj: Any, created: int) -> dict[str, str]:
    """Give when an image was acquired (else imported, `created` in milliseconds) and, if known, only the former."""
    taken = acquired(obj)
    if taken is None:
        return {"date": iso_date(created)}
    return {"date": iso_date(taken), "acqDate": iso_date(taken)}


def group(obj: Any) -> dict[str, Any]:
    """Give a group; `perm` are its permission bits as OMERO has them."""
    return {
        "id": obj.getId().getValue(),
        "name": plain(obj.getName()),
        "perm": int(obj.getDetails().getPermissions().getPerm1()),
    }


def experimenter(obj: Any) -> dict[str, Any]:
    """Give a user's names."""
    return {
        "id": obj.getId().getValue(),
        "omeName": plain(obj.getOmeName()),
        "firstName": plain(obj.getFirstName()),
        "lastName": plain(obj.getLastName()),
    }
