"""Comments, key-value pairs, ratings and tags: put on objects and taken off, all or none of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import omero.all
import omero.model
from omero.constants.metadata import NSCLIENTMAPANNOTATION, NSINSIGHTRATING, NSINSIGHTTAGSET
from omero.rtypes import rlong, rstring

from omeropyr.client.deleting import delete
from omeropyr.client.targets import Targets, annotation_link, check_may, find_targets, save
from omeropyr.connection.query import context, rows
from omeropyr.errors import InvalidInput, ObjectNotFound

Named = Mapping[str, Sequence[int]]
Pairs = list[list[str]]

_OWN_RATINGS = """
    select l.id, l.parent.id, a.id, (select count(x.id) from {name}AnnotationLink x where x.child.id = a.id)
    from {name}AnnotationLink l join l.child a
    where l.parent.id in (:ids) and l.details.owner.id = :me and a.details.owner.id = :me
        and a.class = LongAnnotation and a.ns = :ns
    order by l.id
"""
_OWN_TAGS = """
    select l.id, l.parent.id, a.id from {name}AnnotationLink l join l.child a
    where l.parent.id in (:ids) and l.details.owner.id = :me and a.class = TagAnnotation
"""


def add_comment(conn: Any, named: Named, text: str) -> int:
    """Put one comment on all the objects; give its id."""
    targets = find_targets(conn, named)
    comment = omero.model.CommentAnnotationI()
    comment.textValue = rstring(text)
    return _put(conn, targets, comment)


def add_pairs(conn: Any, named: Named, pairs: Pairs, ns: str, *, one_each: bool) -> list[int]:
    """Put key-value pairs on objects; give the ids of the annotations.

    Those of OMERO's clients (`NSCLIENTMAPANNOTATION`) are one for each object, others too where `one_each` says so.
    """
    targets = find_targets(conn, named)
    if not one_each and ns != NSCLIENTMAPANNOTATION:
        return [_put(conn, targets, _map(pairs, ns))]
    links = [annotation_link(name, object_id, _map(pairs, ns)) for name, object_id in targets.objects]
    return [link.child.id.val for link in save(conn, links, targets.group_id)]


def change_pairs(conn: Any, annotation_ids: Sequence[int], pairs: Pairs) -> list[int]:
    """Replace the pairs of map annotations; no pairs delete them. Give the ids of those that are left."""
    if not pairs:
        delete(conn, {"MapAnnotation": annotation_ids})
        return []
    groups: dict[int, list[Any]] = {}
    for found in check_may(conn, "MapAnnotation", annotation_ids, "canEdit"):
        found.setMapValue(_values(pairs))
        groups.setdefault(found.details.group.id.val, []).append(found)
    for group, changed in groups.items():
        save(conn, changed, group)
    return list(annotation_ids)


def rate(conn: Any, named: Named, stars: int, user_id: int) -> None:
    """Have the user's rating of all objects be 1 to 5 stars, or none for 0. Ratings of others stay."""
    targets = find_targets(conn, named)
    rated: dict[tuple[str, int], int] = {}
    surplus: dict[str, list[int]] = {}
    for name, ids in targets.by_class().items():
        known = rows(conn, _OWN_RATINGS.format(name=name), ids=ids, me=user_id, ns=NSINSIGHTRATING)
        for link_id, object_id, rating_id, links in known:
            # A rating that hangs on several objects is theirs together: this one gets one of its own.
            if stars and links == 1 and (name, object_id) not in rated:
                rated[name, object_id] = rating_id
            elif links == 1:
                surplus.setdefault("LongAnnotation", []).append(rating_id)
            else:
                surplus.setdefault(f"{name}AnnotationLink", []).append(link_id)
    if surplus:
        delete(conn, surplus)
    if stars:
        changed = check_may(conn, "LongAnnotation", list(rated.values()), "canEdit") if rated else []
        for rating in changed:
            rating.longValue = rlong(stars)
        fresh = [annotation_link(*one, _rating(stars)) for one in targets.objects if one not in rated]
        save(conn, [*changed, *fresh], targets.group_id)


@dataclass(frozen=True)
class NewTag:
    """A tag to be made, in a set where one is named."""

    text: str
    description: str = ""
    set_id: int | None = None


