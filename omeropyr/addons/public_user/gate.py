"""Which requests a visitor without an account may make: pure, and the same for the site and for the report.

Two locks, and both have to open. A route has to be declared as fit for the public by whoever owns it
(``config.add_public_view``), with its methods; and the site's ``omero.web.public.url_filter`` has to match the address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from omeropyr.addons.public import PublicView


@dataclass(frozen=True)
class Gate:
    """The site's choice: is there a public user at all, the *pattern* of open addresses, the site's *prefix*."""

    enabled: bool
    pattern: re.Pattern[str]
    prefix: str
    routes: Mapping[str, PublicView]

    def open(self, route: str | None, method: str, path: str) -> bool:
        """Whether a visitor may ask *route* by *method* at *path*, the address below the site's prefix."""
        declared = self.routes.get(route or "")
        return self.enabled and declared is not None and method in declared.methods and self.matches(path)

    def matches(self, path: str) -> bool:
        """Whether the pattern is found in the address.

        A pattern that names the prefix is looked for in the whole address, as OMERO.web does; any other in what comes
        after it, so that the patterns that people share work below a prefix too.
        """
        # "/omero" is named by "^/omero/webgateway", not by "/omero_table".
        named = self.prefix and re.search(rf"{re.escape(self.prefix)}(?!\w)", self.pattern.pattern)
        whole = self.prefix + path if named else path
        return self.pattern.search(whole) is not None
