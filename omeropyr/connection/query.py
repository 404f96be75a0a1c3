"""HQL over `conn` with bound parameters, rows as plain values: one Ice call each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
import omero.sys
from omero.rtypes import rbool, rdouble, rlist, rlong, rstring

Row = tuple[Any, ...]


def context(conn: Any, group_id: int | None = None) -> Any:
    """Give the call context of `conn`, for group `group_id` where one is named (-1: all the user's groups)."""
    options = conn.SERVICE_OPTS.copy()
    if group_id is not None:
        options.setOmeroGroup(group_id)
    return options


def rows(
    conn: Any, hql: str, *, group_id: int | None = None, page: tuple[int, int] | None = None, **values: Any
) -> list[Row]:
    """Run a projection; `page` is (offset, limit). Entities come as `omero.model` objects, the rest as plain values."""
    service = conn.getQueryService()
    answer = service.projection(hql, _parameters(values, page), context(conn, group_id))
    return [tuple(_plain(value) for value in row) for row in answer]


def one(conn: Any, hql: str, *, group_id: int | None = None, **values: Any) -> Any | None:
    """Find the one object that `hql` selects with all it fetches; `None` where there is none or it may not be seen."""
    return conn.getQueryService().findByQuery(hql, _parameters(values, None), context(conn, group_id))


def objects(
    conn: Any, hql: str, *, group_id: int | None = None, page: tuple[int, int] | None = None, **values: Any
) -> list[Any]:
    """Find all objects that `hql` selects, with all it fetches; `page` is (offset, limit)."""
    found = conn.getQueryService().findAllByQuery(hql, _parameters(values, page), context(conn, group_id))
    return list(found or ())


def _parameters(values: dict[str, Any], page: tuple[int, int] | None) -> Any:
    parameters = omero.sys.ParametersI()
    for name, value in values.items():
        parameters.add(name, _typed(value))
    if page is not None:
        parameters.page(*page)
    return parameters


def _typed(value: Any) -> Any:
    if isinstance(value, bool):
        return rbool(value)
    if isinstance(value, int):
        return rlong(value)
    if isinstance(value, float):
        return rdouble(value)
    if isinstance(value, str):
        return rstring(value)
    if isinstance(value, Sequence):
        return rlist([_typed(member) for member in value])
    raise TypeError(f"{type(value).__name__} can't be a query parameter")


def _plain(value: Any) -> Any:
    return value.getValue() if isinstance(value, omero.RType) else value
