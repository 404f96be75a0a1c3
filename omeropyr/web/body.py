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
        """The form's fields; files among them are closed with the request."""
        known = "webob._parsed_post_vars" in self.environ
        try:
            fields = super().POST
        except (ValueError, LookupError) as error:
            raise InvalidInput("The form that was sent cannot be read.") from error
        if not known:
            for field in fields.values():
                if hasattr(field, "file"):
                    self.add_finished_callback(lambda _, file=field.file: file.close())
        return fields

    def make_tempfile(self) -> Any:
        """Where a large body is kept, until the request is over."""
        file = super().make_tempfile()
        self.add_finished_callback(lambda _: file.close())
        return file


def includeme(config: Configurator) -> None:
    """Have all requests be of this kind."""
    config.set_request_factory(SiteRequest)
