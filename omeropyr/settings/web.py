"""The settings that carry OMERO.web's names: ``omero.web.*``, from the files of this folder that declare them."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings.cookies import Cookies
from omeropyr.settings.deployment import Deployment
from omeropyr.settings.limits import Limits
from omeropyr.settings.login import Login
from omeropyr.settings.pages import Pages
from omeropyr.settings.parsers import Server

__all__ = ["PARTS", "Server", "Web"]

PARTS: tuple[type, ...] = (Deployment, Cookies, Login, Pages, Limits)


@dataclass(frozen=True)
class Web(Limits, Pages, Login, Cookies, Deployment):
    """What is read under ``omero.web.``, with OMERO.web's names and defaults."""

    def __post_init__(self) -> None:
        """What two of them must agree on."""
        problems = []
        if self.api_limit > self.api_max_limit:
            problems.append(
                f"omero.web.api.limit = {self.api_limit}: is above omero.web.api.max_limit, {self.api_max_limit}"
            )
        if self.public_server_id > len(self.server_list):
            problems.append(
                f"omero.web.public.server_id = {self.public_server_id}: omero.web.server_list has "
                f"{len(self.server_list)}"
            )
        if self.public_enabled and not (self.public_user and self.public_password):
            problems.append(
                "omero.web.public.enabled = true: needs omero.web.public.user and omero.web.public.password"
            )
        if self.session_engine == "cache" and self.caches is None:
            problems.append("omero.web.session_engine: omero.web.caches must name memcached or redis as default")
        if problems:
            raise ValueError("\n".join(problems))
