"""Links between containers and what lies in them: OMERO.web's `links` and `parent_links`."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from omeropyr.client import links
from omeropyr.client.forms import MOST_IDS, id_list, json_object
from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import MAX_ID, integer


def parent_links(request: Request) -> dict[str, Any]:
    """Give the links above the images, datasets, plates and tags named."""
    words = [child for _, child in links.KINDS]
    return {"data": links.parent_links(request.conn, {word: id_list(request.GET, word) for word in words})}


def make_links(request: Request) -> dict[str, Any]:
    """Link what the JSON body says: `{"dataset": {"10": {"image": [1, 2]}}}`."""
    links.make_links(request.conn, _wanted(request), for_owners=request.omero.is_admin)
    return {"success": True}


def remove_links(request: Request) -> dict[str, Any]:
    """Remove those links; say which children are still linked elsewhere."""
    remaining = links.remove_links(request.conn, _wanted(request))
    return {"success": True} | dict(remaining)


def _wanted(request: Request) -> links.Wanted:
    found: links.Wanted = {}
    for parent_word, parents in json_object(request).items():
        if parent_word in links.IGNORED:
            continue
        if not isinstance(parents, dict):
            raise InvalidInput(f"{parent_word} must hold ids of parents")
        for parent, children in parents.items():
            if not isinstance(children, dict):
                raise InvalidInput(f"{parent_word} {parent} must hold lists of ids by type")
            for child_word, ids in children.items():
                words = (parent_word, child_word)
                if words not in links.KINDS or not isinstance(ids, list):
                    raise InvalidInput(f"nothing links {child_word} to {parent_word}")
                pairs = [(_whole(parent, parent_word), _whole(child, child_word)) for child in ids]
                found.setdefault(words, []).extend(pairs)
    if not any(found.values()):
        raise InvalidInput('the body must say what to link, like {"dataset": {"10": {"image": [1]}}}')
    if sum(len(pairs) for pairs in found.values()) > MOST_IDS:
        raise InvalidInput(f"at most {MOST_IDS} links at once")
    return found


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidInput(f"{name} must be a whole number")
    return integer(str(value), name, most=MAX_ID)
