"""Add-on `public_user`: visitors without an account see what one OMERO user sees, by routes that say so."""

from __future__ import annotations

from omeropyr.addons import Addon

addon = Addon(
    name="public_user",
    title="Public user",
    includeme="omeropyr.addons.public_user.visitors",
)
