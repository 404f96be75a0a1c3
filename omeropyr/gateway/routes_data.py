"""The addresses of the gateway for lists, searches, tables and downloads, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.security import Permission

_ID = "[0-9]+"
_TABLE = f"/table/{{fileid:{_ID}}}"
_OBJECT = f"{{objtype:[A-Za-z]+(?:[.][A-Za-z]+)*}}/{{objid:{_ID}}}"

# Route, address below /webgateway, view below omeropyr.gateway.views.
ROUTES = (
    ("gateway.archived_files", "/archived_files/download/", "downloads.archived_files"),
    ("gateway.archived_files_of", f"/archived_files/download/{{iid:{_ID}}}/", "downloads.archived_files"),
    ("gateway.download_as", "/download_as/", "download_as.download_as"),
    ("gateway.download_as_of", f"/download_as/{{iid:{_ID}}}/", "download_as.download_as"),
    ("gateway.well_data", f"/wellData/{{id:{_ID}}}/", "lists.well_data"),
    ("gateway.well_images", f"/well/{{id:{_ID}}}/children/", "lists.well_images"),
    ("gateway.search", "/search/", "lists.find"),
    ("gateway.original_file_paths", f"/original_file_paths/{{iid:{_ID}}}/", "lists.original_file_paths"),
    ("gateway.open_with", "/open_with/", "lists.open_with"),
    ("gateway.annotations", f"/annotations/{_OBJECT}/", "tables.attached_tables"),
    ("gateway.table_query", f"{_TABLE}/query/", "tables.query"),
    ("gateway.table_metadata", f"{_TABLE}/metadata/", "tables.metadata"),
    ("gateway.table_obj_id_bitmask", f"{_TABLE}/obj_id_bitmask/", "tables.obj_id_bitmask"),
    ("gateway.object_table_query", f"/table/{_OBJECT}/query/", "tables.object_query"),
    ("gateway.table_rows", f"{_TABLE}/rows/", "tables.rows"),
    ("gateway.table_slice", f"{_TABLE}/slice/", "tables.table_slice"),
)
# What may also come as a form.
POSTED = ("gateway.table_slice",)
# What says nothing of OMERO.
PUBLIC = ("gateway.open_with",)


def includeme(config: Configurator) -> None:
    """Add the routes and views."""
    for name, address, view in ROUTES:
        config.add_route(name, f"/webgateway{address}")
        methods = ("GET", "POST") if name in POSTED else "GET"
        config.add_view(
            f"omeropyr.gateway.views.{view}",
            route_name=name,
            request_method=methods,
            permission=NO_PERMISSION_REQUIRED if name in PUBLIC else None,
        )
        if name in POSTED:
            config.add_public_view(name, methods=("GET", "POST"), reason="long lists of rows come as a form; it reads")
        elif name not in PUBLIC:
            config.add_public_view(name)
    config.add_route("gateway.su", "/webgateway/su/{user:[^/]+}/")
    page = {"route_name": "gateway.su", "permission": Permission.ADMIN}
    config.add_view(
        "omeropyr.gateway.views.su.ask", request_method="GET", renderer="omeropyr.gateway:templates/su.pt", **page
    )
    config.add_view("omeropyr.gateway.views.su.su", request_method="POST", **page)
