"""Which class answers for which of OMERO's services; imported only when a client asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from omeropyr.embedded.dispatch import Service, StatefulService

STATELESS = {
    "omero.api.IAdmin": "admin:Admin",
    "omero.api.IConfig": "config:Config",
    "omero.api.IContainer": "container:Container",
    "omero.api.ILdap": "ldap:Ldap",
    "omero.api.IMetadata": "metadata:Metadata",
    "omero.api.IPixels": "pixels:PixelsService",
    "omero.api.IProjection": "projection:ProjectionService",
    "omero.api.IQuery": "query:Query",
    "omero.api.IRenderingSettings": "rendering_settings:RenderingSettings",
    "omero.api.IRepositoryInfo": "repository_info:RepositoryInfo",
    "omero.api.IRoi": "roi:RoiService",
    "omero.api.IScript": "script:ScriptService",
    "omero.api.ISession": "session:Session",
    "omero.api.IShare": "share:Share",
    "omero.api.ITimeline": "timeline:Timeline",
    "omero.api.ITypes": "types:Types",
    "omero.api.IUpdate": "update:Update",
    "omero.grid.SharedResources": "shared_resources:SharedResources",
}
"""Services without state, by the name that ``getByName`` takes."""

STATEFUL = {
    "omero.api.Exporter": "exporter:Exporter",
    "omero.api.JobHandle": "job_handle:JobHandle",
    "omero.api.RawFileStore": "rawfile:RawFileStore",
    "omero.api.RawPixelsStore": "rawpixels:RawPixelsStore",
    "omero.api.RenderingEngine": "rendering:RenderingEngine",
    "omero.api.Search": "search:Search",
    "omero.api.ThumbnailStore": "thumbnail:ThumbnailStore",
}
"""Services with state, by the name that ``createByName`` takes."""


def _load(where: str) -> type[Service]:
    module, _, name = where.partition(":")
    return cast(type[Service], getattr(import_module(f"{__name__}.{module}"), name))


def load_all() -> None:
    """Import the modules of all services, so that no client waits for it."""
    for where in (*STATELESS.values(), *STATEFUL.values()):
        _load(where)


def stateless(name: str) -> Service | None:
    """A new service for *name*, None when the embedded server has none of that name."""
    return _load(STATELESS[name])() if name in STATELESS else None


def stateful(name: str) -> StatefulService | None:
    """A new stateful service for *name*, None when the embedded server has none of that name."""
    return cast(StatefulService, _load(STATEFUL[name])()) if name in STATEFUL else None
