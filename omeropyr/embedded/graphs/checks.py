"""What forbids an operation: missing permissions, and things that must not be torn apart."""

from __future__ import annotations

from omeropyr.embedded.graph import referrers
from omeropyr.embedded.graphs.policy import Fate, is_a
from omeropyr.embedded.graphs.rules import ANNOTATION_LINKS, LINKS
from omeropyr.embedded.graphs.targets import GraphRefused, named
from omeropyr.embedded.graphs.walk import Node, Walk
from omeropyr.embedded.model import model

Cuts = dict[tuple[str, str], set[int]]
"""Pointers to be set to null: (class, field) and the ids of the objects that have them."""


def check_permissions(walk: Walk) -> None:
    """GraphRefused when the caller may not do to every object what becomes of it."""
    for node in walk.each():
        ability = "delete" if node.fate is Fate.DELETE else walk.policy.ability
        if not node.free and not walk.policy.may(node.row, ability):
            verb = "delete" if node.fate is Fate.DELETE else walk.policy.verb
            raise GraphRefused(f"not permitted to {verb} {named(node.row)}")


def check_filesets(walk: Walk) -> None:
    """GraphRefused when some images of a Fileset go and others stay: they are one set of files."""
    images = walk.nodes.get("Image", {})
    filesets = dict(walk.rows.pointers(model()["Image"], "fileset", list(images)))
    for fileset, staying in walk.split_filesets(set(filesets.values())):
        going = next(image for image, known in filesets.items() if known == fileset)
        raise GraphRefused(
            f"within Fileset[{fileset}] may not {walk.policy.verb} Image[{going}] while Image[{staying}] remains"
        )


def check_tags(walk: Walk) -> None:
    """GraphRefused when a tag would be taken off data that the caller has no say over."""
    tags = [one for one, node in walk.nodes.get("Annotation", {}).items() if is_a(node.row.kind, "TagAnnotation")]
    for name in ANNOTATION_LINKS if tags else ():
        link = model()[name]
        found = walk.rows.pointing(link, "child", tags)
        tag_of = {row.id: tag for tag, row in found}
        parents = walk.rows.pointers(link, "parent", list(tag_of))
        kind = model()[link.fields["parent"].type]
        outside = {parent for _, parent in parents if not walk.has(kind.name, parent)}
        refused = {row.id: row for row in walk.rows.by_id(kind, outside) if not walk.policy.may(row, "delete")}
        for link_id, parent in parents:
            if parent in refused:
                tag = walk.nodes["Annotation"][tag_of[link_id]].row
                raise GraphRefused(f"may not {walk.policy.verb} {named(tag)} while {named(refused[parent])} remains")


def cuts_from_outside(walk: Walk, along: Walk | None = None) -> Cuts:
    """Pointers of what stays to what goes; GraphRefused where such a pointer cannot be null.

    *along* is the walk that says what stays, where it is not the same.
    """
    cuts: Cuts = {}
    for name, nodes in walk.nodes.items():
        for kind, field in referrers(model()[name]) if nodes else ():
            if kind.name in LINKS:
                continue
            for target, row in walk.rows.pointing(kind, field, list(nodes)):
                if (along or walk).has(row.kind, row.id):
                    continue
                if not kind.all_fields[field].nullable:
                    verb = walk.policy.verb
                    raise GraphRefused(f"may not {verb} {named(nodes[target].row)} while {named(row)} remains")
                cuts.setdefault((kind.name, field), set()).add(row.id)
    return cuts


def of_fate(walk: Walk, fate: Fate) -> dict[str, list[Node]]:
    """What has a fate, by the class of its table."""
    found = {name: [node for node in nodes.values() if node.fate is fate] for name, nodes in walk.nodes.items()}
    return {name: nodes for name, nodes in found.items() if nodes}
