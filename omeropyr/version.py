"""The version of omeropyr, in the one place that setup.py and the running program both read."""

__version__ = "0.1.0"
