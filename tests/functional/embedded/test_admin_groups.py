"""IAdmin: what becomes of a group - its level, its name, its end - and what moves between groups."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rstring

from tests.functional.embedded.administration import GUEST, SYSTEM, USER, group, name, new_group, user

ALL = {"omero.group": "-1"}


@pytest.fixture(scope="module")
def root(gateway: Any) -> Any:
    return gateway.getAdminService()


def level_of(root: Any, group_id: int) -> str:
    return str(root.getGroup(group_id).details.permissions)


def details_of(gateway: Any, kind: str, object_id: int) -> tuple[int, int]:
    """Owner and group."""
    found = gateway.getQueryService().get(kind, object_id, ALL).details
    return found.owner.id.val, found.group.id.val


@pytest.mark.parametrize("level", ["rw----", "rwr---", "rwra--", "rwrw--"])
def test_a_group_is_made_and_changed(root: Any, level: str) -> None:
    made, other = name("group"), name("group")
    group_id = root.createGroup(new_group(made, level))
    known = root.lookupGroup(made)
    assert (known.id.val, level_of(root, group_id), known.ldap.val) == (group_id, level, False)
    known.name, known.description = rstring(other), rstring("why")
    known.details.permissions = None
    root.updateGroup(known)
    assert (root.getGroup(group_id).name.val, root.getGroup(group_id).description.val) == (other, "why")
    assert level_of(root, group_id) == level
    for wanted in ("rwrw--", "rwra--", "rwr---", "rw----"):
        known = root.getGroup(group_id)
        known.details.permissions = omero.model.PermissionsI(wanted)
        root.updateGroup(known)
        assert level_of(root, group_id) == wanted
    with pytest.raises(omero.ValidationException, match="already"):
        root.createGroup(new_group(other))


def test_the_level_counts_at_once(root: Any, omero_data: Any, gateway_of: Any) -> None:
    group_id = omero_data.add_group(name("group"), "rw----")
    ann, bob = name("ann"), name("bob")
    omero_data.add_user(ann, group_id)
    omero_data.add_user(bob, group_id)
    project = omero_data.add_project(user=ann)
    query = gateway_of(bob).getQueryService()
    assert query.find("Project", project) is None
    root.changePermissions(group(group_id), omero.model.PermissionsI("rwra--"))
    found = query.get("Project", project).details.permissions
    assert (found.canAnnotate(), found.canEdit(), str(found)) == (True, False, "rwra--")
    root.changePermissions(group(group_id), omero.model.PermissionsI("rw----"))
    assert query.find("Project", project) is None


@pytest.mark.parametrize("who", ["owner", "member", "outsider", "admin", "restricted"])
def test_who_changes_the_level(root: Any, omero_data: Any, gateway_of: Any, who: str) -> None:
    group_id, made = omero_data.add_group(name("group"), "rwr---"), name(who)
    user_id = omero_data.add_user(
        made,
        *((group_id,) if who in ("owner", "member") else ()),
        owner=who == "owner",
        admin=who in ("admin", "restricted"),
    )
    if who == "restricted":
        root.setAdminPrivileges(user(user_id), [])
    connection = gateway_of(made)
    admin = connection.getAdminService()
    for wanted, change in (
        ("rwra--", lambda: admin.changePermissions(group(group_id), omero.model.PermissionsI("rwra--"))),
        ("rwrw--", lambda: admin.updateGroup(changed(root, group_id, "rwrw--"))),
    ):
        if who in ("owner", "admin"):
            change()
            assert level_of(root, group_id) == wanted
        else:
            with pytest.raises(omero.SecurityViolation):
                change()
            assert level_of(root, group_id) == "rwr---"
    with pytest.raises(omero.SecurityViolation, match="changed through IAdmin"):
        connection.getUpdateService().saveObject(changed(root, group_id, "rw----"))
    assert level_of(root, group_id) == ("rwrw--" if who in ("owner", "admin") else "rwr---")


def changed(root: Any, group_id: int, level: str) -> Any:
    known = root.getGroup(group_id)
    known.details.permissions = omero.model.PermissionsI(level)
    return known


def test_a_group_gets_private_only_if_nobody_loses_anything(root: Any, omero_data: Any, gateway_of: Any) -> None:
    """OMERO's ``GroupChmodStrategy``: nothing in the group may point at another user's object."""
    group_id = omero_data.add_group(name("group"), "rwra--")
    ann, bob = name("ann"), name("bob")
    omero_data.add_user(ann, group_id)
    omero_data.add_user(bob, group_id)
    project = omero_data.add_project(user=ann)
    update = gateway_of(bob).getUpdateService()
    link = omero.model.ProjectAnnotationLinkI()
    link.parent, link.child = omero.model.ProjectI(project, False), omero.model.TagAnnotationI()
    link.child.textValue = rstring("bob's")
    link = update.saveAndReturnObject(link)
    for change in (
        lambda: root.changePermissions(group(group_id), omero.model.PermissionsI("rw----")),
        lambda: root.updateGroup(changed(root, group_id, "rw----")),
    ):
        with pytest.raises(omero.SecurityViolation, match=r"1 of ProjectAnnotationLink\.parent"):
            change()
        assert level_of(root, group_id) == "rwra--"
    root.changePermissions(group(group_id), omero.model.PermissionsI("rwr---"))  # nobody loses sight of anything
    update.deleteObject(link)
    root.changePermissions(group(group_id), omero.model.PermissionsI("rw----"))
    assert level_of(root, group_id) == "rw----"


@pytest.mark.parametrize("special", [SYSTEM, USER, GUEST])
def test_the_special_groups_stay_as_they_are(root: Any, special: int) -> None:
    before = root.getGroup(special).name.val, level_of(root, special)
    renamed = root.getGroup(special)
    renamed.name = rstring("mine")
    for change in (
        lambda: root.updateGroup(renamed),
        lambda: root.updateGroup(changed(root, special, "rwrw--")),
        lambda: root.changePermissions(group(special), omero.model.PermissionsI("rwrw--")),
        lambda: root.deleteGroup(group(special)),
    ):
        with pytest.raises(omero.ValidationException):
            change()
    assert (root.getGroup(special).name.val, level_of(root, special)) == before


def test_names_of_groups(root: Any, omero_data: Any, gateway_of: Any) -> None:
    group_id = omero_data.add_group(name("group"))
    known = root.getGroup(group_id)
    for wrong in ("system", "user", "", "  "):
        known.name = rstring(wrong)
        with pytest.raises(omero.ValidationException):
            root.updateGroup(known)
    made = name("owner")
    omero_data.add_user(made, group_id, owner=True)
    known.name = rstring(name("renamed"))
    with pytest.raises(omero.ValidationException, match="Work in another group"):
        gateway_of(made).getAdminService().updateGroup(known)


def test_only_an_empty_group_is_deleted(root: Any, omero_data: Any) -> None:
    group_id, other = omero_data.add_group(name("group")), omero_data.add_group(name("other"))
    made, only = name("user"), name("only")
    omero_data.add_user(made, group_id, other)
    project = omero_data.add_project(user=made, group=group_id)
    with pytest.raises(omero.ValidationException, match="There are objects of group"):
        root.deleteGroup(group(group_id))
    lonely = omero_data.add_group(name("lonely"))
    only_id = omero_data.add_user(only, lonely)
    with pytest.raises(omero.ValidationException, match="has no other group"):
        root.deleteGroup(group(lonely))
    assert root.getMemberOfGroupIds(user(only_id)) == sorted([USER, lonely])
    root.addGroups(user(only_id), [group(other)])
    root.deleteGroup(group(lonely))
    assert root.getMemberOfGroupIds(user(only_id)) == sorted([USER, other])
    assert root.getDefaultGroup(only_id).id.val == other
    with pytest.raises(omero.ApiUsageException):
        root.getGroup(lonely)
    assert project > 0


# --- single objects ---


def test_one_object_changes_its_owner(root: Any, omero_data: Any, gateway: Any, gateway_of: Any) -> None:
    group_id = omero_data.add_group(name("group"), "rwr---")
    ann, bob, boss = name("ann"), name("bob"), name("boss")
    ann_id = omero_data.add_user(ann, group_id)
    bob_id = omero_data.add_user(bob, group_id)
    omero_data.add_user(boss, group_id, owner=True)
    project = omero_data.add_project(user=ann)
    obj = omero.model.ProjectI(project, False)
    for who in (ann, bob):
        with pytest.raises(omero.SecurityViolation):
            gateway_of(who).getAdminService().changeOwner(obj, bob)
    assert details_of(gateway, "Project", project) == (ann_id, group_id)
    gateway_of(boss).getAdminService().changeOwner(obj, bob)
    assert details_of(gateway, "Project", project) == (bob_id, group_id)
    root.changeOwner(obj, ann)
    assert details_of(gateway, "Project", project) == (ann_id, group_id)
    with pytest.raises(omero.ApiUsageException):
        root.changeOwner(obj, "nobody-at-all")
    with pytest.raises(omero.SecurityViolation):
        root.changeOwner(omero.model.ExperimenterI(ann_id, False), bob)


def test_one_object_changes_its_group(root: Any, omero_data: Any, gateway: Any, gateway_of: Any) -> None:
    first, second, third = (omero_data.add_group(made := name("group"), "rwrw--") for _ in range(3))
    ann, bob = name("ann"), name("bob")
    ann_id = omero_data.add_user(ann, first, second)
    omero_data.add_user(bob, first, second)
    project = omero_data.add_project(user=ann, group=first)
    obj = omero.model.ProjectI(project, False)
    names = {one: root.getGroup(one).name.val for one in (first, second, third)}
    admin = gateway_of(ann).getAdminService()
    for who, to in ((gateway_of(bob).getAdminService(), names[second]), (admin, names[third]), (admin, "user")):
        with pytest.raises(omero.SecurityViolation):
            who.changeGroup(obj, to)
    assert details_of(gateway, "Project", project) == (ann_id, first)
    admin.changeGroup(obj, names[second])
    assert details_of(gateway, "Project", project) == (ann_id, second)
    dataset = omero_data.add_dataset(project=project, user=ann, group=second)
    with pytest.raises(omero.SecurityViolation, match=r"ProjectDatasetLink\.parent"):
        admin.changeGroup(obj, names[first])
    assert details_of(gateway, "Project", project) == (ann_id, second)
    assert details_of(gateway, "Dataset", dataset) == (ann_id, second)
    assert made


def test_what_is_common_is_everybodys_to_see(root: Any, omero_data: Any, gateway: Any, gateway_of: Any) -> None:
    group_id = omero_data.add_group(name("group"), "rw----")
    ann, boss, eve = name("ann"), name("boss"), name("eve")
    ann_id = omero_data.add_user(ann, group_id)
    omero_data.add_user(boss, group_id, owner=True)
    omero_data.add_user(eve)
    project = omero_data.add_project(user=ann)
    obj = omero.model.ProjectI(project, False)
    query = gateway_of(eve).getQueryService()
    assert query.find("Project", project, ALL) is None
    with pytest.raises(omero.SecurityViolation):
        gateway_of(ann).getAdminService().moveToCommonSpace([obj])
    gateway_of(boss).getAdminService().moveToCommonSpace([obj, None])
    assert details_of(gateway, "Project", project) == (ann_id, USER)
    seen = query.get("Project", project, ALL).details.permissions
    assert (seen.canEdit(), seen.canDelete(), seen.canAnnotate(), seen.canLink()) == (False, False, True, True)
    root.moveToCommonSpace([obj])  # where it is already
    assert details_of(gateway, "Project", project) == (ann_id, USER)


def test_only_groups_have_permissions(root: Any, omero_data: Any) -> None:
    project = omero_data.add_project()
    with pytest.raises(omero.SecurityViolation, match="Only groups"):
        root.changePermissions(omero.model.ProjectI(project, False), omero.model.PermissionsI("rwrw--"))
