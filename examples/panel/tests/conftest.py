"""Everything a test of an add-on needs comes from one plug-in."""

import pytest

pytest_plugins = ["omeropyr.testing.plugin"]


@pytest.fixture(scope="session")
def addons() -> str:
    """The add-ons of the application under test."""
    return "gateway client panel"
