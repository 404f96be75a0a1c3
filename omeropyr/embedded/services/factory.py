"""``omero.api.ServiceFactory``: what a client holds after log-in, and where it gets every other service from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import Ice
import omero

from omeropyr.embedded import commands, services
from omeropyr.embedded.accounts import groups_of
from omeropyr.embedded.dispatch import Call, Service, StatefulService


def _getter(name: str) -> Callable[[ServiceFactory, Call], Any]:
    def get(self: ServiceFactory, call: Call) -> Any:
        return self.getByName(call, name)

    return get


def _creator(name: str) -> Callable[[ServiceFactory, Call], Any]:
    def create(self: ServiceFactory, call: Call) -> Any:
        return self.createByName(call, name)

    return create


class ServiceFactory(Service):
    """One for each connection. Its identity's name is the session's uuid: clients read it there."""

    slice_type = omero.api.ServiceFactory

    getAdminService = _getter("omero.api.IAdmin")
    getConfigService = _getter("omero.api.IConfig")
    getContainerService = _getter("omero.api.IContainer")
    getLdapService = _getter("omero.api.ILdap")
    getMetadataService = _getter("omero.api.IMetadata")
    getPixelsService = _getter("omero.api.IPixels")
    getProjectionService = _getter("omero.api.IProjection")
    getQueryService = _getter("omero.api.IQuery")
    getRenderingSettingsService = _getter("omero.api.IRenderingSettings")
    getRepositoryInfoService = _getter("omero.api.IRepositoryInfo")
    getRoiService = _getter("omero.api.IRoi")
    getScriptService = _getter("omero.api.IScript")
    getSessionService = _getter("omero.api.ISession")
    getShareService = _getter("omero.api.IShare")
    getTimelineService = _getter("omero.api.ITimeline")
    getTypesService = _getter("omero.api.ITypes")
    getUpdateService = _getter("omero.api.IUpdate")
    sharedResources = _getter("omero.grid.SharedResources")
    createExporter = _creator("omero.api.Exporter")
    createJobHandle = _creator("omero.api.JobHandle")
    createRawFileStore = _creator("omero.api.RawFileStore")
    createRawPixelsStore = _creator("omero.api.RawPixelsStore")
    createRenderingEngine = _creator("omero.api.RenderingEngine")
    createSearchService = _creator("omero.api.Search")
    createThumbnailStore = _creator("omero.api.ThumbnailStore")

    def getByName(self, call: Call, name: str) -> Any:
        """The proxy of a stateless service, the same each time."""
        service = services.stateless(name)
        if service is None:
            raise omero.InternalException(None, None, f"{name} is not there in the embedded server.")
        return call.connection.add_servant(service, f"{call.session.uuid}{name}")

    def createByName(self, call: Call, name: str) -> Any:
        """The proxy of a new stateful service."""
        service = services.stateful(name)
        if service is None:
            raise omero.InternalException(None, None, f"{name} is not there in the embedded server.")
        return call.connection.add_stateful(service, name)

    def submit(self, call: Call, request: omero.cmd.Request) -> Any:
        """Start a command; return the handle that tells how it goes."""
        return commands.submit(call, request)

    def setCallback(self, call: Call, callback: Any) -> None:
        """Where the client may be told of the end of its session; nothing is sent to it yet."""

    def subscribe(self, call: Call, topic: str, proxy: Any) -> None:
        """Topics are OMERO's own between its servers; there is none to hear here."""

    def detachOnDestroy(self, call: Call) -> None:
        """The user's session outlives this connection."""
        call.connection.close_on_destroy = False

    def closeOnDestroy(self, call: Call) -> None:
        """The user's session ends with its last connection."""
        call.connection.close_on_destroy = True

    def destroy(self, call: Call) -> None:
        """End this connection's session as if the client left."""
        call.server.router.forget(call.current.con.toString())

    def activeServices(self, call: Call) -> list[str]:
        """Names of the services that this client holds."""
        return call.connection.active_services()

    def keepAlive(self, call: Call, proxy: Any) -> bool:
        """Whether *proxy* (null: the session itself) is still served; being asked is a sign of life."""
        return proxy is None or self._serves(call, proxy.ice_getIdentity())

    def keepAllAlive(self, call: Call, proxies: list[Any]) -> int:
        """A bit set, bit n for the proxy n that is *not* served any more."""
        lost = 0
        for place, proxy in enumerate(proxies):
            if not self.keepAlive(call, proxy):
                lost |= 1 << place
        return lost

    def getSecurityContexts(self, call: Call) -> list[omero.model.IObject]:
        """The groups and sessions that setSecurityContext takes."""
        return [*groups_of(call.server.store, call.session.actor), call.server.sessions.as_model(call.session)]

    def setSecurityContext(self, call: Call, obj: omero.model.IObject) -> omero.model.IObject:
        """Make a group the session's own; return the context until now."""
        if not isinstance(obj, omero.model.ExperimenterGroup) or obj.id is None:
            raise omero.ApiUsageException(None, None, "A group with an id is expected.")
        if any(isinstance(call.connection.service(name), StatefulService) for name in self.activeServices(call)):
            raise omero.SecurityViolation(None, None, "Close the stateful services before you change the group.")
        before = omero.model.ExperimenterGroupI(call.session.actor.group_id, False)
        call.server.sessions.set_group(call.session, obj.id.val)
        return before

    def setSecurityPassword(self, call: Call, password: str) -> None:
        """Show the password again before something dangerous; SecurityViolation when it is wrong."""
        call.server.sessions.check_password(call.session, password)

    @staticmethod
    def _serves(call: Call, identity: Ice.Identity) -> bool:
        return identity.category == call.connection.category and call.connection.service(identity.name) is not None
