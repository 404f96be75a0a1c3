"""The repository over Ice: listings, folders, files of one's own, and paths that try to lead elsewhere."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.all
import omero.cmd
import omero.grid
import pytest
from omero.rtypes import rlong, rstring, unwrap

_numbers = itertools.count(1)


@dataclass
class Person:
    gateway: Any
    repository: Any
    part: str  # their part of the repository

    @property
    def session(self) -> Any:
        return self.gateway.c.sf

    def store(self, file_id: int) -> Any:
        store = self.session.createRawFileStore()
        store.setFileId(file_id)
        return store

    def new_file(self, data: bytes = b"hello") -> int:
        file = omero.model.OriginalFileI()
        file.name, file.path, file.size = rstring("own.txt"), rstring("/"), rlong(0)
        file_id = int(self.session.getUpdateService().saveAndReturnObject(file).id.val)
        store = self.store(file_id)
        store.write(data, 0, len(data))
        store.save()
        store.close()
        return file_id


@pytest.fixture
def people(omero_data: Any, gateway_of: Any) -> Any:
    """A function from a group's level to two members."""

    def make(level: str = "rwr---") -> list[Person]:
        group = omero_data.add_group(permissions=level)
        found = []
        for _ in range(2):
            name = f"files-{next(_numbers)}"
            user_id = omero_data.add_user(name, group)
            gateway = gateway_of(name)
            found.append(Person(gateway, gateway.c.getManagedRepository(), f"{name}_{user_id}"))
        return found

    return make


@pytest.fixture
def person(people: Any) -> Person:
    found: Person = people()[0]
    return found


def test_the_repository_has_a_file_of_its_own(person: Person, embedded: Any) -> None:
    found = person.session.sharedResources().repositories()
    assert len(found.descriptions) == len(found.proxies) >= 1
    proxy, root = person.gateway.c.getManagedRepository(description=True)
    assert proxy.root().id.val == root.id.val
    assert (root.name.val, root.mimetype.val, root.hash.val) == ("ManagedRepository", "Repository", embedded.store.uuid)
    assert person.gateway.c.getManagedRepository(description=True)[1].id.val == root.id.val


def test_imported_files_are_listed_and_read(omero_data: Any, people: Any) -> None:
    owner, other = people("rw----")
    user = owner.gateway.getUser().getName()
    image = owner.gateway.getObject("Image", omero_data.add_image(np.zeros((4, 5), np.uint8), "a.ome.tiff", user=user))
    file = next(iter(image.getImportedImageFiles()))
    folder = file.getPath().rstrip("/")
    assert owner.repository.list("/") == [owner.part]
    assert owner.repository.list(f"/{folder}/") == [f"{folder}/{file.getName()}"]
    assert [one.id.val for one in owner.repository.listFiles(folder)] == [file.getId()]
    tree = unwrap(owner.repository.treeList("/"))
    node = tree[f"{owner.part}/"]
    assert node["mimetype"] == "Directory"
    for depth in range(2, folder.count("/") + 2):
        node = node["files"]["/".join(folder.split("/")[:depth]) + "/"]
    facts = {"id": file.getId(), "mimetype": file.getMimetype(), "size": file.getSize()}
    assert node["files"] == {f"{folder}/{file.getName()}": facts}
    path = f"{folder}/{file.getName()}"
    assert owner.repository.fileExists(path)
    assert owner.repository.mimetype(path) == file.getMimetype()
    assert owner.repository.register(path, None).id.val == file.getId()
    store = owner.repository.file(path, "r")
    data = store.read(0, store.size())
    assert hashlib.sha1(data).hexdigest() == file.getHash()
    with pytest.raises(omero.SecurityViolation):
        store.write(b"x", 0, 1)
    store.close()
    with pytest.raises(omero.SecurityViolation):
        owner.repository.file(path, "rw")
    assert owner.repository.verifyChecksums([file.getId()]) == []
    assert owner.repository.setChecksumAlgorithm(owner.repository.listChecksumAlgorithms()[0], [file.getId()]) == []

    assert other.repository.list("/") == []
    assert not other.repository.fileExists(path)
    assert unwrap(other.repository.treeList("/")) == {}
    with pytest.raises(omero.ResourceError):
        other.repository.file(path, "r")
    with pytest.raises(omero.ValidationException):
        other.repository.fileById(file.getId())


