"""``Chmod2``: what becomes of a group's data when its level changes."""

from __future__ import annotations

from typing import Any

import omero.all
import omero.callbacks
import omero.cmd
import omero.model
import pytest

from tests.functional.embedded.graphs import PLANE, count, ids_of, names, person, refused, save, submit, tag


def level_of(gateway: Any, group: int) -> str:
    return str(gateway.getObject("ExperimenterGroup", group).getDetails().getPermissions())


def chmod(gateway: Any, group: int, permissions: str, *, dry_run: bool = False) -> Any:
    request = omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [group]}, permissions=permissions, dryRun=dry_run)
    return submit(gateway, request)


@pytest.mark.parametrize("permissions", ["rwr---", "rwra--", "rwrw--"])
def test_the_gateway_changes_a_group(omero_data: Any, gateway: Any, permissions: str) -> None:
    group = omero_data.add_group()
    callback = omero.callbacks.CmdCallbackI(gateway.c, gateway.chmodGroup(group, permissions))
    callback.loop(100, 100)
    response = callback.getResponse()
    callback.close(True)
    assert names(response.includedObjects) == {"ExperimenterGroup": [group]}
    assert response.deletedObjects == {}
    assert level_of(gateway, group) == permissions


def test_what_a_private_group_cannot_have(omero_data: Any, gateway: Any, gateway_of: Any) -> None:
    group = omero_data.add_group(permissions="rwra--")
    ann, bob = (person(omero_data, gateway_of, group) for _ in range(2))
    image = omero_data.add_image(PLANE, user=ann.name)
    on = omero.model.ImageI(image, False)
    own, remark = tag(ann, "own", on), tag(bob, "nice", on, "CommentAnnotation")
    foreign = tag(bob, "bob's", on)
    roi = omero.model.RoiI()
    roi.image = on
    roi.addShape(omero.model.PointI())
    roi_id = save(bob, roi).id.val
    planned = chmod(gateway, group, "rw----", dry_run=True)
    assert (level_of(gateway, group), count(gateway, "Roi", roi_id)) == ("rwra--", 1)
    response = chmod(gateway, group, "rw----")
    assert response.deletedObjects == planned.deletedObjects
    gone = names(response.deletedObjects)
    assert (gone["CommentAnnotation"], gone["Roi"], len(gone["ImageAnnotationLink"])) == ([remark], [roi_id], 2)
    assert level_of(gateway, group) == "rw----"
    assert count(gateway, "Annotation", own, foreign) == 2
    assert ids_of(gateway, "select l.child.id from ImageAnnotationLink l where l.parent.id = :id", image) == [own]


def test_who_may(omero_data: Any, gateway: Any, gateway_of: Any) -> None:
    group = omero_data.add_group()
    member = person(omero_data, gateway_of, group)
    request = omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [group]}, permissions="rwrw--")
    assert refused(member, request) == f"user is not an owner of group {group}"
    assert level_of(gateway, group) == "rw----"
    leader = person(omero_data, gateway_of, group, owner=True)
    assert isinstance(chmod(leader, group, "rwrw--"), omero.cmd.Chmod2Response)
    assert level_of(gateway, group) == "rwrw--"


def test_bad_requests(omero_data: Any, gateway: Any) -> None:
    group = omero_data.add_group()
    response = chmod(gateway, group, "anything")
    assert isinstance(response, omero.cmd.ERR)
    assert (response.name, response.parameters["message"]) == ("bad-permissions", "bad permissions: 'anything'")
    request = omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [1]}, permissions="rw----")
    assert refused(gateway, request) == "The groups that every OMERO has keep their levels."
