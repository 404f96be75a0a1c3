"""SQL functions that the store's indexes and triggers are made of: whoever opens its file needs them."""

from __future__ import annotations

from typing import Any

from omeropyr.embedded.fulltext.index import words


def define(connection: Any) -> None:
    """Give a connection of the driver the functions. SQLite's own ``lower`` and ``upper`` know ASCII only."""
    for name, function in (("lower", _lower), ("upper", _upper), ("words", words)):
        connection.create_function(name, 1, function, deterministic=True)


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _upper(text: Any) -> Any:
    return text.upper() if isinstance(text, str) else text
