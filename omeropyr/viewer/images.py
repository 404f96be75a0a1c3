"""What the viewer's page says of an image before its script has loaded."""

from __future__ import annotations

from typing import Any

from omeropyr.connection.query import rows


def image_name(conn: Any, image_id: int) -> str | None:
    """Give the name of an image; `None` if there is none or the user may not see it. One Ice call."""
    found = rows(conn, "select i.name from Image i where i.id = :id", id=image_id)
    return str(found[0][0] or "") if found else None
