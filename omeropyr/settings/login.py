"""``omero.web.*``: the log-in page, and the public user."""

from __future__ import annotations

import re
from dataclasses import dataclass

from omeropyr.settings.declare import between, setting
from omeropyr.settings.parsers import pattern

NOTHING = re.compile("a^")


@dataclass(frozen=True)
class Login:
    """Log-in and the public user"""

    login_incorrect_credentials_text: str = setting(
        "The user name or the password is wrong.",
        doc="Words for a wrong user name or password.",
    )
    login_logo: str | None = setting(None, doc="URL of an image above the log-in form.")
    show_forgot_password: bool = setting(True, doc="Show the link to a new password on the log-in page.")
    public_enabled: bool = setting(
        False, key="public.enabled", doc="Let visitors without a log-in see what the public user sees."
    )
    public_url_filter: re.Pattern[str] = setting(  # noqa: RUF009 - setting() makes a field
        NOTHING,
        key="public.url_filter",
        parse=pattern,
        doc="Regular expression (searched) of the paths the public user may open. By default it matches none.",
    )
    public_server_id: int = setting(
        1,
        key="public.server_id",
        check=between(1, 1000),
        doc="Place in omero.web.server_list of the public user's server, counted from 1.",
    )
    public_user: str | None = setting(None, key="public.user", doc="Name of the public user.", example="public")
    public_password: str | None = setting(
        None,
        key="public.password",
        secret=True,
        doc="Password of the public user: file:PATH or env:NAME.",
        example="file:/etc/omeropyr/public-password",
    )
    public_cache_timeout: int = setting(
        86400,
        key="public.cache.timeout",
        check=between(1, 31536000),
        doc="Seconds the shared OMERO session of the visitors is kept.",
    )
