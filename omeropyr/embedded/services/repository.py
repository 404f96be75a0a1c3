"""Imported files as a repository: ``SharedResources.repositories``, listings, and imports over Ice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import omero
import omero.grid
from omero.rtypes import rlong, rstring

from omeropyr.embedded import commands
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.importer import in_place as in_place_import
from omeropyr.embedded.importer import staging
from omeropyr.embedded.importer.process import CHECKSUM, ImportProcess
from omeropyr.embedded.permissions import SYSTEM, USER_GROUP
from omeropyr.embedded.services import repository_paths as paths
from omeropyr.embedded.services.admin_rules import all_privileges
from omeropyr.embedded.services.rawfile import RawFileStore, location

MOST_FILES = 20_000
"""Files of one Fileset."""
_IDENTITY = "ManagedRepository"
_REPOSITORY = "Repository"


def repositories(call: Call) -> omero.grid.RepositoryMap:
    """The one repository there is, with the OriginalFile that stands for it."""
    proxy = call.connection.add_servant(ManagedRepository(), _IDENTITY)
    return omero.grid.RepositoryMap([_root(call)], [omero.grid.ManagedRepositoryPrx.uncheckedCast(proxy)])


class ManagedRepository(Service):
    """``omero.grid.ManagedRepository``: what the caller may see of the imported files, and new imports.

    Listings come from the store, never from the disk, so permissions hold for them as for everything else. Paths are
    those of OriginalFiles, relative to the repository.
    """

    slice_type = omero.grid.ManagedRepository

    def importFileset(self, call: Call, fs: omero.model.Fileset, settings: omero.grid.ImportSettings | None) -> Any:
        """Begin an import of the files that *fs* names; answer the process that takes the uploads.

        With ``omeropyr.in_place`` in the call context nothing is uploaded: the server links to its own files of these
        paths. SecurityViolation unless the caller is a full administrator and the files are below an import root.
        """
        if fs is None:
            raise omero.ApiUsageException(None, None, "A Fileset is expected.")
        entries = [entry for entry in fs.copyUsedFiles() if entry is not None]
        if not 0 < len(entries) <= MOST_FILES or any(entry.clientPath is None for entry in entries):
            raise omero.ApiUsageException(None, None, f"A Fileset names 1 to {MOST_FILES} files, each with a path.")
        settings = settings or omero.grid.ImportSettings()
        algorithm = settings.checksumAlgorithm
        if algorithm is not None and algorithm.value is not None and algorithm.value.val != CHECKSUM:
            raise omero.ApiUsageException(None, None, f"Checksums are {CHECKSUM} here.")
        names = [entry.clientPath.val for entry in entries]
        in_place = bool(call.current.ctx.get(in_place_import.CONTEXT))
        sources = _in_place(call, names) if in_place else []
        files = staging.stage(call.server.data, names)
        for file, source in zip(files, sources, strict=False):
            file.path.symlink_to(source)
        process = ImportProcess(fs, files, settings, in_place=in_place)
        return omero.grid.ImportProcessPrx.uncheckedCast(call.connection.add_stateful(process, "ImportProcess"))

    def importPaths(self, call: Call, filePaths: Sequence[str]) -> Any:
        """The same for a plain list of files."""
        fileset = omero.model.FilesetI()
        for path in filePaths:
            entry = omero.model.FilesetEntryI()
            entry.clientPath = rstring(path)
            fileset.addFilesetEntry(entry)
        return self.importFileset(call, fileset, None)

    def listImports(self, call: Call) -> list[Any]:
        """Imports that this client began and has not closed."""
        proxies = []
        for name in call.connection.active_services():
            service = call.connection.service(name)
            if isinstance(service, ImportProcess):
                proxies.append(call.connection.add_servant(service, name))
        return proxies

    def listChecksumAlgorithms(self, call: Call) -> list[omero.model.ChecksumAlgorithm]:
        """SHA-1 only."""
        return [_algorithm()]

    def suggestChecksumAlgorithm(
        self, call: Call, supported: Sequence[omero.model.ChecksumAlgorithm]
    ) -> omero.model.ChecksumAlgorithm | None:
        """SHA-1 if the client can; null if not."""
        named = [one.value.val for one in supported or () if one is not None and one.value is not None]
        can = not supported or CHECKSUM in named
        return _algorithm() if can else None

    def setChecksumAlgorithm(
        self, call: Call, toHasher: omero.model.ChecksumAlgorithm, ids: Sequence[int]
    ) -> Sequence[int]:
        """Write SHA-1 hashes for those of the OriginalFiles *ids* that have none; return their ids."""
        if toHasher is None or toHasher.value is None or toHasher.value.val != CHECKSUM:
            raise omero.ApiUsageException(None, None, f"Checksums are {CHECKSUM} here.")
        with call.server.store.read(call.actor) as transaction:
            originals = [transaction.get("OriginalFile", file_id) for file_id in ids]
        lacking = [original for original in originals if original.hash is None]
        digests = [staging.sha1(location(call, original)[0]) for original in lacking]
        with call.server.store.write(call.actor) as transaction:
            hasher = transaction.find("select a from ChecksumAlgorithm a where a.value = :value", {"value": CHECKSUM})
            for original, digest in zip(lacking, digests, strict=True):
                original.hash, original.hasher = rstring(digest), hasher[0]
                transaction.save(original)
        return [original.id.val for original in lacking]

    def verifyChecksums(self, call: Call, ids: Sequence[int]) -> Sequence[int]:
        """Those of the OriginalFiles *ids* whose bytes are not (any more) what their SHA-1 says."""
        wrong = []
        with call.server.store.read(call.actor) as transaction:
            originals = [transaction.get("OriginalFile", file_id) for file_id in ids]
        for original in originals:
            path, _ = location(call, original)
            expected = original.hash.val if original.hash is not None else None
            if not path.is_file() or staging.sha1(path) != expected:
                wrong.append(original.id.val)
        return wrong

    def root(self, call: Call) -> omero.model.OriginalFile:
        """The repository itself."""
        return _root(call)

    def mimetype(self, call: Call, path: str) -> str:
        """The media type of the file at *path*."""
        return self._file(call, path).mimetype

    def list(self, call: Call, path: str) -> list[str]:
        """Paths of files and folders directly below the folder *path*."""
        folder = paths.clean(path)
        files, folders = paths.names_in(call, folder)
        return sorted(f"{folder}/{name}".lstrip("/") for name in {*files, *folders})

    def listFiles(self, call: Call, path: str) -> Sequence[omero.model.OriginalFile]:
        """The OriginalFiles directly below the folder *path*."""
        files, _ = paths.names_in(call, paths.clean(path))
        if not files:
            return []
        ids = {"ids": [entry.id for entry in files.values()]}
        with call.server.store.read(call.actor) as transaction:
            return transaction.find("select o from OriginalFile o where o.id in (:ids) order by o.name", ids)

    def treeList(self, call: Call, path: str) -> omero.RMap:
        """Everything below the folder *path*: name to id, size and media type, and for folders to their files."""
        return paths.tree(call, paths.clean(path))

    def fileExists(self, call: Call, path: str) -> bool:
        """Whether the caller sees a file or folder at *path*."""
        return _exists(call, paths.clean(path))

    def file(self, call: Call, path: str, mode: str) -> Any:
        """A RawFileStore on the file at *path*. ``"r"``: only to read; ``"rw"``: made if it is not there."""
        wanted = paths.clean(path)
        if mode not in ("r", "rw"):
            raise omero.ApiUsageException(None, None, "The mode is r or rw.")
        if mode == "r":
            return _serve(call, self._file(call, path).id, read_only=True)
        entry = paths.entry_at(call, wanted)
        if entry is None:
            _check_new(call, wanted)
            return _serve(call, paths.make(call, wanted, staging.mimetype(wanted)))
        store = RawFileStore()
        store.setFileId(call, self._file(call, path).id)
        if not store.writable:
            raise omero.SecurityViolation(None, None, f"You may not write to {wanted}.")
        return _serve(call, entry.id)

    def fileById(self, call: Call, id: int) -> Any:
        """A RawFileStore on an OriginalFile."""
        return _serve(call, id)

    def makeDir(self, call: Call, path: str, parents: bool) -> None:
        """Make a folder. With *parents* the folders above it, too, and it may be there already."""
        wanted = paths.clean(path)
        if not parents:
            _check_new(call, wanted)
            paths.make(call, wanted, paths.DIRECTORY)
            return
        paths.check_may_write(call, wanted)
        names = wanted.split("/")
        for depth in range(1, len(names) + 1):
            above = "/".join(names[:depth])
            entry = paths.entry_at(call, above)
            if entry is not None and not entry.is_folder:
                raise omero.ResourceError(None, None, f"{above} is a file.")
            if entry is None and not _exists(call, above):
                paths.make(call, above, paths.DIRECTORY)

    def register(self, call: Call, path: str, mimetype: omero.RString | None) -> omero.model.OriginalFile:
        """The OriginalFile of what is at *path*: nothing is in the repository without one."""
        entry = self._file(call, path)
        with call.server.store.read(call.actor) as transaction:
            found: omero.model.OriginalFile = transaction.get("OriginalFile", entry.id)
        return found

    def deletePaths(self, call: Call, named: Sequence[str], recursively: bool, force: bool) -> Any:
        """Begin to delete files and folders; answer the handle. A folder that is not empty needs *recursively*."""
        request = omero.cmd.Delete2(targetObjects={"OriginalFile": _to_delete(call, named, recursively, force)})
        return commands.submit(call, request)

    @staticmethod
    def _file(call: Call, path: str) -> paths.Entry:
        found = paths.entry_at(call, paths.clean(path))
        if found is None or found.is_folder:
            raise omero.ResourceError(None, None, f"There is no file {path!r} in the repository.")
        return found


def _in_place(call: Call, names: Sequence[str]) -> list[Path]:
    """The real files of an import in place."""
    if not (call.actor.is_admin and call.actor.privileges >= set(all_privileges(call))):
        raise omero.SecurityViolation(None, None, "Only administrators without restrictions import in place.")
    return [call.server.import_roots.source(name) for name in names]


def _serve(call: Call, file_id: int, *, read_only: bool = False) -> Any:
    store = RawFileStore()
    store.setFileId(call, file_id)
    store.writable = store.writable and not read_only
    return omero.api.RawFileStorePrx.uncheckedCast(call.connection.add_stateful(store, "omero.api.RawFileStore"))


def _exists(call: Call, path: str) -> bool:
    if path == "" or paths.entry_at(call, path) is not None:
        return True
    return bool(paths.below(call, path))


def _check_new(call: Call, path: str) -> None:
    """Whether the caller may make something at a clean path: nothing is there, and the folder above is."""
    paths.check_may_write(call, path)
    if _exists(call, path):
        raise omero.ResourceError(None, None, f"{path or '/'} is there already.")
    above = path.rpartition("/")[0]
    entry = paths.entry_at(call, above)
    if not _exists(call, above) or (entry is not None and not entry.is_folder):
        raise omero.ResourceError(None, None, f"There is no folder {above}.")


def _to_delete(call: Call, named: Sequence[str], recursively: bool, force: bool) -> list[int]:
    """Ids of the OriginalFiles at the paths, what is in folders first."""
    ids: list[int] = []
    for path in named:
        wanted = paths.clean(path)
        entry = paths.entry_at(call, wanted) if wanted else None
        inside = [one.id for one in paths.below(call, wanted)] if wanted else []
        missing, full = entry is None and not inside, bool(inside) and not recursively
        if force and (missing or full) and wanted:
            continue
        if missing or full:
            raise omero.ResourceError(None, None, f"{path!r} is not there, or a folder that is not empty.")
        ids += [*inside, *([entry.id] if entry is not None else [])]
    return list(dict.fromkeys(ids))


def _root(call: Call) -> omero.model.OriginalFile:
    """The OriginalFile of the repository, made when somebody asks first; its hash is the repository's uuid."""
    store = call.server.store
    query = "select o from OriginalFile o where o.mimetype = :mimetype and o.hash = :uuid"
    wanted = {"mimetype": _REPOSITORY, "uuid": store.uuid}
    with store.read(SYSTEM) as transaction:
        found = transaction.find(query, wanted)
    if found:
        return found[0]
    with store.write(SYSTEM) as transaction:
        found = transaction.find(query, wanted)
        if found:
            return found[0]
        made = omero.model.OriginalFileI()
        made.name, made.path = rstring(_IDENTITY), rstring("/")
        made.mimetype, made.size, made.hash = rstring(_REPOSITORY), rlong(0), rstring(store.uuid)
        made.details.group = omero.model.ExperimenterGroupI(USER_GROUP, False)
        return transaction.save(made)


def _algorithm() -> omero.model.ChecksumAlgorithm:
    made = omero.model.ChecksumAlgorithmI()
    made.value = rstring(CHECKSUM)
    return made
