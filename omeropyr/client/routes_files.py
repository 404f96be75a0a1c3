"""The addresses of files and tables below /webclient/, as OMERO.web's programs know them."""

from __future__ import annotations

from pyramid.config import Configurator

_ID = "{id:[0-9]+}"

# Route, address below /webclient, view in omeropyr.client.views, template (or none where the view answers itself).
ROUTES = (
    ("client.annotation_file", f"/annotation/{_ID}/", "files.annotation_file", None),
    ("client.get_original_file", f"/get_original_file/{_ID}/", "files.show_original_file", None),
    ("client.download_original_file", f"/download_original_file/{_ID}/", "files.download_original_file", None),
    ("client.download_original_metadata", f"/download_orig_metadata/{_ID}/", "files.download_metadata", None),
    ("client.load_original_metadata", f"/load_original_metadata/{_ID}/", "files.load_metadata", "original_metadata.pt"),
    ("client.table", f"/omero_table/{_ID}/", "tables.as_page", "omero_table.pt"),
    ("client.table_json", f"/omero_table/{_ID}/json/", "tables.as_json", None),
    ("client.table_csv", f"/omero_table/{_ID}/csv/", "tables.as_csv", None),
)


def includeme(config: Configurator) -> None:
    """Add the routes and views."""
    for name, address, view, template in ROUTES:
        config.add_route(name, f"/webclient{address}")
        renderer = f"omeropyr.client:templates/{template}" if template else None
        config.add_view(f"omeropyr.client.views.{view}", route_name=name, request_method="GET", renderer=renderer)
        config.add_public_view(name)
