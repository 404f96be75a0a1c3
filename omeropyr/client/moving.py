"""Moving to another group and giving to another owner, by OMERO's Chgrp2 and Chown2, waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import omero.all
import omero.cmd

from omeropyr.client.naming import KINDS, New, create
from omeropyr.client.targets import check_may
from omeropyr.connection.commands import run_command
from omeropyr.connection.query import context, rows
from omeropyr.errors import Forbidden, InvalidInput, ObjectNotFound

MOVABLE = ("Project", "Dataset", "Image", "Screen", "Plate", "Fileset")
"""What is moved and given, by OMERO's class, which requests use as it is."""
Named = Mapping[str, Sequence[int]]

_LINKS = {
    "Image": ("DatasetImageLink", "Dataset"),
    "Dataset": ("ProjectDatasetLink", "Project"),
    "Plate": ("ScreenPlateLink", "Screen"),
}
_COMMON = """
    select g, (select count(m.id) from GroupExperimenterMap m where m.parent.id = g.id and m.child.id in (:owners))
    from ExperimenterGroup g where g.name <> 'user' and g.name <> 'guest' order by lower(g.name)
"""


class Target(NamedTuple):
    """Where things go in their new group: into a container that is there, or a new one of a kind and name."""

    kind: str
    id: int | None = None
    name: str = ""


def groups_for(conn: Any, named: Named) -> dict[str, Any]:
    """Give the owners of objects, and the groups that they all are in and the objects are not: where those may go.

    As OMERO.web's `load_chgrp_groups`; two Ice calls and one for each class.
    """
    owners, groups = dict[int, str](), set[int]()
    for name, ids in named.items():
        hql = f"""select u.id, u.firstName, u.lastName, o.details.group.id
            from {name} o join o.details.owner u where o.id in (:ids)"""  # noqa: S608 - constants
        for owner, first, last, group in rows(conn, hql, ids=list(ids)):
            owners[owner] = " ".join(part for part in (first, last) if part)
            groups.add(group)
    current = groups.pop() if len(groups) == 1 else None
    found = []
    for group, members in rows(conn, _COMMON, owners=sorted(owners)) if owners else ():
        if int(members) == len(owners) and group.id.val != current:
            granted = group.details.permissions
            perms = {
                "write": granted.isGroupWrite(),
                "annotate": granted.isGroupAnnotate(),
                "read": granted.isGroupRead(),
            }
            found.append({"id": group.id.val, "name": group.name.val, "perms": perms})
    return {"owners": [[owner, owners[owner]] for owner in sorted(owners)], "groups": found}


def move(conn: Any, named: Named, group_id: int, target: Target | None) -> dict[str, Any]:
    """Move objects with what is in them to a group, all or none; then put them into `target`.

    Gives what a tree takes out (`remove`) and which containers are empty now (`childless`), as OMERO.web's `chgrp`.
    Raises `ObjectNotFound`, `Forbidden`, `InvalidInput`; nothing is moved then.
    """
    for name, ids in named.items():
        check_may(conn, name, ids, "canChgrp")
    images = _images_in(conn, named)
    above = _above(conn, images)
    if target is not None and target.id is not None:
        (container,) = check_may(conn, KINDS[target.kind], [target.id], "canLink")
        if container.details.group.id.val != group_id:
            raise InvalidInput(f"{target.kind} {target.id} is not in that group")
    requests: list[Any] = [
        omero.cmd.Chgrp2(targetObjects={name: list(ids) for name, ids in named.items()}, groupId=group_id)
    ]
    run_command(conn, requests)
    if target is not None:
        container_id = target.id
        if container_id is None:
            container_id = create(conn, New(target.kind, target.name), (), group_id)
        _put_into(conn, named, target.kind, container_id, group_id)
    removed = {name.lower(): list(named.get(name, ())) for name in ("Project", "Dataset", "Screen", "Plate")}
    left = _still_with_children(conn, above)
    childless = {"project": [], "dataset": sorted(set(above) - left), "orphaned": bool(images) and not above}
    return {"update": {"remove": {**removed, "image": images}, "childless": childless}}


def give(conn: Any, named: Named, owner_id: int) -> None:
    """Give objects with what is in them to another owner, all or none. Raises as `move` does."""
    if not rows(conn, "select e.id from Experimenter e where e.id = :id", id=owner_id):
        raise ObjectNotFound(f"There is no experimenter {owner_id}.")
    for name, ids in named.items():
        check_may(conn, name, ids, "canChown")
    targets = {name: list(ids) for name, ids in named.items()}
    run_command(conn, [omero.cmd.Chown2(targetObjects=targets, userId=owner_id)])


def split_filesets(conn: Any, named: Named) -> list[dict[str, Any]]:
    """Give the filesets of which some images are among the objects and some are not. One Ice call."""
    service = conn.getContainerService()
    parameters = omero.sys.ParametersI()
    included = {name: list(ids) for name, ids in named.items()}
    found = service.getImagesBySplitFilesets(included, parameters, context(conn, -1))
    return [
        {"fileset": fileset, "attempted": sorted(parts.get(True, ())), "blocking": sorted(parts.get(False, ()))}
        for fileset, parts in sorted(found.items())
    ]


def check_member(conn: Any, group_id: int, *, is_admin: bool) -> None:
    """Raise `Forbidden` where the user may not put anything into a group."""
    if not is_admin and group_id not in conn.getEventContext().memberOfGroups:
        raise Forbidden("Not a member of Group")


def _images_in(conn: Any, named: Named) -> list[int]:
    images = list(named.get("Image", ()))
    if named.get("Fileset"):
        hql = "select i.id from Image i where i.fileset.id in (:ids) order by i.id"
        images += [row[0] for row in rows(conn, hql, ids=list(named["Fileset"]))]
    return list(dict.fromkeys(images))


def _above(conn: Any, images: Sequence[int]) -> list[int]:
    if not images:
        return []
    hql = "select distinct l.parent.id from DatasetImageLink l where l.child.id in (:ids)"
    return [row[0] for row in rows(conn, hql, ids=list(images))]


def _still_with_children(conn: Any, datasets: Sequence[int]) -> set[int]:
    if not datasets:
        return set()
    hql = "select distinct l.parent.id from DatasetImageLink l where l.parent.id in (:ids)"
    return {row[0] for row in rows(conn, hql, ids=list(datasets))}


def _put_into(conn: Any, named: Named, kind: str, container_id: int, group_id: int) -> None:
    made = []
    for name, ids in named.items():
        link_name, parent = _LINKS.get(name, ("", ""))
        if parent == KINDS[kind]:
            for object_id in ids:
                link = getattr(omero.model, f"{link_name}I")()
                link.parent = getattr(omero.model, f"{parent}I")(container_id, False)
                link.child = getattr(omero.model, f"{name}I")(object_id, False)
                made.append(link)
    if made:
        conn.getUpdateService().saveArray(made, context(conn, group_id))
