"""BlitzGateway: its session, its services, what the server's settings say, and users and groups."""

from __future__ import annotations

import time
from typing import Any

import omero
import pytest
from omero.gateway import BlitzGateway

SERVICES = {
    "getAdminService": lambda one: one.getEventContext().userName == "walk-ann",
    "getConfigService": lambda one: one.getVersion().startswith("5."),
    "getContainerService": lambda one: (
        "P" in [found.name.val for found in one.loadContainerHierarchy("Project", [], None)]
    ),
    "getMetadataService": lambda one: (
        omero.rtypes.unwrap(one.countSpecifiedAnnotations("LongAnnotation", ["no.such"], [], None)) == 0
    ),
    "getPixelsService": lambda one: one.getAllEnumerations("PixelsType") != [],
    "getQueryService": lambda one: one.get("ExperimenterGroup", 0).name.val == "system",
    "getRepositoryInfoService": lambda one: one.getFreeSpaceInKilobytes() > 0,
    "getRoiService": lambda one: one.findByRoi(-1, None).rois == [],
    "getScriptService": lambda one: isinstance(one.getScripts(), list),
    "getSessionService": lambda one: one.getMyOpenSessions() != [],
    "getShareService": lambda one: one.getOwnShares(True) == [],
    "getSharedResources": lambda one: one.areTablesEnabled() is True,
    "getTimelineService": lambda one: (
        one.countByPeriod(["Image"], omero.rtypes.rtime(0), omero.rtypes.rtime(1), None) == {"Image": 0}
    ),
    "getTypesService": lambda one: "PixelsType" in [name.rpartition(".")[2] for name in one.getEnumerationTypes()],
    "getUpdateService": lambda one: one.saveAndReturnIds([omero.model.TagAnnotationI()])[0] > 0,
}


@pytest.mark.walks(
    "BlitzGateway",
    "getAdminService getConfigService getContainerService getMetadataService getPixelsService getQueryService "
    "getRepositoryInfoService getRoiService getScriptService getSessionService getShareService getSharedResources "
    "getTimelineService getTypesService getUpdateService",
)
def test_every_service_answers(walk: Any) -> None:
    answered = {name: check(getattr(walk.conn, name)()) for name, check in SERVICES.items()}
    assert answered == dict.fromkeys(SERVICES, True)


@pytest.mark.walks("BlitzGateway", "createRawFileStore createSearchService")
def test_stateful_services_are_made(walk: Any) -> None:
    store, search = walk.conn.createRawFileStore(), walk.conn.createSearchService()
    assert store.getFileId() is None
    assert search.getBatchSize() > 0
    store.close()
    search.close()


@pytest.mark.walks(
    "BlitzGateway",
    "connect close clone isConnected isSecure setSecure setIdentity getSession getLastError getProperty keepAlive "
    "seppuku isAnonymous setUserId getUserId",
)
def test_the_life_of_a_connection(embedded: Any, walk: Any) -> None:
    conn = BlitzGateway(host="127.0.0.1", port=embedded.ssl_port, secure=False)
    assert not conn.isConnected()
    conn.setIdentity("walk-bob", "wrong")
    assert not conn.connect()
    assert "password" in str(conn.getLastError()).lower()
    conn.setIdentity("walk-bob", "omero")
    assert conn.connect()
    assert (conn.isConnected(), conn.isSecure(), conn.isAnonymous()) == (True, False, False)
    conn.setSecure(True)
    assert conn.isSecure()
    assert conn.getProperty("omero.host") == "127.0.0.1"
    assert conn.getUserId() == walk.bob
    assert conn.keepAlive()
    uuid = conn.getSession().uuid.val if hasattr(conn.getSession(), "uuid") else conn._sessionUuid
    twin = conn.clone()
    assert twin.connect(sUuid=uuid)
    assert twin.getEventContext().sessionUuid == uuid
    twin.setUserId(walk.ann)
    assert twin.getUserId() == walk.ann
    twin.close(hard=False)
    conn.seppuku()
    assert not BlitzGateway(host="127.0.0.1", port=embedded.ssl_port).connect(sUuid=uuid)


