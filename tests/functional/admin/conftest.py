"""The add-on `admin` in front of the embedded server, a browser of root, and OMERO itself beside it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import omero
import pytest
from omero.rtypes import rbool, rstring

from omeropyr.embedded import memberships
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp

_numbers = itertools.count(1)


@pytest.fixture
def admin(testapp: WebApp) -> WebApp:
    """A browser in which root is logged in."""
    testapp.log_in()
    return testapp


@pytest.fixture
def other_browser(web_application: Any, embedded: EmbeddedServer) -> Callable[..., WebApp]:
    """A function from a user's name to a browser in which they are logged in."""

    def make(user: str, password: str = "omero") -> WebApp:
        made = WebApp(web_application, embedded)
        made.log_in(user, password)
        return made

    return make


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """A function from a word to a name that nobody has yet."""
    return lambda word: f"{word}-{next(_numbers)}"


@pytest.fixture
def restricted(omero_data: OmeroData, fresh: Callable[[str], str]) -> Callable[..., str]:
    """A function from privileges to the name of a new administrator who has only these."""

    def make(*privileges: str) -> str:
        name = fresh("restricted")
        user = omero_data.add_user(name, admin=True)
        memberships.restrict(omero_data.server.store, user, privileges)
        return name

    return make


@pytest.fixture
def make_ldap(omero_data: OmeroData) -> Callable[[int], None]:
    """A function that makes a user one of LDAP."""

    def mark(user: int) -> None:
        with omero_data.server.store.write(SYSTEM) as tx:
            known = tx.get("Experimenter", user)
            known.ldap = rbool(True)
            tx.save(known)

    return mark


@pytest.fixture
def set_email(omero_data: OmeroData) -> Callable[[int, str], None]:
    """A function that gives a user an e-mail address."""

    def change(user: int, address: str) -> None:
        with omero_data.server.store.write(SYSTEM) as tx:
            known = tx.get("Experimenter", user)
            known.email = rstring(address)
            tx.save(known)

    return change


class Omero:
    """What OMERO itself says, asked as root through omero-py."""

    def __init__(self, gateway: Any) -> None:
        self.service = gateway.getAdminService()

    def user(self, name: str) -> Any:
        return self.service.lookupExperimenter(name)

    def groups(self, name: str) -> dict[str, bool]:
        """Groups of a user, and whether they own each."""
        links = self.user(name).copyGroupExperimenterMap()
        return {link.parent.name.val: link.owner.val for link in links}

    def default_group(self, name: str) -> str:
        return str(self.service.getDefaultGroup(self.user(name).id.val).name.val)

    def privileges(self, name: str) -> set[str]:
        return {one.value.val for one in self.service.getAdminPrivileges(self.user(name))}

    def group(self, name: str) -> Any:
        return self.service.lookupGroup(name)

    def level(self, name: str) -> str:
        return str(self.group(name).details.permissions)

    def members(self, name: str) -> dict[str, bool]:
        """Members of a group, and whether each owns it."""
        links = self.group(name).copyGroupExperimenterMap()
        return {link.child.omeName.val: link.owner.val for link in links}


@pytest.fixture
def omero_says(gateway: Any) -> Omero:
    assert omero
    return Omero(gateway)
