"""Imported files as a repository: ``SharedResources.repositories``, listings, and imports over Ice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import omero
import omero.grid
from omero.rtypes import rlong, rmap, rstring

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.importer import staging
from omeropyr.embedded.importer.process import CHECKSUM, ImportProcess
from omeropyr.embedded.permissions import SYSTEM, USER_GROUP
from omeropyr.embedded.services.rawfile import RawFileStore, location

MOST_FILES = 20_000
"""Files of one Fileset."""
_IDENTITY = "ManagedRepository"
_DIRECTORY, _REPOSITORY = "Directory", "Repository"


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
        """Begin an import of the files that *fs* names; answer the process that takes the uploads."""
        if fs is None:
            raise omero.ApiUsageException(None, None, "A Fileset is expected.")
        entries = [entry for entry in fs.copyUsedFiles() if entry is not None]
        if not 0 < len(entries) <= MOST_FILES or any(entry.clientPath is None for entry in entries):
            raise omero.ApiUsageException(None, None, f"A Fileset names 1 to {MOST_FILES} files, each with a path.")
        settings = settings or omero.grid.ImportSettings()
        algorithm = settings.checksumAlgorithm
        if algorithm is not None and algorithm.value is not None and algorithm.value.val != CHECKSUM:
            raise omero.ApiUsageException(None, None, f"Checksums are {CHECKSUM} here.")
        files = staging.stage(call.server.data, [entry.clientPath.val for entry in entries])
        process = ImportProcess(fs, files, settings)
        return omero.grid.ImportProcessPrx.uncheckedCast(call.connection.add_stateful(process, "ImportProcess"))

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
        can = not supported or any(one.value is not None and one.value.val == CHECKSUM for one in supported)
        return _algorithm() if can else None

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
        return str(self._file(call, path).mimetype.val)

    def list(self, call: Call, path: str) -> list[str]:
        """Paths of files and folders directly below the folder *path*."""
        folder = _folder(path)
        return sorted({*_files(call, folder), *(f"{folder}{name}" for name in _folders(call, folder))})

    def listFiles(self, call: Call, path: str) -> Sequence[omero.model.OriginalFile]:
        """The OriginalFiles directly below the folder *path*."""
        return [original for _, original in sorted(_files(call, _folder(path)).items())]

    def treeList(self, call: Call, path: str) -> omero.RMap:
        """Everything below the folder *path*: name to id, size and media type, and for folders to their files."""
        return rmap(_tree(call, _folder(path)))

    def fileExists(self, call: Call, path: str) -> bool:
        """Whether the caller sees a file or folder at *path*."""
        folder, name = _split(path)
        return name == "" or name in _folders(call, folder) or f"{folder}{name}" in _files(call, folder)

    def file(self, call: Call, path: str, mode: str) -> Any:
        """A RawFileStore on the file at *path*; ``"r"`` is the one mode, imported files stay as they came."""
        if mode != "r":
            raise omero.SecurityViolation(None, None, "Imported files cannot be written to.")
        return self.fileById(call, self._file(call, path).id.val)

    def fileById(self, call: Call, id: int) -> Any:
        """A RawFileStore on an OriginalFile."""
        store = RawFileStore()
        store.setFileId(call, id)
        proxy = call.connection.add_stateful(store, "omero.api.RawFileStore")
        return omero.api.RawFileStorePrx.uncheckedCast(proxy)

    @staticmethod
    def _file(call: Call, path: str) -> omero.model.OriginalFile:
        folder, name = _split(path)
        found = _files(call, folder).get(f"{folder}{name}")
        if found is None:
            raise omero.ResourceError(None, None, f"There is no file {path!r} in the repository.")
        return found


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


def _folder(path: str) -> str:
    """A folder as OriginalFile.path has it: no slash before, one behind; empty for the repository itself."""
    inner = path.strip("/")
    return f"{inner}/" if inner and inner != "." else ""


def _split(path: str) -> tuple[str, str]:
    pure = PurePosixPath(path.strip("/"))
    return _folder(str(pure.parent)), pure.name


def _files(call: Call, folder: str) -> dict[str, omero.model.OriginalFile]:
    query = "select o from FilesetEntry e join e.originalFile o where o.path = :path"
    with call.server.store.read(call.actor) as transaction:
        found = transaction.find(query, {"path": folder})
    return {f"{folder}{original.name.val}": original for original in found}


def _folders(call: Call, folder: str) -> set[str]:
    """Names of folders directly below *folder* in which the caller sees files."""
    query = "select distinct o.path from FilesetEntry e join e.originalFile o"
    with call.server.store.read(call.actor) as transaction:
        paths = [str(row[0]) for row in transaction.values(query)]
    return {path[len(folder) :].split("/", 1)[0] for path in paths if path.startswith(folder) and path != folder}


def _tree(call: Call, folder: str) -> dict[str, omero.RType]:
    found: dict[str, omero.RType] = {}
    for path, original in sorted(_files(call, folder).items()):
        facts = {"id": original.id, "mimetype": original.mimetype, "size": original.size}
        found[path] = rmap({key: value for key, value in facts.items() if value is not None})
    for name in sorted(_folders(call, folder)):
        below = f"{folder}{name}/"
        found[below] = rmap({"mimetype": rstring(_DIRECTORY), "size": rlong(0), "files": rmap(_tree(call, below))})
    return found