@pytest.mark.walks("BlitzGateway", "getEventContext getUser isAdmin isFullAdmin isLeader canBeAdmin canCreate")
def test_who_is_connected(walk: Any, gateway: Any) -> None:
    context = walk.conn.getEventContext()
    assert (context.userId, context.userName, context.groupId, context.groupName) == (
        walk.ann,
        "walk-ann",
        walk.group,
        "walk",
    )
    assert walk.conn.getUser().getFullName() == "Ann Walker"
    assert (walk.conn.isAdmin(), walk.conn.isFullAdmin(), walk.conn.canBeAdmin()) == (False, False, False)
    assert (gateway.isAdmin(), gateway.isFullAdmin(), gateway.canBeAdmin()) == (True, True, True)
    assert (walk.conn.isLeader(), walk.conn.isLeader(1)) == (True, False)
    assert walk.conn.canCreate() is True


@pytest.mark.walks("BlitzGateway", "canWrite canOwnerWrite")
def test_who_may_write_an_object(walk: Any, gateway_of: Any) -> None:
    project = walk.conn.getObject("Project", walk.project)
    assert (walk.conn.canWrite(project), walk.conn.canOwnerWrite(project)) == (True, True)
    bob = gateway_of("walk-bob")
    assert not bob.canWrite(bob.getObject("Project", walk.project))


@pytest.mark.walks(
    "BlitzGateway", "setGroupForSession setGroupNameForSession revertGroupForSession getGroupFromContext"
)
def test_the_group_of_a_session_is_changed(walk: Any, gateway_of: Any) -> None:
    conn = gateway_of("walk-bob")
    assert conn.setGroupForSession(walk.other)
    assert conn.getGroupFromContext().getName() == "walk-other"
    conn.revertGroupForSession()
    assert conn.getGroupFromContext().getName() == "walk"
    assert conn.setGroupNameForSession("walk-other")
    assert conn.getEventContext().groupName == "walk-other"
    assert conn.setGroupForSession(0) is False


@pytest.mark.walks(
    "BlitzGateway",
    "setDefaultOmeroGroup getDefaultOmeroGroup setDefaultOmeroUser getDefaultOmeroUser createServiceOptsDict",
)
def test_defaults_of_calls(walk: Any) -> None:
    twin = walk.conn.clone()
    twin.setDefaultOmeroGroup(walk.other)
    twin.setDefaultOmeroUser(walk.bob)
    assert (twin.getDefaultOmeroGroup(), twin.getDefaultOmeroUser()) == (walk.other, walk.bob)
    assert twin.createServiceOptsDict().getOmeroGroup() == str(walk.other)


@pytest.mark.walks("BlitzGateway", "suConn")
def test_an_administrator_works_as_another(gateway: Any, walk: Any) -> None:
    conn = gateway.suConn("walk-bob", "walk-other")
    assert (conn.getEventContext().userName, conn.getEventContext().groupName) == ("walk-bob", "walk-other")
    conn.close()
    assert walk.conn.suConn("walk-bob") is None


@pytest.mark.walks(
    "BlitzGateway",
    "getClientSettings getInitialZoomLevel getInterpolateSetting getDownloadAsMaxSizeSetting getRoiLimitSetting "
    "getWebclientHost getMaxPlaneSize getFreeSpace",
)
def test_settings_and_space(walk: Any) -> None:
    conn = walk.conn
    settings = conn.getClientSettings()
    assert all(name.startswith("omero.client") for name in dict(settings))
    assert int(conn.getInitialZoomLevel()) == 0
    assert conn.getInterpolateSetting() in ("true", True)
    assert conn.getDownloadAsMaxSizeSetting() == 144_000_000
    assert conn.getRoiLimitSetting() == 2000
    assert conn.getWebclientHost() in ("", None)
    width, height = conn.getMaxPlaneSize()
    assert (int(width), int(height)) == (3192, 3192)
    assert conn.getFreeSpace() > 0