def test_folders_and_files_of_ones_own(person: Person) -> None:
    repository, part = person.repository, person.part
    with pytest.raises(omero.ResourceError, match="no folder"):
        repository.makeDir(f"{part}/a/b", False)
    repository.makeDir(f"{part}/a/b", True)
    repository.makeDir(f"/{part}/a/b/", True)
    repository.makeDir(f"{part}/a/c", False)
    with pytest.raises(omero.ResourceError, match="already"):
        repository.makeDir(f"{part}/a/c", False)
    assert repository.list(part) == [f"{part}/a"]
    assert repository.list(f"{part}/a") == [f"{part}/a/b", f"{part}/a/c"]
    store = repository.file(f"{part}/a/b/notes.txt", "rw")
    store.write(b"some words", 0, 10)
    saved = store.save()
    store.close()
    assert (saved.size.val, saved.hash.val) == (10, hashlib.sha1(b"some words").hexdigest())
    assert (saved.path.val, saved.name.val, saved.mimetype.val) == (f"{part}/a/b/", "notes.txt", "text/plain")
    again = repository.file(f"{part}/a/b/notes.txt", "rw")
    assert again.read(5, 100) == b"words"
    again.close()
    with pytest.raises(omero.ApiUsageException):
        repository.file(f"{part}/a/b/notes.txt", "wb")
    with pytest.raises(omero.ResourceError, match="is a file"):
        repository.makeDir(f"{part}/a/b/notes.txt/d", True)
    delete(person, repository.deletePaths([f"{part}/a"], True, False))
    assert repository.list(part) == []
    assert person.gateway.getObject("OriginalFile", saved.id.val) is None


def delete(person: Person, handle: Any) -> None:
    callback = omero.callbacks.CmdCallbackI(person.gateway.c, handle)
    try:
        callback.loop(50, 100)
        assert isinstance(callback.getResponse(), omero.cmd.OK), callback.getResponse()
    finally:
        callback.close(True)


def test_a_full_folder_is_not_deleted_by_itself(person: Person) -> None:
    person.repository.makeDir(f"{person.part}/full/inner", True)
    with pytest.raises(omero.ResourceError):
        person.repository.deletePaths([f"{person.part}/full"], False, False)
    with pytest.raises(omero.ResourceError):
        person.repository.deletePaths([f"{person.part}/nothing"], True, False)
    delete(person, person.repository.deletePaths([f"{person.part}/full", f"{person.part}/full/inner"], False, True))
    assert person.repository.list(f"{person.part}/full") == []


