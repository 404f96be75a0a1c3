"""What the tests of graph commands share: people in groups, objects with what hangs on them, and counting."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import omero.all
import omero.callbacks
import omero.cmd
import omero.model
from omero.rtypes import rint, rstring

_NUMBERS = itertools.count(1)
PLANE = np.arange(64, dtype=np.uint8).reshape(8, 8)


def submit(gateway: Any, request: Any) -> Any:
    """The response to a request."""
    handle = gateway.c.sf.submit(request)
    callback = omero.callbacks.CmdCallbackI(gateway.c, handle)
    try:
        callback.loop(200, 100)
        return callback.getResponse()
    finally:
        callback.close(True)


def names(objects: dict[str, list[int]]) -> dict[str, list[int]]:
    """The objects of a response by short class name."""
    return {name.rsplit(".", 1)[1]: list(ids) for name, ids in objects.items()}


def refused(gateway: Any, request: Any) -> str:
    """What a request that has to be refused is answered."""
    response = submit(gateway, request)
    assert isinstance(response, omero.cmd.GraphException), response
    assert (response.category, response.name) == (request.ice_id(), "graph-fail")
    assert response.parameters["message"] == response.message
    return str(response.message)


def person(omero_data: Any, gateway_of: Any, *groups: int, **how: Any) -> Any:
    """The gateway of a new user; its ``name`` is theirs."""
    name = f"graphs-{next(_NUMBERS)}"
    omero_data.add_user(name, *groups, **how)
    gateway = gateway_of(name)
    gateway.name = name
    return gateway


def group_of(gateway: Any, kind: str, object_id: int) -> int:
    """The group of an object; asked by an administrator."""
    return ids_of(gateway, f"select x.details.group.id from {kind} x where x.id = :id", object_id)[0]


def owner_of(gateway: Any, kind: str, object_id: int) -> int:
    """The owner of an object; asked by an administrator."""
    return ids_of(gateway, f"select x.details.owner.id from {kind} x where x.id = :id", object_id)[0]


def count(gateway: Any, kind: str, *ids: int) -> int:
    """How many of the objects there are; asked by an administrator across groups."""
    options = {"omero.group": "-1"}
    parameters = omero.sys.ParametersI().addIds(list(ids))
    query = f"select count(x) from {kind} x where x.id in (:ids)"
    return int(gateway.getQueryService().projection(query, parameters, options)[0][0].val)


def ids_of(gateway: Any, query: str, object_id: int) -> list[int]:
    parameters = omero.sys.ParametersI().addId(object_id)
    rows = gateway.getQueryService().projection(query, parameters, {"omero.group": "-1"})
    return [row[0].val for row in rows]


def save(gateway: Any, obj: Any) -> Any:
    return gateway.getUpdateService().saveAndReturnObject(obj)


def link(gateway: Any, kind: str, parent: Any, child: Any) -> Any:
    made = getattr(omero.model, kind + "I")()
    made.parent, made.child = parent, child
    return save(gateway, made)


def tag(gateway: Any, name: str, on: Any = None, kind: str = "TagAnnotation") -> int:
    made = getattr(omero.model, kind + "I")()
    if kind in ("TagAnnotation", "CommentAnnotation"):
        made.textValue = rstring(name)
    made = save(gateway, made)
    if on is not None:
        parent = type(on).__name__.removesuffix("I")
        link(gateway, f"{parent}AnnotationLink", on, made.__class__(made.id.val, False))
    return int(made.id.val)


def plate(gateway: Any, omero_data: Any, user: str) -> dict[str, int]:
    """A screen with a plate of one run and one well of one field."""
    image = omero_data.add_image(PLANE, user=user)
    made = omero.model.PlateI()
    made.name = rstring("plate")
    well, run, field = omero.model.WellI(), omero.model.PlateAcquisitionI(), omero.model.WellSampleI()
    well.row, well.column = rint(0), rint(0)
    field.image, field.plateAcquisition = omero.model.ImageI(image, False), run
    well.addWellSample(field)
    made.addPlateAcquisition(run)
    made.addWell(well)
    screen = omero.model.ScreenI()
    screen.name = rstring("screen")
    saved = save(gateway, made)
    held = link(gateway, "ScreenPlateLink", screen, omero.model.PlateI(saved.id.val, False))
    names = {"Screen": held.parent.id.val, "Plate": saved.id.val, "Image": image}
    for kind, query in {
        "Well": "select w.id from Well w where w.plate.id = :id",
        "PlateAcquisition": "select r.id from PlateAcquisition r where r.plate.id = :id",
        "WellSample": "select s.id from WellSample s where s.well.plate.id = :id",
    }.items():
        names[kind] = ids_of(gateway, query, saved.id.val)[0]
    return names


def fileset_of_two(gateway: Any, omero_data: Any, user: str) -> tuple[int, list[int]]:
    image, other = (omero_data.add_image(PLANE, user=user) for _ in range(2))
    fileset = ids_of(gateway, "select i.fileset.id from Image i where i.id = :id", image)[0]
    second = gateway.getQueryService().get("Image", other)
    second.fileset = omero.model.FilesetI(fileset, False)
    save(gateway, second)
    return fileset, [image, other]
