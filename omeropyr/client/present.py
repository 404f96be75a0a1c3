"""Rows of the browser's lists, with the keys that OMERO.web's programs read."""

from __future__ import annotations

from typing import Any

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