@pytest.mark.walks(
    "BlitzGateway",
    "listGroups getGroupsLeaderOf getGroupsMemberOf getOtherGroups getDefaultGroup listOwnedGroups groupSummary",
)
def test_groups(walk: Any) -> None:
    conn = walk.conn
    assert {"walk", "walk-other"} <= {one.getName() for one in conn.listGroups()}
    assert {one.getName() for one in conn.getGroupsLeaderOf()} == {"walk", "walk-other"}
    assert {one.getName() for one in conn.getGroupsMemberOf()} == {"walk", "walk-other"}
    assert {one.getName() for one in conn.getOtherGroups(walk.bob)} == {"user", "walk", "walk-other"}
    assert conn.getDefaultGroup(walk.bob).getName() == "walk"
    assert {one.getName() for one in conn.listOwnedGroups()} == {"walk", "walk-other"}
    summary = conn.groupSummary(walk.group)
    assert {name: [one.getOmeName() for one in users] for name, users in summary.items()} == {
        "leaders": ["walk-ann"],
        "colleagues": ["walk-bob"],
    }


@pytest.mark.walks(
    "BlitzGateway", "containedExperimenters findExperimenters getAdministrators listColleagues listStaffs"
)
def test_users(walk: Any) -> None:
    conn = walk.conn
    assert {one.getOmeName() for one in conn.containedExperimenters(walk.group)} == {"walk-ann", "walk-bob"}
    assert [one.getOmeName() for one in conn.findExperimenters("walk-b")] == ["walk-bob"]
    assert "root" in [one.getOmeName() for one in conn.getAdministrators()]
    assert [one.getOmeName() for one in conn.listColleagues()] == ["walk-bob"]
    assert [one.getOmeName() for one in conn.listStaffs()] == ["walk-bob"]


@pytest.mark.walks(
    "BlitzGateway", "createGroup chmodGroup getCurrentAdminPrivileges getAdminPrivileges updateAdminPrivileges"
)
def test_an_administrator_makes_groups_and_restricts(gateway: Any, walk: Any, omero_data: Any) -> None:
    admin = gateway.getAdminService()
    group = gateway.createGroup("walk-made", owner_Ids=[walk.ann], member_Ids=[walk.bob], perms="rw----")
    made = admin.getGroup(group)
    assert {one.child.id.val: one.owner.val for one in made.copyGroupExperimenterMap()} == {
        walk.ann: True,
        walk.bob: False,
    }
    handle = gateway.chmodGroup(group, "rwr---")
    gateway._waitOnCmd(handle)
    handle.close()
    assert str(admin.getGroup(group).details.permissions) == "rwr---"
    assert {"Sudo", "ModifyUser", "Chown"} <= {str(one) for one in gateway.getCurrentAdminPrivileges()}
    helper = omero_data.add_user("walk-helper", walk.group, admin=True)
    gateway.updateAdminPrivileges(helper, remove=["Sudo", "Chown"])
    assert not {"Sudo", "Chown"} & set(gateway.getAdminPrivileges(helper))
    gateway.updateAdminPrivileges(helper, add=["Sudo"])
    assert "Sudo" in gateway.getAdminPrivileges(helper)


@pytest.mark.walks("BlitzGateway", "timelineListImages")
def test_the_newest_images(walk: Any) -> None:
    image = walk.conn.getQueryService().get("Image", walk.image)
    image.acquisitionDate = omero.rtypes.rtime(int(time.time() * 1000))
    walk.conn.getUpdateService().saveObject(image)
    now = int(time.time() * 1000)
    found = list(walk.conn.timelineListImages(tfrom=now - 3_600_000, tto=now + 60_000, limit=50))
    assert walk.image in [one.getId() for one in found]
    assert list(walk.conn.timelineListImages(tfrom=1000, tto=2000)) == []
