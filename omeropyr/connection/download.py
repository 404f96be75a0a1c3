"""Which files stand behind images and wells, whether they may be downloaded, and how they lie in an archive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import omero
from omero.constants.permissions import BINARYACCESS

from omeropyr.connection.filenames import safe_name, untaken
from omeropyr.connection.files import FileFacts, facts_of
from omeropyr.connection.query import Row, rows
from omeropyr.errors import Forbidden, ObjectNotFound

REFUSED = "The administrator of this OMERO server does not allow this to be downloaded."
DEEPEST = 32
"""Folders in each other that an archive has at most; of deeper ones the innermost."""
_POLICY = "omero.policy.binary_access"

_FILES = """
    select e.fileset.id, f.id, f.name, f.path, f.size, f.mimetype, f.hash, f.details.updateEvent.id, i.id
    from FilesetEntry e join e.originalFile f join e.fileset s join s.images i
    where i.id in (:ids) order by e.fileset.id, f.id
"""
# Images of before OMERO 5, whose files were kept beside their pixels.
_ARCHIVED = """
    select 0, f.id, f.name, f.path, f.size, f.mimetype, f.hash, f.details.updateEvent.id, i.id
    from PixelsOriginalFileMap l join l.parent f join l.child p join p.image i
    where i.id in (:ids) order by f.id
"""
_IMAGES = """
    select i, (select count(w.id) from WellSample w where w.image.id = i.id) from Image i
    where i.id in (:ids) order by i.id
"""
_FIELDS = "select s.well.id, s.image.id from WellSample s where s.well.id in (:ids) order by s.well.id, index(s)"


@dataclass(frozen=True)
class Entry:
    """A file and its place in an archive, as a relative path with slashes."""

    file: FileFacts
    name: str


def images_of_wells(conn: Any, wells: Sequence[int], field: int) -> list[int]:
    """The image of one field (from 0) of each well; a well without it has none. One Ice call."""
    by_well: dict[int, list[int]] = {}
    for well, image in rows(conn, _FIELDS, ids=wells) if wells else ():
        by_well.setdefault(well, []).append(image)
    return [by_well[well][field] for well in wells if field < len(by_well.get(well, ()))]


def check_images(conn: Any, image_ids: Sequence[int]) -> list[Any]:
    """The images, by id, if all may be downloaded. ObjectNotFound for one that is missing, Forbidden. Two calls."""
    found = rows(conn, _IMAGES, ids=image_ids)
    missing = set(image_ids) - {row[0].id.val for row in found}
    if missing:
        raise ObjectNotFound(f"There is no image {min(missing)}, or you may not see it.")
    policy = _policy(conn)
    for image, wells in found:
        words = ("+image", "+plate") if wells else ("+image",)
        if is_restricted(image) or _refused(policy, image, words):
            raise Forbidden(REFUSED)
    return [row[0] for row in found]


def check_object(conn: Any, obj: Any) -> None:
    """Whether the bytes behind a file or its annotation may be downloaded; Forbidden. One call."""
    if is_restricted(obj) or _refused(_policy(conn), obj, ()):
        raise Forbidden(REFUSED)


def is_restricted(obj: Any) -> bool:
    """Whether OMERO marks an object as one whose bytes this user may not have."""
    permissions = obj.getDetails().getPermissions()
    return permissions is not None and bool(permissions.isRestricted(BINARYACCESS))


def _policy(conn: Any) -> frozenset[str] | None:
    """The server's rule for downloads; None where it is told to administrators only, and the marks have to do."""
    try:
        value = conn.getConfigService().getConfigValue(_POLICY)
    except omero.SecurityViolation:
        return None
    return frozenset(word.strip() for word in (value or "").split(",")) if value else None


def _refused(policy: frozenset[str] | None, obj: Any, words: Iterable[str]) -> bool:
    """What OMERO's rule says: what is not allowed by name is refused; ``+read`` is for those who may not change it."""
    if policy is None:
        return False
    needed = ["+write", *words]
    permissions = obj.getDetails().getPermissions()
    if permissions is None or not permissions.canEdit():
        needed.append("+read")
    return any(word not in policy or f"-{word[1:]}" in policy for word in needed)


def files_of_images(conn: Any, image_ids: Sequence[int]) -> list[tuple[int, FileFacts]]:
    """(fileset id or 0, file) of everything that images were made from, each file once. One or two Ice calls."""
    found = rows(conn, _FILES, ids=image_ids)
    others = sorted(set(image_ids) - {row[-1] for row in found})
    if others:
        found += rows(conn, _ARCHIVED, ids=others)
    unique: dict[int, Row] = {row[1]: row for row in reversed(found)}
    return [(row[0], facts_of(row[1:-1])) for row in reversed(unique.values())]


def entries(files: Iterable[tuple[int, FileFacts]]) -> list[Entry]:
    """Give every file a place of its own: as its fileset had them below their common folder.

    A fileset whose places are taken lies in a folder ``fileset-1`` as a whole, since its files name each other.
    Nothing leads out of the archive, whatever a path in OMERO says.
    """
    taken: set[str] = set()
    placed: list[Entry] = []
    by_fileset: dict[int, list[FileFacts]] = {}
    for fileset, file in files:
        by_fileset.setdefault(fileset, []).append(file)
    for fileset, mine in by_fileset.items():
        found = _below_common_folder(mine)
        if any(entry.name.lower() in taken for entry in found):
            found = [replace(entry, name=f"fileset-{fileset}/{entry.name}") for entry in found]
        for entry in found:
            placed.append(replace(entry, name=untaken(entry.name, taken)))
    return placed


def _below_common_folder(files: Sequence[FileFacts]) -> list[Entry]:
    folders = [[part for part in _parts(file.path)] for file in files]
    common = 0
    while all(len(one) > common for one in folders) and len({one[common] for one in folders}) == 1:
        common += 1
    return [
        Entry(file, "/".join([*folder[common:][-DEEPEST:], safe_name(file.name, f"file-{file.id}")]))
        for file, folder in zip(files, folders, strict=True)
    ]


def _parts(path: str) -> list[str]:
    plain = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return [safe_name(part, "_") for part in plain]
