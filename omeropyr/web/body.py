"""Forms that cannot be read are the client's fault: 400, wherever the body is asked for, the token's check included."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request

from omeropyr.errors import InvalidInput


class SiteRequest(Request):  # type: ignore[misc]
    """Pyramid's request, whose ``POST`` raises InvalidInput for a form without sense (WebOb: ValueError)."""

    @property
    def POST(self) -> Any:
        """The form's fields."""
        try:
            return super().POST
        except (ValueError, LookupError) as error:
            raise InvalidInput("The form that was sent cannot be read.") from error


def includeme(config: Configurator) -> None:
    """Have all requests be of this kind."""
    config.set_request_factory(SiteRequest)
