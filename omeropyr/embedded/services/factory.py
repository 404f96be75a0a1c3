"""``omero.api.ServiceFactory``: what a client holds after log-in, and where it gets every other service from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import Ice
import omero

from omeropyr.embedded import commands, guests, services
from omeropyr.embedded.accounts import groups_of
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.sessions import is_guest

_BITS = 63


class _Refused(commands.Job):
    """What a guest may not submit: submit declares no exception, so the handle has to say it."""

    def run(self, handle: Any) -> omero.cmd.Response:
        """Refuse."""
        raise omero.SecurityViolation(None, None, f"Access denied to guest user: {type(self.request).__name__}")


def _keeps_state(service: Service | None) -> bool:
    """Whether a service is one of those that work in the group in which they were made; handles of commands are not."""
    return service is not None and issubclass(service.slice_type, omero.api.StatefulServiceInterface)


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
        """The proxy of a stateless service, the same each time; SecurityViolation for most when a guest asks.

        *name* may also be one of ``activeServices``: clients close what they hold by these names.
        """
        held = call.connection.service(name)
        if held is not None:
            return omero.api.ServiceInterfacePrx.uncheckedCast(call.connection.add_servant(held, name))
        if is_guest(call.session):
            guests.check_service(name)
        service = services.stateless(name)
        if service is None:
            raise omero.InternalException(None, None, f"{name} is not there in the embedded server.")
        return call.connection.add_servant(service, f"{call.session.uuid}{name}")

    def createByName(self, call: Call, name: str) -> Any:
        """The proxy of a new stateful service; SecurityViolation when a guest asks."""
        if is_guest(call.session):
            guests.check_service(name)
        service = services.stateful(name)
        if service is None:
            raise omero.InternalException(None, None, f"{name} is not there in the embedded server.")
        return call.connection.add_stateful(service, name)

    def submit(self, call: Call, request: omero.cmd.Request) -> Any:
        """Start a command; return the handle that tells how it goes."""
        if is_guest(call.session) and type(request).__name__ not in guests.REQUESTS:
            return commands.start(call, request, _Refused(call, request))
        return commands.submit(call, request)

    def setCallback(self, call: Call, callback: Any) -> None:
        """Where the client is told of signs of life, of the end of its session and of the server's; null: nowhere.

        Only the identity counts: the server calls back over the client's own connection.
        """
        if callback is None:
            call.connection.callback = None
            return
        back = call.current.con.createProxy(callback.ice_getIdentity()).ice_oneway()
        call.connection.callback = omero.api.ClientCallbackPrx.uncheckedCast(back)

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
        call.server.router.forget(call.current.con)

    def activeServices(self, call: Call) -> list[str]:
        """Names of the services that this client holds."""
        return call.connection.active_services()

    def keepAlive(self, call: Call, proxy: Any) -> bool:
        """Whether *proxy* is still served, False for null; being asked is a sign of life of the session."""
        return proxy is not None and self._serves(call, proxy.ice_getIdentity())

    def keepAllAlive(self, call: Call, proxies: list[Any]) -> int:
        """A bit set, bit n for the proxy n that is *not* served any more; -1 when there is none to look at."""
        if not proxies:
            return -1
        if len(proxies) > _BITS:
            raise omero.ApiUsageException(None, None, f"Ask for {_BITS} services at most at a time.")
        lost = 0
        for place, proxy in enumerate(proxies):
            if proxy is not None and not self.keepAlive(call, proxy):
                lost |= 1 << place
        return lost

    def getSecurityContexts(self, call: Call) -> list[omero.model.IObject]:
        """The groups that setSecurityContext takes."""
        return [*groups_of(call.server.store, call.session.actor)]

    def setSecurityContext(self, call: Call, obj: omero.model.IObject) -> omero.model.IObject:
        """Make a group the session's own; return the context until now."""
        if obj is None or obj.id is None:
            raise omero.ApiUsageException(None, None, "Security context must be managed!")
        if not isinstance(obj, omero.model.ExperimenterGroup):
            raise omero.ApiUsageException(None, None, f"Unknown security context: {type(obj).__name__}")
        if any(_keeps_state(call.connection.service(name)) for name in self.activeServices(call)):
            raise omero.SecurityViolation(None, None, "Close the stateful services before you change the group.")
        with call.server.store.read(SYSTEM) as tx:
            wanted: int = tx.get("ExperimenterGroup", obj.id.val).id.val
        before = omero.model.ExperimenterGroupI(call.session.actor.group_id, False)
        call.server.sessions.set_group(call.session, wanted)
        return before

    def setSecurityPassword(self, call: Call, password: str) -> None:
        """Show the password again before something dangerous; SecurityViolation when it is wrong."""
        call.server.sessions.check_password(call.session, password)
        call.connection.with_password = True

    @staticmethod
    def _serves(call: Call, identity: Ice.Identity) -> bool:
        return identity.category == call.connection.category and call.connection.service(identity.name) is not None
