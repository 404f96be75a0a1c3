"""The server's settings by name, as ``IConfig`` shows them: defaults, what an administrator changed, and who may read.

Changes stand among the store's facts, under names of their own. Names, defaults and who may read what are OMERO's
(``omero-common.properties`` and the list of preferences beside it), as far as clients ask for them.
"""

from __future__ import annotations

import re
from enum import Enum

import omero
from sqlalchemy import delete, insert, select

from omeropyr.embedded.permissions import SYSTEM, Actor
from omeropyr.embedded.schema import schema
from omeropyr.embedded.store import Store

VERSION = "5.6.14"
"""The OMERO.server whose behaviour the embedded one follows; clients compare it with their own version."""

INSECURE = "omero.router.insecure"
EMBEDDED = "omeropyr.embedded"
"""The setting that tells an embedded server from an OMERO.server, which has none of this name."""

DEFAULTS = {
    EMBEDDED: "true",
    "omero.version": VERSION,
    "omero.upgrades.url": "",
    "omero.qa.feedback": "",
    "omero.mail.config": "false",
    "omero.security.password_required": "true",
    "omero.security.login_failure_throttle_count": "1",
    "omero.security.login_failure_throttle_time": "3000",
    "omero.sessions.timeout": "600000",
    "omero.sessions.maximum": "0",
    "omero.sessions.max_user_time_to_idle": "6000000",
    "omero.sessions.max_user_time_to_live": "0",
    "omero.cluster.read_only.runtime.db": "false",
    "omero.cluster.read_only.runtime.repo": "false",
    "omero.client.ui.tree.orphans.enabled": "true",
    "omero.client.ui.tree.orphans.name": "Orphaned Images",
    "omero.client.ui.tree.orphans.description": "Images that are in no dataset.",
    "omero.client.ui.tree.type_order": "tagset,tag,project,dataset,screen,plate,acquisition,image",
    "omero.client.ui.menu.dropdown.colleagues.enabled": "true",
    "omero.client.ui.menu.dropdown.colleagues.label": "Members",
    "omero.client.ui.menu.dropdown.everyone.enabled": "true",
    "omero.client.ui.menu.dropdown.everyone.label": "All Members",
    "omero.client.ui.menu.dropdown.leaders.enabled": "true",
    "omero.client.ui.menu.dropdown.leaders.label": "Owners",
    "omero.client.browser.thumb_default_size": "96",
    "omero.client.viewer.initial_zoom_level": "0",
    "omero.client.viewer.interpolate_pixels": "true",
    "omero.client.viewer.roi_limit": "2000",
    "omero.client.download_as.max_size": "144000000",
    "omero.client.scripts_to_ignore": "",
    "omero.client.web.host": "",
    "omero.pixeldata.max_plane_width": "3192",
    "omero.pixeldata.max_plane_height": "3192",
    "omero.pixeldata.max_tile_length": "1024",
    "omero.policy.binary_access": "+read,+write,+image",
}

_FIXED = frozenset(
    (
        EMBEDDED,
        "omero.version",
        "omero.db.uuid",
        "omero.db.authority",
        "omero.cluster.read_only.runtime.db",
        "omero.cluster.read_only.runtime.repo",
    )
)
_EVERYBODY = re.compile(
    r"omeropyr\.embedded"
    r"|omero\.(client\..+|version|upgrades\.url|qa\.feedback|router\.insecure|security\.password_required"
    r"|cluster\.read_only\.runtime\.(db|repo)|db\.(authority|uuid)|mail\.config|pixeldata\..+|policy\.binary_access"
    r"|sessions\.(timeout|maximum|max_user_time_to_(idle|live)))"
)
_SECRET = re.compile(r"pass(wd|word|phrase)?|secret|token|credential|keystore|truststore", re.IGNORECASE)
_NOBODY = re.compile(r"omero\.db\.(host|name|user|pass|driver|poolsize|dialect|port)|omero\.security\.filter\.bitand")
_PREFIX = "setting:"
# Python's expressions can take for ever on a short text; with these bounds the worst is a tenth of a second.
_MAX_PATTERN, _MAX_REPEATS = 200, 3
_MAX_NAME, _MAX_VALUE = 255, 100_000


class Reader(Enum):
    """Who may read a setting."""

    EVERYBODY = "everybody"
    ADMINS = "administrators"
    NOBODY = "nobody"


def reader(name: str) -> Reader:
    """Who may read the setting *name*; a secret is for nobody, whoever wrote it."""
    if (_SECRET.search(name) and name not in DEFAULTS) or _NOBODY.fullmatch(name):
        return Reader.NOBODY
    return Reader.EVERYBODY if _EVERYBODY.fullmatch(name) else Reader.ADMINS


def may_read(actor: Actor, name: str) -> bool:
    """Whether *actor* may read the setting *name*."""
    who = reader(name)
    return who is Reader.EVERYBODY or (who is Reader.ADMINS and actor.is_admin)


def changed(store: Store) -> dict[str, str]:
    """The settings that an administrator changed."""
    table = schema().facts
    with store.read(SYSTEM) as tx:
        rows = tx.connection.execute(select(table.c.name, table.c.value).where(table.c.name.startswith(_PREFIX)))
        return {name.removeprefix(_PREFIX): value for name, value in rows}


def milliseconds(store: Store, name: str) -> int:
    """A setting that is a number of milliseconds; its default where somebody wrote what is none."""
    value = changed(store).get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else int(DEFAULTS[name])


def change(store: Store, name: str, value: str, expected: str | None = None, default: str = "") -> bool:
    """Keep *value*, an empty one meaning the default again; False when the present value is not the *expected* one.

    *default* is what the setting is while nobody changed it. ``omero.ApiUsageException`` for a setting that is fixed or
    a secret.
    """
    _check(name, value)
    table = schema().facts
    with store.write(SYSTEM) as tx:
        mine = table.c.name == _PREFIX + name
        present = tx.connection.execute(select(table.c.value).where(mine)).scalar()
        if expected is not None and expected != (default if present is None else present):
            return False
        tx.connection.execute(delete(table).where(mine))
        if value:
            tx.connection.execute(insert(table).values(name=_PREFIX + name, value=value))
    return True


def pattern_of(text: str) -> re.Pattern[str]:
    """A regular expression that a client sent; ``omero.ApiUsageException`` for one that is wrong or could take long."""
    repeats = sum(text.count(sign) for sign in "*+?{")
    if len(text) > _MAX_PATTERN or repeats > _MAX_REPEATS or re.search(r"\)[*+?{]", text):
        raise omero.ApiUsageException(
            None, None, "The pattern is too long or repeats too much; name the beginning of the settings instead."
        )
    try:
        return re.compile(text)
    except re.error as error:
        raise omero.ApiUsageException(None, None, f"The pattern is not a regular expression: {error}.") from None


def _check(name: str, value: str) -> None:
    if not name or len(name) > _MAX_NAME or len(value) > _MAX_VALUE:
        raise omero.ApiUsageException(None, None, "A setting has a name of 1 to 255 letters and at most 100 kB.")
    if name in _FIXED:
        raise omero.ApiUsageException(None, None, f"{name} is fixed.")
    if reader(name) is Reader.NOBODY:
        raise omero.ApiUsageException(None, None, f"{name} names a secret; none are kept here.")