OPERATIONS = {
    "mimetype": lambda r, path: r.mimetype(path),
    "list": lambda r, path: r.list(path),
    "listFiles": lambda r, path: r.listFiles(path),
    "register": lambda r, path: r.register(path, rstring("text/plain")),
    "file r": lambda r, path: r.file(path, "r"),
    "file rw": lambda r, path: r.file(path, "rw"),
    "fileExists": lambda r, path: r.fileExists(path),
    "makeDir": lambda r, path: r.makeDir(path, False),
    "makeDir parents": lambda r, path: r.makeDir(path, True),
    "treeList": lambda r, path: r.treeList(path),
    "deletePaths": lambda r, path: r.deletePaths([path], True, True),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_path_leads_out(person: Person, operation: str) -> None:
    for path in ("../x", "{part}/../../etc/passwd", "/..", "{part}/a\0b", "..\\..\\x", "{part}/\n", "x" * 5000):
        with pytest.raises(omero.ValidationException):
            OPERATIONS[operation](person.repository, path.replace("{part}", person.part))


def test_an_absolute_path_is_one_in_the_repository(person: Person) -> None:
    assert not person.repository.fileExists("/etc/passwd")
    with pytest.raises(omero.ResourceError):
        person.repository.file("/etc/passwd", "r")
    for change in (lambda: person.repository.makeDir("/etc", True), lambda: person.repository.file("/etc/x", "rw")):
        with pytest.raises(omero.SecurityViolation, match=person.part):
            change()


def test_nobody_makes_anything_in_anothers_part(people: Any) -> None:
    owner, other = people("rwrw--")
    with pytest.raises(omero.SecurityViolation):
        other.repository.makeDir(f"{owner.part}/mine", True)
    claim = omero.model.OriginalFileI()
    claim.name, claim.path, claim.size = rstring("claim"), rstring(f"{owner.part}/"), rlong(0)
    other.session.getUpdateService().saveAndReturnObject(claim)
    assert owner.repository.list(owner.part) == []


def test_a_link_on_the_disk_leads_nowhere(omero_data: Any, person: Person, embedded: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    user = person.gateway.getUser().getName()
    image = person.gateway.getObject("Image", omero_data.add_image(np.zeros((4, 5), np.uint8), user=user))
    file = next(iter(image.getImportedImageFiles()))
    path = embedded.data / "ManagedRepository" / file.getPath() / file.getName()
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(omero.SecurityViolation):
        person.repository.fileById(file.getId())


def test_administrators_make_folders_anywhere(gateway: Any) -> None:
    repository = gateway.c.getManagedRepository()
    repository.makeDir("volume/new", True)
    assert repository.list("volume") == ["volume/new"]
    assert repository.fileExists("/volume/new/")


def test_checksum_algorithms(person: Person) -> None:
    sha1 = person.repository.listChecksumAlgorithms()
    assert [one.value.val for one in sha1] == ["SHA1-160"]
    other = omero.model.ChecksumAlgorithmI()
    other.value = rstring("MD5-128")
    assert person.repository.suggestChecksumAlgorithm([other]) is None
    assert person.repository.suggestChecksumAlgorithm([None]) is None
    assert person.repository.suggestChecksumAlgorithm([other, sha1[0]]).value.val == "SHA1-160"
    with pytest.raises(omero.ApiUsageException):
        person.repository.setChecksumAlgorithm(other, [])
    file_id = person.new_file(b"abc")
    file = person.session.getQueryService().get("OriginalFile", file_id)
    file.hash = file.hasher = None
    person.session.getUpdateService().saveObject(file)
    assert person.repository.setChecksumAlgorithm(sha1[0], [file_id]) == [file_id]
    found = person.session.getQueryService().get("OriginalFile", file_id)
    assert found.hash.val == hashlib.sha1(b"abc").hexdigest()


# --- RawFileStore ---


def test_bytes_size_and_hash_follow_what_is_written(person: Person) -> None:
    file_id = person.new_file(b"0123456789")
    store = person.store(file_id)
    assert (store.size(), store.exists(), store.read(8, 100)) == (10, True, b"89")
    store.write(b"ABC", 12, 2)
    assert store.truncate(20) is False
    assert store.truncate(13) is True
    saved = store.save()
    expected = b"0123456789\0\0A"
    assert (saved.size.val, saved.hash.val) == (13, hashlib.sha1(expected).hexdigest())
    assert saved.hasher.id.val
    assert store.save() is None
    assert store.read(0, 100) == expected
    assert store.read(100, 5) == b""
    store.write(b"tail", 13, 4)
    store.close()
    file = person.session.getQueryService().get("OriginalFile", file_id)
    assert (file.size.val, file.hash.val) == (17, hashlib.sha1(expected + b"tail").hexdigest())


@pytest.mark.parametrize("level", ["rw----", "rwr---", "rwra--", "rwrw--"])
def test_who_may_write_to_anothers_file(people: Any, level: str) -> None:
    owner, other = people(level)
    file_id = owner.new_file(b"mine")
    if level == "rw----":
        with pytest.raises(omero.ValidationException):
            other.store(file_id)
        return
    store = other.store(file_id)
    assert store.read(0, 10) == b"mine"
    if level == "rwrw--":
        store.write(b"ours", 0, 4)
        assert store.save().hash.val == hashlib.sha1(b"ours").hexdigest()
    else:
        for change in (lambda: store.write(b"x", 0, 1), lambda: store.truncate(0)):
            with pytest.raises(omero.SecurityViolation):
                change()
        assert store.save() is None
    store.close()
    assert owner.store(file_id).read(0, 10) == (b"ours" if level == "rwrw--" else b"mine")


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.read(-1, 5),
        lambda s: s.read(0, -5),
        lambda s: s.write(b"abc", -1, 3),
        lambda s: s.write(b"abc", 0, 4),
        lambda s: s.write(b"abc", 2**62, 3),
        lambda s: s.truncate(-1),
    ],
    ids=["read before", "read less", "write before", "write more", "write far", "truncate"],
)
def test_numbers_that_fit_no_file(person: Person, call: Any) -> None:
    store = person.store(person.new_file(b"hello"))
    with pytest.raises(omero.ApiUsageException):
        call(store)
    assert store.read(0, 10) == b"hello"
    store.close()


def test_without_a_file_there_is_nothing_to_do(person: Person) -> None:
    store = person.session.createRawFileStore()
    assert store.getFileId() is None
    for call in (lambda: store.read(0, 1), lambda: store.write(b"a", 0, 1), store.size, store.exists):
        with pytest.raises(omero.ApiUsageException):
            call()
    with pytest.raises(omero.ValidationException):
        store.setFileId(10**9)
    store.close()


def test_an_open_table_is_not_written_to_from_below(person: Person) -> None:
    table = person.session.sharedResources().newTable(0, "below.h5")
    table.initialize([omero.grid.LongColumn("n")])
    file_id = table.getOriginalFile().id.val
    store = person.store(file_id)
    assert store.read(0, 15) == b"SQLite format 3"
    with pytest.raises(omero.SecurityViolation):
        store.write(b"x", 0, 1)
    table.close()
    store.setFileId(file_id)
    store.truncate(0)
    assert store.save().size.val == 0
    store.close()
