"""What lies where in the repository: paths that clients name, and the OriginalFiles at and below them.

Everything comes from the store, never from the disk, so permissions hold as for all objects. A user's part of the
repository is the folders whose first name ends in ``_<id of the user>``; an OriginalFile of another user that claims to
be there is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import omero
import omero.all
from omero.rtypes import rlong, rmap, rstring

from omeropyr.embedded import repositories
from omeropyr.embedded.dispatch import Call

DIRECTORY = "Directory"
"""The media type of folders that have an OriginalFile of their own."""
_LONGEST = 4000


@dataclass(frozen=True)
class Entry:
    """An OriginalFile in the repository."""

    id: int
    folder: str
    name: str
    mimetype: str
    size: int

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self.mimetype == DIRECTORY

    @property
    def path(self) -> str:
        """Its path, without a slash at either end."""
        return f"{self.folder}{self.name}"


def clean(path: str | None) -> str:
    """A path from a client, without slashes at the ends; "" is the repository itself.

    ValidationException for one that tries to lead elsewhere.
    """
    parts = [part for part in (path or "").split("/") if part not in ("", ".")]
    made = "/".join(parts)
    if ".." in parts or "\\" in made or len(made) > _LONGEST or any(ord(sign) < 32 for sign in made):
        raise omero.ValidationException(None, None, "The path leads out of the repository or has signs no name has.")
    return made


def split(path: str) -> tuple[str, str]:
    """A clean path as OriginalFiles have it: the folder with a slash behind ("" for the repository), and the name."""
    folder, _, name = path.rpartition("/")
    return (f"{folder}/" if folder else ""), name


def below(call: Call, path: str) -> list[Entry]:
    """What the caller sees below the folder at a clean path, however deep."""
    prefix = f"{path}/" if path else ""
    query = (
        "select o.id, o.path, o.name, o.mimetype, o.size, o.details.owner.id from OriginalFile o"
        " where o.path like :prefix order by o.id desc"
    )
    with call.server.store.read(call.actor) as tx:
        rows = tx.values(query, {"prefix": f"{prefix}%"})
    found = []
    for file_id, folder, name, mimetype, size, owner in rows:
        entry = Entry(int(file_id), str(folder), str(name), str(mimetype or ""), int(size or 0))
        if entry.folder.startswith(prefix) and (entry.is_folder or in_part_of(entry.folder, int(owner))):
            found.append(entry)
    return found


def in_part_of(path: str, user_id: int) -> bool:
    """Whether a path is in the part of a user."""
    return path.split("/", 1)[0].endswith(f"_{user_id}")


def names_in(call: Call, path: str) -> tuple[dict[str, Entry], set[str]]:
    """Directly in the folder at a clean path: files by name, and names of folders."""
    prefix = f"{path}/" if path else ""
    files: dict[str, Entry] = {}
    folders: set[str] = set()
    for entry in below(call, path):
        rest = entry.path[len(prefix) :]
        first, slash, _ = rest.partition("/")
        if slash or entry.is_folder:
            folders.add(first)
        else:
            files[first] = entry
    return files, folders


def entry_at(call: Call, path: str) -> Entry | None:
    """The OriginalFile at a clean path; None also for folders that have none."""
    folder, name = split(path)
    query = (
        "select o.id, o.mimetype, o.size, o.details.owner.id from OriginalFile o"
        " where o.path = :folder and o.name = :name order by o.id"
    )
    with call.server.store.read(call.actor) as tx:
        rows = tx.values(query, {"folder": folder, "name": name})
    for file_id, mimetype, size, owner in rows:
        entry = Entry(int(file_id), folder, name, str(mimetype or ""), int(size or 0))
        if entry.is_folder or in_part_of(folder, int(owner)):
            return entry
    return None


def tree(call: Call, path: str) -> omero.RMap:
    """All below a clean path, as ``treeList`` answers: paths to id, media type, size and, for folders, files."""
    prefix = f"{path}/" if path else ""
    root: dict[str, Any] = {}
    for entry in below(call, path):
        node, at = root, prefix
        *folders, last = entry.path[len(prefix) :].split("/")
        for name in folders:
            node = node.setdefault(f"{at}{name}/", {"": None})
            at = f"{at}{name}/"
        if entry.is_folder:
            node.setdefault(f"{at}{last}/", {})[""] = entry
        else:
            node[f"{at}{last}"] = entry
    return _as_map(root)


def _as_map(node: dict[str, Any]) -> omero.RMap:
    made: dict[str, omero.RType] = {}
    for path, value in sorted(node.items()):
        if path == "":
            continue
        if isinstance(value, Entry):
            made[path] = rmap({"id": rlong(value.id), "mimetype": rstring(value.mimetype), "size": rlong(value.size)})
            continue
        facts = {"mimetype": rstring(DIRECTORY), "size": rlong(0), "files": _as_map(value)}
        if value.get("") is not None:
            facts["id"] = rlong(value[""].id)
        made[path] = rmap(facts)
    return rmap(made)


def check_may_write(call: Call, path: str) -> None:
    """SecurityViolation unless a clean path is in the caller's part, or they may write to all of the repository."""
    if not (in_part_of(path, call.actor.user_id) or call.actor.may("WriteManagedRepo")):
        part = f"{call.actor.user_name}_{call.actor.user_id}"
        raise omero.SecurityViolation(None, None, f"Your part of the repository is {part}/.")


def make(call: Call, path: str, mimetype: str) -> int:
    """Make the OriginalFile of a file or folder at a clean path; return its id."""
    folder, name = split(path)
    made = omero.model.OriginalFileI()
    made.path, made.name = rstring(folder), rstring(name)
    made.mimetype, made.size = rstring(mimetype), rlong(0)
    with call.server.store.write(call.actor) as tx:
        file_id = int(tx.save(made).id.val)
        repositories.claim(tx.connection, [file_id])
    return file_id
