"""The application, for a server that wants a factory: ``HTTP_BENCHMARK_INI`` names its settings file."""

from __future__ import annotations

import os
from typing import Any

from pyramid.paster import get_app


def make() -> Any:
    """The WSGI application."""
    return get_app(os.environ["HTTP_BENCHMARK_INI"])
