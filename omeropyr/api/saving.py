"""Making, replacing and deleting objects. What programs send is checked here before OMERO sees it."""

from __future__ import annotations

import json
from typing import Any

import omero
import omero.cmd
import omero.model

from omeropyr.api.endpoints import SAVED
from omeropyr.api.kinds import Kind
from omeropyr.api.objects import find
from omeropyr.connection.query import context
from omeropyr.errors import Conflict, Forbidden, InvalidInput, MethodNotAllowed, OmeroUnavailable
from omeropyr.marshal.numbers import MAX_ID
from omeropyr.marshal.ome import SCHEMA, decode, known_types

LONGEST_NAME = 255
MOST_BYTES = 1_048_576
_TEXTS = {
    "Project": ("Description",),
    "Dataset": ("Description",),
    "Screen": (
        "Description",
        "ProtocolDescription",
        "ProtocolIdentifier",
        "ReagentSetDescription",
        "ReagentSetIdentifier",
        "Type",
    ),
}
_CHILDREN = {"Project": "unloadDatasetLinks", "Dataset": "unloadImageLinks", "Screen": "unloadPlateLinks"}
# They may be on other objects as well, and are kept as OMERO.web keeps them.
_ANNOTATIONS = ("TagAnnotation", "TermAnnotation", "FileAnnotation")


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; raises `InvalidInput` for anything else, `NaN` and keys given twice included."""
    if len(body) > MOST_BYTES:
        raise InvalidInput(f"The body may have {MOST_BYTES} bytes at most.")
    try:
        found = json.loads(body, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise InvalidInput("The body must be a JSON object.") from None
    if not isinstance(found, dict):
        raise InvalidInput("The body must be a JSON object.")
    return found


def kind_of(data: dict[str, Any]) -> Kind:
    """Give the kind that `@type` names; raises `InvalidInput`, or `MethodNotAllowed` for one that is not saved here."""
    named = data.get("@type")
    schema, _, name = named.rpartition("#") if isinstance(named, str) else ("", "", "")
    if schema == SCHEMA and name in SAVED:
        return SAVED[name]
    if isinstance(named, str) and named in known_types():
        raise MethodNotAllowed(f"A {name} cannot be saved: {', '.join(SAVED)} can.")
    raise InvalidInput(f"@type must be {SCHEMA}# and one of {', '.join(SAVED)}")


def create(conn: Any, data: dict[str, Any], group: int | None) -> tuple[Kind, int]:
    """Make an object in `group`, else in that of `omero:details`; raises `InvalidInput` where neither is named."""
    kind = kind_of(data)
    if "@id" in data:
        raise InvalidInput("An object with an @id exists: use PUT to replace it.")
    where = group if group is not None else _group_of(data)
    if where is None:
        raise InvalidInput("Name the group in the parameter group or in omero:details.")
    return kind, _save(conn, kind, _checked(kind, data), where)


def replace(conn: Any, data: dict[str, Any], group: int | None) -> tuple[Kind, int]:
    """Replace an object by `data`; what it does not name becomes empty. Raises `ObjectNotFound`."""
    kind = kind_of(data)
    object_id = _id(data.get("@id"), "@id must be the id of the object: use POST to make one.")
    present = find(conn, kind, object_id).obj.getDetails().getGroup().getId().getValue()
    if group is not None and group != present:
        raise InvalidInput(f"{kind.name} {object_id} is in group {present}: it is not moved by saving.")
    return kind, _save(conn, kind, {**_checked(kind, data), "@id": object_id}, present)


def delete(conn: Any, kind: Kind, obj: Any) -> None:
    """Delete an object without what lies in it; raises `Forbidden`, `Conflict` or `OmeroUnavailable`."""
    details = obj.getDetails()
    if not details.getPermissions().canDelete():
        raise Forbidden(f"You may not delete this {kind.singular}.")
    object_id = obj.getId().getValue()
    option = omero.cmd.graphs.ChildOption(excludeType=[*kind.spared, *_ANNOTATIONS])
    request = omero.cmd.Delete2(targetObjects={kind.name: [object_id]}, childOptions=[option])
    handle = conn.c.sf.submit(request, context(conn, details.getGroup().getId().getValue()))
    try:
        answer = conn._waitOnCmd(handle, failontimeout=True).getResponse()
    except omero.LockTimeout:
        raise OmeroUnavailable(f"OMERO is still deleting this {kind.singular}.") from None
    finally:
        handle.close()
    if isinstance(answer, omero.cmd.ERR):
        raise Conflict(f"OMERO does not delete this {kind.singular}: something else needs it.")


def _save(conn: Any, kind: Kind, data: dict[str, Any], group: int) -> int:
    obj = decode(data)
    getattr(obj, _CHILDREN[kind.name])()
    saved = conn.getUpdateService().saveAndReturnObject(obj, context(conn, group))
    return int(saved.getId().getValue())


def _checked(kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    """What is saved of `data`: no details, no children, no annotations."""
    name = data.get("Name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Name must be a text of 1 to {LONGEST_NAME} characters")
    texts = {key: data.get(key) for key in _TEXTS[kind.name]}
    for key, value in {"Name": name, **texts}.items():
        if value is not None and not _is_text(value):
            raise InvalidInput(f"{key} must be a text")
    return {"@type": data["@type"], "Name": name, **texts}


def _is_text(value: Any) -> bool:
    """Whether OMERO can hold it: no NUL, nothing that has no UTF-8."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)


def _group_of(data: dict[str, Any]) -> int | None:
    details = data.get("omero:details")
    group = details.get("group") if isinstance(details, dict) else None
    if group is None:
        return None
    found = group.get("@id") if isinstance(group, dict) else None
    return _id(found, "omero:details.group must hold the @id of a group")


def _id(value: Any, problem: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ID:
        raise InvalidInput(problem)
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
