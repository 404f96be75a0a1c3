"""``omero.web.*``: how much one request may ask for, and what the JSON API says."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings.declare import between, setting
from omeropyr.settings.parsers import web_address


@dataclass(frozen=True)
class Limits:
    """Limits and the JSON API"""

    thumbnails_batch: int = setting(50, check=between(1, 1000), doc="Thumbnails a batch request may ask for.")
    chunk_size: int = setting(1048576, check=between(4096, 67108864), doc="Bytes of a file read from OMERO at a time.")
    max_upload_size: int = setting(
        2147483648, check=between(1, 10**13), doc="Bytes that one upload of attachments may hold."
    )
    maximum_multifile_download_size: int = setting(
        1073741824, check=between(0, 10**15), doc="Bytes of files one zip archive may hold."
    )
    max_table_download_rows: int = setting(10000, check=between(1, 10**9), doc="Rows of a table one CSV file may hold.")
    max_table_slice_size: int = setting(
        1000000, check=between(1, 10**9), doc="Cells of a table one request may ask for."
    )
    api_limit: int = setting(200, key="api.limit", check=between(1, 10000), doc="Objects on a page of the JSON API.")
    api_max_limit: int = setting(
        500, key="api.max_limit", check=between(1, 10000), doc="Objects a page may be asked to hold."
    )
    api_absolute_url: str | None = setting(
        None,
        key="api.absolute_url",
        parse=web_address,
        doc="Address before the links in answers of the JSON API; left out, that of the request.",
        example="https://omero.example.org/",
    )
    api_session_uuid: bool = setting(
        True,
        key="api.session_uuid",
        doc="The answer to a log-in by the JSON API holds the OMERO session, which clients re-join.",
    )
