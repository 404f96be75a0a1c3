"""Regions that a person drew, changed and removed in OMERO.iviewer, saved.

Every shape is on its own: what cannot be saved is told in words beside what was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import omero
import omero.model
from omero_marshal import get_decoder

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context, rows
from omeropyr.errors import InvalidInput

MOST = 10_000
"""Shapes that one request may save."""

_STORED = """
    select s from Shape s join fetch s.roi left outer join fetch s.transform
    where s.id in (:ids) and s.roi.image.id = :image
"""
_KEPT = frozenset(("roi", "details", "id", "version", "annotationLinks", "annotationLinksCountPerOwner"))
_SHAPES = frozenset(("Rectangle", "Ellipse", "Line", "Point", "Label", "Polygon", "Polyline", "Mask"))
Json = Mapping[str, Any]


class _Saving:
    """What became of the shapes of one request."""

    def __init__(self, conn: Any, image: ImageFacts) -> None:
        self.conn = conn
        self.image = image
        self.ids: dict[str, str] = {}
        self.errors: list[str] = []

    def call(self, work: Any, *args: Any) -> Any:
        """Do *work* in the image's group; a refusal of OMERO becomes a line of words and None."""
        try:
            return work(*args, context(self.conn, self.image.group_id))
        except (omero.ServerError, omero.CmdError) as error:
            self.errors.append(f"Error: {getattr(error, 'message', None) or type(error).__name__}")
            return None


def persist(conn: Any, image: ImageFacts, rois: Json) -> dict[str, Any]:
    """Save `new`, `modified`, `deleted` and `empty_rois`; give `ids` (old to `roi:shape`) and, if there are, `errors`.

    Raises InvalidInput for a body that is not what OMERO.iviewer sends.
    """
    new, modified = _list(rois, "new"), _list(rois, "modified")
    deleted, empty = _groups(rois, "deleted"), _groups(rois, "empty_rois")
    if len(new) + len(modified) + sum(map(len, (*deleted.values(), *empty.values()))) > MOST:
        raise InvalidInput(f"at most {MOST} shapes can be saved at once")
    saving = _Saving(conn, image)
    _remove(saving, deleted, empty)
    _add(saving, new)
    _change(saving, modified)
    return {"ids": saving.ids, **({"errors": saving.errors} if saving.errors else {})}


# --- drawn ---


def _add(saving: _Saving, new: Iterable[Json]) -> None:
    """Each new shape becomes a region of its own."""
    drawn = []
    for said in new:
        shape = _decoded(saving, said)
        if shape is not None:
            roi = omero.model.RoiI()
            roi.image = omero.model.ImageI(saving.image.id, False)
            roi.addShape(shape)
            drawn.append((str(said["oldId"]), roi))
    if not drawn:
        return
    saved = saving.call(saving.conn.getUpdateService().saveAndReturnArray, [roi for _, roi in drawn])
    for (old, _), roi in zip(drawn, saved or (), strict=False):
        shape = next(iter(roi.copyShapes()))
        saving.ids[old] = f"{roi.getId().getValue()}:{shape.getId().getValue()}"


# --- changed ---


def _change(saving: _Saving, modified: list[Json]) -> None:
    """Put what a person changed onto the stored shapes, whose ids and annotations stay."""
    wanted = {_ids(said.get("oldId"))[1]: said for said in modified}
    if not wanted:
        return
    stored = {
        row[0].getId().getValue(): row[0] for row in rows(saving.conn, _STORED, ids=list(wanted), image=saving.image.id)
    }
    changed = []
    for shape_id, said in wanted.items():
        shape, decoded = stored.get(shape_id), _decoded(saving, said)
        if shape is None or decoded is None or type(shape) is not type(decoded):
            saving.errors.append(f"Error: there is no such shape {shape_id} on this image any more")
            continue
        for name in shape._field_info._fields:
            if name not in _KEPT:
                setattr(shape, name, getattr(decoded, name))
        changed.append((str(said["oldId"]), shape))
    if changed and saving.call(saving.conn.getUpdateService().saveAndReturnArray, [shape for _, shape in changed]):
        saving.ids.update(
            (old, f"{shape.getRoi().getId().getValue()}:{shape.getId().getValue()}") for old, shape in changed
        )


# --- removed ---


def _remove(saving: _Saving, deleted: Mapping[str, list[str]], empty: Mapping[str, list[str]]) -> None:
    shapes = {_ids(pair)[1]: pair for pairs in deleted.values() for pair in pairs}
    regions = {_whole(roi): pairs for roi, pairs in empty.items()}
    ours = _on_image(saving, "Shape", "s.roi.image.id", shapes)
    if ours and saving.call(_delete(saving.conn, "Shape", ours)) is not None:
        saving.ids.update((shapes[one], shapes[one]) for one in ours)
    ours = _on_image(saving, "Roi", "s.image.id", regions)
    if ours and saving.call(_delete(saving.conn, "Roi", ours)) is not None:
        saving.ids.update((pair, pair) for one in ours for pair in regions[one])


def _on_image(saving: _Saving, kind: str, path: str, wanted: Mapping[int, Any]) -> list[int]:
    """Those of *wanted* that lie on the image; the rest are an error each."""
    if not wanted:
        return []
    query = f"select s.id from {kind} s where s.id in (:ids) and {path} = :image"  # noqa: S608 - constants
    found = {row[0] for row in rows(saving.conn, query, ids=list(wanted), image=saving.image.id)}
    saving.errors += [f"Error: there is no {kind} {one} on this image any more" for one in wanted if one not in found]
    return sorted(found)


def _delete(conn: Any, kind: str, ids: list[int]) -> Any:
    def delete(options: Any) -> bool:
        request = omero.cmd.Delete2(targetObjects={kind: ids})
        handle = conn.c.sf.submit(request, options)
        callback = omero.callbacks.CmdCallbackI(conn.c, handle)
        try:
            callback.loop(240, 500)
            answer = callback.getResponse()
        finally:
            callback.close(True)
        if isinstance(answer, omero.cmd.ERR):
            raise omero.CmdError(answer, answer.parameters.get("message") or answer.name)
        return True

    return delete


# --- what was sent ---


def _decoded(saving: _Saving, said: Json) -> Any:
    kind = str(said.get("@type", "")).rpartition("#")[2]
    if kind not in _SHAPES or "oldId" not in said:
        saving.errors.append("Error: a shape of an unknown kind was not saved")
        return None
    plain = {name: value for name, value in said.items() if name not in ("@id", "omero:details", "oldId")}
    try:
        return get_decoder(str(said["@type"])).decode(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        saving.errors.append(f"Error: a {kind} could not be read ({error})")
        return None


def _list(rois: Json, name: str) -> list[Json]:
    found = rois.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise InvalidInput(f"rois.{name} must be a list of shapes")
    return found


def _groups(rois: Json, name: str) -> dict[str, list[str]]:
    found = rois.get(name) or {}
    if not isinstance(found, Mapping) or not all(isinstance(one, list) for one in found.values()):
        raise InvalidInput(f"rois.{name} must name lists of shapes by region")
    return {str(key): [str(one) for one in pairs] for key, pairs in found.items()}


def _ids(pair: Any) -> tuple[int, int]:
    roi, _, shape = str(pair).partition(":")
    return _whole(roi), _whole(shape)


def _whole(text: Any) -> int:
    if not str(text).isascii() or not str(text).isdigit() or len(str(text)) > 18:
        raise InvalidInput("the ids of stored shapes are written region:shape")
    return int(text)
