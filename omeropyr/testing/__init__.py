"""PUBLIC: a pytest plug-in for omeropyr itself and for add-ons; see :mod:`omeropyr.testing.plugin` for its fixtures.

A project asks for it by ``pytest_plugins = ["omeropyr.testing.plugin"]`` in its ``conftest.py``. OMERO is the embedded
server over real Ice; nothing is mocked.
"""

from __future__ import annotations

from omeropyr.testing.contract import AddonContract
from omeropyr.testing.data import OmeroData
from omeropyr.testing.web import WebApp

__all__ = ["AddonContract", "OmeroData", "WebApp"]