@dataclass(frozen=True)
class Tagging:
    """What became of the tags of a request: ids."""

    added: list[int]
    removed: list[int]
    new: list[int]


def set_tags(conn: Any, named: Named, tag_ids: Sequence[int], new: Sequence[NewTag], user_id: int) -> Tagging:
    """Have the tags that the user put on the objects be these and new ones. Tags that others put there stay."""
    targets = find_targets(conn, named)
    own: dict[tuple[str, int, int], int] = {}
    for name, ids in targets.by_class().items():
        for link_id, object_id, tag_id in rows(conn, _OWN_TAGS.format(name=name), ids=ids, me=user_id):
            own[name, object_id, tag_id] = link_id
    wanted = [(name, object_id, tag) for name, object_id in targets.objects for tag in tag_ids]
    missing = [one for one in wanted if one not in own]
    added = list(dict.fromkeys(tag for _, _, tag in missing))
    if added:
        check_may(conn, "TagAnnotation", added, "canLink")
    for one in new:
        if one.set_id is not None:
            _check_set(conn, one.set_id)
    doomed: dict[str, list[int]] = {}
    removed = []
    for (name, _, tag_id), link_id in own.items():
        if tag_id not in tag_ids:
            doomed.setdefault(f"{name}AnnotationLink", []).append(link_id)
            removed.append(tag_id)
    links = [annotation_link(name, object_id, _tag(tag)) for name, object_id, tag in missing]
    made = _make_tags(conn, targets, new)
    links += [link for tag_id in made for link in targets.links(_tag(tag_id))]
    if links:
        save(conn, links, targets.group_id)
    if doomed:
        delete(conn, doomed)
    return Tagging(added, list(dict.fromkeys(removed)), made)


def _make_tags(conn: Any, targets: Targets, new: Sequence[NewTag]) -> list[int]:
    tags = [make_tag(one.text, one.description) for one in new]
    made = [tag.id.val for tag in save(conn, tags, targets.group_id)] if tags else []
    inside = []
    for tag_id, one in zip(made, new, strict=True):
        if one.set_id is not None:
            link = omero.model.AnnotationAnnotationLinkI()
            link.parent, link.child = _tag(one.set_id), _tag(tag_id)
            inside.append(link)
    if inside:
        conn.getUpdateService().saveArray(inside, context(conn, targets.group_id))
    return made


def make_tag(text: str, description: str = "", *, is_set: bool = False) -> Any:
    """Give a new tag or set of tags, not yet saved."""
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(text)
    made.description = rstring(description) if description else None
    made.ns = rstring(NSINSIGHTTAGSET) if is_set else None
    return made


def _check_set(conn: Any, set_id: int) -> None:
    (found,) = check_may(conn, "TagAnnotation", [set_id], "canLink")
    if found.ns is None or found.ns.val != NSINSIGHTTAGSET:
        raise ObjectNotFound(f"Tag {set_id} is no set of tags.")


def _tag(tag_id: int) -> Any:
    return omero.model.TagAnnotationI(tag_id, False)


def _rating(stars: int) -> Any:
    made = omero.model.LongAnnotationI()
    made.ns, made.longValue = rstring(NSINSIGHTRATING), rlong(stars)
    return made


def _map(pairs: Pairs, ns: str) -> Any:
    made = omero.model.MapAnnotationI()
    made.ns = rstring(ns)
    made.setMapValue(_values(pairs))
    return made


def _values(pairs: Pairs) -> list[Any]:
    return [omero.model.NamedValue(key, value) for key, value in pairs]


def _put(conn: Any, targets: Targets, annotation: Any) -> int:
    """Hang one new annotation on all targets in one save; give its id."""
    links = targets.links(annotation)
    return int(save(conn, links, targets.group_id)[0].child.id.val)


def checked_pairs(value: list[Any]) -> Pairs:
    """Read key-value pairs as JSON has them: lists of two texts. `InvalidInput`."""
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise InvalidInput("mapAnnotation must be a list of pairs of texts, like [[key, value]]")
        if any("\0" in part for part in pair):
            raise InvalidInput("mapAnnotation must not hold null characters")
    return value
