"""Static files at ``/static/<owner>/<hash>/...``: the hash is that of the whole folder's content.

So modules may import each other by relative addresses, and a browser may keep every file for ever: when one changes,
all addresses of its folder do. ``request.static_path("omeropyr:web/static/css/base.css")`` gives the address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.path import AssetResolver
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.static import static_view

from omeropyr.settings.values import get_settings
from omeropyr.web.compressed import Compressed

YEAR = 31536000
CORE = "omeropyr"
KEY = "omeropyr.static"
NAMED = "omeropyr.static.named"


def includeme(config: Configurator) -> None:
    """Serve the core's own folder."""
    config.registry[KEY] = {}
    add_static_folder(config, CORE, "omeropyr:web/static")


def add_static_folder(config: Configurator, owner: str, spec: str) -> None:
    """Serve the asset folder *spec* at ``/static/<owner>/<hash>/``, without log-in."""
    version = folder_hash(Path(AssetResolver().resolve(spec).abspath()))
    config.registry[KEY][owner] = spec
    view = static_view(spec, cache_max_age=None, use_subpath=True)
    route = f"static.{owner}"
    absolute = Configurator(registry=config.registry, package=config.package)  # not below the add-on's route prefix
    absolute.action_state = config.action_state
    absolute.add_route(route, f"/static/{owner}/{{version:[0-9a-f]{{12}}}}/*subpath")
    absolute.add_view(_serve(view, version), route_name=route, permission=NO_PERMISSION_REQUIRED, request_method="GET")
    absolute.add_static_view(f"static/{owner}", spec, permission=NO_PERMISSION_REQUIRED)
    absolute.add_cache_buster(f"{spec}/", lambda _request, subpath, kw: (f"{version}/{subpath}", kw))


def static_folder_url(request: Request, owner: str = CORE) -> str:
    """Address of the folder of *owner*, with a slash at its end: what an import map needs."""
    spec = request.registry[KEY][owner]
    return str(request.static_path(f"{spec}/x"))[:-1]


def static_folders(registry: Registry) -> dict[str, Path]:
    """Every folder that is served, by its address below ``/static/``: owner and hash, or the name others gave it."""
    resolver = AssetResolver()
    hashed = {owner: Path(resolver.resolve(spec).abspath()) for owner, spec in registry[KEY].items()}
    found = {f"{owner}/{folder_hash(folder)}": folder for owner, folder in hashed.items()}
    return found | dict(registry.get(NAMED, {}))


def add_named_folder(config: Configurator, name: str, folder: Path) -> None:
    """Serve *folder* at ``/static/<name>/``, an address that programs of others build themselves; without log-in."""
    config.registry.setdefault(NAMED, {})[name] = folder
    config.add_route(f"static.{name}", f"/static/{name}/*subpath")
    view = static_view(str(folder), cache_max_age=None, use_subpath=True)
    config.add_view(view, route_name=f"static.{name}", request_method="GET", permission=NO_PERMISSION_REQUIRED)


def import_map(request: Request) -> dict[str, str]:
    """What modules may import: ``omeropyr/js/...`` of the core, ``omeropyr/<add-on>/...`` of an add-on."""
    return {
        "omeropyr/" if owner == CORE else f"omeropyr/{owner}/": static_folder_url(request, owner)
        for owner in request.registry[KEY]
    }


def folder_hash(folder: Path) -> str:
    """Twelve hex digits of the names and contents of all files below *folder*."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def _serve(view: Any, version: str) -> Callable[[Any, Request], Response]:
    compressed = Compressed()

    def serve_static(context: Any, request: Request) -> Response:
        response = view(context, request)
        current = request.matchdict["version"] == version
        if current and not get_settings(request.registry).core.development:
            compressed.apply(request, response, "/".join(request.matchdict["subpath"]))
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        else:
            response.headers["Cache-Control"] = "public, no-cache"
        return response

    return serve_static
