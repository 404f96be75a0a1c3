"""The repository of official scripts and lookup tables, as clients browse it; changes go through IScript."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import omero
import omero.grid
from omero.rtypes import rlong, rmap, rstring

from omeropyr.embedded import scripts
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import ALL_GROUPS, SCRIPT_REPOSITORY
from omeropyr.embedded.services.rawfile import RawFileStore

IDENTITY = "ScriptRepository"
_DIRECTORY = "Directory"


class ScriptRepository(Service):
    """``omero.grid.Repository``: paths begin with ``/``; folders are those that files are in."""

    slice_type = omero.grid.Repository

    def root(self, call: Call) -> omero.model.OriginalFile:
        """The repository itself."""
        return root()

    def list(self, call: Call, path: str) -> list[str]:
        """Paths of files and folders directly below a folder."""
        return sorted({f"{_folder(path)}{_next(one, _folder(path))}" for one in _below(call, path)})

    def listFiles(self, call: Call, path: str) -> Any:
        """OriginalFiles directly below a folder; a folder is one that is not stored."""
        found = _below(call, path)
        files = []
        for one in self.list(call, path):
            files.append(found[one] if one in found else _directory(one))
        return files

    def treeList(self, call: Call, path: str) -> omero.RMap:
        """Everything below a folder: name to id, size and media type, and for folders to their files."""
        tree: dict[str, omero.RType] = {}
        found = _below(call, path)
        for one in self.list(call, path):
            if one in found:
                file = found[one]
                tree[one] = rmap({"id": file.id, "mimetype": file.mimetype, "size": file.size})
            else:
                inner = self.treeList(call, one)
                tree[f"{one}/"] = rmap({"mimetype": rstring(_DIRECTORY), "size": rlong(0), "files": inner})
        return rmap(tree)

    def fileExists(self, call: Call, path: str) -> bool:
        """Whether there is a file or folder at a path."""
        wanted = _folder(path)
        return any(one == wanted.rstrip("/") or one.startswith(wanted) for one in _files(call))

    def mimetype(self, call: Call, path: str) -> str:
        """The media type of the file at a path."""
        return str(_at(call, path).mimetype.val)

    def file(self, call: Call, path: str, mode: str) -> Any:
        """A RawFileStore on the file at a path; ``"r"`` is the one mode."""
        if mode != "r":
            raise omero.SecurityViolation(None, None, "Scripts are changed through IScript.")
        return self.fileById(call, _at(call, path).id.val)

    def fileById(self, call: Call, id: int) -> Any:
        """A RawFileStore on an OriginalFile."""
        inner = replace(call, actor=replace(call.actor, group_id=ALL_GROUPS))
        store = RawFileStore()
        store.setFileId(inner, id)
        proxy = call.connection.add_stateful(store, "omero.api.RawFileStore")
        return omero.api.RawFileStorePrx.uncheckedCast(proxy)

    def makeDir(self, call: Call, path: str, parents: bool) -> None:
        """Refused: folders come with the scripts in them."""
        raise omero.SecurityViolation(None, None, "Scripts are added through IScript.")

    def deletePaths(self, call: Call, paths: Any, recursively: bool, force: bool) -> Any:
        """Refused."""
        raise omero.SecurityViolation(None, None, "Scripts are deleted through IScript.")

    def register(self, call: Call, path: str, mimetype: omero.RString | None) -> omero.model.OriginalFile:
        """Refused, but for a file that is there."""
        return _at(call, path)


def serve(call: Call) -> Any:
    """The proxy of the repository for one client."""
    return omero.grid.RepositoryPrx.uncheckedCast(call.connection.add_servant(ScriptRepository(), IDENTITY))


def root() -> omero.model.OriginalFile:
    """The repository as an OriginalFile that is not stored; ``hash`` is its uuid."""
    made = omero.model.OriginalFileI()
    made.name, made.path = rstring(scripts.FOLDER), rstring("/")
    made.mimetype, made.size = rstring("Repository"), rlong(0)
    made.hash = made.repo = rstring(SCRIPT_REPOSITORY)
    return made


def _files(call: Call) -> dict[str, Any]:
    with call.server.store.read(replace(call.actor, group_id=ALL_GROUPS, only_user=None)) as tx:
        paths = scripts.official(tx)
        found = tx.find("select o from OriginalFile o where o.id in (:ids)", {"ids": [*paths]})
    return {paths[one.id.val]: one for one in found}


def _folder(path: str | None) -> str:
    """A folder with ``/`` before and behind."""
    inner = str(PurePosixPath("/" + (path or "").strip("/")))
    return inner if inner == "/" else f"{inner}/"


def _next(path: str, folder: str) -> str:
    return path[len(folder) :].split("/", 1)[0]


def _below(call: Call, path: str) -> dict[str, Any]:
    return {name: file for name, file in _files(call).items() if name.startswith(_folder(path))}


def _at(call: Call, path: str) -> Any:
    found = _files(call).get(_folder(path).rstrip("/"))
    if found is None:
        raise omero.ResourceError(None, None, f"There is no script {path!r} in the repository.")
    return found


def _directory(path: str) -> Any:
    made = omero.model.OriginalFileI()
    pure = PurePosixPath(path)
    made.name, made.path = rstring(pure.name), rstring(_folder(str(pure.parent)))
    made.mimetype, made.size = rstring(_DIRECTORY), rlong(0)
    return made
