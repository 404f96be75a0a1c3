"""``IRoi``: regions of interest of images and planes, what lies under them, and masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import omero
from omero.rtypes import rdouble, rint, unwrap

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.pixels.shapes import Bitmap, covered
from omeropyr.embedded.services import shape_stats, stateless
from omeropyr.embedded.services.parameters import id_list, kind_of
from omeropyr.embedded.store import Transaction

_LOAD = (
    "select r from Roi r left outer join fetch r.shapes s left outer join fetch s.transform "
    "left outer join fetch r.image i left outer join fetch i.pixels left outer join fetch r.details.owner "
)
_MEASUREMENT = "openmicroscopy.org/measurements"
_MEASURED = (
    "r.id in (select l.parent.id from RoiAnnotationLink l where l.child.id = :annotation) and r.image.id = :image"
)


class RoiService(Service):
    """Every operation sees what the caller may read in the group of the call."""

    slice_type = omero.api.IRoi

    # --- finding ---

    def findByRoi(self, call: Call, roiId: int, opts: omero.api.RoiOptions | None) -> omero.api.RoiResult:
        """One ROI with its shapes, its image and the image's pixels."""
        return self._result(call, "r.id = :roi", {"roi": roiId}, opts)

    def findByImage(self, call: Call, imageId: int, opts: omero.api.RoiOptions | None) -> omero.api.RoiResult:
        """The ROIs of an image, with their shapes by plane."""
        return self._result(call, "r.image.id = :image", {"image": imageId}, opts)

    def findByPlane(
        self, call: Call, imageId: int, z: int, t: int, opts: omero.api.RoiOptions | None
    ) -> omero.api.RoiResult:
        """The ROIs that have a shape on a plane; a shape without z or t is on all of them."""
        where = (
            "r.image.id = :image and r.id in (select k.roi.id from Shape k where "
            "(k.theZ is null or k.theZ = :z) and (k.theT is null or k.theT = :t))"
        )
        return self._result(call, where, {"image": imageId, "z": z, "t": t}, opts)

    def getRoiMeasurements(
        self, call: Call, imageId: int, opts: omero.api.RoiOptions | None
    ) -> list[omero.model.Annotation]:
        """Files of measurements on the plate of an image that ROIs are linked to as well."""
        query = (
            "select a from FileAnnotation a left outer join fetch a.file where a.ns = :ns and a.id in "
            "(select p.child.id from PlateAnnotationLink p where p.parent.id in "
            "(select s.well.plate.id from WellSample s where s.image.id = :image)) and a.id in "
            "(select l.child.id from RoiAnnotationLink l) order by a.id"
        )
        with call.server.store.read(call.actor) as tx:
            return tx.find(query, {"ns": _MEASUREMENT, "image": imageId})

    def getMeasuredRois(
        self, call: Call, imageId: int, annotationId: int, opts: omero.api.RoiOptions | None
    ) -> omero.api.RoiResult:
        """The ROIs of an image that belong to a file of measurements; -1 means all ROIs."""
        if annotationId == -1:
            return self.findByImage(call, imageId, opts)
        return self._result(call, _MEASURED, {"annotation": annotationId, "image": imageId}, opts)

    def getMeasuredRoisMap(
        self, call: Call, imageId: int, annotationIds: Sequence[int], opts: omero.api.RoiOptions | None
    ) -> dict[int, omero.api.RoiResult]:
        """The same for several files."""
        return {one: self.getMeasuredRois(call, imageId, one, opts) for one in id_list(annotationIds)}

    def getTable(self, call: Call, annotationId: int) -> Any:
        """The table of a file of measurements; null when the annotation or its file is not there."""
        with call.server.store.read(call.actor) as tx:
            query = "select f from FileAnnotation a join a.file f where a.id = :id"
            found = tx.find(query, {"id": annotationId})
        opener: Any = stateless("omero.grid.SharedResources")
        return opener.openTable(call, found[0]) if found else None

    # --- measuring ---

    def getPoints(self, call: Call, shapeId: int) -> omero.api.ShapePoints:
        """The pixels that a shape covers, row by row."""
        with call.server.store.read(call.actor) as tx:
            place = shape_stats.load(tx, [shapeId])[0]
        left, top, mask = covered(place.shape, place.size)
        rows, columns = np.nonzero(mask)
        return omero.api.ShapePoints((columns + left).tolist(), (rows + top).tolist())

    def getShapeStats(self, call: Call, shapeId: int) -> omero.api.ShapeStats:
        """Least, largest, mean value, sum and deviation under a shape, of each channel."""
        return self.getShapeStatsList(call, [shapeId])[0]

    def getShapeStatsList(self, call: Call, shapeIdList: Sequence[int]) -> list[omero.api.ShapeStats]:
        """The same for several shapes. Each needs a z and a t unless the image has but one."""
        with call.server.store.read(call.actor) as tx:
            places = shape_stats.load(tx, id_list(shapeIdList))
        return [shape_stats.measure(call.server.pixels, place, None) for place in places]

    def getShapeStatsRestricted(
        self,
        call: Call,
        shapeIdList: Sequence[int],
        zForUnattached: int,
        tForUnattached: int,
        channels: Sequence[int] | None,
    ) -> list[omero.api.ShapeStats]:
        """The same for shapes of one image, of some channels; shapes without z or t are taken on the plane named."""
        with call.server.store.read(call.actor) as tx:
            places = shape_stats.load(tx, id_list(shapeIdList))
        if len({place.pixels_id for place in places}) > 1:
            raise omero.ApiUsageException(None, None, "The shapes have to be of one image.")
        plane = zForUnattached, tForUnattached
        return [shape_stats.measure(call.server.pixels, place, plane, id_list(channels)) for place in places]

    def getRoiStats(self, call: Call, roiId: int) -> omero.api.RoiStats:
        """The statistics of each shape of a ROI, and of all of them together."""
        with call.server.store.read(call.actor) as tx:
            roi = tx.get("Roi", roiId)
            shapes = tx.values("select s.id from Shape s where s.roi.id = :id order by s.id", {"id": roiId})
            places = shape_stats.load(tx, [int(row[0]) for row in shapes])
        if roi.image is None or not places:
            raise omero.ApiUsageException(None, None, f"Roi {roiId} has no image or no shapes.")
        stats = [shape_stats.measure(call.server.pixels, place, None) for place in places]
        together = shape_stats.together(stats)
        return omero.api.RoiStats(roiId, roi.image.id.val, places[0].pixels_id, together, stats)

    # --- masks ---

    def uploadMask(self, call: Call, roiId: int, z: int, t: int, bytes: bytes) -> None:
        """Add a Mask to a ROI, of the size of its image; one bit a pixel, row by row, the highest bit first."""
        with call.server.store.write(call.actor) as tx:
            roi = tx.get("Roi", roiId)
            sizes = shape_stats.sizes_of_image(tx, roi.image.id.val if roi.image is not None else None)
            if not (0 <= z < sizes.z and 0 <= t < sizes.t):
                raise omero.ApiUsageException(None, None, f"The image has {sizes.z} x {sizes.t} planes.")
            if len(bytes) != Bitmap.length(sizes.x, sizes.y):
                raise omero.ApiUsageException(
                    None, None, f"A mask of {sizes.x} x {sizes.y} has {Bitmap.length(sizes.x, sizes.y)} bytes."
                )
            mask = omero.model.MaskI()
            mask.x, mask.y, mask.width, mask.height = rdouble(0), rdouble(0), rdouble(sizes.x), rdouble(sizes.y)
            mask.theZ, mask.theT, mask.bytes = rint(z), rint(t), bytes
            mask.roi = omero.model.RoiI(roiId, False)
            tx.save(mask)

    def _result(
        self, call: Call, where: str, values: dict[str, Any], opts: omero.api.RoiOptions | None
    ) -> omero.api.RoiResult:
        conditions = [where]
        for name, field in (("userId", "owner"), ("groupId", "group")):
            wanted = unwrap(getattr(opts, name)) if opts is not None else None
            if wanted is not None and wanted >= 0:
                conditions.append(f"r.details.{field}.id = :{name}")
                values[name] = wanted
        with call.server.store.read(call.actor) as tx:
            rois = _loaded(tx, " and ".join(conditions), values, opts)
        by_z: dict[int, list[Any]] = {}
        by_t: dict[int, list[Any]] = {}
        for shape in (shape for roi in rois for shape in roi.copyShapes()):
            for planes, place in ((by_z, unwrap(shape.theZ)), (by_t, unwrap(shape.theT))):
                planes.setdefault(-1 if place is None else int(place), []).append(shape)
        return omero.api.RoiResult(opts, rois, by_z, by_t)


def _loaded(tx: Transaction, where: str, values: dict[str, Any], opts: omero.api.RoiOptions | None) -> list[Any]:
    ids = [int(row[0]) for row in tx.values(f"select r.id from Roi r where {where} order by r.id", values)]  # noqa: S608 - fixed texts
    if opts is not None and (opts.offset is not None or opts.limit is not None):
        offset, limit = int(unwrap(opts.offset) or 0), unwrap(opts.limit)
        if offset < 0 or (limit or 0) < 0:
            raise omero.ApiUsageException(None, None, "Offset and limit must not be negative.")
        ids = ids[offset:] if limit is None else ids[offset : offset + limit]
    found = tx.find(f"{_LOAD} where r.id in (:ids) order by r.id", {"ids": ids})
    kinds = tuple(kind_of(name).python for name in (opts.shapes or () if opts is not None else ()))
    if not kinds:
        return found
    for roi in found:
        roi._shapesSeq = [shape for shape in roi._shapesSeq if isinstance(shape, kinds)]
    return [roi for roi in found if roi._shapesSeq]
