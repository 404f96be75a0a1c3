"""ILdap and IShare: what is not there says so, in the way clients expect."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rlong, rtime

from omeropyr.embedded.dispatch import operations
from omeropyr.embedded.services.ldap import Ldap
from omeropyr.embedded.services.share import Share

LDAP: dict[str, tuple[Any, ...]] = {
    "searchAll": (), "searchByAttribute": ("", "cn", "ada"), "searchByAttributes": ("", ["cn"], ["ada"]),
    "searchByDN": ("cn=ada",), "searchDnInGroups": ("cn", "lab"), "findDN": ("ada",), "findGroupDN": ("lab",),
    "findExperimenter": ("ada",), "findGroup": ("lab",), "setDN": (rlong(0), "cn=root"), "createUser": ("ada",),
    "discover": (), "discoverGroups": (),
}  # fmt: skip
USER = omero.model.ExperimenterI(0, False)
PROJECT = omero.model.ProjectI(1, False)
SHARE: dict[str, tuple[Any, ...]] = {
    "activate": (), "getShare": (), "getContents": (), "getContentSubList": (0, 1), "getContentSize": (),
    "getContentMap": (), "closeShare": (), "setDescription": ("x",), "setExpiration": (rtime(0),), "setActive": (True,),
    "addObject": (PROJECT,), "addObjects": ([PROJECT],), "removeObject": (PROJECT,), "removeObjects": ([PROJECT],),
    "addComment": ("x",), "addReply": ("x", omero.model.CommentAnnotationI(1, False)), "getAllMembers": (),
    "getAllGuests": (), "getAllUsers": (), "addUser": (USER,), "addUsers": ([USER],), "addGuest": ("a@b",),
    "addGuests": (["a@b"],), "removeUser": (USER,), "removeUsers": ([USER],), "removeGuest": ("a@b",),
    "removeGuests": (["a@b"],), "getActiveConnections": (), "getPastConnections": (),
    "invalidateConnection": (USER,), "getEvents": (USER, rtime(0), rtime(1)), "notifyMembersOfShare": ("a", "b", True),
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(omero_data: Any, gateway_of: Any) -> Any:
    omero_data.add_user("ldap-plain")
    return gateway_of("ldap-plain")


def test_every_operation_is_there() -> None:
    assert sorted(operations(omero.api.ILdap)) == sorted((*LDAP, "getSetting"))
    assert len(operations(omero.api.IShare)) == 42
    assert [one for one in operations(omero.api.ILdap) if not hasattr(Ldap, one)] == []
    assert [one for one in operations(omero.api.IShare) if not hasattr(Share, one)] == []


@pytest.mark.parametrize("operation", LDAP)
def test_ldap_is_not_enabled(gateway: Any, plain: Any, operation: str) -> None:
    with pytest.raises(omero.ApiUsageException, match="LDAP is not enabled"):
        getattr(gateway.c.sf.getLdapService(), operation)(*LDAP[operation])
    with pytest.raises(omero.SecurityViolation):
        getattr(plain.c.sf.getLdapService(), operation)(*LDAP[operation])


def test_what_everyone_asks_first(gateway: Any, plain: Any) -> None:
    assert gateway.c.sf.getLdapService().getSetting() is False
    with pytest.raises(omero.SecurityViolation):
        plain.c.sf.getLdapService().getSetting()
    admin = gateway.getAdminService()
    assert admin.lookupLdapAuthExperimenters().val == []
    assert admin.lookupLdapAuthExperimenter(0) == ""


def test_there_are_no_shares(plain: Any) -> None:
    shares = plain.getShareService()
    for active in (True, False):
        assert shares.getOwnShares(active) == []
        assert shares.getMemberShares(active) == []
        assert shares.getSharesOwnedBy(USER, active) == []
        assert shares.getMemberSharesFor(USER, active) == []
    assert shares.getMemberCount([1, 2]) == {}
    assert shares.getCommentCount([1, 2]) == {1: 0, 2: 0}
    assert shares.getComments(1) == []
    shares.deactivate()
    assert plain.getEventContext().shareId == -1


@pytest.mark.parametrize("operation", SHARE)
def test_a_share_that_is_named_is_not_there(plain: Any, operation: str) -> None:
    shares = plain.getShareService()
    call = getattr(shares, operation)
    with pytest.raises(omero.ValidationException, match="There is no share 7"):
        call(7, *SHARE[operation])


def test_no_share_is_made(plain: Any) -> None:
    shares = plain.getShareService()
    with pytest.raises(omero.ApiUsageException, match="use a group"):
        shares.createShare("x", None, [], [], [], True)
    with pytest.raises(omero.ValidationException):
        shares.deleteComment(omero.model.CommentAnnotationI(1, False))
