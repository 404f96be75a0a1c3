"""Every test may use the public fixtures."""

pytest_plugins = ["omeropyr.testing.plugin"]
