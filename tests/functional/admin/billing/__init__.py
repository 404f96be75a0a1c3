"""An add-on that brings a page of administration."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request

from omeropyr.addons import Addon

addon = Addon(name="billing", title="Billing", includeme="tests.functional.admin.billing", requires=("admin",))


def includeme(config: Configurator) -> None:
    config.add_route("billing.page", "/page/")
    config.add_view(
        show, route_name="billing.page", permission="admin", request_method="GET", renderer="templates/page.pt"
    )
    config.add_admin_page("billing.page", "Billing <b>", route="billing.page")


def show(_request: Request) -> dict[str, Any]:
    return {"owed": 42}
