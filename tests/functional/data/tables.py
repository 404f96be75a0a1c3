"""Tables that tests ask about, made by omero-py."""

from __future__ import annotations

import itertools
from typing import Any

import omero
import omero.all
import omero.grid
from omero.constants.namespaces import NSBULKANNOTATIONS
from omero.rtypes import rstring

G = omero.grid
_numbers = itertools.count(1)


def make_table(conn: Any, *columns: Any, **facts: str) -> int:
    """A table of *columns* with their values; the id of its file."""
    resources = conn.c.sf.sharedResources()
    repository = resources.repositories().descriptions[0].id.val
    table = resources.newTable(repository, f"/measured/table-{next(_numbers)}.h5")
    table.initialize(columns)
    table.addData(columns)
    if facts:
        table.setAllMetadata({name: rstring(value) for name, value in facts.items()})
    file_id = int(table.getOriginalFile().id.val)
    table.close()
    return file_id


def attach_table(conn: Any, file_id: int, kind: str, object_id: int, ns: str = NSBULKANNOTATIONS) -> int:
    """Attach a table to an object; the id of the annotation."""
    annotation = omero.model.FileAnnotationI()
    annotation.ns = rstring(ns)
    annotation.file = omero.model.OriginalFileI(file_id, False)
    link = getattr(omero.model, f"{kind}AnnotationLinkI")()
    link.parent, link.child = getattr(omero.model, f"{kind}I")(object_id, False), annotation
    return int(conn.getUpdateService().saveAndReturnObject(link).child.id.val)


def read_table(conn: Any, file_id: int) -> list[list[Any]]:
    """All rows, by omero-py."""
    table = conn.c.sf.sharedResources().openTable(omero.model.OriginalFileI(file_id, False))
    try:
        columns = table.read(list(range(len(table.getHeaders()))), 0, table.getNumberOfRows()).columns
        return [list(row) for row in zip(*(column.values for column in columns), strict=True)]
    finally:
        table.close()


def where(conn: Any, file_id: int, condition: str) -> list[int]:
    """Numbers of the rows for which a condition holds, by omero-py."""
    table = conn.c.sf.sharedResources().openTable(omero.model.OriginalFileI(file_id, False))
    try:
        return list(table.getWhereList(condition, None, 0, table.getNumberOfRows(), 1))
    finally:
        table.close()
