"""The addresses that change something below /webclient/, as OMERO.web's programs know them: POST alone."""

from __future__ import annotations

from pyramid.config import Configurator

_ID = "{id:[0-9]+}"

# Route, address below /webclient, view in omeropyr.client.views.
ROUTES = (
    ("client.annotate_map", "/annotate_map/", "annotate.annotate_map"),
    ("client.annotate_comment", "/annotate_comment/", "annotate.annotate_comment"),
    ("client.annotate_rating", "/annotate_rating/", "annotate.annotate_rating"),
    ("client.annotate_tags", "/annotate_tags/", "annotate.annotate_tags"),
    ("client.edit_channel_names", f"/edit_channel_names/{_ID}/", "actions.edit_channel_names"),
    ("client.chgrp", "/chgrp/", "people.chgrp"),
    ("client.chown", "/chown/", "people.chown"),
    ("client.active_group", "/active_group/", "people.active_group"),
    ("client.action", "/action/{action:[a-z]+}/", "actions.act"),
    ("client.action_on", "/action/{action:[a-z]+}/{kind:[a-z]+}/" + _ID + "/", "actions.act"),
)


def includeme(config: Configurator) -> None:
    """Add the routes and views."""
    for name, address, view in ROUTES:
        config.add_route(name, f"/webclient{address}")
        _add(config, name, view)
    config.add_route("client.annotate_file", "/webclient/annotate_file/")
    # Its view asks for the token itself, so that no upload is read before.
    _add(config, "client.annotate_file", "annotate.annotate_file", require_csrf=False)


def _add(config: Configurator, route: str, view: str, **options: object) -> None:
    config.add_view(
        f"omeropyr.client.views.{view}",
        route_name=route,
        request_method="POST",
        renderer="json",
        http_cache=0,
        **options,
    )
